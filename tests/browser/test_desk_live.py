"""The panel Live of the exam desk, in Chromium, with axe at two widths."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Response, expect

from .exam_driver import HttpLearner, enter_all, exam_of
from .people import TIMED
from .test_desk import NARROW, Desk, answer, desk, inspect, running_learner
from .waiting import eventually

__all__ = ["desk", "inspect"]

BOARD = re.compile(r"/v2/exams/\d+/board")
EXTEND = re.compile(r"/v2/exams/\d+/extend")
FILES = re.compile(r"/js/desk/panels/live\.js")


@pytest.fixture
def exam_id(desk: Desk) -> int:
    """The timed exam."""
    return int(exam_of(desk.demo, TIMED)["id"])


def seconds(row: Locator) -> int:
    """What the row says is left."""
    parts = row.locator("[data-kind=left]").inner_text().split()[-1].split(":")
    return sum(int(part) * 60**place for place, part in enumerate(reversed(parts)))


def clock_shows_more_than(page: Page, wanted: int) -> None:
    """The learner's clock follows at its next poll."""
    page.wait_for_function(
        """wanted => {
            const digits = document.querySelector('h3#time_remaining_id b').textContent.match(/\\d+/g);
            return digits.reduce((sum, part) => 60 * sum + Number(part), 0) > wanted;
        }""",
        arg=wanted,
        timeout=75_000,
    )


def test_who_is_where_and_one_gets_more_time(
    desk: Desk, exam_id: int, new_page: Callable[[], Page], inspect: Any
) -> None:
    learner = running_learner(desk.demo, new_page())
    desk.open("?pd=live")
    desk.heading("Live")
    inspect(desk.page, "live, no exam")
    desk.team.look("choose")
    desk.root.get_by_role("link", name=TIMED).click()
    row = desk.search(learner.username)
    expect(row).to_contain_text("Started")
    expect(row).to_contain_text("in contact")
    before = seconds(row)
    began = time.monotonic()
    eventually(lambda: seconds(row) <= before - 3, "the time left runs down by itself")
    # One second for rounding, one for the row's next tick.
    assert before - seconds(row) <= time.monotonic() - began + 2
    inspect(desk.page, "live")
    desk.team.look("live")
    shown = learner.seconds_left()
    desk.act(row, "Change the time")
    dialog = desk.page.get_by_role("dialog")
    dialog.get_by_label("Minutes to add").fill("6")
    dialog.get_by_label("Reason").fill("fire alarm")
    dialog.get_by_role("button", name="Change the time").click()
    expect(dialog).to_have_count(0)
    expect(row).to_contain_text("6 minutes of them added by staff")
    assert seconds(row) > before + 5 * 60
    # The learner sees it without loading the page again.
    clock_shows_more_than(learner.page, shown + 4 * 60)


def test_what_was_seen_is_noted_and_the_exam_is_ended(desk: Desk, exam_id: int, inspect: Any) -> None:
    learner = HttpLearner(desk.demo, exam_id).enter()
    desk.open(f"?pd=live&pd.exam={exam_id}&pd.search={learner.username}")
    row = desk.row(learner.username)
    desk.act(row, "Add a note")
    dialog = desk.page.get_by_role("dialog")
    dialog.get_by_label("What was seen").fill("a phone on the table")
    inspect(desk.page, "add a note")
    dialog.get_by_role("button", name="Add the note").click()
    expect(row).to_contain_text("1 note")
    desk.act(row, "End the exam")
    dialog.get_by_label("Reason").fill("evacuated")
    dialog.get_by_role("button", name="End the exam").click()
    expect(row).to_contain_text("Submitted")
    row.get_by_role("link", name=learner.username).click()
    drawer = desk.page.get_by_role("dialog", name=re.compile(learner.username))
    drawer.locator("summary").filter(has_text="Notes").press("Enter")
    expect(drawer).to_contain_text("a phone on the table")
    inspect(desk.page, "drawer, notes")


def test_a_selection_and_everybody_get_more_time(desk: Desk, exam_id: int, inspect: Any) -> None:
    learners = enter_all(desk.demo, exam_id, 3)
    learners[0].act("submit")
    desk.open(f"?pd=live&pd.exam={exam_id}&pd.size=100&pd.show=in_exam")
    expect(desk.row(learners[0].username)).to_have_count(0)
    for learner in learners[1:]:
        desk.row(learner.username).get_by_role("checkbox").check()
    bar = desk.root.get_by_role("region", name="Selected rows")
    bar.get_by_role("button", name="Change the time").click()
    dialog = desk.page.get_by_role("dialog")
    dialog.get_by_label("Minutes to add").fill("4")
    expect(dialog).to_contain_text("What would happen now: 2 done, 0 skipped, 0 failed.")
    inspect(desk.page, "extend a selection")
    dialog.get_by_label("Reason").fill("fire alarm")
    desk.team.look("extend-selection")
    dialog.get_by_role("button", name="Change the time").click()
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    expect(dialog).to_contain_text("2 done, 0 skipped, 0 failed")
    dialog.get_by_role("button", name="Close").click()
    for learner in learners[1:]:
        expect(desk.row(learner.username)).to_contain_text("4 minutes of them added by staff")

    desk.root.get_by_role("button", name="Change the time of everyone in the exam").click()
    # A learner enters while the dialog is open: nothing is done with outdated numbers.
    late = HttpLearner(desk.demo, exam_id).enter()
    dialog.get_by_label("Minutes to add").fill("5")
    expect(dialog.locator(".js-refusal")).to_contain_text("Check the numbers again.")
    expect(dialog).to_contain_text("What would happen now:")
    inspect(desk.page, "extend everybody")
    dialog.get_by_label("Reason").fill("power cut")
    desk.team.look("extend-everybody")
    dialog.get_by_role("button", name="Change the time").click()
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    expect(dialog).to_contain_text("0 failed")
    desk.team.look("extended-everybody")
    dialog.get_by_role("button", name="Close").click()
    expect(desk.row(late.username)).to_contain_text("5 minutes of them added by staff")
    expect(desk.row(learners[1].username)).to_contain_text("9 minutes of them added by staff")
    desk.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    desk.team.look("live-320")


def test_the_board_refreshes_itself_and_keeps_still(desk: Desk, exam_id: int) -> None:
    learner = HttpLearner(desk.demo, exam_id).enter()
    page = desk.page
    replies: list[int] = []

    def note(response: Response) -> None:
        if BOARD.search(response.url):
            replies.append(response.status)

    page.clock.install()
    desk.open(f"?pd=live&pd.exam={exam_id}&pd.search={learner.username}&keep=1")
    row = desk.row(learner.username)
    expect(row).to_be_visible()
    learner.poll()
    page.on("response", note)
    with page.expect_response(BOARD):
        page.clock.run_for(15_500)
    row.evaluate("row => { window.sameRow = row; }")
    with page.expect_response(BOARD):
        page.clock.run_for(15_500)
    expect(desk.root.locator(".js-as-of")).to_contain_text("As of")
    assert replies[-1] == 304
    assert row.evaluate("row => row === window.sameRow"), "an unchanged board was drawn again"
    # Hidden: nothing is asked. Visible again: at once.
    hide = "state => Object.defineProperty(document, 'visibilityState', {value: state, configurable: true})"
    page.evaluate(hide, "hidden")
    asked = len(replies)
    page.clock.run_for(60_000)
    assert len(replies) == asked
    learner.act("submit")
    page.evaluate(hide, "visible")
    with page.expect_response(BOARD):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(row).to_contain_text("Submitted")
    # A person who works on it is not disturbed.
    row.get_by_role("button", name=re.compile("^Actions for")).click()
    asked = len(replies)
    page.clock.run_for(31_000)
    assert len(replies) == asked
    page.keyboard.press("Escape")


@pytest.mark.parametrize(
    ("status", "code"), [(403, "staff_required"), (404, "not_found"), (422, "invalid"), (500, "internal_error")]
)
def test_the_board_that_does_not_load(desk: Desk, exam_id: int, inspect: Any, status: int, code: str) -> None:
    answer(desk.page, BOARD, status, code)
    desk.open(f"?pd=live&pd.exam={exam_id}")
    said = "You are no longer staff of this course." if status == 403 else "The reason in words."
    expect(desk.root.locator(".proctoring-desk__state")).to_contain_text(said)
    expect(desk.root.get_by_role("button", name="Try again")).to_have_count(0 if status == 403 else 1)
    inspect(desk.page, f"live, {status}")
    if status == 404:
        desk.team.look("not-found")


def test_old_rows_stay_when_the_connection_is_cut(desk: Desk, exam_id: int, inspect: Any) -> None:
    learner = HttpLearner(desk.demo, exam_id).enter()
    desk.open(f"?pd=live&pd.exam={exam_id}&pd.search={learner.username}")
    expect(desk.row(learner.username)).to_be_visible()
    desk.page.route(BOARD, lambda route: route.abort())
    desk.page.clock.install()
    desk.root.get_by_role("button", name="Refresh", exact=True).click()
    for _ in range(4):
        desk.page.clock.run_for(9_000)
        desk.page.wait_for_timeout(200)
    expect(desk.root.locator(".js-notice")).to_contain_text("could not be refreshed")
    expect(desk.row(learner.username)).to_be_visible()
    inspect(desk.page, "live, stale")
    desk.team.look("stale")
    desk.page.unroute(BOARD)
    desk.root.get_by_role("button", name="Refresh", exact=True).click()
    expect(desk.root.locator(".js-notice")).to_have_text("")


def test_empty_loading_and_a_file_that_does_not_come(desk: Desk, exam_id: int, inspect: Any) -> None:
    page = desk.page
    page.route(FILES, lambda route: route.abort())
    desk.open(f"?pd=live&pd.exam={exam_id}&pd.search=nobody-of-this-name")
    expect(desk.root).to_contain_text("This part of the exam desk could not be loaded.")
    inspect(page, "live, no file")
    page.unroute(FILES)
    desk.root.get_by_role("button", name="Try again").click()
    expect(desk.root).to_contain_text("Nothing matches these filters:")
    inspect(page, "live, nothing matches")
    page.route(BOARD, lambda route: None)
    desk.open(f"?pd=live&pd.exam={exam_id}")
    expect(desk.root.get_by_text("Loading the list…")).to_be_visible()
    inspect(page, "live, loading")
    page.unroute(BOARD)


def test_an_extension_that_is_refused_keeps_what_was_entered(desk: Desk, exam_id: int, inspect: Any) -> None:
    HttpLearner(desk.demo, exam_id).enter()
    desk.open(f"?pd=live&pd.exam={exam_id}")
    desk.root.get_by_role("button", name="Change the time of everyone in the exam").click()
    dialog = desk.page.get_by_role("dialog")
    answer(desk.page, EXTEND, 502, "provider_unavailable")
    dialog.get_by_label("Minutes to add").fill("5")
    dialog.get_by_label("Reason").fill("power cut")
    dialog.get_by_role("button", name="Change the time").click()
    expect(dialog.locator(".js-refusal")).to_contain_text("The reason in words.")
    expect(dialog.get_by_label("Reason")).to_have_value("power cut")
    inspect(desk.page, "extend everybody, refused")
    desk.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(desk.root.get_by_role("button", name="Change the time of everyone in the exam")).to_be_focused()


def test_the_keyboard_is_enough_to_extend_everybody(desk: Desk, exam_id: int) -> None:
    learner = HttpLearner(desk.demo, exam_id).enter()
    desk.open(f"?pd=live&pd.exam={exam_id}&pd.show=in_exam")
    page = desk.page
    expect(desk.row(learner.username)).to_be_visible()
    button = desk.root.get_by_role("button", name="Change the time of everyone in the exam")
    desk.root.get_by_label("Exam", exact=True).focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_label("Minutes to add")).to_be_focused()
    page.keyboard.type("3")
    page.keyboard.press("Tab")
    page.keyboard.type("fire alarm")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("button", name="Close")).to_be_visible()
    page.keyboard.press("Escape")
    expect(desk.row(learner.username)).to_contain_text("3 minutes of them added by staff")
    expect(button).to_be_focused()


def test_live_in_arabic_and_at_200_percent(desk: Desk, exam_id: int, inspect: Any) -> None:
    HttpLearner(desk.demo, exam_id).enter()
    desk.page.context.add_cookies([{"name": "django_language", "value": "ar", "url": desk.demo.host}])
    desk.open(f"?pd=live&pd.exam={exam_id}")
    expect(desk.root.locator("[data-kind=left]").first).to_be_visible()
    text = desk.root.inner_text()
    for word in ("Live", "Time left", "Last contact", "in contact", "Change the time", "Only", "Started"):
        assert word not in text
    inspect(desk.page, "live, ar")
    desk.team.look("ar")
    # 1280 px at 200 % are 640 px.
    desk.page.set_viewport_size({"width": 640, "height": 450})
    assert desk.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    desk.team.look("ar-200-percent")
