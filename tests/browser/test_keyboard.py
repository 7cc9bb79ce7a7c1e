"""Whole exams without a mouse, and where the focus is after each step."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from .demo_process import COURSE, Demo
from .people import MIDTERM, TIMED, Learner, Reviewer

# Nobody tabs for longer than this; the demo's pages have far fewer stops.
MANY = 80
HAS_FOCUS = "element => element.ownerDocument.hasFocus() && element === element.ownerDocument.activeElement"


class Keyboard:
    """Hands on a keyboard that lies in front of one page. Tab, Enter, Space and Escape, and arrows in lists."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def walk_to(self, target: Locator) -> None:
        """Press Tab until the focus is there; fails after many presses."""
        target.wait_for()
        for _ in range(MANY):
            if target.evaluate(HAS_FOCUS):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"Tab never came to {target}")

    def press(self, name: str | re.Pattern[str], key: str = "Enter") -> None:
        """Walk to the button of this name and press it."""
        self.walk_to(self.page.get_by_role("button", name=name))
        self.page.keyboard.press(key)

    def follow(self, name: str | re.Pattern[str]) -> None:
        """Walk to the link of this name and follow it."""
        self.walk_to(self.page.get_by_role("link", name=name).first)
        self.page.keyboard.press("Enter")

    def arrives_at(self, heading: str | re.Pattern[str]) -> None:
        """The page of this heading is there, and reading goes on at the heading."""
        found = self.page.get_by_role("heading", name=heading)
        expect(found).to_be_visible()
        expect(found).to_be_focused()

    def arrives_at_the_questions(self, learner: Learner) -> None:
        """The exam is open, and reading goes on at the heading of the host's page."""
        learner.see_questions()
        expect(self.page.get_by_role("main").get_by_role("heading", level=1)).to_be_focused()

    def answers(self, learner: Learner, choice: str) -> None:
        """Choose an answer of the first question and submit it."""
        self.walk_to(learner.questions.get_by_role("radio").first)
        radio = learner.questions.get_by_role("radio", name=choice).first
        for _ in range(5):
            if radio.evaluate(HAS_FOCUS):
                break
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Space")
        expect(radio).to_be_checked()
        self.walk_to(learner.questions.get_by_role("button", name="Submit").first)
        self.page.keyboard.press("Enter")
        expect(learner.questions.get_by_text("Answer saved.")).to_be_visible()


def nothing(page: Page, step: str) -> None:
    """No pictures."""


@pytest.fixture
def learner(demo: Demo, new_page: Callable[[], Page]) -> Learner:
    """A fresh learner at the course's outline."""
    name = "Tabitha Key"
    learner = Learner(demo, new_page(), demo.new_learner(name), nothing, name)
    learner.page.goto(f"{demo.host}/courses/{COURSE}/outline")
    return learner


@pytest.fixture
def keyboard(learner: Learner) -> Keyboard:
    """The learner's keyboard. The mouse is not plugged in: nothing here clicks."""
    return Keyboard(learner.page)


@pytest.mark.contract("accessibility#keyboard", "accessibility#focus")
def test_a_timed_exam(learner: Learner, keyboard: Keyboard) -> None:
    keyboard.follow(TIMED)
    keyboard.press("I am ready to start this timed exam.")
    keyboard.arrives_at_the_questions(learner)
    keyboard.answers(learner, "Mercury")
    keyboard.press(re.compile("End My Exam", re.I))
    keyboard.arrives_at("Are you sure that you want to submit your timed exam?")
    keyboard.press("No, I want to continue working.", "Space")
    keyboard.arrives_at_the_questions(learner)
    keyboard.press(re.compile("End My Exam", re.I), "Space")
    keyboard.arrives_at("Are you sure that you want to submit your timed exam?")
    keyboard.press("Yes, submit my timed exam.")
    keyboard.arrives_at("You have submitted your timed exam.")
    keyboard.follow("See your progress in this course")
    expect(keyboard.page).to_have_url(re.compile("/progress$"))
    [attempt] = learner.demo.attempts(learner.username)
    assert attempt["status"] == "submitted"


@pytest.mark.contract("accessibility#keyboard", "accessibility#focus")
def test_a_proctored_exam_up_to_the_page_of_its_review(
    learner: Learner, keyboard: Keyboard, new_page: Callable[[], Page]
) -> None:
    demo, page = learner.demo, learner.page
    keyboard.follow(MIDTERM)
    keyboard.press("Take this exam without proctoring.")
    keyboard.arrives_at("Are you sure you do not want to be proctored?")
    keyboard.press("No, go back", "Space")
    expect(page.get_by_role("button", name="Take this exam without proctoring.")).to_be_focused()

    page.keyboard.press("Shift+Tab")
    keyboard.press("Continue to my proctored exam.")
    keyboard.arrives_at("Set up and start your proctored exam")

    keyboard.press("Start Proctored Exam")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Your set-up is not complete")).to_be_visible()
    assert dialog.evaluate("element => element.contains(document.activeElement)")
    for _ in range(6):
        page.keyboard.press("Tab")
        assert dialog.evaluate("element => element.contains(document.activeElement)"), "the dialog keeps the focus"
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Start Proctored Exam")).to_be_focused()

    with page.expect_popup() as popup:
        page.keyboard.press("Shift+Tab")
        expect(page.get_by_role("button", name=re.compile("Start System Check"))).to_be_focused()
        page.keyboard.press("Space")
    software = Keyboard(popup.value)
    expect(software.page.get_by_text("All checks passed.")).to_be_visible()
    software.press("I am ready")
    expect(software.page.get_by_text("You are ready.")).to_be_visible()

    page.bring_to_front()
    keyboard.press("Start Proctored Exam")
    keyboard.arrives_at("Important")
    keyboard.press("Start my exam", "Space")
    keyboard.arrives_at_the_questions(learner)
    keyboard.answers(learner, "The Sun")
    keyboard.press(re.compile("End My Exam", re.I))
    keyboard.arrives_at(re.compile("Are you sure you want to end your proctored exam"))
    keyboard.press("Yes, end my proctored exam")
    keyboard.arrives_at("You have submitted this proctored exam for review")

    Reviewer(demo, new_page(), nothing).give_verdict(learner.name, "Passed", "Everything was fine.")
    page.bring_to_front()
    learner.reload()
    learner.heading("Your proctoring session was reviewed successfully.")
    keyboard.follow("See your grade on the progress page")
    expect(page).to_have_url(re.compile("/progress$"))
