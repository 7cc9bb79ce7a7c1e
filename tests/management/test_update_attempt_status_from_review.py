"""``update_attempt_status_from_review``."""

import pytest
from django.core.management import CommandError
from freezegun import freeze_time

from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.statuses import SoftwareSecureReviewStatus as R
from tests.factories import NOON, make_attempt, make_review

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.contract("commands#update-attempt-status-from-review"),
]

AT_NOON = {"start_date_time": "2026-03-02 12:00:00", "end_date_time": "2026-03-02 12:00:00", "sleep_time": 0}


@pytest.fixture
def unapplied():
    """Submitted attempts whose reviews were stored at noon without being applied."""

    def make(review_status):
        with freeze_time(NOON):
            attempt = make_attempt(status=S.submitted)
            review = make_review(attempt, review_status)
        ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(status=S.submitted)
        return review

    return make


def status_of(review):
    return ProctoredExamStudentAttempt.objects.get(attempt_code=review.attempt_code).status


@pytest.mark.parametrize(
    ("review_status", "outcome"), [(R.clean, S.verified), (R.suspicious, S.second_review_required)]
)
def test_an_attempt_gets_the_status_of_its_review(run, unapplied, review_status, outcome):
    review = unapplied(review_status)
    assert status_of(review) == S.submitted
    run("update_attempt_status_from_review", **AT_NOON)
    assert status_of(review) == outcome


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param("2026-03-02 12:00:01", "2026-03-02 13:00:00", id="review-before-the-range"),
        pytest.param("2026-03-02 11:00:00", "2026-03-02 11:59:59", id="review-after-the-range"),
    ],
)
def test_reviews_outside_the_range_are_not_applied(run, unapplied, start, end):
    review = unapplied(R.clean)
    run("update_attempt_status_from_review", start_date_time=start, end_date_time=end, sleep_time=0)
    assert status_of(review) == S.submitted


def test_each_review_is_applied_once_although_saving_changes_its_date(run, unapplied, pauses):
    made = [unapplied(R.clean) for _ in range(5)]
    with freeze_time(NOON):
        run("update_attempt_status_from_review", **{**AT_NOON, "batch_size": 2, "sleep_time": 3})
    assert {status_of(review) for review in made} == {S.verified}
    assert pauses == [3, 3]


def test_a_failing_review_does_not_stop_the_others(run, unapplied, monkeypatch):
    first, second = unapplied(R.clean), unapplied(R.clean)
    save = ProctoredExamSoftwareSecureReview.save

    def fail_for_the_first(review, *args, **kwargs):
        if review.pk == first.pk:
            raise RuntimeError
        save(review, *args, **kwargs)

    monkeypatch.setattr(ProctoredExamSoftwareSecureReview, "save", fail_for_the_first)
    with pytest.raises(CommandError, match="1 reviews"):
        run("update_attempt_status_from_review", **AT_NOON)
    assert (status_of(first), status_of(second)) == (S.submitted, S.verified)


def test_times_are_utc_in_every_server_time_zone(run, unapplied, settings):
    settings.TIME_ZONE = "America/New_York"
    review = unapplied(R.clean)
    options = [f"--{name}={value}" for name, value in AT_NOON.items()]
    run("update_attempt_status_from_review", *options)
    assert status_of(review) == S.verified


@pytest.mark.parametrize("missing", ["start_date_time", "end_date_time"])
def test_both_ends_of_the_range_are_required(run, missing):
    options = {name: value for name, value in AT_NOON.items() if name != missing}
    with pytest.raises(CommandError, match=missing):
        run("update_attempt_status_from_review", **options)


def test_a_malformed_time_is_named(run):
    with pytest.raises(CommandError, match="yesterday"):
        run("update_attempt_status_from_review", **{**AT_NOON, "start_date_time": "yesterday"})


def test_a_dry_run_changes_nothing(run, unapplied):
    review = unapplied(R.clean)
    assert "Would apply 1" in run("update_attempt_status_from_review", **AT_NOON, dry_run=True)
    assert status_of(review) == S.submitted
