"""What course staff do at the Special Exams tab."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from .people import MIDTERM, TIMED, CourseTeam, Learner


def test_the_providers_dashboard_opens_inside_the_tab(stan: CourseTeam) -> None:
    stan.open_panel("Review Dashboard")
    dashboard = stan.page.frame_locator(".student-review-dashboard-container iframe")
    expect(dashboard.get_by_role("heading", name="Proctoring dashboard")).to_be_visible()
    expect(dashboard.get_by_role("row", name=re.compile(MIDTERM))).to_be_visible()
    stan.look("dashboard")


def test_a_reset_waits_for_the_provider_and_says_so(learner: Learner, stan: CourseTeam) -> None:
    demo = learner.demo
    learner.open_exam(MIDTERM)
    learner.register()
    [attempt] = demo.attempts(learner.username)
    stan.page.on("dialog", lambda dialog: dialog.accept())
    reset = re.compile(f"Reset the attempts of {learner.username}")

    demo.scenario(delete_mode="500")
    stan.attempt_row(learner.username).get_by_role("button", name=reset).click()
    expect(stan.page.get_by_role("status").filter(has_text="temporarily unavailable")).to_be_visible()
    stan.look("not-reset")
    assert [found["id"] for found in demo.attempts(learner.username)] == [attempt["id"]]

    demo.heal()
    stan.press("Try again")
    expect(stan.page.get_by_role("row").filter(has_text=learner.username)).to_have_count(0)
    stan.look("reset")
    assert demo.attempts(learner.username) == []
    assert len(demo.provider_saw("DELETE", attempt["external_id"])) == 1
    # The learner may begin again.
    learner.reload()
    learner.heading("This exam is proctored")


def test_extra_time_given_at_the_tab_is_on_the_learners_clock(learner: Learner, stan: CourseTeam) -> None:
    stan.open_panel("Allowance Section")
    stan.press("Add Allowance")
    stan.look("form")
    form = stan.page.get_by_role("dialog")
    form.get_by_label("Usernames or emails, separated by commas").fill(learner.username)
    form.get_by_label("Kind of exam").select_option(label="Timed exams")
    form.get_by_label("Timed exams: choose one or more").select_option(label=TIMED)
    form.get_by_label("Allowance Type").select_option("additional_time_granted")
    form.locator("#allowance_value").fill("20")  # its label names the unit
    stan.look("filled-form")
    form.get_by_role("button", name="Save").click()
    expect(stan.page.get_by_role("button", name=learner.username)).to_be_visible()
    stan.look("allowances")

    learner.open_exam(TIMED)
    expect(learner.page.get_by_text("You have 30 minutes to finish this exam.")).to_be_visible()
    learner.press("I am ready to start this timed exam.")
    learner.see_questions()
    assert 29 * 60 < learner.seconds_left() <= 30 * 60
