"""What goes wrong: odd input, messages at the wrong moment, a vendor or a process that fails.

Nothing opens by accident, nothing that was submitted or sent is lost, and no answer is a server error.
"""

import json
import warnings
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
import requests
import responses
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.api.privacy.user_retirement import retire_learner_at_providers
from edx_proctoring.backends.constructor import ConstructorProctoringProvider, store, tokens
from edx_proctoring.backends.constructor.store import Registration
from edx_proctoring.constructor import received_reviews, sessions
from edx_proctoring.constructor.models import (
    ConstructorEvent,
    ConstructorExamSettings,
    ConstructorSession,
    FinishState,
    State,
)
from edx_proctoring.constructor.received_reviews import CLAIM
from edx_proctoring.exceptions import ProctoredExamIllegalStatusTransition
from edx_proctoring.models import (
    AttemptEffect,
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from tests import factories

from .account import FRAMED, NOON, PREFIX, SECRET, Vendor, logged_in, send, set_options, vendor_token
from .pages import ORIGIN, TOKEN, Page, code_of

pytestmark = pytest.mark.django_db


def registration(session_id: str, attempt_code: str, exam: ProctoredExam, subject: str) -> Registration:
    return Registration(
        session_id=session_id,
        backend="constructor",
        attempt_code=attempt_code,
        user_subject=subject,
        course_id=exam.course_id,
        content_id=exam.content_id,
        exam_external_id="e",
        values={},
    )


def review_of(attempt: ProctoredExamStudentAttempt, conclusion: str = "accepted", **more: Any) -> dict[str, Any]:
    return {"accountId": 1, "sessionId": attempt.external_id, "conclusion": conclusion, **more}


@pytest.mark.contract("constructor#provider")
class TestTwoRegistrations:
    """Of two requests that enter the exam at once, one makes the attempt; it must find its session alive."""

    def test_the_session_of_an_open_attempt_is_not_replaced(
        self, page: Page, session: ConstructorSession, exam: ProctoredExam
    ) -> None:
        current = store.current()
        assert current is not None
        late = current.create(registration("b" * 32, "OTHER-CODE", exam, session.user_subject))
        current.note_removal(late)
        assert page.verify().status_code == 200

    def test_the_restart_link_leads_to_the_session_that_lives(
        self, session: ConstructorSession, exam: ProctoredExam
    ) -> None:
        current = store.current()
        assert current is not None
        late = current.create(registration("b" * 32, "OTHER-CODE", exam, session.user_subject))
        current.note_removal(late)
        lost = sessions.find(late)
        assert lost is not None
        assert sessions.newest(lost) == session

    def test_an_attempt_that_is_registered_twice_has_one_session(
        self, session: ConstructorSession, exam: ProctoredExam
    ) -> None:
        current = store.current()
        assert current is not None
        again = registration("b" * 32, session.attempt_code, exam, session.user_subject)
        assert current.create(again) == session.session_id
        assert ConstructorSession.objects.count() == 1

    def test_an_attempt_whose_registration_was_withdrawn_can_be_registered_anew(
        self, session: ConstructorSession, exam: ProctoredExam
    ) -> None:
        current = store.current()
        assert current is not None
        current.note_removal(session.session_id)
        again = registration("b" * 32, session.attempt_code, exam, session.user_subject)
        assert current.create(again) == "b" * 32
        assert ConstructorSession.objects.get(session_id="b" * 32).state == State.NEW

    def test_learners_without_an_id_do_not_replace_each_other(self, exam: ProctoredExam) -> None:
        current = store.current()
        assert current is not None
        for number in "ab":
            factories.make_attempt(exam, status=Status.submitted, attempt_code=number)
            current.create(registration(number * 32, number, exam, ""))
        assert set(ConstructorSession.objects.values_list("state", flat=True)) == {State.NEW}


@pytest.mark.contract("constructor#verify")
class TestOddCalls:
    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"x" * (10 * 1024 * 1024), id="ten-megabytes"),
            pytest.param(b"[" * 4000, id="endless-brackets"),
            pytest.param(b'{"a":' * 600 + b"1" + b"}" * 600, id="deep"),
            pytest.param(b'{"origin": NaN}', id="nan"),
            pytest.param(b'{"origin": ' + b"1" * 4090 + b"}", id="a-number-of-four-thousand-digits"),
            pytest.param(b"\xff", id="not-utf-8"),
            pytest.param(b"null", id="null"),
            pytest.param(b'"text"', id="text"),
        ],
    )
    def test_a_body_that_is_no_small_object_is_a_bad_request(self, page: Page, body: bytes) -> None:
        answer = page.browser.post(page.config["verifyUrl"], data=body, content_type="application/json")
        assert (answer.status_code, answer.json()["state"]) == (400, "refused")

    @pytest.mark.parametrize("length", ["-1", "many", "1" * 5000, "\u0661"])
    def test_a_length_that_is_no_number_is_a_bad_request(self, page: Page, length: str) -> None:
        answer = page.browser.post(
            page.config["verifyUrl"], data=b"{}", content_type="application/json", CONTENT_LENGTH=length
        )
        assert answer.status_code == 400

    @pytest.mark.parametrize("code", ["\x00", "A\x00B", "\ud800", "<script>", "\N{BUG}" * 230, "' OR 1=1 --"])
    def test_any_text_may_be_a_code(self, page: Page, code: str) -> None:
        assert page.verify(code).status_code == 200
        assert page.verify(code).status_code == 200
        assert page.verify("another").json()["code"] == "session_mismatch"

    @pytest.mark.parametrize("origin", [7, [], {}, True, "\x00", "x" * 3000])
    def test_an_origin_of_another_type_is_refused(self, page: Page, origin: Any) -> None:
        answer = page.verify(origin=origin)
        assert (answer.status_code, answer.json()["code"]) == (403, "origin_untrusted")

    def test_members_that_we_do_not_know_are_ignored(self, page: Page) -> None:
        assert page.verify(colour={"deep": [1, {"er": None}]}, form=7).status_code == 200

    @pytest.mark.parametrize(
        "token",
        [
            pytest.param("x" * 3000, id="long"),
            pytest.param("\x00", id="nul"),
            pytest.param("WyJmIiwxXQ:1x:y", id="another-signature"),
        ],
    )
    def test_a_page_token_that_we_did_not_make_is_refused(self, page: Page, token: str) -> None:
        assert page.verify(headers={"X-Proctoring-Page-Token": token}).status_code == 403
        assert page.browser.get(page.config["statusUrl"], headers={"X-Proctoring-Page-Token": token}).status_code == 403

    def test_a_page_token_is_good_for_twelve_hours(self, page: Page, at_noon: Any) -> None:
        page.verify()
        at_noon.tick(timedelta(hours=12, seconds=1))
        assert page.verify().status_code == 403

    def test_the_page_token_of_another_session_is_refused(self, page: Page, learner: User, vendor: Vendor) -> None:
        other = factories.make_exam(backend="constructor")
        attempt_id = api.create_exam_attempt(other.pk, learner.pk, taking_as_proctored=True)
        foreign = ConstructorSession.objects.get(attempt_code=_code_of(attempt_id))
        token = Page(page.browser, foreign).config["pageToken"]
        assert page.verify(headers={"X-Proctoring-Page-Token": token}).status_code == 403

    @pytest.mark.parametrize(
        "value", ["%00", "https://%00.vendor.example", "%ff%fe", "https://" + "x." * 200 + "vendor.example"]
    )
    def test_an_odd_origin_is_refused_on_a_page(
        self, browser: Client, session: ConstructorSession, provider: ConstructorProctoringProvider, value: str
    ) -> None:
        set_options(provider, trusted_origins=["https://*.vendor.example"])
        answer = Page(browser, session, f"?examus-client-origin={value}").answer
        assert code_of(answer) == "origin_untrusted"

    def test_refused_pages_fill_no_table(self, session: ConstructorSession, vendor: Vendor) -> None:
        """The address of the page is all it takes, and there is no login before the origin is looked at."""
        for number in range(5):
            Page(Client(), session, f"?examus-client-origin=https://evil-{number}.example")
        assert ConstructorEvent.objects.get().payload == {"origin": "https://evil-4.example"}

    def test_a_page_that_is_confirmed_again_fills_no_table(self, page: Page) -> None:
        for _ in range(3):
            page.verify()
        assert ConstructorEvent.objects.filter(kind="proctored").count() == 1


def _code_of(attempt_id: int) -> str:
    return str(ProctoredExamStudentAttempt.objects.get(pk=attempt_id).attempt_code)


@pytest.mark.contract("constructor#verify", "constructor#heartbeat")
class TestTheVendorFails:
    def test_what_it_said_is_not_forgotten_when_it_goes_down(self, page: Page, vendor: Vendor, at_noon: Any) -> None:
        """Its "started" of five minutes ago does not stand in for an answer once it has said "finished"."""
        page.verify()
        vendor.status = "finished"
        at_noon.tick(31)
        page.heartbeat()
        vendor.fails_with = requests.ConnectionError("down")
        at_noon.tick(31)
        assert page.verify().json()["code"] == "server_unavailable"

    def test_nor_when_it_has_contradicted_three_times(self, page: Page, vendor: Vendor, at_noon: Any) -> None:
        page.verify()
        vendor.status = "late_to_start"
        for _ in range(3):
            at_noon.tick(31)
            page.heartbeat()
        vendor.fails_with = 500
        at_noon.tick(31)
        assert page.verify().status_code == 503

    @pytest.mark.parametrize("reply", ["[" * 100_000, "{", '"started"', "[]"])
    def test_a_reply_that_cannot_be_read_opens_nothing(
        self, browser: Client, session: ConstructorSession, reply: str
    ) -> None:
        page = Page(browser, session)
        with responses.RequestsMock() as mock:
            mock.get(
                f"https://a.proctor.example/api/v2/integration/simple/demo/sessions/{session.session_id}/status/",
                body=reply,
            )
            assert page.verify().json()["code"] == "server_unavailable"

    def test_a_status_that_we_do_not_know_is_logged_once(
        self, page: Page, vendor: Vendor, at_noon: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        vendor.status = "paused"
        for _ in range(3):
            at_noon.tick(31)
            assert page.verify().json()["code"] == "not_started"
        assert caplog.text.count("that we do not know") == 1

    def test_a_clock_that_was_set_back_does_not_keep_an_answer(self, page: Page, vendor: Vendor, at_noon: Any) -> None:
        page.verify()
        vendor.status = "finished"
        at_noon.move_to(NOON - timedelta(hours=1))
        assert (
            page.verify(
                headers={"X-Proctoring-Page-Token": Page(page.browser, page.session).config["pageToken"]}
            ).json()["code"]
            == "session_reset"
        )

    def test_a_heartbeat_does_not_open_a_session_that_ended_meanwhile(
        self, page: Page, provider: ConstructorProctoringProvider, at_noon: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page.verify()
        at_noon.tick(31)
        asked = provider.vendor_status

        def ends_meanwhile(session_id: str) -> Any:
            ConstructorSession.objects.update(state=State.FINISHED)
            return asked(session_id)

        monkeypatch.setattr(provider, "vendor_status", ends_meanwhile)
        assert page.heartbeat()["state"] == "refused"

    def test_verify_does_not_open_a_session_that_ended_meanwhile(
        self, page: Page, provider: ConstructorProctoringProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = provider.vendor_status

        def ends_meanwhile(session_id: str) -> Any:
            ConstructorSession.objects.update(state=State.RESET)
            return asked(session_id)

        monkeypatch.setattr(provider, "vendor_status", ends_meanwhile)
        answer = page.verify()
        assert (answer.status_code, answer.json()["code"]) == (409, "session_reset")

    def test_nor_an_attempt_that_was_removed_meanwhile(
        self, page: Page, provider: ConstructorProctoringProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = provider.vendor_status

        def removed_meanwhile(session_id: str) -> Any:
            ProctoredExamStudentAttempt.objects.all().delete()
            return asked(session_id)

        monkeypatch.setattr(provider, "vendor_status", removed_meanwhile)
        assert page.verify().json()["code"] == "session_reset"

    def test_an_attempt_whose_exam_has_another_provider_now_opens_nothing(
        self, page: Page, exam: ProctoredExam
    ) -> None:
        exam.backend = "no-such-provider"
        exam.save()
        assert page.verify().status_code == 409

    def test_an_entry_page_does_not_revive_a_session_that_is_interrupted_at_that_moment(
        self, page: Page, browser: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page.verify()
        find = sessions.find

        def interrupted_afterwards(session_id: str) -> Any:
            found = find(session_id)
            ConstructorSession.objects.update(state=State.LOST)
            return found

        monkeypatch.setattr(sessions, "find", interrupted_afterwards)
        Page(browser, page.session)
        assert ConstructorSession.objects.get().state == State.LOST


@pytest.mark.contract("constructor#provider", "constructor#sweep")
class TestTheEndIsNotTold:
    def end(self, attempt: ProctoredExamStudentAttempt) -> None:
        for status in (Status.ready_to_start, Status.started, Status.submitted):
            api.update_attempt_status(attempt.pk, status)

    def test_a_refusal_for_good_is_marked_for_a_person(
        self, vendor: Vendor, provider: ConstructorProctoringProvider, session: ConstructorSession
    ) -> None:
        vendor.fails_with = 400
        provider.stop_exam_attempt("exam", session.session_id)
        assert ConstructorSession.objects.get().finish_state == FinishState.FAILED

    @pytest.mark.django_db(transaction=True)
    def test_what_the_outbox_gives_up_is_marked_by_the_sweep(
        self, vendor: Vendor, attempt: ProctoredExamStudentAttempt, at_noon: Any, sweep: Callable[..., str]
    ) -> None:
        vendor.fails_with = 503
        self.end(attempt)
        at_noon.tick(timedelta(hours=1))
        assert "given up" not in sweep()
        at_noon.tick(timedelta(hours=24))
        api.deliver_due_effects()
        assert AttemptEffect.objects.get(call_name="stop_exam_attempt").state == AttemptEffect.STATE_FAILED
        at_noon.tick(timedelta(minutes=11))
        assert "given up" in sweep("--dry-run")
        assert ConstructorSession.objects.get().finish_state == FinishState.PENDING
        assert "given up" in sweep()
        assert ConstructorSession.objects.get().finish_state == FinishState.FAILED
        assert sweep() == ""

    @pytest.mark.django_db(transaction=True)
    def test_staff_can_have_it_told_again(
        self, vendor: Vendor, attempt: ProctoredExamStudentAttempt, at_noon: Any
    ) -> None:
        vendor.fails_with = 400
        self.end(attempt)
        effect = AttemptEffect.objects.get(call_name="stop_exam_attempt")
        assert effect.state == AttemptEffect.STATE_FAILED
        assert ConstructorSession.objects.get().finish_state == FinishState.FAILED
        vendor.fails_with = None
        api.retry_effects([effect.pk])
        assert ConstructorSession.objects.get().finish_state == FinishState.DONE

    def test_the_pages_close_and_names_are_forgotten_also_where_the_call_is_undone(
        self, vendor: Vendor, attempt: ProctoredExamStudentAttempt, session: ConstructorSession
    ) -> None:
        """A test is a transaction of the host: the failing call is rolled back with what it wrote."""
        vendor.fails_with = requests.ConnectionError("down")
        ConstructorSession.objects.update(registration={"full_name": "Ada", "minutes": 90})
        self.end(attempt)
        session.refresh_from_db()
        assert (session.state, session.registration) == (State.FINISHED, {"minutes": 90})

    @pytest.mark.parametrize("status", [Status.declined, Status.error, Status.submitted])
    def test_every_end_of_the_attempt_ends_the_session(
        self, vendor: Vendor, attempt: ProctoredExamStudentAttempt, browser: Client, status: str
    ) -> None:
        api.update_attempt_status(attempt.pk, status)
        session = ConstructorSession.objects.get()
        assert session.is_over
        answer = browser.get(f"{PREFIX}/launch/{session.session_id}/")
        assert code_of(answer) == ("attempt_not_active")

    def test_a_booked_session_is_cancelled(
        self, vendor: Vendor, attempt: ProctoredExamStudentAttempt, session: ConstructorSession
    ) -> None:
        send("schedule", {"sessionId": session.session_id, "event": "scheduled", "start": "2030-02-01T10:00:00Z"})
        api.update_attempt_status(attempt.pk, Status.error)
        assert ConstructorSession.objects.get().state == State.CANCELED

    def test_a_session_whose_attempt_was_removed_without_the_vendor_ends_with_the_sweep(
        self, attempt: ProctoredExamStudentAttempt, vendor: Vendor, at_noon: Any, sweep: Callable[..., str]
    ) -> None:
        vendor.fails_with = requests.ConnectionError("down")
        api.remove_exam_attempt(attempt.pk, factories.make_staff(), require_backend_removal=False)
        at_noon.tick(timedelta(minutes=11))
        assert "its attempt is over" in sweep("--dry-run")
        assert ConstructorSession.objects.get().state == State.NEW
        assert "its attempt is over" in sweep()
        assert ConstructorSession.objects.get().state == State.RESET

    def test_a_session_whose_attempt_is_open_is_left(
        self, session: ConstructorSession, at_noon: Any, sweep: Callable[..., str]
    ) -> None:
        at_noon.tick(timedelta(days=100))
        assert sweep() == ""


@pytest.fixture
def sweep(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the command; return what it prints."""

    def run(*options: str) -> str:
        capsys.readouterr()
        call_command("constructor_sweep", *options)
        return capsys.readouterr().out

    return run


@pytest.mark.contract("constructor#webhooks")
class TestOddMessages:
    @pytest.mark.parametrize(
        "exp", ["NaN", "Infinity", "-Infinity", "1e400", "1" * 400, '"soon"', "null", "true", "[]", "-1"]
    )
    def test_an_end_that_is_no_moment_is_refused(self, session: ConstructorSession, exp: str) -> None:
        header = "JWT " + tokens._SIGNER.encode(f'{{"exp":{exp}}}'.encode(), SECRET, algorithm="HS256")
        assert send("agreement", {"sessionId": session.session_id}, token=header).status_code == 401

    @pytest.mark.parametrize("claims", [b"[]", b"1", b"null", b"{", b"\xff", b"[" * 50_000])
    def test_claims_that_are_no_object_are_refused(self, session: ConstructorSession, claims: bytes) -> None:
        header = "JWT " + tokens._SIGNER.encode(claims, SECRET, algorithm="HS256")
        assert send("agreement", {"sessionId": session.session_id}, token=header).status_code == 401

    @pytest.mark.parametrize("algorithm", ["HS384", "HS512", "none"])
    def test_another_algorithm_is_refused(self, session: ConstructorSession, algorithm: str) -> None:
        expires = int(NOON.timestamp()) + 30
        key = SECRET * 2 if algorithm != "none" else None
        token = jwt.encode({"exp": expires}, key, algorithm=algorithm)
        assert send("agreement", {"sessionId": session.session_id}, token=f"JWT {token}").status_code == 401

    @pytest.mark.parametrize(
        ("kind", "member"),
        [
            *(("review", name) for name in ("archive", "reportUrl", "comment", "score", "threshold", "sessionStart")),
            *(("review", name) for name in ("sessionEnd", "warnings", "warningTitles", "conclusion", "reviewed_by")),
            *(("schedule", name) for name in ("event", "start", "cancelDeadline")),
            ("agreement", "timestamp"),
            ("warning", "type"),
        ],
        ids=lambda value: str(value),
    )
    @pytest.mark.parametrize(
        "value",
        [
            pytest.param(None, id="null"),
            pytest.param(7, id="number"),
            pytest.param(-(10**30), id="huge-number"),
            pytest.param(True, id="flag"),
            pytest.param("\x00\ud800", id="unstorable-text"),
            pytest.param("x" * 70_000, id="long-text"),
            pytest.param([], id="list"),
            pytest.param([None, 1, "x", [], {"type": {}, "start": {}, "end": True}], id="odd-list"),
            pytest.param({"\x00": {"en": 7, "x": ["\ud800"]}}, id="object"),
            pytest.param("0001-01-01T00:00:00+14:00", id="first-year"),
            pytest.param("9999-12-31T23:59:59-12:00", id="last-year"),
        ],
    )
    def test_a_member_of_another_sort_is_taken_or_refused_in_words(
        self, submitted: ProctoredExamStudentAttempt, kind: str, member: str, value: Any
    ) -> None:
        body = {**review_of(submitted), "event": "scheduled", member: value}
        answer = send(kind, body)
        assert answer.status_code in (200, 400), answer.content
        assert answer.json()["status"] in ("ok", "error")
        assert send("review", review_of(submitted, comment="in order")).status_code == 200

    def test_a_warning_at_the_end_of_time_is_kept(self, submitted: ProctoredExamStudentAttempt) -> None:
        warnings = [{"type": "A" * 300, "start": "9990-01-01T00:00:00Z", "end": "9990-01-01T00:00:01Z"}]
        body = review_of(submitted, "rejected", sessionStart="2030-01-01T09:00:00Z", warnings=warnings)
        assert send("review", body).status_code == 200
        comment = ProctoredExamSoftwareSecureComment.objects.get()
        assert (comment.status, comment.start_time) == ("A" * 255, 2**31 - 1)

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(b"x" * (10 * 1024 * 1024), id="ten-megabytes"),
            pytest.param(b'{"sessionId":' + b"[" * 2000 + b"]" * 2000 + b"}", id="deep"),
        ],
    )
    def test_a_body_that_is_too_large_or_too_deep_is_a_bad_request(self, provider: Any, body: bytes) -> None:
        assert send("review", body).status_code == 400

    def test_an_id_in_capitals_is_another_id(self, session: ConstructorSession) -> None:
        """Also on databases that compare texts without regard to case."""
        ConstructorSession.objects.update(session_id="abcdef" + session.session_id[6:])
        capitals = "ABCDEF" + session.session_id[6:]
        assert send("agreement", {"sessionId": capitals}).status_code == 404
        assert sessions.find(capitals) is None

    def test_names_at_any_level_are_not_kept(self, session: ConstructorSession) -> None:
        learner = {"firstName": "Ada", "email": "a@example.com", "id": 7}
        send("warning", {"sessionId": session.session_id, "learner": learner, "list": [learner]})
        assert ConstructorEvent.objects.get().payload == {
            "sessionId": session.session_id,
            "learner": {"id": 7},
            "list": [{"id": 7}],
        }


@pytest.mark.contract("constructor#webhooks")
class TestMessagesAtTheWrongMoment:
    def test_before_the_session(self, provider: Any) -> None:
        assert send("schedule", {"sessionId": "a" * 32, "event": "scheduled"}).status_code == 404

    def test_a_booking_that_is_late_does_not_close_the_page(self, page: Page) -> None:
        page.verify()
        body = {"sessionId": page.session.session_id, "event": "scheduled", "start": "2030-01-01T12:00:00Z"}
        assert send("schedule", body).status_code == 200
        assert page.heartbeat()["state"] == "open"

    @pytest.mark.parametrize("kind", ["schedule", "agreement", "warning"])
    @pytest.mark.parametrize("event", ["scheduled", "canceled"])
    def test_after_the_end_nothing_reopens(
        self, submitted: ProctoredExamStudentAttempt, browser: Client, kind: str, event: str
    ) -> None:
        assert send(kind, {"sessionId": submitted.external_id, "event": event}).status_code == 200
        session = ConstructorSession.objects.get()
        assert session.state == State.FINISHED
        assert code_of(Page(browser, session).answer) == "attempt_not_active"

    @pytest.mark.parametrize("kind", ["schedule", "agreement", "warning", "review"])
    def test_of_a_reset_attempt_nothing_reopens(
        self, attempt: ProctoredExamStudentAttempt, vendor: Vendor, exam: ProctoredExam, learner: User, kind: str
    ) -> None:
        api.remove_exam_attempt(attempt.pk, factories.make_staff())
        new_id = api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        assert send(kind, review_of(attempt) | {"event": "scheduled"}).status_code == 200
        assert ConstructorSession.objects.order_by("pk")[0].state == State.RESET
        assert ProctoredExamStudentAttempt.objects.get(pk=new_id).status == Status.created

    def test_in_another_order_the_fuller_review_is_not_lost(
        self, attempt: ProctoredExamStudentAttempt, vendor: Vendor, status_of: Callable[[], str]
    ) -> None:
        send("review", review_of(attempt, "rejected"))
        send("review", review_of(attempt, "accepted", comment="second look"))
        for status in (Status.ready_to_start, Status.started, Status.submitted):
            api.update_attempt_status(attempt.pk, status)
        assert status_of() == Status.verified

    def test_after_retirement_nothing_about_the_learner_is_kept(
        self, submitted: ProctoredExamStudentAttempt, learner: User, provider: ConstructorProctoringProvider
    ) -> None:
        retire_learner_at_providers(learner.pk)
        body = review_of(submitted, comment="Ada sneezed", reportUrl="https://a.example/ada", archive="https://a.x/1")
        assert send("review", body).status_code == 200
        session = ConstructorSession.objects.get()
        assert (session.report_url, session.archive_url, session.draft_review) == ("", "", "")
        assert "Ada" not in json.dumps(list(ConstructorEvent.objects.values_list("payload", flat=True)))
        assert not ProctoredExamSoftwareSecureComment.objects.filter(comment__contains="Ada").exists()


@pytest.mark.contract("constructor#review", "constructor#webhooks")
class TestTheProcessDies:
    def test_a_message_that_is_being_handled_is_not_handled_twice(
        self, submitted: ProctoredExamStudentAttempt, at_noon: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        body = review_of(submitted)
        answers: list[int] = []
        receive = received_reviews.receive

        def repeated_meanwhile(*args: Any, **kwargs: Any) -> str:
            if not answers:
                answers.append(send("review", body).status_code)
            return receive(*args, **kwargs)

        monkeypatch.setattr(received_reviews, "receive", repeated_meanwhile)
        assert send("review", body).status_code == 200
        assert answers == [409]
        assert ReviewInboxEntry.objects.count() == 1

    def test_after_a_while_its_repetition_is(self, submitted: ProctoredExamStudentAttempt, at_noon: Any) -> None:
        body = review_of(submitted)
        send("review", body)
        # As a process leaves it that was killed.
        ConstructorEvent.objects.update(handled_at=None, claimed_at=timezone.now())
        ProctoredExamSoftwareSecureReview.objects.all().delete()
        assert send("review", body).status_code == 409
        at_noon.tick(CLAIM + timedelta(seconds=1))
        assert send("review", body).status_code == 200
        assert ProctoredExamSoftwareSecureReview.objects.exists()

    def test_a_fuller_review_meanwhile_is_handed_over_by_the_same_process(
        self, submitted: ProctoredExamStudentAttempt, monkeypatch: pytest.MonkeyPatch, status_of: Callable[[], str]
    ) -> None:
        answers: list[int] = []
        receive_review = api.receive_review

        def another_meanwhile(*args: Any, **kwargs: Any) -> Any:
            if not answers:
                answers.append(send("review", review_of(submitted, "rejected")).status_code)
            return receive_review(*args, **kwargs)

        monkeypatch.setattr(api, "receive_review", another_meanwhile)
        assert send("review", review_of(submitted)).status_code == 200
        assert answers == [200]
        assert status_of() == Status.second_review_required
        session = ConstructorSession.objects.get()
        assert (session.draft_review, session.draft_claimed_at) == ("", None)

    def test_a_review_that_could_not_be_handed_over_at_the_submission_is_not_lost(
        self,
        attempt: ProctoredExamStudentAttempt,
        vendor: Vendor,
        status_of: Callable[[], str],
        monkeypatch: pytest.MonkeyPatch,
        at_noon: Any,
    ) -> None:
        send("review", review_of(attempt))
        for status in (Status.ready_to_start, Status.started):
            api.update_attempt_status(attempt.pk, status)
        with monkeypatch.context() as patch:
            patch.setattr(api, "receive_review", _raise)
            api.update_attempt_status(attempt.pk, Status.submitted)
        assert status_of() == Status.submitted
        assert ConstructorSession.objects.get().draft_review != ""
        # The outbox sends the signal again.
        at_noon.tick(timedelta(hours=1))
        api.deliver_due_effects()
        assert status_of() == Status.verified

    def test_the_sweep_hands_over_what_waits_for_its_provider(
        self,
        attempt: ProctoredExamStudentAttempt,
        provider: ConstructorProctoringProvider,
        vendor: Vendor,
        status_of: Callable[[], str],
        at_noon: Any,
        sweep: Callable[..., str],
    ) -> None:
        send("review", review_of(attempt))
        for status in (Status.ready_to_start, Status.started):
            api.update_attempt_status(attempt.pk, status)
        configured = apps.get_app_config("edx_proctoring").backends  # type: ignore[attr-defined]
        del configured["constructor"]
        api.update_attempt_status(attempt.pk, Status.submitted)
        at_noon.tick(timedelta(minutes=11))
        assert "review" not in sweep()
        configured["constructor"] = provider
        at_noon.tick(timedelta(minutes=11))
        assert "review handed over" in sweep("--dry-run")
        assert status_of() == Status.submitted
        assert "review handed over" in sweep()
        assert status_of() == Status.verified

    def test_a_review_that_fails_again_is_a_failure_of_the_sweep(
        self,
        submitted: ProctoredExamStudentAttempt,
        at_noon: Any,
        sweep: Callable[..., str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        ConstructorSession.objects.update(draft_review=json.dumps(review_of(submitted)), draft_at=timezone.now())
        at_noon.tick(timedelta(minutes=11))
        monkeypatch.setattr(api, "receive_review", _raise)
        with pytest.raises(CommandError, match="failed: 1"):
            sweep()
        assert ConstructorSession.objects.get().draft_review != ""

    def test_the_review_of_an_attempt_that_is_open_waits_for_ever(
        self, attempt: ProctoredExamStudentAttempt, at_noon: Any, sweep: Callable[..., str], status_of: Any
    ) -> None:
        send("review", review_of(attempt))
        at_noon.tick(timedelta(days=3))
        assert sweep() == ""
        assert status_of() == Status.created

    def test_a_server_error_is_answered_as_one_and_the_repetition_is_taken(
        self, submitted: ProctoredExamStudentAttempt, monkeypatch: pytest.MonkeyPatch, status_of: Callable[[], str]
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(api, "receive_review", _raise)
            with pytest.raises(OSError, match="the database is away"):
                send("review", review_of(submitted))
        assert send("review", review_of(submitted)).status_code == 200
        assert status_of() == Status.verified

    def test_old_sessions_whose_review_waits_are_not_purged(self, submitted: ProctoredExamStudentAttempt) -> None:
        long_ago = timezone.now() - timedelta(days=900)
        ConstructorSession.objects.update(draft_review="{}", draft_at=long_ago, modified=long_ago)
        call_command("constructor_purge", "--days", "30")
        assert ConstructorSession.objects.exists()


def _raise(*args: Any, **kwargs: Any) -> None:
    raise OSError("the database is away")


@pytest.mark.contract("constructor#tokens")
class TestRotation:
    def test_the_new_secret_signs_and_both_are_accepted(
        self, page: Page, provider: ConstructorProctoringProvider, vendor: Vendor
    ) -> None:
        new = "the-new-secret-0123456789abcdefgh"
        set_options(provider, jwt_secret=new, jwt_secret_previous=[SECRET])
        launched = page.browser.get(f"{PREFIX}/launch/{page.session.session_id}/").content.decode()
        assert jwt.decode(TOKEN.findall(launched)[0], new, algorithms=["HS256"])["sessionId"]
        for number, secret in enumerate((new, SECRET)):
            body = {"sessionId": page.session.session_id, "n": number}
            assert send("warning", body, token=vendor_token(secret)).status_code == 200
        set_options(provider, jwt_secret_previous=[])
        assert send("warning", {"sessionId": page.session.session_id}).status_code == 401

    def test_a_learner_registered_under_a_former_obfuscation_key_can_launch(
        self, browser: Client, session: ConstructorSession, settings: Any
    ) -> None:
        former = (
            settings.SECRET_KEY
            if not getattr(settings, "PROCTORING_USER_OBFUSCATION_KEY", None)
            else settings.PROCTORING_USER_OBFUSCATION_KEY
        )
        settings.PROCTORING_USER_OBFUSCATION_KEY = "another-key"
        settings.PROCTORING_USER_OBFUSCATION_KEY_FALLBACKS = [former]
        assert browser.get(f"{PREFIX}/launch/{session.session_id}/").status_code == 200

    def test_short_secrets_do_not_warn_and_touch_no_filter(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            filters = list(warnings.filters)
            token = tokens.sign({"exp": int(NOON.timestamp())}, "sixteen-letters!")
            tokens.verify(f"JWT {token}", ["sixteen-letters!"], now=NOON)
            assert warnings.filters == filters


@pytest.mark.contract("constructor#entry-login")
class TestTheEntryToken:
    @pytest.fixture
    def entry_path(
        self, browser: Client, session: ConstructorSession, provider: ConstructorProctoringProvider, vendor: Vendor
    ) -> str:
        """The address that the vendor opens in its frame."""
        set_options(provider, entry_login=True)
        page = browser.get(f"{PREFIX}/launch/{session.session_id}/").content.decode()
        claims = jwt.decode(TOKEN.findall(page)[0], SECRET, algorithms=["HS256"])
        return str(claims["sessionUrl"]).removeprefix("http://localhost:8000")

    def test_it_is_not_in_the_log_of_pages_that_are_not_found(
        self, provider: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = Client().get(f"{PREFIX}/entry/{'f' * 32}/secret-token/{ORIGIN}", headers=FRAMED, follow=True)
        assert answer.status_code == 404
        assert "secret-token" not in caplog.text

    def test_it_is_in_no_log_of_ours(self, entry_path: str, vendor: Vendor, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("DEBUG")
        token = entry_path.rstrip("/").rpartition("/")[2]
        for query, headers in ((ORIGIN, FRAMED), (ORIGIN, {}), ("?examus-client-origin=https://evil.example", FRAMED)):
            Client().get(entry_path + query, headers=headers)
        vendor.fails_with = 500
        Client().get(entry_path + ORIGIN, headers=FRAMED)
        assert token not in caplog.text

    def test_a_learner_who_is_logged_in_uses_none_up(self, entry_path: str, browser: Client) -> None:
        browser.get(entry_path + ORIGIN, headers=FRAMED)
        assert ConstructorSession.objects.get().entry_token_uses == 0

    def test_it_does_not_replace_the_login_of_somebody_else(self, entry_path: str) -> None:
        other = logged_in(factories.make_user())
        answer = other.get(entry_path + ORIGIN, headers=FRAMED)
        assert code_of(answer) == "wrong_user"

    def test_an_account_that_was_switched_off_is_not_logged_in(self, entry_path: str, learner: User) -> None:
        User.objects.filter(pk=learner.pk).update(is_active=False)
        answer = Client().get(entry_path + ORIGIN, headers=FRAMED)
        assert code_of(answer) == "login_required"


@pytest.mark.contract("constructor#launch")
class TestLaunchAtTheWrongMoment:
    @pytest.mark.parametrize("overrides", [[], "x", {"mode": "sometimes"}, {"biometric": 7}, {"jwt_secret": "x"}])
    def test_settings_that_nobody_validated_do_not_stop_a_learner(
        self, browser: Client, session: ConstructorSession, overrides: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        ConstructorExamSettings.objects.create(
            course_id=session.course_id, content_id=session.content_id, overrides=overrides
        )
        assert browser.get(f"{PREFIX}/launch/{session.session_id}/").status_code == 200
        assert "are not used" in caplog.text

    def test_an_attempt_that_is_submitted_at_that_moment_stays_submitted(
        self,
        browser: Client,
        session: ConstructorSession,
        vendor: Vendor,
        monkeypatch: pytest.MonkeyPatch,
        status_of: Any,
    ) -> None:
        note_launch = sessions.note_launch

        def submitted_meanwhile(*args: Any, **kwargs: Any) -> None:
            note_launch(*args, **kwargs)
            api.update_attempt_status(ProctoredExamStudentAttempt.objects.get().pk, Status.submitted)

        monkeypatch.setattr(sessions, "note_launch", submitted_meanwhile)
        assert browser.get(f"{PREFIX}/launch/{session.session_id}/").status_code == 200
        assert status_of() == Status.submitted

    def test_one_that_is_removed_at_that_moment_is_over(
        self, browser: Client, session: ConstructorSession, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            sessions, "note_launch", lambda *args, **kwargs: ProctoredExamStudentAttempt.objects.all().delete()
        )
        answer = browser.get(f"{PREFIX}/launch/{session.session_id}/")
        assert code_of(answer) == "session_reset"

    def test_a_session_that_nothing_replaced_leads_to_the_course(
        self, browser: Client, session: ConstructorSession, attempt: ProctoredExamStudentAttempt, vendor: Vendor
    ) -> None:
        """Not to itself, again and again."""
        api.remove_exam_attempt(attempt.pk, factories.make_staff())
        content = browser.get(f"{PREFIX}/launch/{session.session_id}/").content.decode()
        assert f"/launch/{session.session_id}/" not in content
        assert "/course/" in content


def test_the_illegal_change_that_launch_must_not_make(attempt: ProctoredExamStudentAttempt, vendor: Vendor) -> None:
    """The control of the test above: without the condition the core refuses, and the page would be an error."""
    api.update_attempt_status(attempt.pk, Status.submitted)
    with pytest.raises(ProctoredExamIllegalStatusTransition):
        api.update_attempt_status(attempt.pk, Status.download_software_clicked)
