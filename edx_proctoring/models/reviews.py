"""The review: a provider's verdict on an attempt, with the reviewers' comments.

The classes are named after the first provider, but serve all providers.
"""

import logging
from typing import ClassVar, Self

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from model_utils.models import TimeStampedModel

from edx_proctoring import backends
from edx_proctoring.models.attempts import ProctoredExamStudentAttempt
from edx_proctoring.models.exams import ProctoredExam
from edx_proctoring.models.locking import locked_row
from edx_proctoring.statuses import SoftwareSecureReviewStatus

log = logging.getLogger(__name__)


class ReviewQuerySet(models.QuerySet["ProctoredExamSoftwareSecureReview"]):
    """Queries for reviews."""

    def locked(self, review_id: int, /) -> "ProctoredExamSoftwareSecureReview | None":
        """Return one review, locked until the end of the transaction; None if there is none."""
        return locked_row(self, review_id)


class ReviewManager(models.Manager.from_queryset(ReviewQuerySet)):  # type: ignore[misc]
    """All current reviews."""


class ReviewFields(TimeStampedModel):
    """Fields of both current and archived reviews."""

    # False after the attempt is removed; the review outlives it.
    is_attempt_active = models.BooleanField(default=True)
    # One of ``SoftwareSecureReviewStatus``.
    review_status = models.CharField(max_length=255)
    # The provider's payload as JSON text, without the link to the recording.
    raw_data = models.TextField()
    # URL-safe base64 of the AES-encrypted link to the recording.
    encrypted_video_url = models.BinaryField(null=True)
    # The person who decided; null if the provider did. The verdict outlives that person's account.
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, related_name="+", on_delete=models.SET_NULL)
    # Null in rows of old releases; the attempt has both as well.
    student = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, related_name="+", on_delete=models.CASCADE)
    exam = models.ForeignKey(ProctoredExam, null=True, on_delete=models.CASCADE)

    class Meta:
        abstract = True


class ProctoredExamSoftwareSecureReview(ReviewFields):
    """The current verdict on an attempt; at most one per attempt code.

    Created by the first review callback, changed in place by later ones and by staff; each former state goes to
    ``ProctoredExamSoftwareSecureReviewHistory``. Saving a row applies the verdict to the attempt, even if nothing
    changed (``api.reviews.applying.apply_review``).

    .. pii: reviews may contain the learner's name, e-mail address and a link to a recording
    .. pii_types: email_address, external_service, name, video
    .. pii_retirement: local_api
    """

    attempt_code = models.CharField(max_length=255, db_index=True, unique=True)

    objects: ClassVar[ReviewManager] = ReviewManager()

    class Meta:
        db_table = "proctoring_proctoredexamsoftwaresecurereview"
        verbose_name = "Proctored exam software secure review"
        indexes = [
            # For the staff list and the command that applies reviews again, which both order or filter by it.
            models.Index(fields=["modified"], name="proctoring_rev_modified_idx"),
        ]

    def __str__(self) -> str:
        return f"review_id={self.pk} attempt_code={self.attempt_code} review_status={self.review_status}"

    @property
    def is_passing(self) -> bool:
        """Whether the learner passes with this verdict, by the provider's own list if it has one."""
        return self.review_status in self._passing_statuses()

    @property
    def should_notify(self) -> bool:
        """Whether to notify the support team: the verdict is suspicious and no person has decided yet."""
        return (
            self.reviewed_by_id is None and self.review_status == SoftwareSecureReviewStatus.notify_support_for_status
        )

    @classmethod
    def get_review_by_attempt_code(cls, attempt_code: str) -> Self | None:
        """Return the review of the attempt with this code, or None."""
        return cls.objects.filter(attempt_code=attempt_code).first()

    def _passing_statuses(self) -> list[str]:
        exam = self.exam or self._exam_of_attempt()
        if exam is not None:
            try:
                provider = backends.get_backend_provider(name=exam.backend)
            except (NotImplementedError, ImproperlyConfigured):
                # A provider that is no longer configured must not block its last reviews.
                log.warning(
                    "provider of review is not configured, using the default list of passing verdicts: "
                    "review_id=%s provider=%s",
                    self.pk,
                    exam.backend,
                )
            else:
                own_list: list[str] | None = getattr(provider, "passing_statuses", None)
                if own_list:
                    return own_list
        return SoftwareSecureReviewStatus.passing_statuses

    def _exam_of_attempt(self) -> ProctoredExam | None:
        attempt = ProctoredExamStudentAttempt.objects.filter(
            attempt_code=self.attempt_code
        ).first() or ProctoredExamStudentAttempt.get_historic_attempt_by_code(self.attempt_code)
        if attempt is None:
            return None
        # Not ``attempt.proctored_exam``, which fails for an archived attempt that outlived its exam.
        return ProctoredExam.get_exam_by_id(attempt.proctored_exam_id)


class ProctoredExamSoftwareSecureReviewHistory(ReviewFields):
    """A former state of a review.

    Written when a review is saved again (the old state) or deleted (the last state). ``created`` is the time of
    archiving. Rows of one review have the same attempt code.

    .. pii: reviews may contain the learner's name, e-mail address and a link to a recording
    .. pii_types: email_address, external_service, name, video
    .. pii_retirement: local_api
    """

    attempt_code = models.CharField(max_length=255, db_index=True)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        db_table = "proctoring_proctoredexamsoftwaresecurereviewhistory"
        verbose_name = "Proctored exam review archive"

    def __str__(self) -> str:
        return f"attempt_code={self.attempt_code} review_status={self.review_status} (archived)"


class ProctoredExamSoftwareSecureComment(TimeStampedModel):
    """One comment of a reviewer on a part of the recording. Times are seconds from its start.

    .. pii: comments are free-form text about the learner
    .. pii_types: other
    .. pii_retirement: local_api
    """

    review = models.ForeignKey(ProctoredExamSoftwareSecureReview, on_delete=models.CASCADE)
    start_time = models.IntegerField()
    stop_time = models.IntegerField()
    duration = models.IntegerField()
    comment = models.TextField()
    # The provider's category of the comment; a heading of the violation report.
    status = models.CharField(max_length=255)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        # The table name is older than the model.
        db_table = "proctoring_proctoredexamstudentattemptcomment"
        verbose_name = "proctored exam software secure comment"

    def __str__(self) -> str:
        return f"comment_id={self.pk} review_id={self.review_id} status={self.status}"
