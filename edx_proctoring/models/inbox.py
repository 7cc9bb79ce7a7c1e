"""Review callbacks as they came in."""

from datetime import datetime
from typing import ClassVar, Final, Self

from django.db import models
from model_utils.models import TimeStampedModel


class ReviewInboxQuerySet(models.QuerySet["ReviewInboxEntry"]):
    """Questions about received reviews."""

    def of_attempt(self, attempt_code: str, /) -> Self:
        """What was received about one attempt, in order of arrival."""
        return self.filter(attempt_code=attempt_code).order_by("id")

    def received_before(self, instant: datetime, /) -> Self:
        """What is older than the time for which callbacks are kept."""
        return self.filter(created__lt=instant)


class ReviewInboxManager(models.Manager.from_queryset(ReviewInboxQuerySet)):  # type: ignore[misc]
    """Everything received and not yet purged."""


class ReviewInboxEntry(TimeStampedModel):
    """One authenticated review callback, kept before anybody looked whether it makes sense.

    Written first of all (``created`` is the time of arrival), so that a verdict we could not
    handle can be read and replayed. Purged by age and by retirement. By outcome:

    1. ``received``: written, not handled yet; left behind, it tells of a process that died.
    2. ``applied``: the attempt follows it.
    3. ``duplicate``: was here before.
    4. ``refused: <reason>``: invalid; the provider was told.
    5. ``held``: valid, but waits for a person.

    ``body`` is capped in size, without the link to the recording. Spec: beyond.md 1, cross-cutting C16.

    .. pii: reviews may contain the learner's name and e-mail address and remarks about the learner
    .. pii_types: email_address, external_service, name, other
    .. pii_retirement: local_api
    """

    OUTCOME_RECEIVED: Final = "received"
    OUTCOME_APPLIED: Final = "applied"
    OUTCOME_DUPLICATE: Final = "duplicate"
    OUTCOME_REFUSED: Final = "refused"
    OUTCOME_HELD: Final = "held"

    attempt_code = models.CharField(max_length=255, db_index=True)
    external_id = models.CharField(max_length=255, db_index=True)
    # Entry-point name of the provider.
    backend = models.CharField(max_length=255)
    body = models.TextField()
    outcome = models.CharField(max_length=255, default=OUTCOME_RECEIVED)
    # User.id of whoever was signed in; null for anonymous callbacks. No foreign key: the record outlives the account.
    actor_id = models.IntegerField(null=True)

    objects: ClassVar[ReviewInboxManager] = ReviewInboxManager()

    class Meta:
        db_table = "proctoring_reviewinbox"
        verbose_name = "received review"

    def __str__(self) -> str:
        return f"inbox_id={self.pk} attempt_code={self.attempt_code} outcome={self.outcome}"
