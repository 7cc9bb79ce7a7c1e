"""A connection that is lost for half a minute loses nothing, and the learner reads what is happening."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from .people import MIDTERM, TIMED, Learner

OFFLINE_MILLISECONDS = 30_000
SUBMITTED = "You have submitted this proctored exam for review"
NOT_YET = "your exam is not submitted yet"


def submissions(learner: Learner) -> dict[str, Any]:
    """What became of the learner's newest attempt, counted where it matters: at the server and beyond."""
    demo = learner.demo
    attempt = demo.attempts(learner.username)[0]
    heard = [entry for entry in demo.provider_saw("PATCH", attempt["external_id"]) if "submitted" in str(entry["body"])]
    return {
        "status": attempt["status"],
        "events": len(demo.events("attempt.submitted", attempt["id"])),
        "mails": len(demo.mails_to(learner.username)),
        "provider": len(heard),
    }


ONCE = {"status": "submitted", "events": 1, "mails": 1, "provider": 1}


def reach_the_question(learner: Learner) -> None:
    """In a proctored exam, up to the question whether to end it."""
    learner.reach_the_exam(MIDTERM)
    learner.end()
    learner.heading(re.compile("Are you sure you want to end your proctored exam"))


def alert(page: Page, words: str) -> Any:
    return page.get_by_role("alert").filter(has_text=words).first


@pytest.mark.contract("exam-buttons#offline")
def test_a_submission_pressed_offline_is_carried_out_once(learner: Learner) -> None:
    reach_the_question(learner)
    page = learner.page
    page.context.set_offline(True)
    learner.press("Yes, end my proctored exam")
    expect(alert(page, NOT_YET)).to_be_visible()
    expect(alert(page, "as soon as the connection is back")).to_be_visible()
    expect(page.locator("[name=submit-proctored-exam]")).to_be_disabled()
    learner.look("submit-offline")
    page.wait_for_timeout(OFFLINE_MILLISECONDS)
    expect(alert(page, NOT_YET)).to_be_visible()
    assert submissions(learner)["status"] == "ready_to_submit"
    page.context.set_offline(False)
    learner.heading(SUBMITTED, seconds=30)
    learner.look("submitted-after-all")
    assert submissions(learner) == ONCE


@pytest.mark.contract("timer#end-button")
def test_the_end_button_pressed_offline_leads_on_when_the_connection_is_back(learner: Learner) -> None:
    learner.open_exam(TIMED)
    learner.press("I am ready to start this timed exam.")
    learner.see_questions()
    page = learner.page
    page.context.set_offline(True)
    learner.end()
    expect(alert(page, "you are taken to the page where you submit your exam")).to_be_visible()
    learner.look("end-offline")
    page.wait_for_timeout(OFFLINE_MILLISECONDS)
    expect(learner.timer).to_be_visible()
    page.context.set_offline(False)
    learner.heading("Are you sure that you want to submit your timed exam?", seconds=30)


@pytest.mark.contract("timer#offline", "timer#expiry")
def test_time_that_runs_out_offline_ends_the_exam_once(learner: Learner) -> None:
    learner.reach_the_exam(MIDTERM)
    page = learner.page
    learner.demo.age(learner.username, (learner.seconds_left() - 20) / 60)
    page.reload()
    expect(learner.timer).to_be_visible()
    page.context.set_offline(True)
    page.evaluate("window.isTheSameDocument = true")
    expect(alert(page, "Your time is up, but the server cannot be reached.")).to_be_visible(timeout=60_000)
    expect(alert(page, "the server ends your exam by itself")).to_be_visible()
    expect(learner.timer).to_have_text("0:00:00")
    learner.look("time-is-up-offline")
    page.wait_for_timeout(OFFLINE_MILLISECONDS)
    assert page.evaluate("window.isTheSameDocument"), "the page has not given way to the browser's error page"
    page.context.set_offline(False)
    learner.heading(SUBMITTED, seconds=60)
    assert submissions(learner) == ONCE


@pytest.mark.contract("exam-buttons#offline")
def test_a_lost_answer_is_no_second_submission(learner: Learner) -> None:
    reach_the_question(learner)
    page = learner.page
    puts = 0

    def lose_the_answer(route: Route) -> None:
        nonlocal puts
        if route.request.method != "PUT":
            route.continue_()
            return
        puts += 1
        route.fetch()
        route.abort("connectionreset")

    page.route("**/proctored_exam/attempt/*", lose_the_answer)
    learner.press("Yes, end my proctored exam")
    learner.heading(SUBMITTED, seconds=30)
    assert puts == 1
    assert submissions(learner) == ONCE


@pytest.mark.parametrize("status", [502, 503])
def test_a_server_that_is_down_for_a_moment_is_asked_again(learner: Learner, status: int) -> None:
    reach_the_question(learner)
    page = learner.page
    answers = [status, status]

    def fail_at_first(route: Route) -> None:
        if answers:
            route.fulfill(status=answers.pop(), body="")
        else:
            route.continue_()

    page.route("**/proctored_exam/attempt/*", fail_at_first)
    learner.press("Yes, end my proctored exam")
    expect(alert(page, NOT_YET)).to_be_visible()
    learner.heading(SUBMITTED, seconds=60)
    assert submissions(learner) == ONCE
