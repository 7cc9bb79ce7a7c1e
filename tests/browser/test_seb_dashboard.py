"""The pages of Safe Exam Browser for the course team: bans, refusals, sessions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from .demo_process import COURSE, Demo
from .people import Camera, CourseTeam
from .test_accessibility import Inspector
from .test_keyboard import Keyboard

DASHBOARD = "/seb-openedx/dashboard/"
HERE = f"?course_id={quote(COURSE)}"
PATHS = {
    "bans": f"{DASHBOARD}{HERE}",
    "refusals": f"{DASHBOARD}refusals/{HERE}",
    "refusals-empty": f"{DASHBOARD}refusals/{HERE}&username=nobody",
    "refusals-error": f"{DASHBOARD}refusals/{HERE}&since=yesterday",
    "refusals-second-page": f"{DASHBOARD}refusals/{HERE}&page=2",
    "sessions": f"{DASHBOARD}sessions/{HERE}",
    "sessions-empty": f"{DASHBOARD}sessions/{HERE}&username=nobody",
    "sessions-error": f"{DASHBOARD}sessions/{HERE}&state=tired",
}
# What a browser asks for in each language; heading of the refusals, and a reason in the list.
LANGUAGES = {
    "en": ("en", "Refusals", "No key sent"),
    "es": ("es-419", "Rechazos", "Sin clave"),
    "fr": ("fr", "Refus", "Aucune clé envoyée"),
    "ar": ("ar", "حالات الرفض", "لم يُرسَل مفتاح"),
    "zh": ("zh-cn", "拒绝记录", "未发送密钥"),
}


@pytest.fixture(scope="module", autouse=True)
def open_afterwards(demo: Demo) -> Iterator[None]:
    """The exams of the course are open to every browser when these tests are over."""
    yield
    demo.run("tests.browser.seb_dashboard_stage", "--clear")


@pytest.fixture(autouse=True)
def rows(demo: Demo) -> None:
    """Refusals, sessions and bans in the course, as at the beginning."""
    demo.run("tests.browser.seb_dashboard_stage")


@pytest.fixture
def stan_in(demo: Demo, chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens a browser of course staff that asks for a language."""
    contexts = []

    def open_page(language: str) -> Page:
        context = chromium.new_context(locale=language)
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{demo.host}/login/stan")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.contract(
    "safe-exam-browser#dashboard",
    "safe-exam-browser#dashboard-refusals",
    "safe-exam-browser#dashboard-sessions",
)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_pages_are_accessible_at_every_size(
    demo: Demo, stan_in: Callable[[str], Page], language: str, camera: Camera
) -> None:
    inspector, wide = Inspector(), []
    page = stan_in(language)
    for name, path in PATHS.items():
        answer = page.goto(demo.host + path)
        assert answer is not None
        assert answer.status == (400 if name.endswith("-error") else 200)
        assert page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
        # As designed; at 200 %, and at 400 % (WCAG 1.4.10).
        for width in (1280, 640, 320):
            page.set_viewport_size({"width": width, "height": 900})
            inspector(page, f"{name} at {width}")
            camera(page, f"{name}-{width}")
            excess = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            wide += [f"{name} at {width}: {excess} px"] if excess > 0 else []
    assert inspector.findings == []
    assert wide == []


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_the_pages_speak_every_language(demo: Demo, stan_in: Callable[[str], Page], language: str) -> None:
    header, heading, reason = LANGUAGES[language]
    page = stan_in(header)
    page.goto(demo.host + PATHS["refusals"])
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page.get_by_role("row").filter(has_text=reason).first).to_be_visible()
    left = []
    for name, path in PATHS.items():
        page.goto(demo.host + path)
        text = page.locator("body").inner_text()
        left += [f"{name}: {word}" for word in ("Learner", "Refusals", "Search", "entries") if word in text]
    # In English they are there: the words are spelled right.
    assert bool(left) is (language == "en"), left


@pytest.mark.contract("safe-exam-browser#dashboard-refusals")
def test_a_refusal_is_found_and_its_learner_let_in_without_a_mouse(demo: Demo, stan: CourseTeam) -> None:
    page = stan.page
    hands = Keyboard(page)
    page.goto(demo.host + PATHS["refusals"])
    hands.walk_to(page.get_by_label("Reason"))
    page.keyboard.type("Banned")
    hands.walk_to(page.get_by_label("Learner"))
    page.keyboard.type("vict")
    hands.press("Search")
    expect(page.get_by_text("No refusals match.")).to_be_visible()
    hands.walk_to(page.get_by_role("link", name="Show all"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("row").filter(has_text="victor").first).to_contain_text("Banned")
    hands.walk_to(page.get_by_role("button", name=f"Let victor into {COURSE}").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text(f"victor is no longer banned from {COURSE}.")
    expect(page.get_by_role("button", name=re.compile("Let victor into"))).to_have_count(0)


@pytest.mark.contract("safe-exam-browser#dashboard-sessions")
def test_who_left_is_let_in_again_without_a_mouse(demo: Demo, stan: CourseTeam) -> None:
    page = stan.page
    hands = Keyboard(page)
    page.goto(demo.host + PATHS["refusals"])
    hands.follow("Let vera in again on the sessions page")
    expect(page.get_by_text("No sessions match.")).to_be_visible()
    hands.walk_to(page.get_by_role("link", name="Show all"))
    page.keyboard.press("Enter")
    hands.walk_to(page.get_by_label("Why victor may continue (optional)"))
    page.keyboard.type("Fire alarm")
    hands.press("Let victor in again")
    expect(page.get_by_role("status")).to_have_text("victor can open the exam again.")
    expect(page.get_by_role("row").filter(has_text="Fire alarm")).to_contain_text("Let in again by stan")


@pytest.mark.contract("safe-exam-browser#dashboard-sessions", "safe-exam-browser#dashboard")
def test_the_pages_need_no_scripts(demo: Demo, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto(f"{demo.host}/login/stan")
    page.goto(demo.host + PATHS["sessions"])
    page.get_by_label("State").select_option("open")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="End the session of vera").first.click()
    expect(page.get_by_role("status")).to_contain_text("The session of vera has ended.")
    expect(page.get_by_role("row")).to_have_count(2)
    page.goto(demo.host + PATHS["refusals"])
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert download.value.suggested_filename == "access-log.csv"
    page.get_by_role("link", name="Last page").click()
    expect(page.get_by_label("Page (of 2)")).to_have_value("2")
    context.close()


@pytest.mark.contract("safe-exam-browser#dashboard")
def test_the_pages_load_nothing_from_elsewhere(demo: Demo, new_page: Callable[[], Page]) -> None:
    page = new_page()
    page.goto(f"{demo.host}/login/gina")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in PATHS.values():
        page.goto(demo.host + path)
    assert [url for url in asked if not url.startswith(demo.host)] == []
