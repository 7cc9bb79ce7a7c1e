"""The journeys of a learner, with the provider, the reviewer and the course team."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .people import FINAL, MIDTERM, ONBOARDING, TIMED, Administrator, CourseTeam, Learner, Reviewer
from .waiting import eventually


def test_a_proctored_exam_from_the_entrance_to_the_passed_review(
    learner: Learner, reviewer: Reviewer, stan: CourseTeam
) -> None:
    demo = learner.demo
    learner.reach_the_exam(MIDTERM)
    [attempt] = demo.attempts(learner.username)
    assert attempt["status"] == "started"
    before = learner.seconds_left()
    assert 28 * 60 < before <= 30 * 60
    learner.answer("The Sun")
    learner.page.wait_for_timeout(2000)
    assert before - 20 <= learner.seconds_left() <= before - 2
    assert learner.software is not None
    expect(learner.software.get_by_text("Monitoring. Your exam is running.")).to_be_visible()
    learner.look("software-monitoring", learner.software)

    learner.submit()
    assert len(demo.provider_saw("PATCH", f"/attempt/{attempt['external_id']}/")) == 2
    expect(learner.software.get_by_text("Your recording was handed in.").first).to_be_visible()
    expect(stan.attempt_row(learner.username)).to_contain_text("Submitted")

    reviewer.give_verdict(learner.name, "Passed", "Everything was fine.")
    learner.reload()
    learner.heading("Your proctoring session was reviewed successfully.")
    learner.look("verified")
    expect(stan.attempt_row(learner.username)).to_contain_text("Verified")
    assert len(demo.mails_to(learner.username)) == 2, "one about the submission, one about the result"


def test_a_violation_is_decided_by_a_second_person(
    learner: Learner, reviewer: Reviewer, stan: CourseTeam, gina: Administrator
) -> None:
    demo = learner.demo
    learner.reach_the_exam(MIDTERM)
    learner.submit()
    reviewer.give_verdict(learner.name, "Rules violation", "A phone lay on the table.")

    # The provider's word alone does not fail anybody (contract/reviews#outcome).
    learner.reload()
    learner.heading("You have submitted this proctored exam for review")
    expect(stan.attempt_row(learner.username)).to_contain_text("Second Review Required")

    [attempt] = demo.attempts(learner.username)
    gina.decide(attempt["attempt_code"], "Rules Violation")
    learner.reload()
    learner.heading("Your proctoring session was reviewed, but did not pass all requirements")
    learner.look("rejected")
    expect(stan.attempt_row(learner.username)).to_contain_text("Rejected")


def test_the_software_stops_during_the_exam(learner: Learner, stan: CourseTeam) -> None:
    demo = learner.demo
    learner.page.clock.install()
    learner.reach_the_exam(MIDTERM)
    assert learner.software is not None
    learner.software.get_by_role("button", name="Quit the software").click()
    expect(learner.software.get_by_text("The software was stopped.")).to_be_visible()
    learner.look("software-stopped", learner.software)
    # The page asks the software at half of its ping interval of 60 seconds.
    learner.page.clock.run_for(31_000)
    learner.heading("A system error has occurred with your proctored exam")
    learner.look("error")
    [attempt] = demo.attempts(learner.username)
    assert attempt["status"] == "error"
    assert len(demo.events("attempt.error", attempt["id"])) == 1
    expect(stan.attempt_row(learner.username)).to_contain_text("Error")


def test_the_time_of_a_proctored_exam_runs_out_with_the_page_open(learner: Learner, stan: CourseTeam) -> None:
    demo = learner.demo
    learner.reach_the_exam(MIDTERM)
    learner.answer("The Sun")
    # Ten seconds stay.
    demo.age(learner.username, (learner.seconds_left() - 10) / 60)
    learner.reload()
    expect(learner.timer).to_be_visible()
    learner.look("last-seconds")
    # Five seconds of zero before the page leaves by itself.
    learner.heading("You have submitted this proctored exam for review", seconds=40)
    learner.look("submitted")
    [attempt] = demo.attempts(learner.username)
    assert attempt["status"] == "submitted"
    assert len(demo.events("attempt.submitted", attempt["id"])) == 1
    assert len(demo.mails_to(learner.username)) == 1
    expect(stan.attempt_row(learner.username)).to_contain_text("Submitted")


def test_a_learner_declines_proctoring(learner: Learner, stan: CourseTeam) -> None:
    learner.open_exam(MIDTERM)
    learner.press("Take this exam without proctoring.")
    learner.heading("Are you sure you do not want to be proctored?")
    learner.look("are-you-sure")
    learner.press("No, go back")
    learner.heading("This exam is proctored")
    learner.press("Take this exam without proctoring.")
    learner.press("Yes, continue without proctoring")
    expect(learner.questions.get_by_role("button", name="Submit").first).to_be_visible()
    learner.look("questions")
    # The choice holds for the proctored exams that come after this one, too.
    attempts = learner.demo.attempts(learner.username)
    assert {attempt["proctored_exam"]["exam_name"]: attempt["status"] for attempt in attempts} == {
        MIDTERM: "declined",
        FINAL: "declined",
    }
    assert learner.demo.provider_saw("POST", "/attempt/") == []
    expect(stan.attempt_row(learner.username)).to_contain_text("Declined")


def test_a_timed_exam(learner: Learner, stan: CourseTeam) -> None:
    learner.open_exam(TIMED)
    learner.heading(re.compile("is a Timed Exam"))
    learner.look("entrance")
    learner.press("I am ready to start this timed exam.")
    learner.see_questions()
    assert 9 * 60 < learner.seconds_left() <= 10 * 60
    learner.answer("Mercury")
    before = learner.seconds_left()
    learner.end()
    learner.heading("Are you sure that you want to submit your timed exam?")
    learner.look("are-you-sure")
    learner.press("No, I want to continue working.")
    learner.see_questions()
    assert learner.seconds_left() <= before, "looking at the end does not stop the clock"
    learner.end()
    learner.press("Yes, submit my timed exam.")
    learner.heading("You have submitted your timed exam.")
    learner.look("submitted")
    [attempt] = learner.demo.attempts(learner.username)
    assert attempt["status"] == "submitted"
    expect(stan.attempt_row(learner.username)).to_contain_text("Submitted")


def test_the_time_of_a_timed_exam_runs_out_with_the_browser_closed(learner: Learner) -> None:
    demo = learner.demo
    learner.open_exam(TIMED)
    learner.press("I am ready to start this timed exam.")
    learner.see_questions()
    address = learner.page.url
    learner.page.goto("about:blank")
    demo.age(learner.username, 11)
    learner.page.goto(address)
    learner.heading(re.compile("^(The time allotted for this exam has expired|You have submitted your timed exam)"))
    learner.look("expired")
    [attempt] = demo.attempts(learner.username)
    assert attempt["status"] == "submitted"
    assert len(demo.events("attempt.submitted", attempt["id"])) == 1


def take_onboarding(learner: Learner) -> None:
    learner.open_exam(ONBOARDING)
    learner.heading("Proctoring onboarding exam")
    learner.look("entrance")
    learner.register("Continue to onboarding.")
    learner.set_up()
    learner.read_rules("Start practice session")
    learner.start()
    learner.answer("No")
    learner.end()
    learner.heading(re.compile("Are you sure you want to end your proctored exam"))
    learner.press("Yes, end my proctored exam")
    learner.heading("You have submitted this onboarding exam")
    learner.look("submitted")


def test_an_onboarding_exam_that_passes_review_verifies_the_profile(
    learner: Learner, stan: CourseTeam, reviewer: Reviewer
) -> None:
    learner.open_outline()
    panel = learner.page.locator(".proctoring-info-panel")
    expect(panel).to_contain_text("Current Onboarding Status: Not Started")
    learner.look("outline-not-started")
    take_onboarding(learner)
    reviewer.give_verdict(learner.name, "Passed", "Identity checked.")
    learner.reload()
    learner.heading("Your onboarding profile was reviewed successfully")
    learner.open_outline()
    expect(panel).to_contain_text("Current Onboarding Status: Verified")
    learner.look("outline-verified")
    row = stan.onboarding_row(learner.username)
    expect(row).to_contain_text("Verified")


def test_a_submitted_onboarding_exam_can_be_repeated(learner: Learner, stan: CourseTeam) -> None:
    take_onboarding(learner)
    expect(stan.attempt_row(learner.username)).to_contain_text("Submitted")

    # A session that is not reviewed yet is discarded.
    learner.press("I understand")
    learner.press("Repeat onboarding")
    learner.heading("Set up and start your proctored exam")
    learner.look("again")
    assert [attempt["status"] for attempt in learner.demo.attempts(learner.username)] == ["created"]


def test_extra_time_is_on_the_clock(demo, new_page, camera) -> None:
    """Vera has 15 minutes more than the quiz's ten."""
    vera = Learner(demo, new_page(), "vera", camera)
    vera.open_exam(TIMED)
    expect(vera.page.get_by_text("25 minutes")).to_be_visible()
    vera.press("I am ready to start this timed exam.")
    vera.see_questions()
    assert 24 * 60 < vera.seconds_left() <= 25 * 60


@pytest.mark.parametrize("verdict", ["Suspicious", "Not reviewed"])
def test_other_verdicts_reach_the_course_team(
    learner: Learner, reviewer: Reviewer, stan: CourseTeam, verdict: str
) -> None:
    learner.reach_the_exam(MIDTERM)
    learner.submit()
    reviewer.give_verdict(learner.name, verdict, "Please look.")
    expected = {"Suspicious": "Second Review Required", "Not reviewed": "Error"}[verdict]
    expect(stan.attempt_row(learner.username)).to_contain_text(expected)


def test_the_course_team_lets_a_learner_resume_after_an_error(learner: Learner, stan: CourseTeam) -> None:
    demo = learner.demo
    learner.page.clock.install()
    learner.reach_the_exam(MIDTERM)
    assert learner.software is not None
    learner.software.get_by_role("button", name="Quit the software").click()
    learner.page.clock.run_for(31_000)
    learner.heading("A system error has occurred with your proctored exam")

    row = stan.attempt_row(learner.username)
    stan.page.on("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button").click()
    stan.look("menu")
    stan.page.get_by_role("button", name="Resume", exact=True).click()
    eventually(lambda: demo.attempts(learner.username)[0]["ready_to_resume"], "the learner may resume")
    stan.look("ready-to-resume")

    learner.reload()
    learner.heading("Your exam is ready to be resumed.")
    learner.look("resume")
    learner.register(re.compile("Continue to my proctored exam"))
    learner.set_up()
    learner.read_rules()
    learner.start()
    new, old = demo.attempts(learner.username)
    assert (new["status"], old["status"], old["resumed"]) == ("started", "error", True)
    assert 25 * 60 < learner.seconds_left() <= old["time_remaining_seconds"], "the time used before counts"
