"""A learner on the way through an exam in the vendor's web application."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Frame, FrameLocator, Locator, Page, expect

from tests.browser.demo_process import Demo
from tests.browser.people import Camera, Learner
from tests.browser.waiting import visit

from .accounts import TITLE, course_of, exam_of

OPEN = re.compile("open")


class Candidate(Learner):
    """A learner. ``page`` is the course's tab, ``vendor`` the tab of the proctoring system once it is open."""

    def __init__(self, demo: Demo, page: Page, username: str, camera: Camera, name: str, *, backend: str) -> None:
        super().__init__(demo, page, username, camera, name)
        self.backend = backend
        self.vendor: Page = page

    @property
    def exam_address(self) -> str:
        """The exam's page in the course."""
        return f"{self.demo.host}/courses/{course_of(self.backend)}/courseware/{quote(exam_of(self.backend))}"

    def open_exam(self, title: str = TITLE) -> None:
        """Open the exam's page in the course."""
        visit(self.page, self.exam_address)

    def launch(self) -> Page:
        """Register, and go to the proctoring system, as far as its checks."""
        self.open_exam()
        self.register()
        return self.launch_again(re.compile("Start System Check"))

    def launch_again(self, button: str | re.Pattern[str]) -> Page:
        """Follow a button of the course's tab to the proctoring system."""
        with self.page.expect_popup() as popup:
            self.page.get_by_role("button", name=button).or_(self.page.get_by_role("link", name=button)).click()
        self.vendor = popup.value
        return self.vendor

    def finish_checks(self) -> None:
        """Pass the checks: the frame with the exam page opens."""
        self.vendor.get_by_role("button", name="Open the exam").click()
        expect(self.vendor.locator("#exam")).to_be_visible()

    def reach_the_frame(self) -> None:
        """From the course to the frame with the exam page."""
        self.launch()
        self.finish_checks()

    def reach_the_exam(self, title: str = TITLE) -> None:
        """From the course to the running exam."""
        self.reach_the_frame()
        self.expect_open()
        self.start()

    # In the vendor's frame

    @property
    def outer(self) -> FrameLocator:
        """The page that the vendor frames."""
        return self.vendor.frame_locator("#exam")

    @property
    def inner(self) -> FrameLocator:
        """The exam: a frame in the vendor's frame, or that frame itself."""
        return (
            self.outer
            if self.backend == "constructor_inline"
            else self.outer.frame_locator("#proctoring-guarded-content")
        )

    @property
    def cover(self) -> Locator:
        """What lies over the exam until the learner is proctored."""
        return self.outer.locator("#proctoring-guard-cover")

    @property
    def frame(self) -> Frame:
        """The page that the vendor frames, for questions to its scripts."""
        handle = self.vendor.locator("#exam").element_handle()
        assert handle is not None
        found = handle.content_frame()
        assert found is not None
        return found

    def guard(self) -> dict[str, Any]:
        """State of the guard, and what a learner can reach."""
        answer = self.frame.evaluate(
            """() => {
                const content = document.getElementById('proctoring-guarded-content');
                return {
                    state: window.edxProctoringGuard && window.edxProctoringGuard.state,
                    page: document.documentElement.dataset.proctoringGuard,
                    address: content && content.getAttribute('src'),
                    isInert: content && content.inert,
                    isVisible: content && content.checkVisibility({visibilityProperty: true})
                };
            }"""
        )
        assert isinstance(answer, dict)
        return answer

    def expect_open(self) -> None:
        """The cover is gone, and the exam is there."""
        expect(self.outer.locator("html")).to_have_attribute("data-proctoring-guard", OPEN)
        expect(self.cover).to_be_hidden()

    def expect_refusal(self, heading: str | re.Pattern[str]) -> None:
        """The exam page says why it is shut, and nothing of the exam is there."""
        expect(self.outer.get_by_role("heading", name=heading)).to_be_visible()
        assert self.questions_in_frames() == 0

    def questions_in_frames(self) -> int:
        """How many frames of the vendor's tab show a question of the exam."""
        return sum("our galaxy called" in _text_of(frame) for frame in self.vendor.frames)

    def start(self) -> None:
        """Start the clock, in the frame."""
        self.inner.get_by_role("button", name="Start my exam").click()
        expect(self.inner.locator("h3#time_remaining_id b")).to_be_visible()
        expect(self.inner.frame_locator("iframe").get_by_role("button", name="Submit")).to_be_visible()

    def answer(self, choice: str = "The Milky Way") -> None:
        """Answer the question."""
        questions = self.inner.frame_locator("iframe")
        questions.get_by_role("radio", name=choice).check()
        questions.get_by_role("button", name="Submit").click()
        expect(questions.get_by_text("Answer saved.")).to_be_visible()

    def submit(self) -> None:
        """End the exam for good."""
        self.inner.get_by_role("button", name=re.compile("End My Exam", re.I)).click()
        self.inner.get_by_role("button", name="Yes, end my proctored exam").click()

    def post(self, expression: str) -> None:
        """Let the vendor's page post a message to the exam page. ``expression``: JavaScript of the message."""
        self.vendor.evaluate(f"document.getElementById('exam').contentWindow.postMessage({expression}, '*')")

    @property
    def attempt(self) -> dict[str, Any]:
        """The newest attempt, as course staff get it."""
        reply = self.demo.session("stan").get(
            f"{self.demo.host}/api/edx_proctoring/v1/proctored_exam/attempt/grouped/course_id/"
            f"{course_of(self.backend)}/search/{self.username}",
            timeout=20,
        )
        reply.raise_for_status()
        found = [attempt for group in reply.json()["proctored_exam_attempts"] for attempt in group["all_attempts"]]
        return max(found, key=lambda attempt: int(attempt["id"]))


def _text_of(frame: Frame) -> str:
    """What somebody can see in a frame; empty for one that is gone or shut."""
    try:
        return str(frame.evaluate("document.body ? document.body.innerText : ''"))
    except Exception:  # navigating, or an error page of the browser
        return ""
