"""A course that RPNow proctors: the whole journey with the code, the secure browser and the vendor's callback.

Contract: contract/rpnow#class, contract/mock-provider#rpnow-wire, contract/mock-provider#rpnow-end-to-end. This
module has a demo of its own, started with ``--provider rpnow``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from demo.credentials import RPNOW_CALLBACK_SECRET
from edx_proctoring.backends.tests.test_review_payload import create_test_review_payload
from mock_provider.callback_signature import signature_headers

from .conftest import NewDemo
from .demo_process import COURSE, Demo
from .people import MIDTERM, PRACTICE, Administrator, CourseTeam, Learner, Reviewer
from .test_accessibility import Inspector

CALLBACK = "/api/edx_proctoring/proctoring_review_callback/"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, new_demo: NewDemo) -> Iterator[Demo]:
    """A demo whose course is proctored by RPNow."""
    with new_demo(tmp_path_factory.mktemp("rpnow"), "--provider", "rpnow") as demo:
        yield demo


class RpnowLearner(Learner):
    """A learner whose exam opens in the vendor's browser, played by a second tab."""

    def open_software(self) -> Page:
        """Copy the code from the instructions and paste it into the software."""
        code = self.page.get_by_label("The proctoring software asks you for this code").input_value()
        with self.page.expect_popup() as popup:
            self.press(re.compile("Start System Check"))
        software = self.software = popup.value
        self.look("software-code", software)
        software.get_by_label("Exam code").fill(f" {code.lower()} ")
        software.get_by_role("button", name="Continue").click()
        expect(software.get_by_role("heading", name="Checks")).to_be_visible()
        self.look("software-checks", software)
        return software

    def set_up(self) -> None:
        """All that lies between the instructions and the rules, which the secure browser shows."""
        software = self.open_software()
        with software.expect_popup() as popup:
            software.get_by_role("link", name="Open my exam in the secure browser").click()
        self.outside, self.page = self.page, popup.value
        self.heading("Important")
        self.look("rules")
        expect(software.get_by_role("heading", name="The secure browser is open")).to_be_visible()
        self.look("software-open", software)

    def reach_the_exam(self, title: str) -> None:
        """From the outline to the running exam."""
        self.open_exam(title)
        self.heading("This exam is proctored")
        self.look("entrance")
        self.register()
        self.set_up()
        self.start()

    def close_the_secure_browser(self) -> None:
        """Hand in the recording."""
        assert self.software is not None
        self.software.get_by_role("button", name="Close the secure browser").click()
        expect(self.software.get_by_role("heading", name="Your recording was sent")).to_be_visible()
        self.look("software-sent", self.software)

    @property
    def attempt(self) -> dict[str, Any]:
        """The newest attempt, as course staff get it."""
        return self.demo.attempts(self.username)[0]


@pytest.fixture
def learner(demo: Demo, new_page, camera) -> RpnowLearner:
    """A fresh verified learner, logged in. All have the same name, as people do."""
    name = "Rasmus Nowak"
    return RpnowLearner(demo, new_page(), demo.new_learner(name), camera, name)


def post_review(
    demo: Demo, attempt: dict[str, Any], *, secret: str = RPNOW_CALLBACK_SECRET, **changes: Any
) -> requests.Response:
    """The vendor's callback by hand; unsigned with an empty secret."""
    payload = create_test_review_payload(
        attempt_code=attempt["attempt_code"], external_id=changes.pop("locator", attempt["external_id"]), **changes
    )
    headers = {"Content-Type": "application/json"}
    if secret:
        headers |= signature_headers(secret, CALLBACK, payload.encode())
    return requests.post(demo.host + CALLBACK, data=payload, headers=headers, timeout=20)


@pytest.mark.contract("rpnow#flow")
def test_from_the_entrance_to_the_passed_review(learner: RpnowLearner, reviewer: Reviewer, stan: CourseTeam) -> None:
    demo = learner.demo
    learner.open_exam(MIDTERM)
    learner.heading("This exam is proctored")
    learner.register()
    [registration] = demo.provider_saw("POST", "/exams/registration/")
    assert registration["body"]["examCode"] == learner.attempt["attempt_code"]
    assert learner.attempt["status"] == "created"
    learner.set_up()
    assert learner.attempt["status"] == "ready_to_start"
    # The page that was left behind noticed it and offers to go on.
    expect(learner.outside.get_by_role("button", name="Continue")).to_be_visible()
    learner.look("instructions-continue", learner.outside)

    learner.start()
    assert 28 * 60 < learner.seconds_left() <= 30 * 60
    learner.answer("The Sun")
    learner.submit()
    learner.close_the_secure_browser()
    expect(stan.attempt_row(learner.username)).to_contain_text("Submitted")

    reviewer.give_verdict(learner.username, "Passed", "Everything was fine.")
    learner.reload()
    learner.heading("Your proctoring session was reviewed successfully.")
    learner.look("verified")
    expect(stan.attempt_row(learner.username)).to_contain_text("Verified")
    assert len(demo.mails_to(learner.username)) == 2, "one about the submission, one about the result"


def test_without_the_secure_browser_a_running_exam_stays_closed(learner: RpnowLearner, new_page) -> None:
    learner.reach_the_exam(MIDTERM)
    elsewhere = new_page()
    elsewhere.goto(f"{learner.demo.host}/login/{learner.username}")
    elsewhere.goto(learner.page.url)
    expect(elsewhere.get_by_role("heading").first).to_be_visible()
    learner.look("another-browser", elsewhere)
    assert elsewhere.locator("iframe").count() == 0
    assert learner.attempt["status"] == "started"


def test_opening_the_exam_a_second_time_ends_it(learner: RpnowLearner) -> None:
    learner.reach_the_exam(MIDTERM)
    learner.page.goto(f"{learner.demo.provider}/rpnow?code={learner.attempt['attempt_code']}")
    learner.heading("You have submitted this proctored exam for review")
    assert learner.attempt["status"] == "submitted"


def test_a_suspicious_review_waits_for_a_second_person(
    learner: RpnowLearner, reviewer: Reviewer, stan: CourseTeam, gina: Administrator
) -> None:
    demo = learner.demo
    learner.reach_the_exam(MIDTERM)
    learner.submit()
    learner.close_the_secure_browser()
    reviewer.give_verdict(learner.username, "Suspicious", "Looked away often.")
    expect(stan.attempt_row(learner.username)).to_contain_text("Second Review Required")
    tickets = requests.get(f"{demo.host}/_demo/tickets", headers={"Accept": "application/json"}, timeout=20).json()
    assert any(learner.username in str(ticket) for ticket in tickets["tickets"]), "the support desk was told"

    gina.decide(learner.attempt["attempt_code"], "Clean")
    learner.reload()
    learner.heading("Your proctoring session was reviewed successfully.")
    expect(stan.attempt_row(learner.username)).to_contain_text("Verified")


def test_a_violation_counts_as_passed(learner: RpnowLearner, reviewer: Reviewer, stan: CourseTeam) -> None:
    """Unlike with REST providers (contract/reviews#passing)."""
    learner.reach_the_exam(MIDTERM)
    learner.submit()
    learner.close_the_secure_browser()
    reviewer.give_verdict(learner.username, "Rules violation", "A second screen.")
    expect(stan.attempt_row(learner.username)).to_contain_text("Verified")


def test_a_registration_with_a_wrong_signature_leaves_nothing_half_made(learner: RpnowLearner) -> None:
    learner.open_exam(MIDTERM)
    learner.heading("This exam is proctored")
    learner.demo.scenario(rpnow={"other_secret": True})
    learner.press("Continue to my proctored exam.")
    expect(learner.page.get_by_role("alert").filter(has_text=re.compile("no time was used")).first).to_be_visible()
    learner.look("wrong-signature")
    assert learner.demo.attempts(learner.username) == []

    learner.demo.heal()
    learner.register()
    assert learner.attempt["status"] == "created"


@pytest.mark.parametrize("locator", ["wrong", "missing"])
def test_a_review_without_the_right_record_locator_is_refused(
    learner: RpnowLearner, reviewer: Reviewer, locator: str
) -> None:
    demo = learner.demo
    learner.reach_the_exam(MIDTERM)
    learner.submit()
    learner.close_the_secure_browser()
    demo.scenario(rpnow={"locator": locator})
    page = reviewer.page
    page.goto(f"{demo.provider}/reviewer/")
    page.get_by_role("row").filter(has_text=learner.username).get_by_role("link").first.click()
    page.get_by_role("radio", name="Passed", exact=True).check()
    page.get_by_role("button", name="Send the verdict").click()
    expect(page.get_by_role("alert")).to_contain_text("The verdict did not arrive.")
    expect(page.get_by_text(re.compile(r"Refused \(400\)"))).to_be_visible()
    assert learner.attempt["status"] == "submitted"

    # The same review with the right one is taken: nothing else was wrong with it.
    demo.heal()
    page.get_by_role("radio", name="Passed", exact=True).check()
    page.get_by_role("button", name="Send the verdict").click()
    expect(page.get_by_text("Your verdict was sent.")).to_be_visible()
    assert learner.attempt["status"] == "verified"


def test_the_same_by_hand(learner: RpnowLearner) -> None:
    """Letter case of the locator does not matter; another attempt's locator does."""
    learner.reach_the_exam(MIDTERM)
    learner.submit()
    attempt = learner.attempt
    for locator in ("AAAAAAAA-0000-0000-0000-000000000000", attempt["attempt_code"]):
        assert post_review(learner.demo, attempt, locator=locator).status_code == 400
    assert learner.attempt["status"] == "submitted"
    assert post_review(learner.demo, attempt, secret="").status_code == 400
    assert post_review(learner.demo, attempt, secret="another").status_code == 403
    assert learner.attempt["status"] == "submitted"
    assert post_review(learner.demo, attempt, locator=attempt["external_id"].lower()).status_code == 200
    assert learner.attempt["status"] == "verified"


def test_a_practice_exam(learner: RpnowLearner, stan: CourseTeam) -> None:
    learner.open_exam(PRACTICE)
    learner.heading("Try a proctored exam")
    learner.register("Continue to my practice exam.")
    registration = learner.demo.provider_saw("POST", "/exams/registration/")[-1]
    assert registration["body"]["reviewedExam"] is False
    learner.set_up()
    learner.start()
    learner.answer("No")
    learner.end()
    learner.heading(re.compile("Are you sure you want to end your proctored exam"))
    learner.press("Yes, end my proctored exam")
    learner.heading("You have submitted this practice proctored exam")
    expect(stan.attempt_row(learner.username)).to_contain_text("Submitted")

    # Practice may be repeated; a session that is not reviewed yet is discarded.
    learner.press("Practice again")
    learner.heading("Set up and start your proctored exam")
    assert [attempt["status"] for attempt in learner.demo.attempts(learner.username)] == ["created"]


def test_after_a_reset_the_old_code_is_worth_nothing(learner: RpnowLearner, reviewer: Reviewer) -> None:
    demo = learner.demo
    learner.reach_the_exam(MIDTERM)
    learner.submit()
    learner.close_the_secure_browser()
    old = learner.attempt
    staff = demo.session("stan")
    reply = staff.delete(
        f"{demo.host}/api/edx_proctoring/v1/proctored_exam/attempt/{old['id']}",
        headers={"Referer": demo.host},
        timeout=20,
    )
    assert reply.status_code == 200, reply.text
    assert demo.attempts(learner.username) == []

    # The verdict on the old one still finds its way, and changes nothing for the learner.
    reviewer.give_verdict(learner.username, "Passed", "Fine.")
    assert demo.attempts(learner.username) == []
    learner.open_exam(MIDTERM)
    learner.heading("This exam is proctored")
    learner.register()
    assert learner.attempt["attempt_code"] != old["attempt_code"]
    assert learner.attempt["status"] == "created"
    learner.page.goto(f"{demo.provider}/rpnow?code={old['attempt_code']}")
    expect(learner.page.get_by_text("exam code that is not valid")).to_be_visible()
    assert learner.attempt["status"] == "created"


def test_recording_without_https_is_shown_to_staff_as_text(
    learner: RpnowLearner, reviewer: Reviewer, stan: CourseTeam
) -> None:
    learner.reach_the_exam(MIDTERM)
    learner.submit()
    learner.close_the_secure_browser()
    reviewer.give_verdict(learner.username, "Passed", "Fine.")
    attempt = learner.attempt
    address = f"/api/edx_proctoring/v1/instructor/{COURSE}/{attempt['proctored_exam']['id']}"
    stan.page.goto(f"{learner.demo.host}{address}?attempt={attempt['external_id']}")
    assert stan.page.url.startswith(learner.demo.host)
    text = stan.page.get_by_text("This site does not link to the address of the recording:")
    expect(text).to_contain_text(f"{learner.demo.provider}/rpnow/recording/DirectLink-HTML5")
    expect(stan.page.get_by_role("link")).to_have_count(0)


@pytest.mark.parametrize("width", [1200, 320])
def test_the_vendors_pages_are_accessible(demo: Demo, new_page, width: int) -> None:
    inspector = Inspector()
    too_wide: list[str] = []

    def look(page: Page, step: str) -> None:
        if page.url.startswith(demo.provider):
            inspector(page, step)
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                too_wide.append(step)

    username = demo.new_learner("Axel Axelson")
    learner = RpnowLearner(demo, new_page(), username, look, "Axel Axelson")
    learner.page.set_viewport_size({"width": width, "height": 800})
    learner.open_exam(MIDTERM)
    learner.heading("This exam is proctored")
    learner.register()
    software = learner.open_software()
    software.set_viewport_size({"width": width, "height": 800})
    software.goto(f"{demo.provider}/rpnow/session?code=unknown")
    expect(software.get_by_role("alert")).to_be_visible()
    look(software, "unknown-code")
    software.go_back()
    with software.expect_popup() as popup:
        software.get_by_role("link", name="Open my exam in the secure browser").click()
    learner.page = popup.value
    learner.heading("Important")
    expect(software.get_by_role("heading", name="The secure browser is open")).to_be_visible()
    look(software, "software-open")
    learner.start()
    learner.submit()
    learner.close_the_secure_browser()
    desk = new_page()
    desk.set_viewport_size({"width": width, "height": 800})
    Reviewer(demo, desk, look).give_verdict(username, "Suspicious", "Looked away.")
    desk.goto(f"{demo.provider}/")
    look(desk, "front-page")
    assert {"software-code", "unknown-code", "software-checks", "software-open", "software-sent"} <= set(
        inspector.steps
    )
    assert inspector.findings == []
    assert too_wide == []
