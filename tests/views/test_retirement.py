"""Deletion of the data of a user who leaves the platform."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.urls import reverse

from edx_proctoring.models import (
    HistoricalProctoredExamStudentAttempt,
    ProctoredExam,
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils import obscured_user_id, obscured_user_ids
from tests import factories

pytestmark = pytest.mark.django_db


def retire(client: Any, user: User) -> Any:
    return client.post(reverse("edx_proctoring:user_retirement_api", args=[user.pk]))


def retire_at_providers(client: Any, user: User) -> Any:
    return client.post(reverse("edx_proctoring:backend_user_deletion_api", args=[user.pk]))


def reviewed_attempt(user: User, **fields: Any) -> ProctoredExamStudentAttempt:
    """An attempt with a review, a former review, a comment and a received callback."""
    attempt = factories.make_attempt(user=user, status=S.submitted, **fields)
    review = factories.make_review(attempt, raw_data='{"name": "Ann"}', encrypted_video_url=b"link")
    review.save()
    factories.make_comment(review)
    factories.make_inbox_entry(attempt, body='{"name": "Ann"}')
    return attempt


def personal_data(user: User) -> list[Any]:
    """Return the learner's personal data in our tables."""
    codes = set(ProctoredExamStudentAttempt.history.filter(user=user).values_list("attempt_code", flat=True))
    data: list[Any] = []
    for allowances in (ProctoredExamStudentAllowance, ProctoredExamStudentAllowanceHistory):
        data += allowances.objects.filter(user=user).values_list("value", flat=True)
    for reviews in (ProctoredExamSoftwareSecureReview, ProctoredExamSoftwareSecureReviewHistory):
        for raw_data, link in reviews.objects.filter(student=user).values_list("raw_data", "encrypted_video_url"):
            data += [raw_data, bytes(link)]
    for row in ProctoredExamSoftwareSecureComment.objects.filter(review__student=user):
        data += [row.comment, row.status]
    data += ReviewInboxEntry.objects.filter(attempt_code__in=codes).values_list("body", flat=True)
    return data


@pytest.mark.contract("privacy#retirement")
@pytest.mark.operation("POST /v1/retire_user/{user_id}/")
def test_retirement_blanks_the_learner_s_personal_data_only(
    staff_client: Any, learner: User, all_services: Any
) -> None:
    other = factories.make_user()
    for user in (learner, other):
        reviewed_attempt(user)
        allowance = factories.make_allowance(user=user, value="because of an illness", key="review_policy_exception")
        allowance.save()
    of_other = personal_data(other)
    response = retire(staff_client, learner)
    assert (response.status_code, response.content) == (204, b"")
    blanked = personal_data(learner)
    # Allowance with two former states, review with a former one (two columns each), comment (two), callback.
    assert len(blanked) == 3 + 4 + 2 + 1
    assert set(blanked) == {"", b""}
    assert personal_data(other) == of_other
    assert all(of_other)


@pytest.mark.contract("privacy#retirement")
@pytest.mark.operation("POST /v1/retire_user/{user_id}/")
def test_retirement_covers_reset_attempts(staff_client: Any, learner: User, all_services: Any) -> None:
    attempt = reviewed_attempt(learner)
    ProctoredExamSoftwareSecureReview.objects.update(student=None)
    attempt.delete()
    retire(staff_client, learner)
    review = ProctoredExamSoftwareSecureReview.objects.get()
    assert (review.raw_data, bytes(review.encrypted_video_url or b"")) == ("", b"")
    assert ReviewInboxEntry.objects.get().body == ""


@pytest.mark.contract("privacy#retirement")
@pytest.mark.operation("POST /v1/retire_user/{user_id}/")
def test_a_review_without_any_trace_of_its_attempt_is_found_by_its_learner(
    staff_client: Any, learner: User, all_services: Any
) -> None:
    reviewed_attempt(learner).delete()
    HistoricalProctoredExamStudentAttempt.objects.all().delete()
    retire(staff_client, learner)
    review = ProctoredExamSoftwareSecureReview.objects.get()
    assert (review.raw_data, bytes(review.encrypted_video_url or b"")) == ("", b"")


@pytest.mark.contract("privacy#retirement-silent")
@pytest.mark.operation("POST /v1/retire_user/{user_id}/")
def test_retirement_neither_changes_the_attempt_nor_has_effects(
    staff_client: Any, learner: User, all_services: Any, events: list[Any]
) -> None:
    """Saving the review would apply it again, with mail and credit."""
    attempt = reviewed_attempt(learner)
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(status=S.verified, completed_at=None)
    mail.outbox.clear()
    events.clear()
    calls = [len(service.calls) for service in all_services.values()]
    retire(staff_client, learner)
    attempt.refresh_from_db()
    assert (attempt.status, mail.outbox, events) == (S.verified, [], [])
    assert [len(service.calls) for service in all_services.values()] == calls


@pytest.mark.contract("privacy#retirement-repeatable")
@pytest.mark.operation("POST /v1/retire_user/{user_id}/")
def test_retiring_twice_or_an_unknown_user_answers_204(staff_client: Any, learner: User) -> None:
    factories.make_allowance(user=learner)
    for _ in range(2):
        assert retire(staff_client, learner).status_code == 204
    assert ProctoredExamStudentAllowanceHistory.objects.count() == 1
    path = reverse("edx_proctoring:user_retirement_api", args=[99999])
    assert staff_client.post(path).status_code == 204


@pytest.mark.contract("privacy#retirement-atomic")
@pytest.mark.operation("POST /v1/retire_user/{user_id}/")
def test_a_failing_retirement_changes_nothing(
    staff_client: Any, learner: User, all_services: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError

    reviewed_attempt(learner)
    factories.make_allowance(user=learner, value="30")
    before = personal_data(learner)
    monkeypatch.setattr(ReviewInboxEntry.objects, "filter", fail)
    with pytest.raises(RuntimeError):
        retire(staff_client, learner)
    monkeypatch.undo()
    assert personal_data(learner) == before


@pytest.mark.contract("rest-rules#retirement-permission")
@pytest.mark.parametrize("call", [retire, retire_at_providers])
def test_a_refusal_has_no_body(learner_client: Any, learner: User, call: Any) -> None:
    response = call(learner_client, learner)
    assert (response.status_code, response.content) == (403, b"")


# At the providers


def test_no_provider_is_asked_for_a_learner_without_proctored_attempts(staff_client: Any, learner: User) -> None:
    factories.make_attempt(factories.make_exam("timed"), learner)
    response = retire_at_providers(staff_client, learner)
    assert (response.status_code, response.json()) == (200, {})


@pytest.mark.contract("rest-rules#whole-bodies")
@pytest.mark.operation("POST /v1/retire_backend_user/{user_id}/")
def test_a_provider_is_asked_once_per_request_and_500_reports_that_it_failed(
    staff_client: Any, learner: User, test_backend: Any
) -> None:
    for _ in range(2):
        factories.make_attempt(user=learner)
    response = retire_at_providers(staff_client, learner)
    assert (response.status_code, response.json()) == (200, {"test": True})
    assert test_backend.last_retire_user == obscured_user_id(learner.pk, "test")
    # The test provider refuses the second time.
    response = retire_at_providers(staff_client, learner)
    assert (response.status_code, response.json()) == (500, {"test": False})


@pytest.mark.operation("POST /v1/retire_backend_user/{user_id}/")
@pytest.mark.parametrize("how", ["reset", "declined"])
def test_the_provider_of_a_former_attempt_is_asked_too(staff_client: Any, learner: User, how: str) -> None:
    attempt = factories.make_attempt(user=learner)
    if how == "reset":
        attempt.delete()
    else:
        attempt.taking_as_proctored = False
        attempt.save()
    assert retire_at_providers(staff_client, learner).json() == {"test": True}


@pytest.mark.operation("POST /v1/retire_backend_user/{user_id}/")
def test_a_provider_without_user_data_is_not_in_the_answer(staff_client: Any, learner: User) -> None:
    factories.make_attempt(factories.make_exam(backend="null"), learner)
    factories.make_attempt(factories.make_exam(backend="test"), learner)
    assert retire_at_providers(staff_client, learner).json() == {"test": True}


@pytest.mark.operation("POST /v1/retire_backend_user/{user_id}/")
def test_a_provider_that_is_no_longer_configured_counts_as_not_done(staff_client: Any, learner: User) -> None:
    attempt = factories.make_attempt(user=learner)
    ProctoredExam.objects.filter(pk=attempt.proctored_exam_id).update(backend="gone")
    response = retire_at_providers(staff_client, learner)
    assert (response.status_code, response.json()) == (500, {"gone": False})


@pytest.mark.contract("stored-formats#obscured-user-ids")
@pytest.mark.parametrize(
    ("answers", "status"),
    [([True, None], 200), ([None, True], 200), ([True, False], 500), ([None, None], 200), ([False, True], 500)],
)
def test_a_provider_forgets_the_learner_under_every_key(
    staff_client: Any, learner: User, test_backend: Any, settings: Any, answers: list[Any], status: int
) -> None:
    factories.make_attempt(user=learner)
    settings.PROCTORING_USER_OBFUSCATION_KEY_FALLBACKS = ["former-key"]
    asked: list[str] = []
    test_backend.retire_user = lambda user_id: asked.append(user_id) or answers[len(asked) - 1]
    response = retire_at_providers(staff_client, learner)
    assert asked == obscured_user_ids(learner.pk, "test")
    assert len(asked) == 2
    assert response.status_code == status
