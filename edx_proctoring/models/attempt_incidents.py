"""What happened to one learner in one exam that a person opened, or has to close."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from django.db import models
from model_utils.models import TimeStampedModel

if TYPE_CHECKING:
    from edx_proctoring.models.attempts import ProctoredExamStudentAttempt


class AttemptIncidentQuerySet(models.QuerySet["AttemptIncident"]):
    """Queries for incidents."""

    def open(self) -> Self:
        """Incidents that are not closed."""
        return self.filter(closed_at=None)

    def outages(self) -> Self:
        """Attempts that were taken while their provider was out of order."""
        return self.filter(kind=AttemptIncident.KIND_OUTAGE)


class AttemptIncidentManager(models.Manager.from_queryset(AttemptIncidentQuerySet)):  # type: ignore[misc]
    """All incidents."""

    def open_outage(self, attempt: "ProctoredExamStudentAttempt", *, now: datetime, by: int | None = None) -> None:
        """Note, in the caller's transaction, that an attempt is taken without its provider. One row per attempt.

        ``by``: ``User.id`` of staff, None if the learner entered.
        """
        if self.outages().open().filter(attempt_id=attempt.pk).exists():
            return
        exam_id, user_id = attempt.proctored_exam_id, attempt.user_id
        slot = f"{AttemptIncident.KIND_OUTAGE}:{exam_id}:{user_id}"
        # An attempt that is gone, or was resumed by this one, does not hold the slot.
        self.filter(open_slot=slot).update(open_slot=None)
        self.create(
            kind=AttemptIncident.KIND_OUTAGE,
            exam_id=exam_id,
            user_id=user_id,
            attempt_id=attempt.pk,
            attempt_code=attempt.attempt_code or "",
            source=AttemptIncident.SOURCE_SYSTEM if by is None else AttemptIncident.SOURCE_STAFF,
            opened_at=now,
            opened_by=by,
            open_slot=slot,
        )

    def close_outage(self, attempt_id: int, outcome: str, *, now: datetime, by: int | None = None) -> bool:
        """Close what ``open_outage`` opened; return False if it is closed already. Safe to race."""
        incidents = self.outages().open().filter(attempt_id=attempt_id)
        return bool(incidents.update(closed_at=now, closed_by=by, outcome=outcome, open_slot=None, modified=now))

    def is_taken_without_provider(self, attempt: "ProctoredExamStudentAttempt", /) -> bool:
        """Return whether an attempt, loaded with its exam, is taken without its provider because staff said so.

        One query for an attempt at a proctored exam that is not proctored, else none.
        """
        if attempt.taking_as_proctored or not attempt.proctored_exam.is_proctored:
            return False
        return self.is_outage_attempt(attempt.pk)

    def is_outage_attempt(self, attempt_id: int, /) -> bool:
        """Return whether an attempt is, or was, taken without its provider. One query."""
        return self.outages().filter(attempt_id=attempt_id).exists()


class AttemptIncident(TimeStampedModel):
    """Something that happened to one learner in one exam. By kind:

    1. ``pause``: the clock of the attempt stands still until the row is closed.
    2. ``help``: the learner asks for help.
    3. ``admission``: the learner waits in front of a closed waiting room; ``attempt_id`` may be null.
    4. ``outage``: the attempt is taken without its provider, and staff decide about it afterwards.
    5. ``note``: what an invigilator or the provider saw.

    ``open_slot`` is ``<kind>:<exam_id>:<user_id>`` while the row is open and there may be only one of it; the unique
    index stops two requests that both found none. No foreign keys: attempts and accounts can be removed, and the
    record stays.

    .. pii: texts written by the learner or about the learner
    .. pii_types: other
    .. pii_retirement: local_api
    """

    KIND_PAUSE: Final = "pause"
    KIND_HELP: Final = "help"
    KIND_ADMISSION: Final = "admission"
    KIND_OUTAGE: Final = "outage"
    KIND_NOTE: Final = "note"

    SOURCE_STAFF: Final = "staff"
    SOURCE_SYSTEM: Final = "system"

    kind = models.CharField(max_length=16)
    exam_id = models.IntegerField()
    user_id = models.IntegerField()
    attempt_id = models.IntegerField(null=True)
    attempt_code = models.CharField(max_length=255, default="")
    source = models.CharField(max_length=16)
    opened_at = models.DateTimeField()
    # ``User.id`` of staff, null for the learner, a provider and the system.
    opened_by = models.IntegerField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.IntegerField(null=True)
    # How it ended, in a word.
    outcome = models.CharField(max_length=32, default="")
    category = models.CharField(max_length=32, default="")
    text = models.TextField(default="")
    reply = models.TextField(default="")
    # JSON: what a kind has besides.
    details = models.TextField(default="{}")
    open_slot = models.CharField(max_length=96, null=True, unique=True)

    objects: ClassVar[AttemptIncidentManager] = AttemptIncidentManager()

    class Meta:
        db_table = "proctoring_incident"
        verbose_name = "incident"
        indexes = [
            # "What is open about this attempt?": each page of a running exam may ask it.
            models.Index(fields=["attempt_id", "kind", "closed_at"], name="proctoring_inc_attempt_idx"),
            # "Who waits, calls or is paused in this exam?": the board asks it every few seconds.
            models.Index(fields=["exam_id", "kind", "closed_at"], name="proctoring_inc_exam_idx"),
            # "What is known about this learner?": retirement and export ask it.
            models.Index(fields=["user_id"], name="proctoring_inc_user_idx"),
        ]

    def __str__(self) -> str:
        return f"incident_id={self.pk} kind={self.kind} exam_id={self.exam_id} user_id={self.user_id}"


def forget_incident_texts(user_ids: Collection[int]) -> None:
    """Blank the texts about learners, in the caller's transaction. The rows stay, as the results of attempts do."""
    AttemptIncident.objects.filter(user_id__in=user_ids).update(text="", reply="", details="{}")


def exists_outage(attempt: Any) -> models.Exists:
    """Return the condition that an attempt is, or was, taken without its provider. ``attempt``: an ``OuterRef``."""
    return models.Exists(AttemptIncident.objects.outages().filter(attempt_id=attempt))
