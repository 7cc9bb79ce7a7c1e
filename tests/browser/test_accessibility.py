"""axe-core on every page of the main journey."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .demo_process import COURSE, REPOSITORY, Demo
from .people import FINAL, MIDTERM, TIMED, CourseTeam, Learner, Reviewer

AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"


class Inspector:
    """Stands where the camera stands: runs axe at each step and collects what it finds, grave or not."""

    def __init__(self) -> None:
        if not AXE.exists():
            pytest.fail("axe-core is not installed: run npm ci")
        self._script = Path(AXE).read_text("utf-8")
        self.findings: list[str] = []
        self.steps: list[str] = []

    def __call__(self, page: Page, step: str) -> None:
        """Check this page as it is now."""
        self.steps.append(step)
        page.evaluate(self._script)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        for violation in result["violations"]:
            places = "; ".join(str(node["target"]) for node in violation["nodes"][:3])
            self.findings.append(f"{step}: {violation['id']} ({violation['help']}) at {places}")


@pytest.fixture
def inspector() -> Inspector:
    """An inspector with an empty notebook."""
    return Inspector()


def test_the_inspector_finds_what_is_wrong(new_page: Callable[[], Page], inspector: Inspector) -> None:
    """The control: a page with a fault is reported, so silence elsewhere means something."""
    page = new_page()
    page.set_content("<html lang='en'><title>x</title><main><h1>x</h1><img src='data:,'><input></main>")
    inspector(page, "faulty")
    assert {finding.split()[1] for finding in inspector.findings} == {"image-alt", "label"}


def test_the_pages_of_a_proctored_exam(demo: Demo, new_page: Callable[[], Page], inspector: Inspector) -> None:
    name = "Axel Axelson"
    learner = Learner(demo, new_page(), demo.new_learner(name), inspector, name)
    inspector(learner.page, "home")
    learner.reach_the_exam(MIDTERM)
    learner.answer("The Sun")
    learner.submit()
    Reviewer(demo, new_page(), inspector).give_verdict(name, "Passed", "Fine.")
    learner.reload()
    learner.heading("Your proctoring session was reviewed successfully.")
    learner.look("verified")
    learner.page.goto(f"{demo.host}/courses/{COURSE}/progress")
    learner.look("progress")
    assert inspector.findings == []


def test_the_pages_of_a_timed_exam(demo: Demo, new_page: Callable[[], Page], inspector: Inspector) -> None:
    learner = Learner(demo, new_page(), demo.new_learner(), inspector)
    learner.open_exam(TIMED)
    learner.heading(re.compile("is a Timed Exam"))
    learner.look("entrance")
    learner.press("I am ready to start this timed exam.")
    learner.see_questions()
    learner.end()
    learner.heading("Are you sure that you want to submit your timed exam?")
    learner.look("are-you-sure")
    learner.press("Yes, submit my timed exam.")
    learner.heading("You have submitted your timed exam.")
    learner.look("submitted")
    assert inspector.findings == []


def learner_who_broke_off(demo: Demo, page: Page) -> Learner:
    """A learner whose timed attempt ended with an error a moment after its start."""
    learner = Learner(demo, page, demo.new_learner(), lambda page, step: None)
    learner.open_exam(TIMED)
    learner.press("I am ready to start this timed exam.")
    learner.see_questions()
    learner.report_error()
    return learner


def test_the_pages_of_the_course_team(demo: Demo, new_page: Callable[[], Page], inspector: Inspector) -> None:
    learner = learner_who_broke_off(demo, new_page())
    stan = CourseTeam(demo, new_page(), "stan", inspector)
    row = stan.attempt_row(learner.username)
    expect(row).to_contain_text(re.compile(r"Error reported: .+\. Time left: \d+:\d\d:\d\d"))
    stan.open_panel("Allowance Section")
    stan.look("allowances")
    stan.press("Add Allowance")
    expect(stan.page.get_by_role("dialog")).to_be_visible()
    stan.look("allowance-form")
    assert inspector.findings == []


def test_the_pages_off_the_main_road(demo: Demo, new_page: Callable[[], Page], inspector: Inspector) -> None:
    learner = Learner(demo, new_page(), demo.new_learner(), inspector)
    learner.open_exam(MIDTERM)
    demo.scenario(drop_connection=[{"path": "^/api/"}])
    learner.press("Continue to my proctored exam.")
    expect(learner.page.get_by_role("alert").filter(has_text="no time was used").first).to_be_visible()
    learner.look("provider-down")
    demo.heal()
    learner.register()
    learner.press("Start Proctored Exam")
    expect(learner.page.get_by_role("heading", name="Your set-up is not complete")).to_be_visible()
    learner.look("set-up-not-complete")
    learner.reload()
    learner.page.on("dialog", lambda dialog: dialog.accept())
    learner.press("Take this exam without proctoring.")
    expect(learner.questions.get_by_role("button", name="Submit").first).to_be_visible()
    learner.look("declined")
    learner.open_exam(FINAL)
    learner.look("declined-too")
    assert inspector.findings == []


def test_the_pages_of_the_provider(demo: Demo, new_page: Callable[[], Page], inspector: Inspector) -> None:
    page = new_page()
    for path in ("/", "/reviewer/", "/reviewer/?show=all", "/reviewer/nothing/", "/download?attempt=nothing"):
        page.goto(demo.provider + path)
        inspector(page, path)
    assert inspector.findings == []


def test_nothing_sticks_out_on_a_phone(demo: Demo, new_page: Callable[[], Page]) -> None:
    """Nobody has to scroll sideways at 320 pixels (WCAG 1.4.10)."""
    wide: list[str] = []

    def measure(page: Page, step: str) -> None:
        # The narrowest page that WCAG asks for: 1280 pixels at 400 %.
        page.set_viewport_size({"width": 320, "height": 844})
        excess = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if excess > 0:
            wide.append(f"{step}: {excess} px")

    learner = Learner(demo, new_page(), demo.new_learner(), measure)
    measure(learner.page, "home")
    learner.reach_the_exam(MIDTERM)
    learner.submit()
    CourseTeam(demo, new_page(), "stan", measure).attempt_row(learner.username)
    CourseTeam(demo, new_page(), "stan", measure).attempt_row(learner_who_broke_off(demo, new_page()).username)
    page = new_page()
    for path in ("/", "/reviewer/", "/reviewer/?show=all"):
        page.goto(demo.provider + path)
        measure(page, path)
    assert wide == []
