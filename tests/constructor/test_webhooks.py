"""Messages of the vendor's server."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from edx_proctoring import api, constants
from edx_proctoring.backends.constructor import ConstructorProctoringProvider, tokens
from edx_proctoring.constructor.models import ConstructorEvent, ConstructorSession, State
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from tests import factories

from .account import PREFIX, SECRET, Vendor, make_provider, send, set_options, vendor_token

pytestmark = [pytest.mark.django_db, pytest.mark.contract("constructor#webhooks")]


def review_of(attempt: ProctoredExamStudentAttempt, conclusion: str | None = "accepted", **more: Any) -> dict[str, Any]:
    return {"accountId": 1, "sessionId": attempt.external_id, "conclusion": conclusion, **more}


def settle(attempt: ProctoredExamStudentAttempt, *statuses: str) -> None:
    for status in statuses:
        api.update_attempt_status(attempt.pk, status)


class TestWhoMaySend:
    @pytest.mark.parametrize(
        ("token", "status"),
        [
            pytest.param(lambda: vendor_token(), 200, id="the-vendor"),
            pytest.param(lambda: vendor_token("another-secret-0123456789abcdefgh"), 401, id="another-secret"),
            pytest.param(lambda: vendor_token(seconds=-31), 401, id="expired"),
            pytest.param(lambda: vendor_token(seconds=901), 401, id="exp-too-far-ahead"),
            pytest.param(lambda: f"JWT {tokens.sign({}, SECRET)}", 401, id="no-exp"),
            pytest.param(lambda: "", 401, id="no-token"),
            pytest.param(lambda: vendor_token(sessionId="f" * 32), 403, id="a-token-of-another-session"),
            pytest.param(lambda: vendor_token(accountId=2), 403, id="a-token-of-another-account"),
        ],
    )
    def test_the_token_decides(self, attempt: ProctoredExamStudentAttempt, token: Any, status: int) -> None:
        body = {"sessionId": attempt.external_id, "timestamp": "2030-01-01T00:00:00Z"}
        assert send("agreement", body, token=token()).status_code == status
        assert ConstructorEvent.objects.exists() is (status == 200)

    @pytest.mark.contract("rest-rules#throttling")
    def test_bad_tokens_are_limited_per_address_and_good_ones_are_not(
        self, attempt: ProctoredExamStudentAttempt, settings: Any
    ) -> None:
        rates = {"RATE_LIMITS": {"proctoring_anonymous": "2/min"}}
        settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, **rates}
        body = {"sessionId": attempt.external_id}
        replies = [send("agreement", body, token="JWT bad") for _ in range(3)]
        assert [reply.status_code for reply in replies] == [401, 401, 429]
        assert replies[-1].json()["code"] == "too_many_requests"
        assert 0 < int(replies[-1]["Retry-After"]) <= 60
        assert send("agreement", body).status_code == 200

    def test_a_former_secret_is_good_during_a_rotation(
        self, attempt: ProctoredExamStudentAttempt, provider: ConstructorProctoringProvider
    ) -> None:
        set_options(provider, jwt_secret="the-new-secret-0123456789abcdefgh", jwt_secret_previous=[SECRET])
        assert send("agreement", {"sessionId": attempt.external_id}).status_code == 200

    def test_the_secret_of_another_backend_is_not_good(
        self, attempt: ProctoredExamStudentAttempt, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = make_provider("other", jwt_secret="secret-of-the-other-0123456789abcd")
        apps.get_app_config("edx_proctoring").backends["other"] = other  # type: ignore[attr-defined]
        body = {"sessionId": attempt.external_id}
        assert send("agreement", body, backend="other").status_code == 401
        other_token = vendor_token("secret-of-the-other-0123456789abcd")
        assert send("agreement", body, backend="other", token=other_token).status_code == 404
        assert send("agreement", body, token=other_token).status_code == 401

    @pytest.mark.parametrize("backend", ["test", "no-such", "null"])
    def test_other_backends_have_no_such_address(self, attempt: Any, backend: str) -> None:
        assert send("agreement", {"sessionId": attempt.external_id}, backend=backend).status_code == 404

    def test_another_kind_has_no_address(self, attempt: Any) -> None:
        assert send("grade", {"sessionId": attempt.external_id}).status_code == 404

    def test_a_browser_cannot_send_one(self, attempt: Any) -> None:
        assert Client().get(f"{PREFIX}/constructor/webhooks/review").status_code == 405

    def test_the_core_takes_no_anonymous_review_of_these_exams(self, submitted: ProctoredExamStudentAttempt) -> None:
        """The learner knows the attempt code and the session id, which are all the proof an RPNow review needs."""
        body = {
            "examMetaData": {"examCode": submitted.attempt_code, "ssiRecordLocator": submitted.external_id},
            "reviewStatus": "Clean",
        }
        answer = Client().post(
            "/edx_proctoring/proctoring_review_callback/", data=json.dumps(body), content_type="application/json"
        )
        assert answer.status_code == 403
        assert not ProctoredExamSoftwareSecureReview.objects.exists()


class TestBadBodies:
    @pytest.mark.parametrize(
        ("body", "status"),
        [
            pytest.param("", 400, id="empty"),
            pytest.param("{", 400, id="no-json"),
            pytest.param("[]", 400, id="a-list"),
            pytest.param('{"sessionId": 1}', 400, id="id-is-no-text"),
            pytest.param("{}", 400, id="no-id"),
            pytest.param('{"sessionId": "../x"}', 404, id="an-odd-id"),
            pytest.param(json.dumps({"sessionId": "f" * 32}), 404, id="unknown-id"),
            pytest.param(json.dumps({"sessionId": "f" * 300}), 400, id="long-id"),
            pytest.param('{"score": NaN}', 400, id="nan"),
            pytest.param("[" * 100_000, 400, id="deep"),
            pytest.param(b"\xff\xfe", 400, id="not-utf-8"),
            pytest.param('{"sessionId": "' + "x" * (1024 * 1024) + '"}', 400, id="too-large"),
        ],
    )
    def test_it_is_refused_in_words(self, provider: Any, body: Any, status: int) -> None:
        answer = send("review", body)
        assert (answer.status_code, answer.json()["status"]) == (status, "error")

    def test_a_foreign_account_is_refused(self, attempt: ProctoredExamStudentAttempt) -> None:
        assert send("review", review_of(attempt) | {"accountId": 2}).status_code == 403
        assert send("agreement", review_of(attempt) | {"accountId": "1"}).status_code == 200

    def test_a_vendor_may_want_200_for_every_refusal(
        self, attempt: ProctoredExamStudentAttempt, provider: ConstructorProctoringProvider
    ) -> None:
        set_options(provider, webhook_always_200=True)
        answer = send("review", {"sessionId": "f" * 32})
        assert (answer.status_code, answer.json()) == (200, {"status": "error", "code": "unknown_session"})
        assert send("review", {}, token="").status_code == 401

    def test_a_date_that_cannot_be_read_is_ignored(
        self, attempt: ProctoredExamStudentAttempt, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert send("review", review_of(attempt, None, sessionStart="yesterday")).status_code == 200
        assert "not understood" in caplog.text


class TestEffects:
    def test_a_booking_is_kept_and_cancelled(self, session: ConstructorSession) -> None:
        body = {"sessionId": session.session_id, "event": "scheduled", "start": "2030-01-05T10:00:00.5Z"}
        assert send("schedule", {**body, "cancelDeadline": "2030-01-04T10:00:00+0000"}).status_code == 200
        session.refresh_from_db()
        assert session.state == State.SCHEDULED
        assert session.scheduled_at is not None
        assert session.cancel_deadline is not None
        assert send("schedule", {**body, "event": "canceled"}).status_code == 200
        session.refresh_from_db()
        assert (session.scheduled_at, session.cancel_deadline, session.state) == (None, None, State.LAUNCHED)
        assert send("schedule", {**body, "event": "moved"}).status_code == 400

    def test_an_agreement_is_kept(self, session: ConstructorSession) -> None:
        send("agreement", {"sessionId": session.session_id, "timestamp": "2030-01-01T10:00:00Z"})
        session.refresh_from_db()
        assert session.agreement_at is not None
        assert session.agreement_at.hour == 10

    def test_a_warning_is_an_event_and_changes_nothing(
        self, session: ConstructorSession, status_of: Any, events: Any
    ) -> None:
        send("warning", {"sessionId": session.session_id, "type": "VOICE", "email": "a@example.com"})
        assert ConstructorEvent.objects.get().payload == {"sessionId": session.session_id, "type": "VOICE"}
        assert status_of() == Status.created
        assert [name for name, _data in events][-1] == "edx.special_exam.constructor.warning"


@pytest.mark.contract("constructor#review")
class TestReviews:
    @pytest.mark.parametrize(
        ("conclusion", "status"),
        [
            ("accepted", Status.verified),
            ("rejected", Status.second_review_required),
            ("odd", Status.second_review_required),
        ],
    )
    def test_the_attempt_follows_the_verdict(
        self, submitted: ProctoredExamStudentAttempt, status_of: Any, conclusion: str, status: str
    ) -> None:
        assert send("review", review_of(submitted, conclusion)).json() == {"status": "ok"}
        assert status_of() == status
        assert ReviewInboxEntry.objects.get().outcome == "applied"

    def test_the_links_and_the_score_are_kept_with_the_session(self, submitted: ProctoredExamStudentAttempt) -> None:
        body = review_of(submitted, reportUrl="https://a.example/r", archive="javascript:alert(1)", score=12.5)
        send("review", {**body, "sessionStart": "2030-01-01T11:00:00Z"})
        session = ConstructorSession.objects.get()
        assert (session.report_url, session.archive_url, session.score) == ("https://a.example/r", "", 12.5)
        assert session.vendor_started_at is not None

    @pytest.mark.parametrize("conclusion", [None, "unknown", ""])
    def test_a_draft_changes_nothing(
        self, submitted: ProctoredExamStudentAttempt, status_of: Any, conclusion: str | None
    ) -> None:
        assert send("review", review_of(submitted, conclusion)).status_code == 200
        assert status_of() == Status.submitted
        assert not ReviewInboxEntry.objects.exists()

    def test_a_review_that_comes_twice_counts_once(self, submitted: ProctoredExamStudentAttempt) -> None:
        send("review", review_of(submitted))
        assert send("review", review_of(submitted)).json() == {"status": "ok"}
        assert ReviewInboxEntry.objects.count() == ProctoredExamSoftwareSecureReview.objects.count() == 1

    def test_a_review_whose_process_died_is_taken_when_it_is_repeated(
        self, submitted: ProctoredExamStudentAttempt, status_of: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def dies(*args: Any, **kwargs: Any) -> None:
            raise SystemExit

        with monkeypatch.context() as patch:
            patch.setattr(api, "receive_review", dies)
            with pytest.raises(SystemExit):
                send("review", review_of(submitted))
        assert status_of() == Status.submitted
        assert send("review", review_of(submitted)).status_code == 200
        assert status_of() == Status.verified

    def test_a_fuller_repetition_replaces_the_comments(self, submitted: ProctoredExamStudentAttempt) -> None:
        warnings = [{"type": "A", "start": 1, "end": 2}]
        send("review", review_of(submitted, "rejected", warnings=warnings))
        send("review", review_of(submitted, "rejected", warnings=[*warnings, {"type": "B", "start": 3, "end": 4}]))
        statuses = ProctoredExamSoftwareSecureComment.objects.values_list("status", flat=True)
        assert sorted(statuses) == ["A", "B"]

    def test_a_second_review_is_a_conflict_where_reviews_may_not_be_updated(
        self, submitted: ProctoredExamStudentAttempt, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send("review", review_of(submitted))
        monkeypatch.setattr(constants, "ALLOW_REVIEW_UPDATES", False)
        answer = send("review", review_of(submitted, "rejected"))
        assert (answer.status_code, answer.json()["code"]) == (409, "already_reviewed")

    def test_a_malformed_review_is_refused_and_may_be_sent_again(
        self, submitted: ProctoredExamStudentAttempt, status_of: Any
    ) -> None:
        assert send("review", review_of(submitted, warnings={"a": 1})).status_code == 400
        assert status_of() == Status.submitted
        assert send("review", review_of(submitted)).status_code == 200
        assert status_of() == Status.verified

    @pytest.mark.parametrize("status", [Status.created, Status.started, Status.ready_to_submit])
    def test_a_review_before_the_submission_waits_for_it(
        self, attempt: ProctoredExamStudentAttempt, vendor: Vendor, status_of: Any, status: str
    ) -> None:
        path = [Status.ready_to_start, Status.started, Status.ready_to_submit]
        settle(attempt, *path[: path.index(status) + 1] if status in path else ())
        assert send("review", review_of(attempt)).status_code == 200
        assert status_of() == status
        settle(attempt, *([Status.ready_to_start, Status.started] if status == Status.created else ()))
        settle(attempt, Status.submitted)
        assert status_of() == Status.verified
        assert ConstructorSession.objects.get().draft_review == ""

    def test_a_review_of_a_removed_attempt_is_kept_and_changes_nothing(
        self, submitted: ProctoredExamStudentAttempt, vendor: Vendor
    ) -> None:
        api.remove_exam_attempt(submitted.pk, factories.make_staff())
        assert send("review", review_of(submitted)).status_code == 200
        assert ProctoredExamSoftwareSecureReview.objects.get().attempt_code == submitted.attempt_code
        assert not ProctoredExamStudentAttempt.objects.exists()

    def test_the_sender_cannot_name_a_person_as_the_reviewer(self, submitted: ProctoredExamStudentAttempt) -> None:
        staff = factories.make_staff()
        send("review", review_of(submitted, reviewed_by=staff.email))
        assert ProctoredExamSoftwareSecureReview.objects.get().reviewed_by is None

    def test_titles_in_twenty_languages_are_not_stored(self, submitted: ProctoredExamStudentAttempt) -> None:
        titles = {"A": {"en": "Voice", "hu": "Hang", "kk": "X"}}
        send("review", review_of(submitted, warningTitles=titles, warnings=[{"type": "A"}]))
        stored = json.loads(ProctoredExamSoftwareSecureReview.objects.get().raw_data)
        assert stored["warningTitles"] == {"A": {"en": "Voice"}}


def test_no_log_line_has_a_token_or_a_name(
    submitted: ProctoredExamStudentAttempt, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    token = vendor_token()
    send("review", review_of(submitted, comment="Ada looked away", firstName="Ada"), token=token)
    send("review", review_of(submitted), token=token + "x")
    assert token.removeprefix("JWT ") not in caplog.text
    assert "Ada" not in caplog.text
    assert SECRET not in caplog.text
