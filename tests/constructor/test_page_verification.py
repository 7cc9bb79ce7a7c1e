"""Verify, assessment code and heartbeat; the whole flow."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.backends.constructor import ConstructorProctoringProvider
from edx_proctoring.constructor import cookies, page_verification, sessions
from edx_proctoring.constructor.models import ConstructorEvent, ConstructorSession, State
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from tests import factories

from .account import VENDOR, Vendor, logged_in, send, set_options
from .pages import Page

pytestmark = pytest.mark.django_db


@pytest.mark.contract("constructor#verify")
class TestVerify:
    def test_a_proctored_page_opens(self, page: Page, status_of: Callable[[], str]) -> None:
        answer = page.verify()
        assert answer.status_code == 200
        assert answer.json()["state"] == "open"
        assert answer.json()["content_url"] == page.config["contentUrl"]
        assert status_of() == Status.ready_to_start
        page.session.refresh_from_db()
        assert page.session.state == State.PROCTORED

    @pytest.mark.contract("constructor#cookies")
    def test_its_cookie_works_in_frames_and_nowhere_else(self, page: Page) -> None:
        header = page.verify().cookies[cookies.NAME].OutputString()
        for part in ("HttpOnly", "Secure", "SameSite=None", "Partitioned", "Path=/", "Max-Age=43200"):
            assert f"; {part}" in header

    @pytest.mark.parametrize(
        ("status", "code"),
        [
            ("not_scheduled", "not_started"),
            ("early_to_start", "not_started"),
            ("ready_to_start", "not_started"),
            ("late_to_start", "not_started"),
            ("a-word-that-we-do-not-know", "not_started"),
            (None, "not_started"),
            ("finished", "session_reset"),
        ],
    )
    def test_a_message_alone_opens_nothing(
        self, page: Page, vendor: Vendor, status_of: Callable[[], str], status: str | None, code: str
    ) -> None:
        vendor.status = status
        answer = page.verify()
        assert (answer.status_code, answer.json()["code"]) == (409, code)
        assert answer.json().get("retry_after") == (2 if code == "not_started" else None)
        assert cookies.NAME not in answer.cookies
        assert status_of() == Status.created

    def test_an_answer_other_than_started_is_asked_again_when_the_page_does(
        self, page: Page, vendor: Vendor, at_noon: Any
    ) -> None:
        vendor.status = "ready_to_start"
        page.verify()
        vendor.status = "started"
        at_noon.tick(page.verify().json()["retry_after"])
        assert page.verify().status_code == 200

    def test_a_page_that_asks_all_the_time_does_not_reach_the_vendor(self, page: Page, vendor: Vendor) -> None:
        vendor.status = "ready_to_start"
        assert {page.verify().json()["code"] for _ in range(10)} == {"not_started"}
        assert len(vendor.calls) == 1

    def test_a_vendor_that_is_down_opens_nothing(self, page: Page, vendor: Vendor) -> None:
        vendor.fails_with = requests.ConnectionError("down")
        answer = page.verify()
        assert (answer.status_code, answer.json()["code"]) == (503, "server_unavailable")

    def test_its_last_answer_counts_for_ten_minutes(self, page: Page, vendor: Vendor, at_noon: Any) -> None:
        page.verify()
        vendor.fails_with = 500
        at_noon.tick(9 * 60)
        assert page.verify().status_code == 200
        at_noon.tick(62)
        assert page.verify().status_code == 503

    def test_the_answer_is_asked_for_every_thirty_seconds(self, page: Page, vendor: Vendor, at_noon: Any) -> None:
        page.verify()
        page.verify()
        assert len(vendor.calls) == 1
        at_noon.tick(31)
        page.verify()
        assert len(vendor.calls) == 2

    def test_an_operator_may_do_without_confirmation(
        self, page: Page, vendor: Vendor, provider: ConstructorProctoringProvider
    ) -> None:
        set_options(provider, require_server_confirmation=False)
        assert page.verify().status_code == 200
        assert vendor.calls == []

    def test_an_attempt_that_runs_is_left_as_it_is(
        self, page: Page, attempt: ProctoredExamStudentAttempt, status_of: Callable[[], str]
    ) -> None:
        api.update_attempt_status(attempt.pk, Status.ready_to_start)
        api.update_attempt_status(attempt.pk, Status.started)
        assert page.verify().status_code == 200
        assert status_of() == Status.started

    @pytest.mark.parametrize(
        ("headers", "body", "code"),
        [
            pytest.param({}, {}, "origin_untrusted", id="no-page-token"),
            pytest.param({"X-Proctoring-Page-Token": "x"}, {}, "origin_untrusted", id="made-up-token"),
            pytest.param(None, {"origin": "https://evil.example"}, "origin_untrusted", id="another-origin"),
            pytest.param(None, {"origin": None}, "origin_untrusted", id="no-origin"),
        ],
    )
    def test_a_request_that_our_page_did_not_send_is_refused(
        self, page: Page, headers: Any, body: dict[str, Any], code: str
    ) -> None:
        answer = page.verify(headers=headers, **body)
        assert (answer.status_code, answer.json()["code"]) == (403, code)

    @pytest.mark.parametrize("text", ["", "[]", "{", "x" * 5000, "[" * 4000])
    def test_a_body_that_is_none_is_a_bad_request(self, page: Page, text: str) -> None:
        answer = page.browser.post(page.config["verifyUrl"], data=text, content_type="application/json")
        assert answer.status_code == 400

    def test_another_user_is_refused(self, page: Page) -> None:
        config = page.config
        page.browser = logged_in(factories.make_user())
        answer = page.browser.post(
            config["verifyUrl"],
            data=json.dumps({"origin": VENDOR}),
            content_type="application/json",
            headers={"X-Proctoring-Page-Token": config["pageToken"]},
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_user")

    @pytest.mark.parametrize(("probe", "code"), [(True, "login_required"), (False, "cookies_blocked")])
    def test_without_a_login_cookies_are_suspected(self, page: Page, probe: bool, code: str) -> None:
        client = Client()
        if probe:
            client.cookies[cookies.PROBE] = "1"
        answer = client.post(
            page.config["verifyUrl"], data=json.dumps({"origin": VENDOR}), content_type="application/json"
        )
        assert (answer.status_code, answer.json()["code"]) == (403, code)


@pytest.mark.contract("constructor#assess-code")
class TestAssessCode:
    def test_the_first_one_is_stored_and_the_same_one_is_valid(self, page: Page) -> None:
        assert page.verify("A").status_code == 200
        page.session.refresh_from_db()
        assert page.session.assess_code == "A"
        assert page.verify("A").status_code == 200

    def test_another_one_is_refused_and_changes_nothing(self, page: Page) -> None:
        page.verify("A")
        answer = page.verify("B")
        assert (answer.status_code, answer.json()["code"]) == (409, "session_mismatch")
        page.session.refresh_from_db()
        assert page.session.assess_code == "A"

    def test_none_stands_for_the_session_of_the_page(self, page: Page) -> None:
        page.verify("A")
        assert page.verify().status_code == 200
        page.session.refresh_from_db()
        assert page.session.assess_code == "A"

    def test_none_is_enough_at_first(self, page: Page) -> None:
        assert page.verify().status_code == 200
        page.session.refresh_from_db()
        assert page.session.assess_code == ""

    def test_the_session_id_is_the_usual_code(self, page: Page) -> None:
        assert page.verify(page.session.session_id).status_code == 200

    @pytest.mark.parametrize("code", [7, "", "x" * 231, None, ["A"]])
    def test_what_is_no_code_counts_as_absent(self, page: Page, code: Any) -> None:
        assert page.verify(assess_code=code).status_code == 200
        page.session.refresh_from_db()
        assert page.session.assess_code == ""

    def test_the_session_of_another_exam_is_refused_at_first_sight(self, page: Page, learner: User) -> None:
        other = factories.make_exam(backend="constructor")
        api.create_exam_attempt(other.pk, learner.pk, taking_as_proctored=True)
        foreign = ConstructorSession.objects.exclude(pk=page.session.pk).get()
        answer = page.verify(foreign.session_id)
        assert (answer.status_code, answer.json()["code"]) == (409, "session_mismatch")

    def test_the_session_that_this_one_replaced_is_reset(
        self, browser: Client, session: ConstructorSession, attempt: Any, exam: Any, learner: User, vendor: Vendor
    ) -> None:
        api.remove_exam_attempt(attempt.pk, factories.make_staff())
        api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        answer = Page(browser, ConstructorSession.objects.latest("pk")).verify(session.session_id)
        assert (answer.status_code, answer.json()["code"]) == (409, "session_reset")


@pytest.mark.contract("constructor#heartbeat")
class TestHeartbeat:
    def test_a_page_that_is_proctored_stays_open(self, page: Page, at_noon: Any) -> None:
        page.verify()
        at_noon.tick(30)
        assert page.heartbeat() == {"state": "open", "attempt_status": Status.ready_to_start}

    def test_three_other_answers_in_a_row_interrupt_it(
        self, page: Page, vendor: Vendor, at_noon: Any, status_of: Callable[[], str]
    ) -> None:
        page.verify()
        vendor.status = "late_to_start"
        states = []
        for _ in range(3):
            at_noon.tick(31)
            states.append(page.heartbeat()["state"])
        assert states == ["open", "open", "lost"]
        page.session.refresh_from_db()
        assert page.session.state == State.LOST
        assert ConstructorEvent.objects.filter(kind="lost").count() == 1
        assert status_of() == Status.ready_to_start

    def test_a_good_answer_in_between_starts_the_count_anew(self, page: Page, vendor: Vendor, at_noon: Any) -> None:
        page.verify()
        for status in ("late_to_start", "late_to_start", "started", "late_to_start", "late_to_start"):
            vendor.status = status
            at_noon.tick(31)
            assert page.heartbeat()["state"] == "open"

    def test_a_session_that_ended_at_the_vendor_is_interrupted_at_once(
        self, page: Page, vendor: Vendor, at_noon: Any
    ) -> None:
        page.verify()
        vendor.status = "finished"
        at_noon.tick(31)
        assert page.heartbeat() == {
            "state": "lost",
            "code": "session_reset",
            "attempt_status": Status.ready_to_start,
        }

    def test_an_interrupted_page_opens_again(self, page: Page, vendor: Vendor, at_noon: Any) -> None:
        page.verify()
        ConstructorSession.objects.update(state=State.LOST)
        assert page.heartbeat()["state"] == "lost"
        assert page.verify().status_code == 200
        assert page.heartbeat()["state"] == "open"

    def test_an_operator_may_end_the_attempt(
        self,
        page: Page,
        vendor: Vendor,
        provider: ConstructorProctoringProvider,
        at_noon: Any,
        status_of: Callable[[], str],
    ) -> None:
        set_options(provider, on_lost="error")
        page.verify()
        vendor.status = "finished"
        at_noon.tick(31)
        page.heartbeat()
        assert status_of() == Status.error

    def test_after_ten_minutes_without_the_vendor_it_is_interrupted(
        self, page: Page, vendor: Vendor, at_noon: Any
    ) -> None:
        page.verify()
        vendor.fails_with = requests.ConnectionError("down")
        for _ in range(10):
            at_noon.tick(60)
            assert page.heartbeat()["state"] == "open"
        at_noon.tick(60)
        assert page.heartbeat()["code"] == "server_unavailable"

    def test_a_submitted_attempt_closes_the_page(self, page: Page, attempt: Any) -> None:
        page.verify()
        api.update_attempt_status(attempt.pk, Status.started)
        api.update_attempt_status(attempt.pk, Status.submitted)
        answer = page.heartbeat()
        assert (answer["state"], answer["code"]) == ("refused", "attempt_not_active")

    def test_a_replaced_session_closes_the_page(
        self, page: Page, attempt: Any, exam: ProctoredExam, learner: User
    ) -> None:
        page.verify()
        api.remove_exam_attempt(attempt.pk, factories.make_staff())
        api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        assert page.heartbeat()["code"] == "session_reset"
        assert page.verify().status_code == 409

    def test_a_page_that_never_opened_is_told_so(self, page: Page) -> None:
        assert page.heartbeat()["state"] == "refused"


def test_the_whole_flow(
    page: Page, vendor: Vendor, attempt: ProctoredExamStudentAttempt, status_of: Callable[[], str]
) -> None:
    page.verify(page.session.session_id)
    url = f"/edx_proctoring/v1/proctored_exam/attempt/{attempt.pk}"
    for action in ("start", "stop", "submit"):
        answer = page.browser.put(url, data=json.dumps({"action": action}), content_type="application/json")
        assert answer.status_code == 200, answer.content
    assert status_of() == Status.submitted
    assert [path.split("/")[-2] for _method, path, _body in vendor.calls] == ["status", "finish"]
    send("review", {"sessionId": attempt.external_id, "conclusion": "accepted"})
    assert status_of() == Status.verified


def test_two_pages_with_different_codes_at_once_do_not_both_open(page: Page) -> None:
    first = sessions.find(page.session.session_id)
    second = sessions.find(page.session.session_id)
    assert first is not None
    assert second is not None
    assert page_verification._note_proctored(first, "A", now=timezone.now())
    assert not page_verification._note_proctored(second, "B", now=timezone.now())
