"""Received review callbacks."""

from datetime import datetime
from typing import ClassVar, Final, Self

from django.db import models
from model_utils.models import TimeStampedModel


class ReviewInboxQuerySet(models.QuerySet["ReviewInboxEntry"]):
    """Queries for received reviews."""

    def of_attempt(self, attempt_code: str, /) -> Self:
        """Callbacks for one attempt, in order of arrival."""
        return self.filter(attempt_code=attempt_code).order_by("id")

    def received_before(self, instant: datetime, /) -> Self:
        """Callbacks that arrived before ``instant``."""
        return self.filter(created__lt=instant)


class ReviewInboxManager(models.Manager.from_queryset(ReviewInboxQuerySet)):  # type: ignore[misc]
    """All callbacks that were not purged yet."""


class ReviewInboxEntry(TimeStampedModel):
    """One authenticated review callback, stored before it is validated.

    ``created`` is the time of arrival. A verdict that could not be processed can be read and replayed from here. Purged
    by age and by retirement. By outcome:

    1. ``received``: not processed yet. An old one means that the process died.
    2. ``applied``: the verdict was applied to the attempt.
    3. ``duplicate``: the same review was received before.
    4. ``refused: <reason>``: invalid; the response gave the reason.
    5. ``held``: valid, but needs a person.

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
    # User.id of the signed-in user; null for anonymous callbacks. Not a foreign key: the row outlives the account.
    actor_id = models.IntegerField(null=True)

    objects: ClassVar[ReviewInboxManager] = ReviewInboxManager()

    class Meta:
        db_table = "proctoring_reviewinbox"
        verbose_name = "received review"

    def __str__(self) -> str:
        return f"inbox_id={self.pk} attempt_code={self.attempt_code} outcome={self.outcome}"
