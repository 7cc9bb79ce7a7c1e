"""The timer bar in a real browser: right whatever happens to the tab, and there for everybody."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .people import MIDTERM, TIMED, Learner

DIGITS = "h3#time_remaining_id b"
API = "/api/edx_proctoring/v1/proctored_exam/attempt"

# What the page shows minus what the server says, in seconds. Both are asked in the page, within one task of each
# other; the way to the server and back is taken off. Digits are whole seconds, rounded up: up to one second more
# than the truth is exact.
CLOCK_ERROR = """async (url) => {
    const shown = () => document.querySelector('h3#time_remaining_id b').textContent
        .split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
    const request = new XMLHttpRequest();
    request.open('GET', url, false);
    const sent = performance.now();
    request.send();
    const way = (performance.now() - sent) / 1000;
    // So that a tick that became due while this task was waiting is drawn.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const late = (performance.now() - sent) / 1000 - way / 2;
    return shown() - (JSON.parse(request.responseText).time_remaining_seconds - late);
}"""


def clock_error(learner: Learner) -> float:
    """Return by how many seconds the digits are ahead of the server's clock."""
    [attempt] = learner.demo.attempts(learner.username)
    return float(learner.page.evaluate(CLOCK_ERROR, f"{API}/{attempt['id']}"))


def assert_clock_is_right(learner: Learner) -> None:
    """Digits are whole seconds, rounded up, so they are right from 0 to 1 ahead; an error of 1 is allowed."""
    error = clock_error(learner)
    assert -1 < error < 2, f"the clock is {error:.2f} s off"


@contextmanager
def suspended_tabs(page: Page) -> Iterator[None]:
    """Every tab of this browser gets no processor time, as while the computer sleeps.

    By signal, because a headless Chromium hides and freezes no tab: its pages stay visible behind others.
    """
    browser = page.context.browser
    assert browser is not None
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    renderers = [process["id"] for process in processes if process["type"] == "renderer"]
    try:
        for number in renderers:
            os.kill(number, signal.SIGSTOP)
        yield
    finally:
        for number in renderers:
            os.kill(number, signal.SIGCONT)
        session.detach()


def start_timed_quiz(learner: Learner) -> None:
    learner.open_exam(TIMED)
    learner.press("I am ready to start this timed exam.")
    learner.see_questions()


def ask_the_server(page: Page) -> None:
    """As the page does when the computer is online again; else it would be up to a minute."""
    with page.expect_response(lambda response: "sourceid=in_exam" in response.url):
        page.evaluate("window.dispatchEvent(new Event('online'))")


def mark(page: Page) -> None:
    """Know this very document again."""
    page.evaluate("window.isTheSameDocument = true")


def is_the_same(page: Page) -> bool:
    return bool(page.evaluate("window.isTheSameDocument === true"))


@pytest.fixture
def announcements() -> Callable[[Page], list[str]]:
    """Collects what a screen reader hears from the bar; a call returns what came since the last one."""

    def collect(page: Page) -> list[str]:
        return list(
            page.evaluate(
                """() => {
                    const heard = window.heard || [];
                    if (!window.heard) {
                        // Setting a text may be two changes, a removal and an addition; it is one announcement.
                        new MutationObserver((changes) => {
                            const region = document.querySelector('.timer-announce');
                            if (changes.some((change) => change.target === region) && region.textContent.trim()) {
                                window.heard.push(region.textContent.trim());
                            }
                        }).observe(document.querySelector('.proctored_exam_status'), {childList: true, subtree: true});
                    }
                    window.heard = [];
                    return heard;
                }"""
            )
        )

    return collect


@pytest.mark.contract("timer#deadline", "timer#resync")
class TestTheClockIsRight:
    """Error under one second after the tab comes back."""

    def test_after_a_slow_computer_gave_the_background_tab_no_time(self, learner: Learner) -> None:
        start_timed_quiz(learner)
        page = learner.page
        devtools = page.context.new_cdp_session(page)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": 6})
        before = learner.seconds_left()
        page.context.new_page().bring_to_front()
        with suspended_tabs(page):
            time.sleep(15)
        page.bring_to_front()
        assert_clock_is_right(learner)
        assert learner.seconds_left() <= before - 14

    def test_suspended_tabs_count_no_ticks(self, learner: Learner) -> None:
        """The control: a page that counts its ticks is wrong by what it was suspended for."""
        start_timed_quiz(learner)
        page = learner.page
        page.evaluate("window.ticks = 0; setInterval(() => { window.ticks += 1; }, 1000)")
        with suspended_tabs(page):
            time.sleep(6)
        assert page.evaluate("window.ticks") <= 3

    def test_after_ten_minutes_of_sleep(self, learner: Learner) -> None:
        learner.page.clock.install()
        start_timed_quiz(learner)
        learner.page.context.set_offline(True)  # only the page itself can answer now
        learner.page.clock.fast_forward("10:00")
        learner.demo.age(learner.username, 10)
        learner.page.context.set_offline(False)
        assert_clock_is_right(learner)

    @pytest.mark.parametrize("minutes", [pytest.param(15, id="forward"), pytest.param(-15, id="back")])
    def test_after_somebody_set_the_computers_clock(self, learner: Learner, minutes: int) -> None:
        page = learner.page
        start_timed_quiz(learner)
        with page.expect_response(lambda response: "sourceid=in_exam" in response.url):
            # Only the clock on the wall; the browser's own goes on, as it does in life.
            page.evaluate("(by) => { const now = Date.now; Date.now = () => now() + by; }", minutes * 60_000)
        page.wait_for_timeout(300)
        assert_clock_is_right(learner)


@pytest.mark.contract("timer#changed-deadline")
def test_a_changed_deadline_is_seen_and_heard_without_a_reload(
    learner: Learner, announcements: Callable[[Page], list[str]]
) -> None:
    start_timed_quiz(learner)
    page = learner.page
    mark(page)
    announcements(page)
    before = learner.seconds_left()
    learner.demo.age(learner.username, -10)
    ask_the_server(page)
    expect(page.locator(".js-proctoring-timer-notice")).to_contain_text("Time was added to your exam:")
    learner.look("time-added")
    assert before + 540 < learner.seconds_left() <= before + 600
    assert_clock_is_right(learner)
    [heard] = announcements(page)
    assert heard.startswith("Time was added to your exam:")
    learner.demo.age(learner.username, 5)
    ask_the_server(page)
    expect(page.locator(".js-proctoring-timer-notice")).to_contain_text("The end of your exam was changed:")
    assert_clock_is_right(learner)
    assert is_the_same(page)


@pytest.mark.contract("timer#thresholds", "accessibility#timer-announcements")
def test_thresholds_are_announced_once(learner: Learner, announcements: Callable[[Page], list[str]]) -> None:
    start_timed_quiz(learner)
    page = learner.page
    seconds = learner.seconds_left()
    announcements(page)
    # Just above the first threshold, a fifth of the time.
    learner.demo.age(learner.username, (seconds * 0.8 - 6) / 60)
    ask_the_server(page)
    expect(page.locator(".exam-timer")).not_to_have_class("low-time")
    announcements(page)
    expect(page.locator(".exam-timer.low-time.warning")).to_be_visible()
    learner.look("warning")
    page.wait_for_timeout(4000)
    heard = announcements(page)
    assert len(heard) == 1, heard
    assert "minute" in heard[0]


@pytest.mark.contract("timer#expiry")
def test_three_tabs_at_the_end_of_the_time_submit_once(learner: Learner) -> None:
    demo = learner.demo
    learner.reach_the_exam(MIDTERM)
    page = learner.page
    demo.age(learner.username, (learner.seconds_left() - 45) / 60)
    tabs = [page, page.context.new_page(), page.context.new_page()]
    puts: list[str] = []
    for tab in tabs:
        tab.on("request", lambda request: puts.append(request.url) if request.method == "PUT" else None)
        tab.goto(page.url)
    for tab in tabs:
        expect(tab.locator(DIGITS)).to_be_visible()
    [attempt] = demo.attempts(learner.username)
    for tab in tabs:
        expect(tab.get_by_role("heading", name="You have submitted this proctored exam for review")).to_be_visible(
            timeout=120_000
        )
    learner.look("three-tabs-submitted")
    assert demo.attempts(learner.username)[0]["status"] == "submitted"
    assert len(demo.events("attempt.submitted", attempt["id"])) == 1
    assert len(demo.mails_to(learner.username)) == 1
    stops = [entry for entry in demo.provider_saw("PATCH", attempt["external_id"]) if "submitted" in str(entry["body"])]
    assert len(stops) == 1, "the provider hears of one submission"
    assert puts == [], "the server ends the exam, no tab has to"


@pytest.mark.contract("timer#hide")
def test_the_time_can_be_hidden_and_stays_hidden(learner: Learner) -> None:
    start_timed_quiz(learner)
    page = learner.page
    toggle = page.get_by_role("button", name="Hide Timer")
    toggle.click()
    expect(page.locator(DIGITS)).to_be_hidden()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    learner.look("hidden")
    page.reload()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    expect(page.locator(DIGITS)).to_be_hidden()
    toggle.click()
    expect(page.locator(DIGITS)).to_be_visible()


@pytest.mark.contract("accessibility#timer-announcements")
def test_the_time_is_said_on_demand(learner: Learner) -> None:
    start_timed_quiz(learner)
    page = learner.page
    page.get_by_role("button", name="Announce the time left").press("Enter")
    expect(page.locator(".timer-announce")).to_contain_text("minute")


@pytest.mark.contract("timer#draw")
def test_the_bar_speaks_of_no_button_that_is_not_there(learner: Learner) -> None:
    start_timed_quiz(learner)
    bar = learner.page.locator(".proctored_exam_status")
    expect(bar).to_contain_text('before you select "End My Exam"')
    learner.end()
    learner.heading("Are you sure that you want to submit your timed exam?")
    expect(bar.locator(DIGITS)).to_be_visible()
    expect(bar).not_to_contain_text("End My Exam")


@pytest.mark.contract("accessibility#timer-layout")
class TestLayout:
    """The bar on small screens, enlarged, in forced colours and without motion."""

    @pytest.fixture
    def bar(self, learner: Learner) -> Any:
        start_timed_quiz(learner)
        return learner.page.locator(".exam-timer")

    @pytest.mark.parametrize(
        ("width", "height"),
        [
            pytest.param(320, 640, id="phone"),
            pytest.param(600, 450, id="1200-pixels-at-200-percent"),
            pytest.param(320, 256, id="1280-pixels-at-400-percent"),
        ],
    )
    def test_nothing_is_cut_off(self, learner: Learner, bar: Any, width: int, height: int) -> None:
        page = learner.page
        page.set_viewport_size({"width": width, "height": height})
        page.reload()
        expect(bar).to_be_visible()
        learner.look(f"{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        box = bar.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        for part in (DIGITS, ".exam-button-turn-in-exam", "#toggle_timer", ".js-toggle-show-more"):
            inner = page.locator(part).bounding_box()
            assert inner["x"] >= 0, part
            assert inner["x"] + inner["width"] <= width, part
            if part != DIGITS:
                assert min(inner["height"], inner["width"]) >= 24, f"{part} is a target of {inner}"
        # In view while the page below is read, it may not take the page away.
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        page.wait_for_timeout(300)
        if height > 400:
            assert bar.bounding_box()["height"] <= height / 2

    def test_forced_colours_leave_borders_and_focus(self, learner: Learner, bar: Any) -> None:
        page = learner.page
        page.emulate_media(forced_colors="active")
        learner.look("forced-colours")
        borders = page.evaluate(
            """() => ['.exam-timer', '.exam-button-turn-in-exam'].map((selector) => {
                const style = getComputedStyle(document.querySelector(selector));
                return style.borderBottomStyle !== 'none' && parseFloat(style.borderBottomWidth) > 0;
            })"""
        )
        assert borders == [True, True]
        page.locator("#toggle_timer").focus()
        page.keyboard.press("Shift+Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline not in ("none", ""), "the focus can be seen"

    def test_nothing_moves_for_those_who_want_no_motion(self, learner: Learner, bar: Any) -> None:
        page = learner.page
        page.emulate_media(reduced_motion="reduce")
        page.locator("#toggle_timer").hover()
        page.wait_for_timeout(300)
        assert page.evaluate("document.getAnimations().length") == 0
