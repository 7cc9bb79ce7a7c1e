"""Refusals of Safe Exam Browser in a real browser: accessible, readable without scripts, sized by their frame."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page, Route, expect

from demo.credentials import SEB_COURSE_ID
from seb_openedx import texts

from .demo_process import REPOSITORY, Demo
from .people import Administrator
from .test_accessibility import Inspector

BLOCKS = SEB_COURSE_ID.replace("course-v1", "block-v1")
READING = f"/courses/{SEB_COURSE_ID}/courseware/{BLOCKS}+type@sequential+block@orbits"
LMS, FRONT_END, STRANGER = "https://lms.example.com", "https://apps.example.com", "https://evil.example.com"
SCRIPT = (REPOSITORY / "seb_openedx/static/seb_openedx/resize.js").read_text("utf-8")


@pytest.fixture
def inspector() -> Inspector:
    """Runs axe."""
    return Inspector()


@pytest.mark.contract("safe-exam-browser#refusal", "safe-exam-browser#plain-pages")
def test_the_refusal_is_accessible(demo: Demo, new_page: Callable[[], Page], inspector: Inspector) -> None:
    page = new_page()
    page.goto(f"{demo.host}/login/vera")
    answer = page.goto(f"{demo.host}{READING}")
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_role("alert")).to_have_text("This course opens only in Safe Exam Browser.")
    expect(page.get_by_role("link", name="Get Safe Exam Browser")).to_be_visible()
    inspector(page, "refusal")
    assert inspector.findings == []


def test_the_refusal_needs_no_scripts(demo: Demo, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{demo.host}/login/vera")
    page.goto(f"{demo.host}{READING}")
    expect(page.get_by_role("alert")).to_be_visible()
    context.close()


@pytest.mark.contract("safe-exam-browser#dashboard")
def test_the_list_of_bans_is_accessible_and_its_buttons_work(
    demo: Demo, gina: Administrator, inspector: Inspector
) -> None:
    page = gina.page
    page.goto(f"{demo.host}/admin/seb_openedx/forbiddencourseaccess/add/")
    page.get_by_label("Username:", exact=True).fill("victor")
    page.get_by_label("Course id:", exact=True).fill(SEB_COURSE_ID)
    page.get_by_label("Last modified by username:", exact=True).fill("gina")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{demo.host}/seb-openedx/dashboard/?course_id={quote(SEB_COURSE_ID)}")
    inspector(page, "bans")
    assert inspector.findings == []
    row = page.get_by_role("row").filter(has_text="victor")
    row.get_by_role("button", name=f"Let victor into {SEB_COURSE_ID}").click()
    expect(page.get_by_role("button", name=f"Ban victor from {SEB_COURSE_ID}")).to_be_visible()


@pytest.mark.contract("seb-exams#browser-keys", "seb-exams#templates", "seb-exams#admin")
def test_staff_set_up_templates_and_keys_in_accessible_forms(
    demo: Demo, gina: Administrator, inspector: Inspector
) -> None:
    page = gina.page
    page.goto(f"{demo.host}/admin/seb_openedx/sebconfigtemplate/add/")
    page.get_by_label("Name:", exact=True).fill("Final exams")
    page.get_by_label("Max displays:", exact=True).fill("2")
    inspector(page, "template")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{demo.host}/admin/seb_openedx/sebexamconfiguration/add/")
    page.get_by_label("Course id:", exact=True).fill(SEB_COURSE_ID)
    page.get_by_label("Content id:", exact=True).fill(f"{BLOCKS}+type@sequential+block@of_a_browser_test")
    page.get_by_label("Mode:", exact=True).select_option(label="Template")
    page.get_by_label("Template:", exact=True).select_option(label="Final exams")
    page.get_by_label("Add Browser Exam Keys:").fill(f"{'a' * 64}\n{'b' * 64}")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_label("Label of key aaaaaaa").fill("Room 3")
    page.get_by_label("Platform of key aaaaaaa").select_option(label="Windows")
    page.get_by_label("Accept key bbbbbbb").uncheck()
    inspector(page, "exam")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    expect(page.get_by_label("Label of key aaaaaaa")).to_have_value("Room 3")
    expect(page.get_by_label("Accept key bbbbbbb")).not_to_be_checked()
    expect(page.get_by_label("Accept key aaaaaaa")).to_be_checked()
    # Links in text are those of Django's own breadcrumbs.
    assert [finding for finding in inspector.findings if "link-in-text-block" not in finding] == []


@pytest.mark.contract("safe-exam-browser#frame")
@pytest.mark.parametrize(("embedder", "told"), [(FRONT_END, True), (STRANGER, False)])
def test_the_frame_tells_its_size_to_the_front_end_only(
    new_page: Callable[[], Page], embedder: str, told: bool
) -> None:
    context = {"texts": texts.refusal({}, section=True), "frame_script": "/resize.js", "frame_origin": FRONT_END}
    outer = f"""<!doctype html><script>
        window.sizes = [];
        addEventListener("message", event => window.sizes.push([event.origin, event.data]));
    </script><iframe src="{LMS}/xblock" width="400" height="50"></iframe>"""

    def answer(route: Route) -> None:
        url = route.request.url
        if url.startswith(embedder):
            route.fulfill(body=outer, content_type="text/html")
        elif url.endswith("resize.js"):
            route.fulfill(body=SCRIPT, content_type="text/javascript")
        else:
            route.fulfill(body=render_to_string("seb_openedx/seb-xblock.html", context), content_type="text/html")

    page = new_page()
    page.route("**/*", answer)
    page.goto(f"{embedder}/")
    frame = page.frames[1]
    expect(frame.get_by_role("alert")).to_be_visible()
    if told:
        page.wait_for_function("window.sizes.length > 0")
        frame.evaluate("document.body.append(Object.assign(document.createElement('p'), {style: 'height: 900px'}))")
        page.wait_for_function("window.sizes.at(-1)[1].payload.height > 900")
        origin, message = page.evaluate("window.sizes.at(-1)")
        assert origin == LMS
        assert message["type"] == "plugin.resize"
        assert set(message["payload"]) == {"width", "height"}
    else:
        page.wait_for_load_state("load")
        page.wait_for_timeout(500)
        assert page.evaluate("window.sizes") == []
