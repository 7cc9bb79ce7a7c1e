"""Everybody can use the pages: screen reader, keyboard, small screens, large text, every language.

Contract: contract/constructor#accessibility, contract/constructor#reasons.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.test_accessibility import Inspector

from .conftest import Browsers
from .people import Candidate

READY = "proctoringReady_n6EY"
# Browser's language → that of the page, its direction, and the heading while it waits.
LANGUAGES = {
    "en-US": ("en", "ltr", "Waiting for the proctoring system"),
    "ar": ("ar", "rtl", None),
    "es-419": ("es-419", "ltr", None),
    "fr": ("fr", "ltr", None),
    "zh-CN": ("zh-hans", "ltr", None),
}
WIDTHS = {"narrow": 320, "zoomed": 640, "wide": 1280}


def too_wide(seen: Page | Frame) -> int:
    """By how many pixels a page is wider than its window."""
    return int(seen.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


class Tour:
    """Opens every page of the app as one learner, in a browser of another language."""

    def __init__(self, host: Candidate, page: Page) -> None:
        self.host, self.page = host, page
        self.session = host.attempt["external_id"]
        self.pages = f"{host.demo.host}/api/edx_proctoring/constructor/v1"
        page.goto(f"{host.demo.host}/login/{host.username}")

    def stops(self) -> dict[str, Callable[[], Page | Frame]]:
        """Name → opens the page, and returns where it is."""
        return {
            "launch": self.launch,
            "opened-alone": lambda: self.own(f"entry/{self.session}/"),
            "unknown-origin": lambda: self.own(f"entry/{self.session}/?examus-client-origin=https://evil.example"),
            "waiting": lambda: self.framed(None),
            "inactive": lambda: self.framed("{proctoringIsActive: false}"),
            "finished": lambda: self.own(f"finished/{self.session}/"),
        }

    def own(self, path: str) -> Page:
        self.page.goto(f"{self.pages}/{path}")
        return self.page

    def launch(self) -> Page:
        # It would go on at once.
        self.page.route("**/constructor/launch.js", lambda route: route.abort())
        return self.own(f"launch/{self.session}/")

    def framed(self, message: str | None) -> Frame:
        self.page.goto(f"{self.host.demo.provider}/proctor/{self.session}/")
        handle = self.page.locator("#exam").element_handle()
        assert handle is not None
        frame = handle.content_frame()
        assert frame is not None
        expect(self.page.frame_locator("#exam").locator("#proctoring-guard-title")).to_be_visible()
        # A frame of another site learns its size after the page around it is laid out.
        frame.wait_for_function(
            "size => innerWidth === size[0] && innerHeight === size[1]",
            arg=handle.evaluate("node => [node.clientWidth, node.clientHeight]"),
        )
        # Of this page only: a browser does not take the focus away from the page around it.
        assert frame.evaluate("document.activeElement.id") == "proctoring-guard-title"
        if message is not None:
            self.page.evaluate(f"document.getElementById('exam').contentWindow.postMessage({message}, '*')")
            expect(self.page.frame_locator("#exam").get_by_role("alertdialog")).to_be_visible()
        return frame


@pytest.fixture
def host(candidate: Candidate) -> Candidate:
    """A learner whose session runs at the vendor, which says nothing to the exam page."""
    candidate.demo.scenario(constructor={"message": "none"})
    candidate.reach_the_frame()
    return candidate


@pytest.mark.contract("constructor#accessibility")
@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_page_in_every_language_and_width(host: Candidate, browsers: Browsers, camera, locale: str) -> None:
    code, direction, waiting = LANGUAGES[locale]
    page = browsers.open(locale=locale).pages[0]
    tour, inspector, wide = Tour(host, page), Inspector(), []
    for name, go in tour.stops().items():
        for width_name, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 800})
            seen = go()
            assert seen.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [code, direction]
            if name == "waiting" and waiting:
                assert seen.locator("h1").first.inner_text() == waiting
            elif locale != "en-US":
                assert "proctoring system" not in seen.locator("body").inner_text(), f"{name} is not translated"
            inspector(seen, f"{name}-{width_name}")  # type: ignore[arg-type]
            camera(page, f"{name}-{width_name}")
            if excess := too_wide(seen):
                wide.append(f"{name}-{width_name}: {excess} px")
            # Text of twice the size (WCAG 1.4.4), where the browser enlarges text only.
            seen.evaluate("document.documentElement.style.fontSize = '200%'")
            if excess := too_wide(seen):
                wide.append(f"{name}-{width_name}, large text: {excess} px")
    assert inspector.findings == []
    assert wide == []


def test_the_pages_of_the_mock(candidate: Candidate, new_page: Callable[[], Page], camera) -> None:
    inspector, wide = Inspector(), []

    def look(page: Page, step: str) -> None:
        for width in WIDTHS.values():
            page.set_viewport_size({"width": width, "height": 800})
            inspector(page, step)
            camera(page, f"{step}-{width}")
            if excess := too_wide(page):
                wide.append(f"{step} at {width}: {excess} px")

    vendor = candidate.launch()
    session = candidate.attempt["external_id"]
    look(vendor, "checks")
    candidate.finish_checks()
    candidate.expect_open()
    look(vendor, "exam")
    vendor.get_by_role("button", name="End the session").click()
    expect(vendor.get_by_role("heading", name="The session has ended")).to_be_visible()
    look(vendor, "end")
    desk = new_page()
    desk.goto(f"{candidate.demo.provider}/reviewer/{session}/")
    desk.get_by_text("Other messages of Constructor Proctor").click()
    desk.get_by_role("button", name="Live warning").click()
    expect(desk.get_by_text("The learning platform answered 200.")).to_be_visible()
    look(desk, "message-sent")
    desk.get_by_role("button", name="Review with a wrong signature").click()
    expect(desk.get_by_text("The learning platform answered 401.")).to_be_visible()
    assert inspector.findings == []
    assert wide == []


@pytest.mark.contract("constructor#accessibility")
def test_a_screen_reader_hears_the_cover_alone_and_then_the_exam_alone(host: Candidate) -> None:
    body = host.outer.locator("body")
    expect(body).to_match_aria_snapshot("""
        - dialog "Waiting for the proctoring system":
          - heading "Waiting for the proctoring system" [level=1]
          - paragraph: "The exam opens as soon as the proctoring system is ready. You can wait; nothing is lost."
    """)
    assert "Exam" not in body.aria_snapshot()
    host.post("{proctoringIsActive: false}")
    expect(body).to_match_aria_snapshot("""
        - alertdialog "Proctoring is not active":
          - heading "Proctoring is not active" [level=1]
          - alert: /Proctoring is not active\\. Finish the checks .*/
    """)
    host.post(f"'{READY}'")
    host.expect_open()
    expect(body.get_by_role("status")).to_have_text("The exam is open.")
    assert "dialog" not in body.aria_snapshot()


def test_the_keyboard_is_enough(candidate: Candidate) -> None:
    """From the refusal of a page that was opened alone to the questions, without a mouse."""
    candidate.launch()
    candidate.vendor.close()
    page = candidate.vendor = candidate.page
    page.goto(f"{candidate.demo.host}/api/edx_proctoring/constructor/v1/entry/{candidate.attempt['external_id']}/")
    expect(page.locator("#proctoring-guard-title")).to_be_focused()
    page.keyboard.press("Tab")
    button = page.get_by_role("link", name="Start with proctoring")
    expect(button).to_be_focused()
    assert button.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    begin = page.get_by_role("button", name="Open the exam")
    expect(begin).to_be_visible()
    for _ in range(10):
        page.keyboard.press("Tab")
        if begin.evaluate("node => node === document.activeElement"):
            break
    page.keyboard.press("Enter")
    candidate.expect_open()
    start = candidate.inner.get_by_role("button", name="Start my exam")
    expect(start).to_be_visible()
    for _ in range(30):
        page.keyboard.press("Tab")
        if start.evaluate("node => node === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(candidate.inner.locator("h3#time_remaining_id b")).to_be_visible()


@pytest.mark.parametrize(("motion", "animation"), [("reduce", "none"), ("no-preference", "proctoring-turn")])
def test_the_spinner_turns_for_those_who_like_it(
    host: Candidate, browsers: Browsers, motion: str, animation: str
) -> None:
    page = browsers.open(reduced_motion=motion).pages[0]
    frame = Tour(host, page).framed(None)
    spinner = frame.locator(".proctoring-spinner")
    assert spinner.evaluate("node => getComputedStyle(node).animationName") == animation
    expect(spinner).to_have_attribute("aria-hidden", "true")


def test_forced_colors_leave_buttons_and_texts(host: Candidate, browsers: Browsers, camera) -> None:
    page = browsers.open(forced_colors="active").pages[0]
    Tour(host, page).own(f"entry/{host.attempt['external_id']}/")
    camera(page, "forced-colors")
    button = page.get_by_role("link", name="Start with proctoring")
    assert button.evaluate("node => getComputedStyle(node).borderTopStyle") == "solid"


def test_a_page_of_the_host_is_shut_as_a_whole(new_candidate: Callable[..., Candidate], camera) -> None:
    """In the other mode the cover lies on the host's own page: its header and links are shut, too."""
    candidate = new_candidate("constructor_inline")
    candidate.reach_the_frame()
    expect(candidate.inner.get_by_role("button", name="Start my exam")).to_be_visible()
    assert "/courseware/" in candidate.frame.url
    inspector = Inspector()
    inspector(candidate.frame, "open")  # type: ignore[arg-type]
    candidate.post("{proctoringIsActive: false}")
    expect(candidate.outer.get_by_role("alertdialog")).to_be_visible()
    camera(candidate.vendor, "host-page-covered")
    inspector(candidate.frame, "covered")  # type: ignore[arg-type]
    assert inspector.findings == []
    reachable = candidate.frame.evaluate(
        """() => [...document.querySelectorAll('a[href], button, input, iframe')]
            .filter(node => !node.closest('#proctoring-guard-cover') && !node.closest('[inert]'))
            .map(node => node.outerHTML.slice(0, 80))"""
    )
    assert reachable == []
    candidate.post(f"'{READY}'")
    candidate.expect_open()
    assert candidate.frame.evaluate("document.querySelectorAll('header[inert], a[inert]').length") == 0
    # Opened alone, the same page says how to take the exam.
    candidate.page.goto(candidate.exam_address)
    expect(candidate.page.get_by_role("alertdialog", name=re.compile("opens in the proctoring system"))).to_be_visible()
    camera(candidate.page, "host-page-alone")
