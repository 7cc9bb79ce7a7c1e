"""axe-core on every page of the main journey. Spec: host-platform.md 13.9 number 24."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from .demo_process import COURSE, REPOSITORY, Demo
from .people import MIDTERM, TIMED, CourseTeam, Learner, Reviewer

AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")


class Inspector:
    """Stands where the camera stands: runs axe at each step and collects the grave findings."""

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
            if violation["impact"] in GRAVE:
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


def test_the_pages_of_the_course_team(demo: Demo, new_page: Callable[[], Page], inspector: Inspector) -> None:
    learner = Learner(demo, new_page(), demo.new_learner(), lambda page, step: None)
    learner.open_exam(TIMED)
    learner.press("I am ready to start this timed exam.")
    learner.see_questions()
    stan = CourseTeam(demo, new_page(), "stan", inspector)
    stan.attempt_row(learner.username)
    assert inspector.findings == []


def test_the_pages_of_the_provider(demo: Demo, new_page: Callable[[], Page], inspector: Inspector) -> None:
    page = new_page()
    for path in ("/", "/reviewer/", "/reviewer/?show=all", "/reviewer/nothing/", "/download?attempt=nothing"):
        page.goto(demo.provider + path)
        inspector(page, path)
    assert inspector.findings == []
