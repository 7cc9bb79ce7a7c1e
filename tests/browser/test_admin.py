"""What staff do in Django admin, with mouse and keyboard."""

from __future__ import annotations

import re
import secrets
from typing import Any

import jwt
import pytest
import requests
from playwright.sync_api import Page, expect

from demo.credentials import PROVIDER_CLIENT

from .demo_process import COURSE, Demo
from .people import MIDTERM, Administrator

pytestmark = pytest.mark.contract("admin#attempt-save", "admin#review-decision", "admin#effects")

API = "/api/edx_proctoring/v1/proctored_exam"
ADMIN = "/admin/edx_proctoring"


class Office:
    """Django admin as the administrator sees it."""

    def __init__(self, gina: Administrator) -> None:
        self.gina = gina
        self.page: Page = gina.page
        self.demo = gina.demo

    def open_list(self, model: str, query: str = "") -> None:
        """Open the rows of a model."""
        self.page.goto(f"{self.demo.host}{ADMIN}/{model}/{query}")
        expect(self.page.locator("#changelist")).to_be_visible()
        self.gina.look(model)

    def search(self, words: str) -> None:
        """Search the list."""
        self.page.locator("#searchbar").fill(words)
        self.page.get_by_role("button", name="Search").click()

    def filter_by(self, choice: str) -> None:
        """Choose in the side bar."""
        self.page.locator("#changelist-filter").get_by_role("link", name=choice, exact=True).click()

    def rows(self) -> Any:
        """The rows of the list."""
        return self.page.locator("#result_list tbody tr")

    def open_row(self, text: str) -> None:
        """Open the page of the row with this text."""
        self.rows().filter(has_text=text).first.locator("th a, td a").first.click()
        expect(self.page.locator("#content form")).to_be_visible()
        self.gina.look("row")

    def save(self) -> None:
        """Save and come back to the list."""
        self.page.get_by_role("button", name="Save", exact=True).click()

    def sees(self, words: str | re.Pattern[str], kind: str = "success") -> None:
        """A message of this kind is shown, and none of another."""
        messages = self.page.locator(".messagelist li")
        expect(messages).to_have_count(1)
        expect(messages).to_have_class(re.compile(kind))
        expect(messages).to_contain_text(words)
        self.gina.look(f"message-{kind}")


@pytest.fixture
def office(gina: Administrator) -> Office:
    return Office(gina)


class Attempt:
    """A learner's attempt at the midterm, made over REST."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.username = demo.new_learner(f"Ada Admin {secrets.token_hex(3)}")
        self._session = demo.session(self.username)
        self._session.headers["Referer"] = demo.host
        self._session.get(f"{demo.host}/courses/{COURSE}/outline", timeout=20)
        exams = self._session.get(f"{demo.host}{API}/exam/course_id/{COURSE}", timeout=20).json()
        exam = next(exam for exam in exams if exam["exam_name"] == MIDTERM)
        self._send("POST", "attempt", exam_id=exam["id"], attempt_proctored="true", start_clock="false")
        self.id = self.facts["id"]

    @property
    def facts(self) -> dict[str, Any]:
        """The attempt as course staff get it."""
        return self.demo.attempts(self.username)[0]

    @property
    def code(self) -> str:
        return str(self.facts["attempt_code"])

    def submit(self) -> Attempt:
        """Through the exam to the end."""
        self._callback("ready", {"status": "ready"})
        for action in ("start", "submit"):
            self._send("PUT", f"attempt/{self.id}", action=action)
        assert self.facts["status"] == "submitted"
        return self

    def review(self, status: str, comment: str) -> Attempt:
        """The provider's verdict arrives."""
        words = [{"comment": comment, "status": status, "start": 1, "stop": 2, "duration": 1}]
        self._callback("reviewed", {"status": status, "comments": words})
        return self

    def _send(self, method: str, path: str, **data: str) -> None:
        token = {"X-CSRFToken": self._session.cookies.get("csrftoken", "")}
        reply = self._session.request(method, f"{self.demo.host}{API}/{path}", data=data, headers=token, timeout=20)
        assert reply.status_code == 200, reply.text

    def _callback(self, kind: str, document: dict[str, Any]) -> None:
        grant = {"grant_type": "client_credentials", "token_type": "jwt"}
        answer = requests.post(
            f"{self.demo.host}/oauth2/access_token",
            data={**grant, **PROVIDER_CLIENT._asdict()},
            timeout=20,
        ).json()
        assert jwt.get_unverified_header(answer["access_token"])
        reply = requests.post(
            f"{self.demo.host}{API}/attempt/{self.facts['external_id']}/{kind}",
            json=document,
            headers={"Authorization": f"JWT {answer['access_token']}"},
            timeout=20,
        )
        assert reply.status_code == 200, reply.text


def test_a_second_look_rejects(office: Office) -> None:
    attempt = Attempt(office.demo).submit().review("suspicious", "A phone on the desk")
    assert attempt.facts["status"] == "second_review_required"

    office.open_list("proctoredexamsoftwaresecurereview")
    office.filter_by("All unreviewed failures")
    office.search(attempt.username)
    expect(office.rows()).to_have_count(1)
    office.open_row(attempt.code)
    page = office.page
    expect(page.get_by_label("Review status")).to_have_value("Suspicious")
    expect(page.locator(".field-student")).to_contain_text(attempt.username)
    page.get_by_label("Reviewer notes").fill("Seen twice: it is a phone.")
    office.save()

    office.sees("was changed successfully")
    assert attempt.facts["status"] == "rejected"
    # Somebody has looked now, and the former state is kept.
    expect(office.rows()).to_have_count(0)
    office.open_list("proctoredexamsoftwaresecurereview", f"?q={attempt.code}")
    expect(office.rows().locator(".field-reviewed_by")).to_have_text("gina")
    office.open_list("proctoredexamsoftwaresecurereviewhistory", f"?q={attempt.code}")
    expect(office.rows()).to_have_count(1)


def test_a_second_look_clears(office: Office) -> None:
    attempt = Attempt(office.demo).submit().review("suspicious", "A dog")
    office.open_list("proctoredexamsoftwaresecurereview", f"?q={attempt.code}")
    office.open_row(attempt.code)
    office.page.get_by_label("Review status").select_option("Clean")
    office.save()
    office.sees("was changed successfully")
    assert attempt.facts["status"] == "verified"


def test_what_reviewers_said_can_be_read_and_not_changed(office: Office) -> None:
    attempt = Attempt(office.demo).submit().review("suspicious", "Looks out of the window")
    office.open_list("proctoredexamsoftwaresecurecomment", f"?q={attempt.code}")
    expect(office.rows()).to_contain_text("Looks out of the window")
    expect(office.page.locator(".object-tools .addlink")).to_have_count(0)
    office.open_list("reviewinboxentry", f"?q={attempt.code}")
    expect(office.rows()).to_contain_text("applied")
    office.rows().locator("th a").click()
    expect(office.page.locator(".field-body")).to_contain_text("Looks out of the window")
    expect(office.page.get_by_role("button", name="Save", exact=True)).to_have_count(0)


class TestExams:
    COURSE_ID = "course-v1:Office+ADMIN+2026"

    def add_exam(self, office: Office) -> str:
        """Fill in the form for a new proctored exam; return its name."""
        name = f"Made in the office {secrets.token_hex(3)}"
        office.open_list("proctoredexam")
        office.page.get_by_role("link", name=re.compile("Add proctored exam", re.I)).first.click()
        page = office.page
        page.get_by_label("Course id").fill(self.COURSE_ID)
        page.get_by_label("Content id").fill(f"block-v1:Office+ADMIN+2026+type@sequential+block@{secrets.token_hex(6)}")
        page.get_by_label("Exam name").fill(name)
        page.get_by_label("Time limit mins").fill("45")
        for flag in ("Is proctored", "Is active"):
            page.get_by_label(flag).check()
        page.get_by_label("Backend").select_option("mock_provider")
        office.save()
        office.sees("was added successfully")
        return name

    def test_a_new_exam_and_a_changed_one_reach_the_provider(self, office: Office) -> None:
        name = self.add_exam(office)
        told = [entry for entry in office.demo.provider_saw("POST", "/exam/") if name in str(entry)]
        assert len(told) == 1

        office.search(name)
        office.open_row(name)
        page = office.page
        # What was left blank is blank, and the provider's answer is there.
        expect(page.get_by_label("External id")).not_to_have_value("")
        expect(page.locator("#id_due_date_0")).to_have_value("")
        page.get_by_label("Exam name").fill(f"{name}, renamed")
        page.get_by_label("Time limit mins").fill("50")
        office.save()
        office.sees(f"{name}, renamed")
        assert [entry for entry in office.demo.provider_saw("POST", "/exam/") if f"{name}, renamed" in str(entry)]

    def test_a_mistake_is_shown_beside_its_field(self, office: Office) -> None:
        name = self.add_exam(office)
        office.search(name)
        office.open_row(name)
        office.page.get_by_label("Exam name").fill("")
        office.save()
        expect(office.page.locator(".field-exam_name .errorlist, .errors.field-exam_name")).not_to_have_count(0)
        expect(office.page.locator(".errornote")).to_be_visible()

    def test_a_policy_is_added_changed_and_archived(self, office: Office) -> None:
        name = self.add_exam(office)
        page = office.page
        office.open_list("proctoredexamreviewpolicy")
        page.get_by_role("link", name=re.compile("Add Proctored exam review policy", re.I)).first.click()
        exam = page.get_by_label("Proctored exam", exact=False)
        exam.select_option(label=f"{self.COURSE_ID}: {name} (active)")
        page.get_by_label("Review policy").fill("Open book")
        office.save()
        office.sees("was added successfully")
        assert [entry for entry in office.demo.provider_saw("POST", "/exam/") if "Open book" in str(entry)]

        office.search(name)
        expect(office.rows()).to_have_count(1)
        expect(office.rows()).to_contain_text(name)
        office.open_row(self.COURSE_ID)
        expect(page.locator(".field-set_by_user")).to_contain_text("gina")
        page.get_by_label("Review policy").fill("Closed book")
        office.save()
        office.sees("was changed successfully")
        office.open_list("proctoredexamreviewpolicyhistory", f"?q={name}")
        expect(office.rows()).to_have_count(1)

    def test_an_exam_is_deleted_with_what_belongs_to_it(self, office: Office) -> None:
        name = self.add_exam(office)
        office.search(name)
        office.open_row(name)
        office.page.get_by_role("link", name="Delete", exact=True).click()
        office.page.get_by_role("button", name=re.compile("Yes, I.m sure")).click()
        office.sees("was deleted successfully")
        office.search(name)
        expect(office.rows()).to_have_count(0)


class TestAttempts:
    def open_attempt(self, office: Office, attempt: Attempt) -> None:
        office.open_list("proctoredexamstudentattempt", f"?q={attempt.username}")
        office.open_row(attempt.username)

    def test_an_illegal_status_is_explained_and_a_legal_one_is_taken(self, office: Office) -> None:
        attempt = Attempt(office.demo).submit()
        self.open_attempt(office, attempt)
        office.page.get_by_label("Status", exact=False).select_option("started")
        office.save()
        office.sees("A status transition from submitted to started was attempted", "error")
        assert attempt.facts["status"] == "submitted"

        self.open_attempt(office, attempt)
        office.page.get_by_label("Status", exact=False).select_option("verified")
        office.save()
        office.sees("was changed successfully")
        assert attempt.facts["status"] == "verified"
        subjects = [mail["subject"].partition(":")[0] for mail in office.demo.mails_to(attempt.username)]
        assert sorted(subjects) == ["Proctoring attempt submitted", "Proctoring attempt verified"]

    def test_what_happened_is_in_the_history(self, office: Office) -> None:
        attempt = Attempt(office.demo).submit()
        self.open_attempt(office, attempt)
        office.page.get_by_role("link", name="History", exact=True).click()
        for status in ("created", "ready_to_start", "started", "submitted"):
            expect(office.page.get_by_role("cell", name=status, exact=True).first).to_be_visible()
        office.gina.look("history")

    def test_the_list_is_narrowed_by_filters_and_search(self, office: Office) -> None:
        submitted, created = Attempt(office.demo).submit(), Attempt(office.demo)
        office.open_list("proctoredexamstudentattempt")
        office.filter_by(COURSE.removeprefix("course-v1:").replace("+", " "))
        expect(office.rows().filter(has_text=submitted.username)).to_have_count(1)
        expect(office.rows().filter(has_text=created.username)).to_have_count(1)
        office.open_list("proctoredexamstudentattempt", "?status__exact=submitted")
        expect(office.rows().filter(has_text=submitted.username)).to_have_count(1)
        expect(office.rows().filter(has_text=created.username)).to_have_count(0)
        office.search(created.username)
        expect(office.rows()).to_have_count(0)

    def test_nobody_adds_or_deletes_attempts_here(self, office: Office) -> None:
        attempt = Attempt(office.demo)
        self.open_attempt(office, attempt)
        expect(office.page.get_by_role("link", name="Delete", exact=True)).to_have_count(0)
        office.open_list("proctoredexamstudentattempt")
        expect(office.page.locator(".object-tools .addlink")).to_have_count(0)


def test_an_effect_that_failed_is_tried_again(office: Office) -> None:
    demo = office.demo
    attempt = Attempt(demo)
    demo.scenario(drop_connection=[{"method": "PATCH", "path": "/attempt/"}])
    attempt.submit()
    demo.heal()

    office.open_list("attempteffect", f"?q={attempt.code}&state=due")
    row = office.rows().filter(has_text="stop_exam_attempt")
    expect(row).to_have_count(1)
    row.get_by_role("checkbox").check()
    office.page.locator("select[name=action]").select_option(label="Retry now")
    office.page.get_by_role("button", name=re.compile("^(Go|Run)")).click()

    office.sees(re.compile("^1 delivered"))
    expect(office.rows().filter(has_text="stop_exam_attempt")).to_have_count(0)
    [told] = demo.provider_saw("PATCH", attempt.facts["external_id"])
    assert "submitted" in str(told)
