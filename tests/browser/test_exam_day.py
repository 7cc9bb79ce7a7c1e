"""What a platform changes while learners sit in an exam: its provider, and the kind of the exam.

Contract: contract/effects#provider-gone, contract/learner-pages#exam-kind. The module has a demo of its own, because it
is stopped and started with other configurations.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import NewDemo
from .demo_process import COURSE, REPOSITORY, Demo
from .people import FINAL, MIDTERM, ONBOARDING, TIMED, Camera, CourseTeam, Learner, Reviewer
from .test_accessibility import Inspector
from .waiting import eventually

SEQUENCES = f"{COURSE.replace('course-v1', 'block-v1')}+type@sequential+block@"
MIDTERM_KEY = f"{SEQUENCES}midterm"
# Ten minutes; nobody else in this module takes it.
MOON = "Timed quiz: the Moon"
MOON_KEY = f"{SEQUENCES}closed_quiz"
# The pause after a first failure is 10 s, after a second about 20 s.
RETRIED_WITHIN_SECONDS = 90


def tokens(folder: Path, *, with_provider: bool) -> dict[str, str]:
    """The demo's environment: its configuration with or without the provider of the course."""
    values = json.loads((REPOSITORY / "demo" / "settings" / "tokens.json").read_text("utf-8"))
    if not with_provider:
        del values["PROCTORING_BACKENDS"]["mock_provider"]
        values["PROCTORING_BACKENDS"]["DEFAULT"] = "null"
    file = folder / f"tokens-{with_provider}.json"
    file.write_text(json.dumps(values), "utf-8")
    return {"DEMO_TOKENS_FILE": str(file)}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, new_demo: NewDemo) -> Iterator[Demo]:
    """A demo that the tests may restart."""
    with new_demo(tmp_path_factory.mktemp("exam-day")) as demo:
        yield demo


def wait_for(what: str, question: Callable[[], Any]) -> Any:
    """Ask until the answer is true; fails after the time in which effects are tried again."""
    return eventually(question, what, RETRIED_WITHIN_SECONDS)


@pytest.mark.contract("effects#provider-gone")
def test_the_provider_leaves_the_configuration_and_comes_back(
    demo: Demo,
    tmp_path: Path,
    new_learner: Callable[[], Learner],
    new_page: Callable[[], Page],
    stan: CourseTeam,
    camera: Camera,
) -> None:
    working, absent, onboarding, stuck, newcomer = (new_learner() for _ in range(5))
    for learner in (working, absent):
        learner.reach_the_exam(MIDTERM)
    onboarding.open_exam(ONBOARDING)
    onboarding.register("Continue to onboarding.")
    onboarding.set_up()
    onboarding.read_rules("Start practice session")
    onboarding.start()
    stuck.reach_the_exam(MIDTERM)
    # One learner went away, and the time ran out.
    demo.age(absent.username, 31)
    absent.page.goto("about:blank")

    demo.restart(**tokens(tmp_path, with_provider=False))

    # Whoever works goes on, with the clock on every page of the course, and hands in.
    working.reload()
    working.see_questions()
    working.answer("The Sun")
    working.open_outline()
    expect(working.timer).to_be_visible()
    expect(working.page.get_by_role("link", name=FINAL)).to_be_visible()
    working.page.get_by_role("region", name="Exam timer").get_by_role("link", name=MIDTERM).click()
    working.see_questions()
    working.submit()
    onboarding.reload()
    onboarding.see_questions()
    onboarding.end()
    onboarding.press("Yes, end my proctored exam")
    # Only the provider's class knows whether its practice exams are onboarding exams.
    onboarding.heading("You have submitted your session")

    # The learner whose time is over takes another exam; the attempt ended by its own deadline.
    absent.open_exam(TIMED)
    absent.press("I am ready to start this timed exam.")
    absent.see_questions()
    assert 9 * 60 < absent.seconds_left() <= 10 * 60
    absent.open_outline()
    expect(absent.timer).to_be_visible()
    by_name = {attempt["proctored_exam"]["exam_name"]: attempt for attempt in demo.attempts(absent.username)}
    assert (by_name[MIDTERM]["status"], by_name[TIMED]["status"]) == ("submitted", "started")

    newcomer.open_exam(MIDTERM)
    newcomer.heading("Proctoring is not set up correctly for this exam")

    # Staff see all of it, and reset.
    expect(stan.attempt_row(working.username)).to_contain_text("Submitted")
    [removed] = demo.attempts(stuck.username)
    stan.page.on("dialog", lambda dialog: dialog.accept())
    reset = re.compile(f"Reset the attempts of {stuck.username}")
    stan.attempt_row(stuck.username).get_by_role("button", name=reset).click()
    expect(stan.page.get_by_role("row").filter(has_text=stuck.username)).to_have_count(0)
    stan.look("reset-without-provider")
    assert demo.attempts(stuck.username) == []

    demo.restart(**tokens(tmp_path, with_provider=True))

    def heard(method: str, attempt: dict[str, Any], part: str = "") -> bool:
        found = demo.provider_saw(method, f"/attempt/{attempt['external_id']}/")
        return any(part in str(entry["body"]) for entry in found)

    [handed_in] = demo.attempts(working.username)
    [onboarded] = demo.attempts(onboarding.username)
    for attempt in (handed_in, by_name[MIDTERM], onboarded):
        wait_for(f"{attempt['id']} submitted", lambda attempt=attempt: heard("PATCH", attempt, "submitted"))
    wait_for("the removal", lambda: heard("DELETE", removed))
    assert "failed" not in demo.run("demo.manage", "deliver_effects", "--dry-run")

    onboarding.reload()
    onboarding.heading("You have submitted this onboarding exam")
    newcomer.reload()
    newcomer.heading("This exam is proctored")

    # Its review arrives as usual.
    Reviewer(demo, new_page(), camera).give_verdict(working.name, "Passed", "Everything was fine.")
    working.reload()
    working.heading("Your proctoring session was reviewed successfully.")


def open_studio(stan: CourseTeam, usage_key: str) -> None:
    """Open the settings of a subsection in Studio."""
    stan.page.goto(f"{stan.demo.host}/course/{COURSE}/sequence/{usage_key}")


def save_and_publish(stan: CourseTeam) -> None:
    """Save the settings of a subsection and show them to learners."""
    stan.press("Save")
    stan.press("Publish")
    expect(stan.page.get_by_text("Published. The exams are registered.")).to_be_visible()


@pytest.fixture
def change_midterm(stan: CourseTeam) -> Iterator[Callable[[str], None]]:
    """Makes the midterm exam one of another kind in Studio, and publishes; afterwards it is proctored again."""

    def change(kind: str) -> None:
        open_studio(stan, MIDTERM_KEY)
        stan.page.get_by_role("radio", name=kind, exact=True).check()
        save_and_publish(stan)

    yield change
    change("Proctored")


def bring_to(status: str, learner: Learner) -> None:
    """Take a learner to a status of the set-up of the midterm exam, the way learners get there."""
    demo = learner.demo
    if status.startswith("onboarding_"):
        demo.scenario(onboarding={"*": status})
        learner.open_exam(MIDTERM)
        learner.press("Continue to my proctored exam.")
    else:
        learner.open_exam(MIDTERM)
        learner.register()
    if status == "download_software_clicked":
        with learner.page.expect_popup():
            learner.press(re.compile("Start System Check"))
    if status == "ready_to_start":
        learner.set_up()
    wait_for(status, lambda: [attempt["status"] for attempt in demo.attempts(learner.username)] == [status])
    demo.heal()


@pytest.mark.contract("learner-pages#exam-kind")
def test_a_proctored_exam_that_is_made_timed_starts_within_two_clicks(
    demo: Demo,
    new_learner: Callable[[], Learner],
    change_midterm: Callable[[str], None],
) -> None:
    in_set_up = {
        status: new_learner()
        for status in (
            "created",
            "download_software_clicked",
            "ready_to_start",
            "onboarding_missing",
            "onboarding_pending",
            "onboarding_failed",
            "onboarding_expired",
        )
    }
    for status, learner in in_set_up.items():
        bring_to(status, learner)

    change_midterm("Timed")

    inspector = Inspector()
    for status, learner in in_set_up.items():
        learner.reload()
        learner.heading(re.compile("is a Timed Exam"))
        inspector(learner.page, status)
        # The first click is the last one.
        learner.press("I am ready to start this timed exam.")
        learner.see_questions()
        assert 29 * 60 < learner.seconds_left() <= 30 * 60, status
        learner.answer("The Sun")
        begun = [attempt for attempt in demo.attempts(learner.username) if attempt["status"] == "started"]
        assert len(begun) == 1, status
        assert len(demo.events("attempt.started", begun[0]["id"])) == 1, status
    assert inspector.findings == []


@pytest.mark.contract("timing#fresh-dates")
def test_an_extension_counts_although_the_learner_has_seen_the_page(learner: Learner, stan: CourseTeam) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=6)
    open_studio(stan, MOON_KEY)
    stan.page.get_by_label("Due date and time (UTC)").fill(soon.strftime("%Y-%m-%dT%H:%M"))
    save_and_publish(stan)
    little_time = learner.page.get_by_text(re.compile("You have [456] minutes"))
    learner.open_exam(MOON)
    expect(little_time).to_be_visible()

    learner.demo.extend(learner.username, MOON_KEY, days=7)

    # The control: what the host has cached is still the old date, and a page that only shows it may say so.
    learner.reload()
    expect(little_time).to_be_visible()
    learner.press("I am ready to start this timed exam.")
    learner.see_questions()
    assert 9 * 60 < learner.seconds_left() <= 10 * 60
