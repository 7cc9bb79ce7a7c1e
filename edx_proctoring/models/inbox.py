"""The inbox: reviews of providers as they came in."""

from datetime import datetime
from typing import ClassVar, Final, Self

from django.db import models
from model_utils.models import TimeStampedModel

from edx_proctoring.models.attempts import HistoricalProctoredExamStudentAttempt, ProctoredExamStudentAttempt
from edx_proctoring.models.exams import ProctoredExam


class ReviewInboxQuerySet(models.QuerySet["ReviewInboxEntry"]):
    """Queries for received reviews."""

    def of_attempt(self, attempt_code: str, /) -> Self:
        """Callbacks for one attempt, in order of arrival."""
        return self.filter(attempt_code=attempt_code).order_by("id")

    def held(self) -> Self:
        """What changed nothing because staff had decided."""
        return self.filter(outcome=ReviewInboxEntry.OUTCOME_HELD)

    def of_course(self, course_id: str, /) -> Self:
        """Callbacks for attempts at the exams of one course, also removed ones."""
        exams = ProctoredExam.objects.filter(course_id=course_id).values("id")
        same_code = {"attempt_code": models.OuterRef("attempt_code")}
        # Looked up by the code of each callback: the course may have many more attempts than callbacks.
        live, recorded = (
            models.Exists(rows.objects.filter(proctored_exam_id__in=exams, **same_code))
            for rows in (ProctoredExamStudentAttempt, HistoricalProctoredExamStudentAttempt)
        )
        return self.filter(live | recorded)

    def received_before(self, instant: datetime, /) -> Self:
        """Callbacks that arrived before ``instant``."""
        return self.filter(created__lt=instant)


class ReviewInboxManager(models.Manager.from_queryset(ReviewInboxQuerySet)):  # type: ignore[misc]
    """All callbacks that were not purged yet."""


class ReviewInboxEntry(TimeStampedModel):
    """One review callback, kept before its content is checked.

    Written first (``created`` is the time of arrival), so that a verdict we could not handle can be
    read and replayed. Purged by age and by retirement. By outcome:

    1. ``received``: written, not handled yet; if it stays so, the process died.
    2. ``applied``: the attempt follows it.
    3. ``duplicate``: the attempt has a review, and reviews may not be updated, or this one waited and is the older one.
    4. ``refused: <reason>``: invalid; the provider got the reason. Without a body if the sender proved nothing.
    5. ``held``: valid, but staff have decided; it changes nothing until a person receives it again.
    6. ``held: provider not configured``: the sweeper receives it once the provider is back.

    ``body`` is capped in size and without the link to the recording; for a retired learner it is blank, or only the
    verdict of a review that waits. What one attempt can fill is capped as well (contract/reviews#inbox-limits).

    .. pii: reviews may contain the learner's name and e-mail address and remarks about the learner
    .. pii_types: email_address, external_service, name, other
    .. pii_retirement: local_api
    """

    OUTCOME_RECEIVED: Final = "received"
    OUTCOME_APPLIED: Final = "applied"
    OUTCOME_DUPLICATE: Final = "duplicate"
    OUTCOME_REFUSED: Final = "refused"
    OUTCOME_HELD: Final = "held"
    OUTCOME_HELD_WITHOUT_PROVIDER: Final = "held: provider not configured"
    HELD_OUTCOMES: Final = frozenset({OUTCOME_HELD, OUTCOME_HELD_WITHOUT_PROVIDER})
    # What no person or process has dealt with.
    OPEN_OUTCOMES: Final = HELD_OUTCOMES | {OUTCOME_RECEIVED}

    attempt_code = models.CharField(max_length=255, db_index=True)
    external_id = models.CharField(max_length=255, db_index=True)
    # Entry-point name of the provider.
    backend = models.CharField(max_length=255)
    body = models.TextField()
    outcome = models.CharField(max_length=255, default=OUTCOME_RECEIVED)
    # User.id of the signed-in user; null for anonymous callbacks. No foreign key: the record outlives the account.
    actor_id = models.IntegerField(null=True)
    # Of a signed message: ``used_nonces.message_key``, by which a replay is recognised. Blank without a signature.
    message_key = models.CharField(max_length=64, default="", db_index=True)

    objects: ClassVar[ReviewInboxManager] = ReviewInboxManager()

    class Meta:
        db_table = "proctoring_reviewinbox"
        verbose_name = "received review"

    def __str__(self) -> str:
        return f"inbox_id={self.pk} attempt_code={self.attempt_code} outcome={self.outcome}"
