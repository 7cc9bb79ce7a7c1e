"""What staff put in force for everybody in one exam."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar, Final, Self

from django.db import models
from django.db.models import F, Func, Q, Value
from model_utils.models import TimeStampedModel


class ExamMeasureQuerySet(models.QuerySet["ExamMeasure"]):
    """Queries for measures."""

    def in_force(self, now: datetime) -> Self:
        """Measures that hold at this moment. One ends by its time, without any job."""
        return self.filter(starts_at__lte=now).filter(Q(ends_at=None) | Q(ends_at__gt=now))

    def outages(self) -> Self:
        """Outages of the provider."""
        return self.filter(kind=ExamMeasure.KIND_OUTAGE)


class ExamMeasureManager(models.Manager.from_queryset(ExamMeasureQuerySet)):  # type: ignore[misc]
    """All measures."""


class ExamMeasure(TimeStampedModel):
    """Staff put something in force in one exam. By kind:

    1. ``outage``: the provider is out of order, and learners take the exam without it until ``ends_at``.
    2. ``waiting_room``: no learner starts until staff let them in.
    3. ``announcement``: a sentence to everybody in the exam, or to the learner ``user_id``.

    ``open_slot`` is ``<kind>:<exam_id>`` while there may be only one; the unique index stops two members of staff who
    start the same. A measure whose time is over may still have it: the next one, or the sweeper, takes it away.

    .. pii: reason and text are free-form and may be about a learner
    .. pii_types: other
    .. pii_retirement: local_api
    """

    KIND_OUTAGE: Final = "outage"
    KIND_ANNOUNCEMENT: Final = "announcement"

    kind = models.CharField(max_length=16)
    exam_id = models.IntegerField()
    # The learner that an announcement is for, null for everybody.
    user_id = models.IntegerField(null=True)
    # For learners.
    text = models.TextField(default="")
    # For staff.
    reason = models.TextField(default="")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    # ``User.id``; ``closed_by`` stays null if the measure ends by its time.
    opened_by = models.IntegerField(null=True)
    closed_by = models.IntegerField(null=True)
    open_slot = models.CharField(max_length=96, null=True, unique=True)

    objects: ClassVar[ExamMeasureManager] = ExamMeasureManager()

    class Meta:
        db_table = "proctoring_exammeasure"
        verbose_name = "measure of the course team"
        verbose_name_plural = "measures of the course team"
        indexes = [
            # "What is in force in this exam?": entering the exam asks it.
            models.Index(fields=["exam_id", "kind", "ends_at"], name="proctoring_meas_exam_idx"),
            # "Which measures have ended?": the sweeper asks it.
            models.Index(fields=["kind", "ends_at"], name="proctoring_meas_kind_idx"),
        ]

    def __str__(self) -> str:
        return f"measure_id={self.pk} kind={self.kind} exam_id={self.exam_id}"

    def is_in_force(self, now: datetime) -> bool:
        """Return whether it holds at this moment."""
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)


class OutageInForce(Func):
    """Of an exam in a query: the id of the outage in force, null without one. As ``outages().in_force(now)``.

    For queries that read the exam anyway, so that to ask for an outage costs no query. In SQL: to build this subquery
    takes Django twice as long as to read the exam.
    """

    output_field = models.IntegerField()
    template = (
        "(SELECT m.id FROM %(table)s m WHERE m.exam_id = %(exam)s AND m.kind = '%(kind)s' "
        "AND m.starts_at <= %(now)s AND (m.ends_at IS NULL OR m.ends_at > %(now)s) LIMIT 1)"
    )

    def __init__(self, now: datetime) -> None:
        super().__init__(F("pk"), Value(now, models.DateTimeField()))

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **_context: Any) -> Any:
        """Return the statement and its parameters."""
        (exam, of_exam), (now, at) = (compiler.compile(source) for source in self.get_source_expressions())
        names = {"table": ExamMeasure._meta.db_table, "kind": ExamMeasure.KIND_OUTAGE, "exam": exam, "now": now}
        return self.template % names, (*of_exam, *at, *at)


def forget_measure_texts(user_ids: Collection[int]) -> None:
    """Blank what was announced to these learners, in the caller's transaction."""
    ExamMeasure.objects.filter(user_id__in=user_ids).update(text="", reason="")
