"""A user leaves the platform. Spec: rest-api.md 5.8, 5.9, data-model.md 7."""

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
from edx_proctoring.utils import obscured_user_id
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
    """Return all that our tables say about the learner beyond the result."""
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


@pytest.mark.spec("rest-api.md", "5.9:blank")
@pytest.mark.spec("data-model.md", "7:retirement")
def test_everything_personal_is_blanked_and_nothing_of_others(
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
    # Allowance and its two former states, review and former review, comment, callback.
    assert len(blanked) == 3 + 4 + 2 + 1
    assert set(blanked) == {"", b""}
    assert personal_data(other) == of_other
    assert all(of_other)


@pytest.mark.spec("rest-api.md", "5.9:blank")
@pytest.mark.spec("data-model.md", "7:retirement")
def test_attempts_that_were_reset_are_not_forgotten(staff_client: Any, learner: User, all_services: Any) -> None:
    attempt = reviewed_attempt(learner)
    ProctoredExamSoftwareSecureReview.objects.update(student=None)
    attempt.delete()
    retire(staff_client, learner)
    review = ProctoredExamSoftwareSecureReview.objects.get()
    assert (review.raw_data, bytes(review.encrypted_video_url or b"")) == ("", b"")
    assert ReviewInboxEntry.objects.get().body == ""


@pytest.mark.spec("rest-api.md", "5.9:blank")
@pytest.mark.spec("data-model.md", "7:retirement")
def test_review_whose_attempt_left_no_trace_is_found_by_its_learner(
    staff_client: Any, learner: User, all_services: Any
) -> None:
    reviewed_attempt(learner).delete()
    HistoricalProctoredExamStudentAttempt.objects.all().delete()
    retire(staff_client, learner)
    review = ProctoredExamSoftwareSecureReview.objects.get()
    assert (review.raw_data, bytes(review.encrypted_video_url or b"")) == ("", b"")


@pytest.mark.spec("rest-api.md", "5.9:silent")
@pytest.mark.spec("data-model.md", "7:silent")
def test_nothing_happens_to_the_attempt_and_nobody_hears(
    staff_client: Any, learner: User, all_services: Any, events: list[Any]
) -> None:
    """Saving a review would apply it again: mail, credit, and error for what was never submitted."""
    attempt = reviewed_attempt(learner)
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(status=S.verified, completed_at=None)
    mail.outbox.clear()
    events.clear()
    calls = [len(service.calls) for service in all_services.values()]
    retire(staff_client, learner)
    attempt.refresh_from_db()
    assert (attempt.status, mail.outbox, events) == (S.verified, [], [])
    assert [len(service.calls) for service in all_services.values()] == calls


@pytest.mark.spec("rest-api.md", "5.9:repeatable")
@pytest.mark.spec("data-model.md", "7:repeatable")
def test_retiring_twice_or_nobody_is_no_error(staff_client: Any, learner: User) -> None:
    factories.make_allowance(user=learner)
    for _ in range(2):
        assert retire(staff_client, learner).status_code == 204
    assert ProctoredExamStudentAllowanceHistory.objects.count() == 1
    path = reverse("edx_proctoring:user_retirement_api", args=[99999])
    assert staff_client.post(path).status_code == 204


@pytest.mark.spec("rest-api.md", "5.9:repeatable")
@pytest.mark.spec("data-model.md", "7:atomic")
def test_half_a_retirement_is_none(
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


@pytest.mark.spec("rest-api.md", "2.2:retire")
@pytest.mark.parametrize("call", [retire, retire_at_providers])
def test_refusal_has_no_body(learner_client: Any, learner: User, call: Any) -> None:
    response = call(learner_client, learner)
    assert (response.status_code, response.content) == (403, b"")


# At the providers


def test_learner_without_proctored_attempts_is_known_to_nobody(staff_client: Any, learner: User) -> None:
    factories.make_attempt(factories.make_exam("timed"), learner)
    response = retire_at_providers(staff_client, learner)
    assert (response.status_code, response.json()) == (200, {})


@pytest.mark.spec("rest-api.md", "5.8:providers", "7.3:2")
def test_provider_is_asked_once_and_repeats_until_it_has_done_it(
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


@pytest.mark.spec("rest-api.md", "5.8:providers")
@pytest.mark.parametrize("how", ["reset", "declined"])
def test_provider_of_a_former_attempt_is_asked_too(staff_client: Any, learner: User, how: str) -> None:
    attempt = factories.make_attempt(user=learner)
    if how == "reset":
        attempt.delete()
    else:
        attempt.taking_as_proctored = False
        attempt.save()
    assert retire_at_providers(staff_client, learner).json() == {"test": True}


@pytest.mark.spec("rest-api.md", "5.8:providers")
def test_provider_that_has_nothing_to_do_is_left_out(staff_client: Any, learner: User) -> None:
    factories.make_attempt(factories.make_exam(backend="null"), learner)
    factories.make_attempt(factories.make_exam(backend="test"), learner)
    assert retire_at_providers(staff_client, learner).json() == {"test": True}


@pytest.mark.spec("rest-api.md", "5.8:failures")
def test_provider_that_is_not_configured_any_more_counts_as_not_done(staff_client: Any, learner: User) -> None:
    attempt = factories.make_attempt(user=learner)
    ProctoredExam.objects.filter(pk=attempt.proctored_exam_id).update(backend="gone")
    response = retire_at_providers(staff_client, learner)
    assert (response.status_code, response.json()) == (500, {"gone": False})
