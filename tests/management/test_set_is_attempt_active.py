"""``set_is_attempt_active``."""

import pytest

from edx_proctoring.models import (
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_review

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.contract("commands#set-is-attempt-active"),
]

reviews = ProctoredExamSoftwareSecureReview.objects
archive = ProctoredExamSoftwareSecureReviewHistory.objects


@pytest.fixture
def removed():
    """A review with two archived states of a removed attempt, stored before the flag existed."""
    attempt = make_attempt(status=S.submitted)
    review = make_review(attempt)
    review.save()
    ProctoredExamStudentAttempt.objects.get(pk=attempt.pk).delete()
    reviews.update(is_attempt_active=True)
    archive.update(is_attempt_active=True)
    assert archive.count() == 2
    return review


def test_review_and_archive_of_a_removed_attempt_become_inactive(run, removed):
    printed = run("set_is_attempt_active", sleep_time=0)
    assert list(reviews.values_list("is_attempt_active", flat=True)) == [False]
    assert list(archive.values_list("is_attempt_active", flat=True)) == [False, False]
    assert "1 attempts" in printed


def test_marking_a_review_does_not_archive_it(run, removed):
    run("set_is_attempt_active", sleep_time=0)
    assert archive.count() == 2


def test_reviews_of_existing_attempts_stay_active(run, removed):
    live = make_review()
    run("set_is_attempt_active", sleep_time=0)
    live.refresh_from_db()
    assert live.is_attempt_active


def test_archived_reviews_without_a_current_review_become_inactive(run, removed):
    reviews.filter(pk=removed.pk).delete()
    archive.update(is_attempt_active=True)
    run("set_is_attempt_active", sleep_time=0)
    assert not archive.filter(is_attempt_active=True).exists()


def test_small_batches_give_the_same_result_with_pauses_between_them(run, removed, pauses):
    for _ in range(3):
        make_review()
    run("set_is_attempt_active", batch_size=2, sleep_time=7)
    assert reviews.filter(is_attempt_active=False).count() == 1
    assert pauses == [7], "four reviews are two batches; their archives are fewer than one"


def test_a_second_run_changes_nothing(run, removed):
    run("set_is_attempt_active", sleep_time=0)
    assert "0 attempts" in run("set_is_attempt_active", sleep_time=0)


def test_a_dry_run_changes_nothing(run, removed):
    run("set_is_attempt_active", sleep_time=0, dry_run=True)
    assert not reviews.filter(is_attempt_active=False).exists()
    assert not archive.filter(is_attempt_active=False).exists()


@pytest.mark.parametrize("size", [2, 12])
def test_a_batch_takes_a_constant_number_of_queries(run, size, django_assert_num_queries):
    for _ in range(size):
        make_review()
    # Per table: rows, live codes; the archive is empty.
    with django_assert_num_queries(3):
        run("set_is_attempt_active", sleep_time=0)
