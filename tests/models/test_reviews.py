"""Reviews: passing, notification, the archive, deletion of related rows."""

import pytest

from edx_proctoring.models import (
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.statuses import SoftwareSecureReviewStatus as R
from tests.factories import make_attempt, make_exam, make_review, make_staff

pytestmark = pytest.mark.django_db


def archived() -> list[str]:
    return list(ProctoredExamSoftwareSecureReviewHistory.objects.order_by("id").values_list("review_status", flat=True))


@pytest.mark.contract("reviews#passing")
class TestPassing:
    @pytest.mark.parametrize(
        ("status", "passes"), [(R.clean, True), (R.violation, True), (R.suspicious, False), (R.not_reviewed, False)]
    )
    def test_follows_the_default_list(self, status, passes):
        assert make_review(review_status=status).is_passing is passes

    def test_follows_the_list_of_the_provider(self, test_backend):
        test_backend.passing_statuses = [R.clean]
        assert make_review(review_status=R.clean).is_passing
        assert not make_review(review_status=R.violation).is_passing

    def test_an_empty_list_of_the_provider_means_the_default_list(self, test_backend):
        test_backend.passing_statuses = []
        assert make_review(review_status=R.violation).is_passing

    def test_without_exam_the_provider_of_the_attempt_counts(self, test_backend):
        test_backend.passing_statuses = [R.clean]
        assert not make_review(review_status=R.violation, exam=None).is_passing

    def test_without_exam_and_attempt_the_default_list_counts(self, test_backend):
        test_backend.passing_statuses = [R.clean]
        review = ProctoredExamSoftwareSecureReview(attempt_code="unknown", review_status=R.violation)
        assert review.is_passing

    def test_with_an_unknown_provider_the_default_list_counts(self, backends_registry):
        attempt = make_attempt(make_exam(backend="gone"), status=S.submitted)
        review = ProctoredExamSoftwareSecureReview(
            attempt_code=attempt.attempt_code, exam=attempt.proctored_exam, review_status=R.violation
        )
        assert "gone" not in backends_registry
        assert review.is_passing


@pytest.mark.contract("reviews#support-notification")
class TestNotifying:
    @pytest.mark.parametrize(
        ("status", "notifies"),
        [(R.suspicious, True), (R.clean, False), ("", False), ("Susp", False)],
        ids=["suspicious", "clean", "empty", "part-of-the-word"],
    )
    def test_only_suspicious_reviews_notify_support(self, status, notifies):
        assert ProctoredExamSoftwareSecureReview(review_status=status).should_notify is notifies

    def test_a_review_decided_by_a_user_does_not_notify_support(self):
        review = ProctoredExamSoftwareSecureReview(review_status=R.suspicious, reviewed_by=make_staff())
        assert not review.should_notify


@pytest.mark.contract("signals#archives")
class TestArchive:
    def test_the_first_review_archives_nothing(self):
        make_review()
        assert archived() == []

    def test_each_change_archives_the_previous_state(self):
        review = make_review(review_status=R.suspicious, raw_data="first", encrypted_video_url=b"link")
        review.review_status = R.clean
        review.save()
        row = ProctoredExamSoftwareSecureReviewHistory.objects.get()
        assert (row.attempt_code, row.review_status, row.raw_data, bytes(row.encrypted_video_url)) == (
            review.attempt_code,
            R.suspicious,
            "first",
            b"link",
        )
        assert (row.exam, row.student, row.is_attempt_active) == (review.exam, review.student, True)

    def test_saving_an_unchanged_review_archives_it_too(self):
        """The number of rows is contract: staff and a command save unchanged reviews on purpose."""
        make_review(review_status=R.clean).save()
        assert archived() == [R.clean]

    def test_the_deletion_archives_the_last_state(self):
        review = make_review(review_status=R.suspicious)
        review.review_status = R.clean
        review.save()
        review.delete()
        assert archived() == [R.suspicious, R.clean]


@pytest.mark.contract(
    "tables#reviewer-leaves", "signals#attempt-removed", "reviews#unchanged-attempts", "tables#attempt-archive"
)
class TestDeletionOfRelatedRows:
    def test_removing_the_attempt_keeps_the_review_as_inactive(self):
        attempt = make_attempt(status=S.submitted)
        review = make_review(attempt)
        attempt.refresh_from_db()
        attempt.delete_exam_attempt()
        review.refresh_from_db()
        assert review.is_attempt_active is False
        assert len(archived()) == 1

    def test_deleting_the_reviewer_keeps_the_review(self):
        reviewer = make_staff()
        review = make_review(reviewed_by=reviewer)
        review.save()
        reviewer.delete()
        review.refresh_from_db()
        assert review.reviewed_by is None
        assert len(archived()) == 1

    def test_deleting_the_learner_deletes_the_review_without_archiving_it(self):
        review = make_review()
        review.student.delete()
        assert not ProctoredExamSoftwareSecureReview.objects.exists()
        assert archived() == []


def test_a_review_is_found_by_attempt_code():
    review = make_review()
    found = ProctoredExamSoftwareSecureReview.get_review_by_attempt_code
    assert found(review.attempt_code) == review
    assert found("unknown") is None
