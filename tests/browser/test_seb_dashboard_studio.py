"""Teachers demand Safe Exam Browser for an exam in the demo's Studio."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import FilePayload, Page, expect

from seb_openedx.protocol import encode

from .demo_process import COURSE, Demo
from .people import Camera, CourseTeam
from .test_accessibility import Inspector
from .test_keyboard import Keyboard

BLOCKS = COURSE.replace("course-v1", "block-v1")
EXAM = f"/course/{quote(COURSE)}/seb/{quote(BLOCKS)}+type@sequential+block@closed_quiz"
SCHOOL: FilePayload = {
    "name": "school.seb",
    "mimeType": "application/seb",
    "buffer": encode({"allowWLAN": True, "allowQuit": True}),
}


@pytest.fixture(scope="module", autouse=True)
def open_afterwards(demo: Demo) -> Iterator[None]:
    """The exams of the course are open to every browser when these tests are over."""
    yield
    demo.run("tests.browser.seb_dashboard_stage", "--clear")


@pytest.fixture
def page(demo: Demo, stan: CourseTeam) -> Page:
    """The page of an exam that was off before."""
    demo.run("tests.browser.seb_dashboard_stage", "closed_quiz")
    stan.page.goto(demo.host + EXAM)
    return stan.page


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def test_an_exam_is_set_up_from_a_preset(page: Page) -> None:
    expect(page.get_by_text("Off: any browser may be used.")).to_be_visible()
    page.get_by_label("Quit password", exact=True).fill("quit-me")
    page.get_by_label("Preset").select_option("strict")
    page.get_by_role("button", name="Fill in the preset").click()
    expect(page.get_by_label("Allow print").first).to_have_value("no")
    expect(page.get_by_label("Quit password", exact=True)).to_have_value("quit-me")
    save(page)
    expect(page.get_by_role("status")).to_have_text("Saved: A generated file.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the file").click()
    assert download.value.suggested_filename == "config.seb"
    assert b"hashedQuitPassword" in download.value.path().read_bytes()
    launch = page.get_by_role("link", name="Open in Safe Exam Browser").get_attribute("href")
    assert launch is not None
    assert launch.startswith("seb://127.0.0.1")


def test_an_upload_is_judged_before_it_is_saved(page: Page) -> None:
    page.get_by_label("Mode").select_option("upload")
    page.get_by_label("File", exact=True).set_input_files(SCHOOL)
    page.get_by_role("button", name="Check without saving").click()
    report = page.get_by_role("region", name="The file school.seb")
    expect(report).to_contain_text("allowWLAN: An obsolete key")
    expect(page.get_by_text("Off: any browser may be used.")).to_be_visible()
    expect(page.get_by_text("Chosen: school.seb. You do not need to choose it again.")).to_be_visible()
    save(page)
    expect(page.get_by_role("status")).to_have_text("Saved: An uploaded file.")
    expect(page.get_by_text("school.seb, Adapt addresses")).to_be_visible()


def test_it_can_be_used_without_a_mouse(page: Page) -> None:
    hands = Keyboard(page)
    hands.walk_to(page.get_by_label("Mode"))
    page.keyboard.type("A gen")
    hands.walk_to(page.get_by_label("Most displays"))
    page.keyboard.press("Control+a")
    page.keyboard.type("9")
    # Enter in a field tries and saves nothing.
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Not saved.")).to_be_visible()
    field = page.get_by_label("Most displays")
    expect(field).to_have_attribute("aria-describedby", re.compile("id_max_displays_error"))
    hands.walk_to(field)
    page.keyboard.press("Control+a")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("This can be saved: A generated file.")
    expect(page.get_by_text("Off: any browser may be used.")).to_be_visible()


def test_the_pages_are_accessible_at_every_size(demo: Demo, page: Page, camera: Camera) -> None:
    inspector, wide = Inspector(), []

    def look(step: str) -> None:
        for width in (1280, 640, 320):
            page.set_viewport_size({"width": width, "height": 900})
            inspector(page, f"{step} at {width}")
            camera(page, f"{step}-{width}")
            excess = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            wide.extend([f"{step} at {width}: {excess} px"] if excess > 0 else [])

    look("off")
    page.get_by_label("Mode").select_option("upload")
    save(page)
    expect(page.get_by_text("choose the file").first).to_be_visible()
    look("error")
    page.get_by_label("File", exact=True).set_input_files(SCHOOL)
    page.get_by_role("button", name="Check without saving").click()
    expect(page.get_by_role("region", name="The file school.seb")).to_be_visible()
    look("checked")
    page.get_by_label("Add Browser Exam Keys").fill("0123456789abcdef" * 4)
    save(page)
    expect(page.get_by_role("status")).to_be_visible()
    look("saved")
    page.goto(f"{demo.host}/course/{COURSE}/advanced")
    look("advanced")
    page.get_by_label("Other course settings (JSON)").fill("{nonsense")
    save(page)
    expect(page.get_by_text("Enter a valid JSON.")).to_be_visible()
    look("advanced-error")
    assert inspector.findings == []
    assert wide == []
