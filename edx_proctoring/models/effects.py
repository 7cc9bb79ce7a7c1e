"""The outbox: effects of status changes on services, providers and learners."""

from datetime import datetime
from typing import ClassVar, Final, Self

from django.db import models
from model_utils.models import TimeStampedModel

from edx_proctoring.models.exams import ProctoredExam


class AttemptEffectQuerySet(models.QuerySet["AttemptEffect"]):
    """Queries for effects."""

    def due(self, now: datetime) -> Self:
        """Effects to deliver now, in the order of their creation."""
        return self.filter(state=AttemptEffect.STATE_DUE, next_try_at__lte=now).order_by("id")

    def leftovers(self) -> Self:
        """Effects that were not delivered: due, waiting for a retry, or given up (acknowledged or not)."""
        return self.filter(state__in=(AttemptEffect.STATE_DUE, *AttemptEffect.GIVEN_UP_STATES))

    def unsettled(self) -> Self:
        """Effects that wait for their delivery, and those that were given up and that no person has acknowledged."""
        return self.filter(state__in=AttemptEffect.UNSETTLED_STATES)

    def of_attempt(self, attempt_id: int, /) -> Self:
        """Effects of one attempt, in the order of their creation."""
        return self.filter(attempt_id=attempt_id).order_by("id")

    def of_course(self, course_id: str, /) -> Self:
        """Effects of attempts at the exams of one course."""
        return self.filter(exam_id__in=ProctoredExam.objects.filter(course_id=course_id).values("id"))


class AttemptEffectManager(models.Manager.from_queryset(AttemptEffectQuerySet)):  # type: ignore[misc]
    """All effects."""


class AttemptEffect(TimeStampedModel):
    """One effect of a status change: credit, grade, provider, mail, signal.

    Written in the transaction of the change, so that it is not lost if the process is killed right afterwards. By
    state:

    1. ``due``, ``tries`` = 0: not tried yet.
    2. ``due``, ``tries`` > 0: failed so far (``last_error``), to be retried at ``next_try_at``.
    3. ``done``: its receiver accepted it.
    4. ``superseded``: the attempt changed again before delivery, so the effect is no longer needed.
    5. ``failed``: given up; needs a person.
    6. ``acknowledged``: given up, and a person has dealt with it; kept on record, and no longer an alarm.

    Effects of one attempt are ordered by id. ``arguments`` contains ids and statuses only, no personal data. There is
    no foreign key, because effects outlive removed attempts. Contract: contract/effects#recorded.

    .. no_pii:
    """

    KIND_PROVIDER: Final = "provider"
    KIND_CREDIT: Final = "credit"
    KIND_GRADE: Final = "grade"
    KIND_CERTIFICATE: Final = "certificate"
    KIND_MAIL: Final = "mail"
    KIND_SIGNAL: Final = "signal"
    KIND_INSTRUCTOR: Final = "instructor"

    STATE_DUE: Final = "due"
    STATE_DONE: Final = "done"
    STATE_SUPERSEDED: Final = "superseded"
    STATE_FAILED: Final = "failed"
    STATE_ACKNOWLEDGED: Final = "acknowledged"
    GIVEN_UP_STATES: Final = (STATE_FAILED, STATE_ACKNOWLEDGED)
    UNSETTLED_STATES: Final = (STATE_DUE, STATE_FAILED)

    attempt_id = models.IntegerField(db_index=True)
    attempt_code = models.CharField(max_length=255)
    exam_id = models.IntegerField(db_index=True)
    kind = models.CharField(max_length=16)
    # The method of the receiver, such as ``stop_exam_attempt``. Not named ``call``, because hosts forbid SQL's reserved
    # words as field names (contract/host-integration#model-checks).
    call_name = models.CharField(max_length=64)
    arguments = models.TextField(default="{}")
    from_status = models.CharField(max_length=64)
    to_status = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    # Class of the exception and a short text.
    last_error = models.CharField(max_length=255, default="")
    state = models.CharField(max_length=16, default=STATE_DUE)

    objects: ClassVar[AttemptEffectManager] = AttemptEffectManager()

    class Meta:
        db_table = "proctoring_effect"
        verbose_name = "effect of a status change"
        verbose_name_plural = "effects of status changes"
        indexes = [
            # For the query of due effects, which runs continuously.
            models.Index(fields=["state", "next_try_at"], name="proctoring_effect_due_idx"),
        ]

    @property
    def call(self) -> str:
        """Alias of ``call_name``, also as argument of the constructor."""
        return self.call_name

    @call.setter
    def call(self, name: str) -> None:
        self.call_name = name

    def __str__(self) -> str:
        return f"effect_id={self.pk} attempt_id={self.attempt_id} kind={self.kind} state={self.state}"
