"""factory-boy factories of reviews (contract/test-support#factories)."""

import factory
from factory.django import DjangoModelFactory

from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
)


class ProctoredExamSoftwareSecureReviewFactory(DjangoModelFactory):
    """A review. Saving it runs the review workflow, like any review."""

    class Meta:
        model = ProctoredExamSoftwareSecureReview

    attempt_code = factory.Sequence(lambda n: f"attempt_code_{n}")
    review_status = "review status"
    raw_data = "raw data"
    encrypted_video_url = b"www.example.com"


class ProctoredExamSoftwareSecureReviewHistoryFactory(DjangoModelFactory):
    """An archived review."""

    class Meta:
        model = ProctoredExamSoftwareSecureReviewHistory

    attempt_code = factory.Sequence(lambda n: f"attempt_code_{n}")
    review_status = "review status"
    raw_data = "raw data"
    encrypted_video_url = b"www.example.com"


class ProctoredExamSoftwareSecureCommentFactory(DjangoModelFactory):
    """A comment with a review of its own."""

    class Meta:
        model = ProctoredExamSoftwareSecureComment

    review = factory.SubFactory(ProctoredExamSoftwareSecureReviewFactory)
    comment = "comment"
    status = "status"
    start_time = 100
    stop_time = 150
    duration = 150
