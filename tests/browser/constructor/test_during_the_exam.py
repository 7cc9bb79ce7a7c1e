"""What can happen to the exam page while the exam runs: proctoring is interrupted, tabs are closed, sessions end.

Contract: contract/constructor#heartbeat, contract/constructor#content. The browser's clock is moved, not waited for.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from .people import Candidate

READY = "proctoringReady_n6EY"
INTERRUPTED = "Proctoring was interrupted"
OVER = "This exam session is over"


@pytest.fixture
def busy(candidate: Candidate) -> Candidate:
    """A learner in the running exam, whose browser's clock can be moved; an answer is chosen, but not saved."""
    candidate.page.context.clock.install()
    candidate.reach_the_exam()
    answer(candidate).check()
    return candidate


def answer(candidate: Candidate) -> Locator:
    """The answer that the learner chose."""
    return candidate.inner.frame_locator("iframe").get_by_role("radio", name="The Milky Way")


def next_heartbeat(candidate: Candidate) -> None:
    """Half a minute passes; the exam page says that it is there."""
    with candidate.vendor.expect_response(re.compile(r"/session/[0-9a-f]+/status$")):
        candidate.page.context.clock.fast_forward(30_500)


def expect_covered(candidate: Candidate) -> None:
    """The exam is hidden and cannot be reached, and the learner is told."""
    expect(candidate.outer.get_by_role("alertdialog", name=INTERRUPTED)).to_be_visible()
    expect(candidate.outer.locator("#proctoring-guard-title")).to_be_focused()
    guard = candidate.guard()
    assert (guard["page"], guard["isInert"], guard["isVisible"]) == ("covered", True, False)
    # Keyboard: from the cover the tab key leads out of the frame, never into the exam.
    for _ in range(4):
        candidate.vendor.keyboard.press("Tab")
        assert candidate.frame.evaluate("document.activeElement.id") != "proctoring-guarded-content"


@pytest.mark.contract("constructor#heartbeat")
def test_an_interruption_covers_the_exam_and_keeps_what_is_in_it(busy: Candidate) -> None:
    next_heartbeat(busy)
    busy.expect_open()
    busy.demo.scenario(constructor={"status": "late_to_start"})
    for _ in range(2):
        next_heartbeat(busy)
        busy.expect_open()
    next_heartbeat(busy)
    expect_covered(busy)
    busy.look("interrupted", busy.vendor)
    assert busy.attempt["status"] == "started"
    busy.demo.heal()
    busy.expect_open()
    expect(answer(busy)).to_be_checked()
    busy.answer()


def test_an_inactive_message_covers_it_and_the_focus_comes_back(busy: Candidate) -> None:
    answer(busy).focus()
    busy.post("{proctoringIsActive: false}")
    expect_covered(busy)
    busy.post(f"'{READY}'")
    busy.expect_open()
    expect(answer(busy)).to_be_checked()
    expect(answer(busy)).to_be_focused()


def test_while_it_is_interrupted_the_server_shows_nothing_either(busy: Candidate) -> None:
    busy.demo.scenario(constructor={"status": "late_to_start"})
    for _ in range(3):
        next_heartbeat(busy)
    expect_covered(busy)
    busy.frame.evaluate("document.getElementById('proctoring-guarded-content').contentWindow.location.reload()")
    expect(busy.outer.frame_locator("#proctoring-guarded-content").locator("body")).not_to_be_empty()
    busy.vendor.wait_for_timeout(1500)
    assert busy.questions_in_frames() == 0


def test_a_vendor_without_an_answer_does_not_interrupt_at_once(busy: Candidate) -> None:
    busy.demo.scenario(fail=[{"path": "^/api/v2/", "status": 503}])
    for _ in range(4):
        next_heartbeat(busy)
    busy.expect_open()
    busy.answer()


def test_the_vendor_may_end_the_session(busy: Candidate) -> None:
    busy.demo.scenario(constructor={"status": "finished"})
    next_heartbeat(busy)
    expect(busy.outer.get_by_role("alertdialog", name=OVER)).to_be_visible()
    assert not busy.guard()["isVisible"]
    busy.look("session-over", busy.vendor)
    # Submitting is never refused, and nothing was lost.
    assert busy.attempt["status"] == "started"


def test_the_vendor_ends_early_by_itself(candidate: Candidate) -> None:
    candidate.demo.scenario(constructor={"ends_after": 4})
    candidate.reach_the_frame()
    candidate.expect_open()
    expect(candidate.vendor.get_by_role("heading", name="The proctoring session has ended")).to_be_visible()
    assert candidate.attempt["status"] == "ready_to_start"


def test_reloading_the_vendors_tab_goes_on_with_the_exam(busy: Candidate) -> None:
    busy.answer()
    busy.vendor.reload()
    busy.expect_open()
    expect(answer(busy)).to_be_checked()
    expect(busy.inner.locator("h3#time_remaining_id b")).to_be_visible()


def test_the_vendors_page_may_load_the_exam_page_again(candidate: Candidate) -> None:
    candidate.demo.scenario(constructor={"reload_after": 3})
    candidate.reach_the_frame()
    candidate.expect_open()
    with candidate.vendor.expect_response(re.compile("/verify$")) as second:
        pass
    assert second.value.status == 200
    candidate.expect_open()
    candidate.start()


def test_a_learner_who_closed_the_tab_finds_the_way_back(busy: Candidate) -> None:
    busy.answer()
    busy.vendor.close()
    busy.open_exam()
    busy.look("closed-tab")
    assert "our galaxy called" not in busy.page.inner_text("body")
    busy.launch_again(re.compile("^Open Constructor Proctor"))
    busy.expect_open()
    expect(answer(busy)).to_be_checked()


@pytest.mark.contract("constructor#content")
def test_a_second_tab_shows_no_question(new_candidate: Callable[..., Candidate]) -> None:
    candidate = new_candidate(third_party_cookies=True)
    candidate.reach_the_exam()
    candidate.open_exam()
    expect(candidate.page.get_by_role("heading").first).to_be_visible()
    candidate.look("second-tab")
    assert candidate.page.locator("iframe").count() == 0
    assert "our galaxy called" not in candidate.page.inner_text("body")
    candidate.answer()


@pytest.mark.contract("constructor#cookies")
def test_without_its_cookie_the_frame_shows_no_question(new_candidate: Callable[..., Candidate]) -> None:
    candidate = new_candidate(third_party_cookies=True)
    candidate.reach_the_exam()
    [cookie] = [c for c in candidate.page.context.cookies() if c["name"] == "constructor_session"]
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "None")
    assert cookie.get("partitionKey") == "https://localhost", "only below the vendor's site"
    candidate.page.context.clear_cookies(name="constructor_session")
    candidate.frame.evaluate("document.getElementById('proctoring-guarded-content').contentWindow.location.reload()")
    candidate.vendor.wait_for_timeout(2500)
    assert candidate.questions_in_frames() == 0


def test_a_reset_by_staff_shuts_the_page_and_the_next_session_works(busy: Candidate) -> None:
    # The vendor's page would lead away before.
    busy.vendor.route(re.compile("/proctor/.*/state$"), lambda route: route.abort())
    former = busy.attempt
    stan = busy.demo.session("stan")
    reply = stan.delete(
        f"{busy.demo.host}/api/edx_proctoring/v1/proctored_exam/attempt/{former['id']}",
        headers={"Referer": busy.demo.host},
        timeout=20,
    )
    assert reply.status_code == 200
    next_heartbeat(busy)
    expect(busy.outer.get_by_role("alertdialog", name=OVER)).to_be_visible()
    busy.vendor.close()
    busy.open_exam()
    busy.register()
    busy.launch_again(re.compile("Start System Check"))
    busy.finish_checks()
    busy.expect_open()
    assert busy.attempt["external_id"] != former["external_id"]


def test_the_courses_tab_leads_back_to_the_proctoring_system(candidate: Candidate) -> None:
    """The exam is ready, and is started in the vendor's tab: there is no button here that could only fail."""
    candidate.reach_the_frame()
    candidate.expect_open()
    candidate.open_exam()
    candidate.heading("Important")
    candidate.look("start-in-the-course")
    expect(candidate.page.get_by_role("button", name="Start my exam")).to_have_count(0)
    candidate.vendor.close()
    candidate.launch_again(re.compile("^Open Constructor Proctor"))
    candidate.expect_open()
    candidate.start()


def test_a_start_that_is_refused_says_why(candidate: Candidate) -> None:
    """The page was loaded in the frame, and its proof is gone when the learner starts."""
    candidate.reach_the_frame()
    candidate.expect_open()
    start = candidate.inner.get_by_role("button", name="Start my exam")
    expect(start).to_be_visible()
    candidate.page.context.clear_cookies(name="constructor_session")
    start.click()
    expect(candidate.inner.get_by_text("Open this exam through the proctoring system").first).to_be_visible()
    assert candidate.attempt["status"] == "ready_to_start"
