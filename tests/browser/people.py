"""The people of the journeys. Each method is one thing a person does; what they see is asserted on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

from playwright.sync_api import FrameLocator, Locator, Page, expect

from .demo_process import COURSE, Demo

Camera = Callable[[Page, str], None]

TIMED = "Timed quiz: the inner planets"
ONBOARDING = "Onboarding: set up your proctoring profile"
# With RPNow, which has no onboarding.
PRACTICE = "Practice exam: try the proctoring software"
MIDTERM = "Midterm exam: stars"
FINAL = "Final exam: galaxies"


class Person:
    """Somebody in front of a browser of their own, logged in at the host."""

    def __init__(self, demo: Demo, page: Page, username: str, camera: Camera) -> None:
        self.demo = demo
        self.page = page
        self.username = username
        self._camera = camera
        page.goto(f"{demo.host}/login/{username}")

    def look(self, step: str, page: Page | None = None) -> None:
        """Keep a picture of this step."""
        seen = page or self.page
        # A page that is still arriving has buttons without their text.
        seen.wait_for_load_state("load")
        self._camera(seen, step)

    def heading(self, name: str | re.Pattern[str], seconds: float = 30) -> None:
        """Wait until the page has this heading."""
        expect(self.page.get_by_role("heading", name=name)).to_be_visible(timeout=seconds * 1000)

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the button of this name, once the page's scripts can take it."""
        self.page.wait_for_load_state("load")
        self.page.get_by_role("button", name=name).click()


class Learner(Person):
    """A learner on the way through an exam."""

    def __init__(self, demo: Demo, page: Page, username: str, camera: Camera, name: str = "") -> None:
        super().__init__(demo, page, username, camera)
        # As the provider's reviewer gets to read it.
        self.name = name
        self.software: Page | None = None

    def open_outline(self) -> None:
        """Open the course outline."""
        self.page.goto(f"{self.demo.host}/courses/{COURSE}/outline")
        self.look("outline")

    def open_exam(self, title: str) -> None:
        """From the course outline to the exam's page."""
        self.open_outline()
        self.page.get_by_role("link", name=title).click()

    def register(self, button: str = "Continue to my proctored exam.") -> None:
        """From the entrance to the set-up instructions."""
        self.press(button)
        self.heading("Set up and start your proctored exam")
        self.look("instructions")

    def set_up(self) -> None:
        """Open the provider's software and report ready there; it stays open."""
        with self.page.expect_popup() as popup:
            self.press(re.compile("Start System Check"))
        self.software = popup.value
        expect(self.software.get_by_text("All checks passed.")).to_be_visible()
        self.look("software-checks", self.software)
        self.software.get_by_role("button", name="I am ready").click()
        expect(self.software.get_by_text("You are ready.")).to_be_visible()
        self.look("software-ready", self.software)

    def read_rules(self, button: str = "Start Proctored Exam") -> None:
        """Back on the exam page: on to the rules."""
        self.press(button)
        self.heading("Important")
        self.look("rules")

    def start(self) -> None:
        """Start the clock and see the questions."""
        self.press("Start my exam")
        self.see_questions()

    def see_questions(self) -> None:
        """The questions and the running clock are on the page."""
        expect(self.timer).to_be_visible()
        expect(self.questions.get_by_role("button", name="Submit").first).to_be_visible()
        self.look("questions")

    def reach_the_exam(self, title: str) -> None:
        """From the outline to the running exam, by the whole set-up."""
        self.open_exam(title)
        self.heading("This exam is proctored")
        self.look("entrance")
        self.register()
        self.set_up()
        self.read_rules()
        self.start()

    @property
    def timer(self) -> Locator:
        """The digits of the clock."""
        return self.page.locator("h3#time_remaining_id b")

    @property
    def questions(self) -> FrameLocator:
        """The first page of the exam's questions."""
        return self.page.frame_locator("iframe").first

    def seconds_left(self) -> int:
        """What the clock shows."""
        hours, minutes, seconds = re.findall(r"\d+", self.timer.inner_text())
        return int(hours) * 3600 + int(minutes) * 60 + int(seconds)

    def answer(self, choice: str) -> None:
        """Answer the first question and submit it."""
        self.questions.get_by_role("radio", name=choice).first.check()
        self.questions.get_by_role("button", name="Submit").first.click()
        expect(self.questions.get_by_text("Answer saved.")).to_be_visible()
        self.look("answered")

    def end(self) -> None:
        """Press the timer's end button and arrive at the question whether that is meant."""
        self.press(re.compile("End My Exam", re.I))

    def submit(self) -> None:
        """End a proctored exam for good."""
        self.end()
        self.heading(re.compile("Are you sure you want to end your proctored exam"))
        self.look("are-you-sure")
        self.press("Yes, end my proctored exam")
        self.heading("You have submitted this proctored exam for review")
        self.look("submitted")

    def report_error(self) -> None:
        """Break the running attempt off, as a page does when its software stops to answer."""
        status = self.page.evaluate(
            """async () => {
                const root = '/api/edx_proctoring/v1/proctored_exam/';
                const active = await (await fetch(root + 'active_attempt')).json();
                const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
                const answer = await fetch(root + 'attempt/' + active.attempt_id, {
                    method: 'PUT',
                    headers: {'X-CSRFToken': token, 'Content-Type': 'application/json'},
                    body: JSON.stringify({action: 'error'})
                });
                return answer.status;
            }"""
        )
        assert status == 200

    def reload(self) -> None:
        """Load the exam's page again."""
        self.page.reload()


class Reviewer:
    """Somebody at the provider's reviewer desk; they have no account at the host."""

    def __init__(self, demo: Demo, page: Page, camera: Camera) -> None:
        self.page = page
        self.demo = demo
        self._camera = camera

    def give_verdict(self, learner: str, verdict: str, comment: str, *, show_all: bool = False) -> None:
        """Open the attempt of a learner, by name or user name, and send a verdict; the host accepts it.

        ``show_all``: also attempts that the provider does not know to be submitted.
        """
        self.page.goto(f"{self.demo.provider}/reviewer/{'?show=all' if show_all else ''}")
        self._camera(self.page, "reviewer-desk")
        self.page.get_by_role("row").filter(has_text=learner).first.get_by_role("link").click()
        self.page.get_by_role("radio", name=verdict, exact=True).check()
        self.page.get_by_label("Comment for the course team").fill(comment)
        self._camera(self.page, "verdict")
        self.page.get_by_role("button", name="Send the verdict").click()
        expect(self.page.get_by_text("Your verdict was sent.")).to_be_visible()
        self._camera(self.page, "verdict-sent")


class CourseTeam(Person):
    """Course staff at the Special Exams tab."""

    def open_panel(self, name: str) -> None:
        """Open one part of the tab, with fresh data."""
        self.page.goto(f"{self.demo.host}/courses/{quote(COURSE)}/instructor")
        self.page.get_by_role("button", name="Special Exams").click()
        # The exam desk closes the accordion when it arrives.
        expect(self.page.locator(".proctoring-desk-container")).to_have_attribute("data-desk-state", "on")
        # The accordion remembers what was open; before its script ran, its headers are no buttons yet.
        header = self.page.get_by_role("button", name=name)
        expect(header).to_have_attribute("aria-expanded", re.compile("true|false"))
        if header.get_attribute("aria-expanded") == "false":
            header.click()
        # A panel loads when it is seen, and the exam desk above it grows while its own list arrives.
        header.evaluate("header => header.scrollIntoView()")

    def attempt_row(self, username: str) -> Locator:
        """The row of a learner's newest attempt in the table of attempts."""
        self.open_panel("Student Special Exam Attempts")
        panel = self.page.locator(".student-proctored-exam-container")
        row = panel.get_by_role("row").filter(has_text=username).first
        expect(row).to_be_visible()
        self.look("attempts")
        return row

    def onboarding_row(self, username: str) -> Locator:
        """The row of a learner in the table of onboarding statuses."""
        self.open_panel("Student Onboarding Status")
        panel = self.page.locator(".student-onboarding-status-container")
        panel.get_by_label("Search onboarding by username or email").fill(username)
        panel.get_by_role("button", name="Search onboarding").click()
        row = panel.get_by_role("row").filter(has_text=username).first
        expect(row).to_be_visible()
        self.look("onboarding")
        return row


class Administrator(Person):
    """Global staff in Django admin."""

    def decide(self, attempt_code: str, status: str) -> None:
        """Give a review its second look: choose the final status and save."""
        self.page.goto(f"{self.demo.host}/admin/edx_proctoring/proctoredexamsoftwaresecurereview/?q={attempt_code}")
        self.look("admin-reviews")
        self.page.locator("#result_list tbody th a, #result_list tbody td a").first.click()
        self.look("admin-review")
        self.page.get_by_label(re.compile("review status", re.I)).select_option(status)
        self.page.get_by_role("button", name="Save", exact=True).click()
        expect(self.page.get_by_text("was changed successfully")).to_be_visible()
