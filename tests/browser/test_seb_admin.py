"""Safe Exam Browser in Django admin: axe, narrow and magnified windows, keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from demo.credentials import SEB_EXAM_COURSE_ID

from .demo_process import COURSE, Demo
from .people import Administrator, Camera
from .test_accessibility import Inspector
from .test_keyboard import Keyboard

ADMIN = "/admin/seb_openedx"
SECTION = f"{SEB_EXAM_COURSE_ID.replace('course-v1', 'block-v1')}+type@sequential+block@of_the_admin_test"
# As designed; at 200 %, and at 400 % (WCAG 1.4.10).
WIDTHS = (1280, 640, 320)
MODELS = (
    "sebcourseconfiguration",
    "sebexamconfiguration",
    "sebconfigtemplate",
    "sebsession",
    "sebaccesslog",
    "forbiddencourseaccess",
)
FORMS = ("sebcourseconfiguration", "sebexamconfiguration", "sebconfigtemplate")
# Names what makes the page scroll sideways.
TOO_WIDE = """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
    [`${document.documentElement.scrollWidth} px`, ...Array.from(document.querySelectorAll("body *"))
        .filter(element => element.getBoundingClientRect().right > window.innerWidth + 1)
        .slice(0, 5).map(element => `${element.tagName} ${element.id} ${element.className}`)]"""
# Django's own: links in text are those of its breadcrumbs, and the field of its search has a picture as its label.
OF_DJANGO = ("link-in-text-block", "label-title-only (Form elements should have a visible label) at ['#searchbar']")


@pytest.fixture(scope="module", autouse=True)
def rows(demo: Demo) -> Iterator[None]:
    """Refusals, sessions and bans in a course; they are gone afterwards."""
    demo.run("tests.browser.seb_dashboard_stage")
    yield
    demo.run("tests.browser.seb_dashboard_stage", "--clear")


class Look:
    """Checks pages at every width. ``wide``: what scrolls sideways."""

    def __init__(self, page: Page, camera: Camera) -> None:
        self.page, self._camera, self._inspector, self.wide = page, camera, Inspector(), list[str]()

    def __call__(self, name: str) -> None:
        """Check the present page."""
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            self._inspector(self.page, f"{name} at {width}")
            self._camera(self.page, f"{name}-{width}")
            self.wide += [f"{name} at {width}: {element}" for element in self.page.evaluate(TOO_WIDE)]
        self.page.set_viewport_size({"width": 1280, "height": 900})

    @property
    def findings(self) -> list[str]:
        """What axe finds that is not Django's own."""
        return [finding for finding in self._inspector.findings if not any(known in finding for known in OF_DJANGO)]


@pytest.mark.contract("seb-exams#admin", "seb-exams#templates")
def test_lists_and_empty_forms_fit_every_window(demo: Demo, gina: Administrator, camera: Camera) -> None:
    look = Look(gina.page, camera)
    for model in MODELS:
        gina.page.goto(f"{demo.host}{ADMIN}/{model}/")
        look(f"list-{model}")
    for model in FORMS:
        gina.page.goto(f"{demo.host}{ADMIN}/{model}/add/")
        look(f"form-{model}")
    assert look.wide == []
    assert look.findings == []


@pytest.mark.contract("seb-exams#admin", "seb-exams#browser-keys")
def test_a_form_with_keys_and_with_mistakes_fits_every_window(demo: Demo, gina: Administrator, camera: Camera) -> None:
    page, look = gina.page, Look(gina.page, camera)
    page.goto(f"{demo.host}{ADMIN}/sebexamconfiguration/add/")
    page.get_by_label("Course id:", exact=True).fill(SEB_EXAM_COURSE_ID)
    page.get_by_label("Content id:", exact=True).fill(SECTION)
    page.get_by_label("Mode:", exact=True).select_option("client")
    page.get_by_label("Add Browser Exam Keys:").fill(f"{'c' * 64}\n{'d' * 64}")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_label("Label of key ccccccc")).to_be_visible()
    look("exam-with-keys")
    page.locator("#id_max_displays").fill("9")
    page.get_by_label("Add Browser Exam Keys:").fill("not a key")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("a key has 64 digits 0-9 and a-f")).to_be_visible()
    look("exam-with-mistakes")
    page.goto(f"{demo.host}{ADMIN}/sebexamconfiguration/?q={SECTION.rpartition('@')[2]}")
    page.get_by_role("link", name=SECTION).click()
    page.get_by_role("link", name="Delete").click()
    look("exam-to-be-deleted")
    page.locator("#content form [type=submit]").click()
    assert look.wide == []
    assert look.findings == []


@pytest.mark.contract("safe-exam-browser#form")
def test_a_course_is_protected_without_a_mouse(demo: Demo, gina: Administrator) -> None:
    page = gina.page
    hands = Keyboard(page)
    page.goto(f"{demo.host}{ADMIN}/sebcourseconfiguration/add/")
    hands.walk_to(page.get_by_label("Course id:", exact=True))
    page.keyboard.type(COURSE)
    hands.walk_to(page.get_by_label("Config keys:", exact=True))
    page.keyboard.type("e" * 64)
    hands.walk_to(page.get_by_role("button", name="Save", exact=True))
    page.keyboard.press("Enter")
    try:
        expect(page.get_by_role("status").or_(page.locator(".messagelist"))).to_contain_text("added successfully")
    finally:
        staff = demo.session("gina")
        url = f"{demo.host}/seb-openedx/api/v1/course/{COURSE}/configuration/"
        staff.delete(url, headers={"Referer": demo.host}, timeout=20)
