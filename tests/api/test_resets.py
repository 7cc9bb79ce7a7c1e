"""Removing and resetting attempts."""

from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring import api
from edx_proctoring.exceptions import (
    BackendProviderCannotRemoveAttempt,
    BackendProviderRemovalNotConfirmed,
    BackendProviderSentNoAttemptID,
    ProctoredExamIllegalStatusTransition,
    StudentExamAttemptDoesNotExistsException,
    StudentExamAttemptOnPastDueProctoredExam,
    UserNotFoundException,
)
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import NOON, make_attempt, make_exam, make_staff, make_user

pytestmark = pytest.mark.django_db

UNKNOWN = 4711


def exists(attempt: ProctoredExamStudentAttempt) -> bool:
    return ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).exists()


# Removal by staff


@pytest.mark.contract(
    "host-services#credit", "host-services#grades", "host-services#instructor", "attempts#removal", "exceptions#text"
)
def test_a_removal_undoes_what_the_attempt_caused(
    provider: Any, all_services: dict[str, Any], events: list[Any]
) -> None:
    attempt, staff = make_attempt(status=S.verified), make_staff()
    exam, user = attempt.proctored_exam, attempt.user
    attempt_id = attempt.pk

    api.remove_exam_attempt(attempt_id, requesting_user=staff)

    assert not exists(attempt)
    assert (provider.calls, provider.last_ids) == (
        ["remove_exam_attempt"],
        (exam.external_id, attempt.external_id),
    )
    assert all_services["instructor"].called("delete_student_attempt") == [
        ((user.username, exam.course_id, exam.content_id), {"requesting_user": staff})
    ]
    subsection = {"user_id": user.pk, "course_key_or_id": exam.course_id}
    assert all_services["grades"].called("undo_override_subsection_grade") == [
        ((), {**subsection, "usage_key_or_id": exam.content_id})
    ]
    assert all_services["credit"].called("remove_credit_requirement_status") == [
        ((), {**subsection, "req_namespace": "proctored_exam", "req_name": exam.content_id})
    ]
    name, data = events[-1]
    assert (name, data["attempt_id"]) == ("edx.special_exam.proctored.attempt.deleted", attempt_id)


@pytest.mark.contract("attempts#removal")
def test_the_removal_of_an_attempt_without_credit_leaves_credit_alone(credit: Any) -> None:
    api.remove_exam_attempt(make_attempt(status=S.started).pk, requesting_user=make_staff())

    assert credit.calls == []


@pytest.mark.contract("attempts#removal")
def test_the_removal_of_an_unknown_attempt_is_refused() -> None:
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.remove_exam_attempt(UNKNOWN, requesting_user=None)


@pytest.mark.contract("provider-interface#staff-removal", "attempts#removal-strict")
@pytest.mark.parametrize(
    ("confirms", "fails", "error"),
    [
        pytest.param(True, True, BackendProviderCannotRemoveAttempt, id="down"),
        pytest.param(False, False, BackendProviderRemovalNotConfirmed, id="does-not-confirm"),
    ],
)
def test_an_attempt_that_its_provider_does_not_remove_is_kept(
    provider: Any, confirms: bool, fails: bool, error: type[Exception]
) -> None:
    provider.confirms_removal = confirms
    provider.failing = {"remove_exam_attempt"} if fails else set()
    attempt = make_attempt(status=S.submitted)

    with pytest.raises(error, match="temporarily unavailable") as refusal:
        api.remove_exam_attempt(attempt.pk, requesting_user=make_staff())

    assert exists(attempt)
    assert refusal.value.http_status == 502  # type: ignore[attr-defined]
    assert "example.com" not in str(refusal.value)


@pytest.mark.contract("provider-interface#staff-removal", "attempts#removal-strict")
def test_an_attempt_whose_provider_is_not_configured_is_kept() -> None:
    attempt = make_attempt()
    ProctoredExam.objects.update(backend="gone")

    with pytest.raises(BackendProviderCannotRemoveAttempt):
        api.remove_exam_attempt(attempt.pk, requesting_user=make_staff())

    assert exists(attempt)


@pytest.mark.contract("attempts#removal")
@pytest.mark.parametrize(
    "attempt_of",
    [
        pytest.param(lambda: make_attempt(make_exam("timed")), id="timed"),
        pytest.param(lambda: make_attempt(external_id=None), id="never-registered"),
    ],
)
def test_an_attempt_unknown_to_the_provider_is_removed_without_a_call(provider: Any, attempt_of: Any) -> None:
    attempt = attempt_of()

    api.remove_exam_attempt(attempt.pk, requesting_user=make_staff())

    assert provider.calls == []
    assert not exists(attempt)


@pytest.mark.contract("attempts#removal")
def test_an_error_of_a_service_during_a_removal_is_raised(instructor: Any) -> None:
    with pytest.raises(UserNotFoundException):
        api.remove_exam_attempt(make_attempt().pk, requesting_user="nobody")


# Removal of many


@pytest.mark.contract("provider-interface#best-effort-removal", "attempts#removal-many")
def test_a_provider_that_is_down_is_called_once_per_pass(provider: Any) -> None:
    provider.failing = {"remove_exam_attempt"}
    attempts = [make_attempt() for _ in range(3)]

    failed = api._remove_exam_attempts_from_backend(attempts)
    failed = api._remove_exam_attempts_from_backend(attempts, failed)

    assert failed == {"test"}
    assert provider.calls == ["remove_exam_attempt"]


@pytest.mark.contract("attempts#removal-many")
def test_a_provider_that_does_not_confirm_is_called_for_each_attempt(provider: Any) -> None:
    provider.confirms_removal = False

    assert api._remove_exam_attempts_from_backend([make_attempt(), make_attempt()]) == set()
    assert provider.calls == ["remove_exam_attempt"] * 2


# Reset of practice


@pytest.mark.contract("attempts#reset", "statuses#meaning")
@pytest.mark.parametrize(
    "status",
    [
        S.declined,
        S.timed_out,
        S.second_review_required,
        S.rejected,
        S.error,
        S.expired,
        S.onboarding_reset,
        *S.onboarding_errors,
    ],
)
def test_a_reset_of_a_finished_attempt_keeps_it_as_reset(status: str, credit: Any, events: list[Any]) -> None:
    former = make_attempt(make_exam("onboarding"), status=status)
    events.clear()

    attempt_id = api.reset_practice_exam(former.proctored_exam_id, former.user_id, make_staff())

    former.refresh_from_db()
    assert former.status == S.onboarding_reset
    created = ProctoredExamStudentAttempt.objects.get(pk=attempt_id)
    assert (created.status, created.taking_as_proctored) == (S.created, True)
    assert credit.called("set_credit_requirement_status") == []
    name, data = events[0]
    assert name == "edx.special_exam.practice.attempt.reset_practice_exam"
    assert (data["attempt_id"], data["attempt_status"]) == (former.pk, S.onboarding_reset)


@pytest.mark.contract("attempts#reset")
@pytest.mark.parametrize("provider_is_down", [False, True], ids=["provider-up", "provider-down"])
def test_a_reset_of_an_attempt_that_waits_for_its_review_removes_it(
    provider: Any, events: list[Any], provider_is_down: bool
) -> None:
    provider.failing = {"remove_exam_attempt"} if provider_is_down else set()
    former = make_attempt(make_exam("onboarding"), status=S.submitted)
    events.clear()

    attempt_id = api.reset_practice_exam(former.proctored_exam_id, former.user_id, make_staff())

    assert [attempt.pk for attempt in ProctoredExamStudentAttempt.objects.all()] == [attempt_id]
    reset = next(data for name, data in events if name.endswith("reset_practice_exam"))
    assert (reset["attempt_id"], reset["attempt_status"]) == (former.pk, S.submitted)


@pytest.mark.contract("attempts#reset")
@pytest.mark.parametrize("status", [S.created, S.ready_to_start, S.started, S.ready_to_submit, S.verified])
def test_an_open_or_verified_attempt_is_not_reset(status: str) -> None:
    attempt = make_attempt(make_exam("onboarding"), status=status)

    with pytest.raises(ProctoredExamIllegalStatusTransition):
        api.reset_practice_exam(attempt.proctored_exam_id, attempt.user_id, make_staff())

    attempt.refresh_from_db()
    assert attempt.status == status


@pytest.mark.contract("attempts#reset")
def test_an_attempt_at_a_real_exam_is_not_reset() -> None:
    attempt = make_attempt(status=S.rejected)

    with pytest.raises(ProctoredExamIllegalStatusTransition):
        api.reset_practice_exam(attempt.proctored_exam_id, attempt.user_id, make_staff())


@pytest.mark.contract("attempts#reset")
def test_a_reset_without_an_attempt_is_refused() -> None:
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.reset_practice_exam(make_exam("onboarding").pk, make_user().pk, make_staff())


@pytest.mark.contract("attempts#reset-failure")
def test_a_reset_past_due_leaves_the_former_attempt_reset(clock: FrozenDateTimeFactory) -> None:
    attempt = make_attempt(make_exam("onboarding", due_date=NOON), status=S.rejected)

    with pytest.raises(StudentExamAttemptOnPastDueProctoredExam):
        api.reset_practice_exam(attempt.proctored_exam_id, attempt.user_id, make_staff())

    attempt.refresh_from_db()
    assert attempt.status == S.onboarding_reset


@pytest.mark.contract("attempts#reset-failure")
def test_a_reset_whose_new_attempt_is_refused_restores_the_former_status(provider: Any) -> None:
    attempt = make_attempt(make_exam("onboarding"), status=S.rejected)
    provider.no_attempt_id_error = "busy"

    with pytest.raises(BackendProviderSentNoAttemptID):
        api.reset_practice_exam(attempt.proctored_exam_id, attempt.user_id, make_staff())

    attempt.refresh_from_db()
    assert attempt.status == S.rejected
