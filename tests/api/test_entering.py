"""Creating an attempt: what is registered, stored and refused."""

from types import SimpleNamespace
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring import api, runtime, signals
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderSentNoAttemptID,
    ProctoredExamNotFoundException,
    StudentExamAttemptAlreadyExistsException,
    StudentExamAttemptOnPastDueProctoredExam,
    UserNotFoundException,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils import obscured_user_id
from tests.factories import NOON, make_allowance, make_attempt, make_exam, make_policy, make_user

pytestmark = pytest.mark.django_db

UNKNOWN = 4711


def stored(attempt_id: int) -> ProctoredExamStudentAttempt:
    return ProctoredExamStudentAttempt.objects.get(pk=attempt_id)


@pytest.mark.contract("attempts#create")
def test_a_proctored_attempt_is_registered_then_stored_once(provider: Any) -> None:
    exam, user = make_exam(), make_user()
    policy = make_policy(exam)

    attempt = stored(api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True))

    assert attempt.status == S.created
    assert attempt.external_id == "testexternalid-1"
    assert attempt.attempt_code == provider.contexts[0]["attempt_code"]
    assert attempt.attempt_code == (attempt.attempt_code or "").upper()
    assert attempt.review_policy_id == policy.pk
    assert (attempt.started_at, attempt.completed_at, attempt.allowed_time_limit_mins) == (None, None, None)
    assert attempt.history.count() == 1


@pytest.mark.contract(
    "provider-interface#registration-context",
    "host-services#credit",
    "attempts#registration",
    "prerequisites#by-status",
)
def test_the_registration_context_has_exactly_these_keys(provider: Any, credit: Any) -> None:
    exam, user = make_exam(), make_user()
    policy = make_policy(exam, review_policy="No notes")
    make_allowance(exam, user, key="review_policy_exception", value="Notes allowed")
    make_allowance(exam, user, value="30")

    api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)

    [context] = provider.contexts
    assert context == {
        "lms_host": "http://localhost:8000",
        "time_limit_mins": 120,
        "attempt_code": context["attempt_code"],
        "is_sample_attempt": False,
        "user_id": obscured_user_id(user.pk, "test"),
        "full_name": "Wolfgang von Strucker",
        "email": "foo@bar",
        "review_policy": policy.review_policy,
        "review_policy_exception": "Notes allowed",
    }
    assert credit.called("get_credit_state") == [((user.pk, exam.course_id), {})]


@pytest.mark.contract("host-services#absent", "provider-interface#registration-context", "attempts#registration")
def test_without_services_the_provider_gets_an_empty_name(provider: Any) -> None:
    api.create_exam_attempt(make_exam().pk, make_user().pk, taking_as_proctored=True)

    [context] = provider.contexts
    assert (context["full_name"], context["email"]) == ("", None)
    assert "review_policy" not in context
    assert "review_policy_exception" not in context


@pytest.mark.contract(
    "host-services#name-affirmation", "provider-interface#registration-context", "attempts#registration"
)
def test_a_verified_name_is_preferred_to_the_profile_name(provider: Any, credit: Any) -> None:
    asked: list[Any] = []

    class NameAffirmation:
        def get_verified_name(self, *args: Any, **kwargs: Any) -> SimpleNamespace:
            asked.append((args, kwargs))
            return SimpleNamespace(verified_name="Dr. Verified")

    runtime.set_runtime_service("name_affirmation", NameAffirmation())
    user = make_user()

    api.create_exam_attempt(make_exam().pk, user.pk, taking_as_proctored=True)

    assert provider.contexts[0]["full_name"] == "Dr. Verified"
    assert asked == [((user,), {"is_verified": False, "statuses_to_exclude": ["denied"]})]


@pytest.mark.contract("signals#creation", "signals#status")
def test_the_signal_of_a_creation_is_sent_also_without_a_receiver(credit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(signals.exam_attempt_status_signal, "receivers", [])
    monkeypatch.setattr(signals.exam_attempt_status_signal, "send", lambda **keywords: sent.append(keywords))

    attempt_id = api.create_exam_attempt(make_exam("timed").pk, make_user().pk)

    assert [(call["sender"], call["attempt_id"]) for call in sent] == [("edx_proctoring", attempt_id)]


@pytest.mark.contract("signals#status")
def test_the_signal_of_a_creation_carries_names(credit: Any, sent_signals: list[dict[str, Any]]) -> None:
    exam, user = make_exam(), make_user()

    attempt_id = api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)

    assert sent_signals == [
        {
            "sender": "edx_proctoring",
            "attempt_id": attempt_id,
            "user_id": user.pk,
            "status": S.created,
            "full_name": "Wolfgang von Strucker",
            "profile_name": "Wolfgang von Strucker",
            "is_practice_exam": False,
            "is_proctored": True,
            "backend_supports_onboarding": True,
        }
    ]


@pytest.mark.contract("attempts#create")
def test_an_attempt_without_proctoring_is_not_registered(
    provider: Any, events: list[Any], sent_signals: list[Any]
) -> None:
    exam = make_exam("timed")

    attempt = stored(api.create_exam_attempt(exam.pk, make_user().pk))

    assert (attempt.taking_as_proctored, attempt.external_id) == (False, None)
    assert provider.contexts == []
    assert sent_signals[0]["backend_supports_onboarding"] is None
    assert events[-1][0] == "edx.special_exam.timed.attempt.created"


@pytest.mark.contract("attempts#create")
def test_a_timed_exam_cannot_be_taken_as_proctored(provider: Any) -> None:
    attempt_id = api.create_exam_attempt(make_exam("timed").pk, make_user().pk, taking_as_proctored=True)

    assert stored(attempt_id).taking_as_proctored is False


@pytest.mark.contract("provider-interface#registration", "attempts#registration-refused", "statuses#meaning")
def test_an_onboarding_refusal_becomes_the_status(provider: Any, events: list[Any]) -> None:
    provider.attempt_error = S.onboarding_missing

    attempt = stored(api.create_exam_attempt(make_exam().pk, make_user().pk, taking_as_proctored=True))

    assert (attempt.status, attempt.external_id) == (S.onboarding_missing, None)
    assert events[-1][0] == "edx.special_exam.proctored.attempt.onboarding_missing"
    assert attempt.history.count() == 1


@pytest.mark.contract(
    "provider-interface#registration", "attempts#registration-refused", "events-and-logs#registration"
)
@pytest.mark.parametrize("error", [BackendProviderCannotRegisterAttempt, BackendProviderSentNoAttemptID])
def test_a_failed_registration_leaves_nothing_half_made(
    provider: Any, caplog: pytest.LogCaptureFixture, error: type[BackendProviderCannotRegisterAttempt]
) -> None:
    def refuse(exam: Any, context: Any) -> str:
        raise error("busy", http_status=503)

    provider.register_exam_attempt = refuse
    exam, user = make_exam(), make_user()

    with pytest.raises(error):
        api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)

    assert not ProctoredExamStudentAttempt.objects.exists()
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert f"user_id={user.pk} exam_id={exam.pk}" in record.getMessage()
    assert "status=503 response=sha256:" in record.getMessage()
    assert "busy" not in record.getMessage(), "texts of providers stay out of the log"


@pytest.mark.contract("attempts#create")
def test_an_unknown_exam_is_refused() -> None:
    with pytest.raises(ProctoredExamNotFoundException):
        api.create_exam_attempt(UNKNOWN, make_user().pk)


def test_an_unknown_user_is_refused() -> None:
    with pytest.raises(UserNotFoundException):
        api.create_exam_attempt(make_exam("timed").pk, UNKNOWN)


@pytest.mark.contract("attempts#one")
@pytest.mark.parametrize("status", [S.created, S.started, S.verified, S.declined])
def test_a_second_attempt_at_the_same_exam_is_refused(status: str) -> None:
    former = make_attempt(status=status)
    exam = former.proctored_exam

    with pytest.raises(StudentExamAttemptAlreadyExistsException) as refusal:
        api.create_exam_attempt(exam.pk, former.user_id)

    assert str(refusal.value) == (
        f"Cannot create new exam attempt for exam_id={exam.pk} and user_id={former.user_id} "
        f"in course_id={exam.course_id} because it already exists!"
    )


@pytest.mark.contract("attempts#one")
def test_a_practice_exam_may_be_entered_again() -> None:
    former = make_attempt(make_exam("practice"), status=S.started)

    assert api.create_exam_attempt(former.proctored_exam_id, former.user_id, True) != former.pk


@pytest.mark.contract("attempts#race")
def test_a_request_that_lost_the_race_withdraws_its_registration(
    provider: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam, user = make_exam(), make_user()
    register = provider.register_exam_attempt

    def overtaken(exam_dict: Any, context: Any) -> str:
        make_attempt(exam, user)
        return register(exam_dict, context)

    provider.register_exam_attempt = overtaken

    with pytest.raises(StudentExamAttemptAlreadyExistsException):
        api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)

    assert ProctoredExamStudentAttempt.objects.count() == 1
    assert provider.calls == ["remove_exam_attempt"]
    assert provider.last_ids == (exam.external_id, "testexternalid-1")


@pytest.mark.contract("attempts#past-due")
@pytest.mark.parametrize("kind", ["proctored", "practice", "onboarding"])
def test_past_due_a_proctored_attempt_is_refused(clock: FrozenDateTimeFactory, kind: str) -> None:
    exam = make_exam(kind, due_date=NOON)

    with pytest.raises(StudentExamAttemptOnPastDueProctoredExam):
        api.create_exam_attempt(exam.pk, make_user().pk, taking_as_proctored=True)


@pytest.mark.contract("attempts#past-due")
def test_past_due_an_attempt_without_proctoring_is_created(clock: FrozenDateTimeFactory) -> None:
    assert api.create_exam_attempt(make_exam(due_date=NOON).pk, make_user().pk)


@pytest.mark.contract("signals#failing-receiver")
def test_a_failing_receiver_does_not_undo_a_creation(caplog: pytest.LogCaptureFixture) -> None:
    from edx_proctoring.signals import exam_attempt_status_signal

    def receiver(**kwargs: Any) -> None:
        raise RuntimeError("no")

    exam_attempt_status_signal.connect(receiver)
    try:
        attempt_id = api.create_exam_attempt(make_exam().pk, make_user().pk)
    finally:
        exam_attempt_status_signal.disconnect(receiver)

    assert stored(attempt_id).status == S.created
    assert "receiver of the status signal failed" in caplog.text


@pytest.mark.contract("attempts#create-and-decline")
def test_opting_out_creates_a_declined_attempt() -> None:
    exam, user = make_exam(), make_user()

    api._create_and_decline_attempt(exam.pk, user.pk)

    assert ProctoredExamStudentAttempt.objects.get().status == S.declined
