"""What staff ordered, for one learner or for many, and what became of it for each."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self
from uuid import uuid4

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from model_utils.models import TimeStampedModel

from edx_proctoring.utils.texts import LONGEST_REASON


def new_code() -> str:
    """Return the public id of a new job."""
    return uuid4().hex


def as_json(value: Mapping[str, Any]) -> str:
    """Return plain data as it is stored."""
    return json.dumps(value, cls=DjangoJSONEncoder)


class StaffJobQuerySet(models.QuerySet["StaffJob"]):
    """Queries for jobs."""

    def of_course(self, course_id: str, /) -> Self:
        """Jobs in one course, newest first."""
        return self.filter(course_id=course_id).order_by("-created", "-id")

    def unfinished(self) -> Self:
        """Jobs with rows that are still to be worked on."""
        return self.filter(state__in=StaffJob.UNFINISHED_STATES)


class StaffJobManager(models.Manager.from_queryset(StaffJobQuerySet)):  # type: ignore[misc]
    """All jobs."""


class StaffJob(TimeStampedModel):
    """A member of staff ordered something: the order, its progress, and the record of who did it and why.

    By state:

    1. ``queued``: no process works on it yet.
    2. ``running``: a process works on it until ``lease_until``; afterwards another one may go on.
    3. ``done``: every row has an outcome. A single action is written like this, in the transaction of the change.
    4. ``stopped``: a person stopped it; rows that waited then stay ``waiting`` for ever.

    ``parameters`` holds ids, numbers and words of ours; no text about a learner. There are no foreign keys to other
    tables, because the record outlives attempts, exams and accounts. Contract: contract/staff-jobs#record.

    .. pii: the reason is free-form text about learners
    .. pii_types: other
    .. pii_retirement: local_api
    """

    STATE_QUEUED: Final = "queued"
    STATE_RUNNING: Final = "running"
    STATE_DONE: Final = "done"
    STATE_STOPPED: Final = "stopped"
    UNFINISHED_STATES: Final = (STATE_QUEUED, STATE_RUNNING)

    # The public id, which is in addresses.
    code = models.CharField(max_length=32, unique=True, default=new_code)
    # What is done to each row: ``reset``, ``extend``, …
    kind = models.CharField(max_length=32)
    course_id = models.CharField(max_length=255)
    # Null for a job that concerns several exams.
    exam_id = models.IntegerField(null=True)
    # User.id of the member of staff.
    created_by = models.IntegerField(null=True)
    reason = models.CharField(max_length=LONGEST_REASON, default="")
    parameters = models.TextField(default="{}")
    state = models.CharField(max_length=16, default=STATE_QUEUED)
    total = models.IntegerField(default=0)
    # How many rows have which outcome.
    done = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[StaffJobManager] = StaffJobManager()

    class Meta:
        db_table = "proctoring_staffjob"
        verbose_name = "job of the course team"
        verbose_name_plural = "jobs of the course team"
        indexes = [
            # For the list of a course, newest first.
            models.Index(fields=["course_id", "created"], name="proctoring_job_course_idx"),
            # For jobs that no process works on any more.
            models.Index(fields=["state", "lease_until"], name="proctoring_job_lease_idx"),
        ]

    def __str__(self) -> str:
        return f"job={self.code} kind={self.kind} state={self.state}"

    @property
    def is_finished(self) -> bool:
        """Whether nothing is done for it any more."""
        return self.state not in self.UNFINISHED_STATES

    @property
    def parameters_data(self) -> dict[str, Any]:
        """The parameters as data."""
        data: dict[str, Any] = json.loads(self.parameters)
        return data


class StaffJobRowQuerySet(models.QuerySet["StaffJobRow"]):
    """Queries for rows of jobs."""

    def about(self, exam_id: int, user_id: int, /) -> Self:
        """Rows about one learner in one exam, oldest first, with their jobs."""
        return self.filter(exam_id=exam_id, user_id=user_id).select_related("job").order_by("id")

    def waiting(self) -> Self:
        """Rows without an outcome, in their order."""
        return self.filter(state=StaffJobRow.STATE_WAITING).order_by("position")


class StaffJobRowManager(models.Manager.from_queryset(StaffJobRowQuerySet)):  # type: ignore[misc]
    """All rows."""


class StaffJobRow(TimeStampedModel):
    """One object of a job, and what became of it.

    By state:

    1. ``waiting``: not taken yet.
    2. ``done``: changed; ``result`` says how.
    3. ``skipped``: nothing to do; ``error_code`` says why.
    4. ``failed``: refused; ``error_code`` and ``message`` say why.

    .. pii: message and result may contain free-form text about the learner
    .. pii_types: other
    .. pii_retirement: local_api
    """

    STATE_WAITING: Final = "waiting"
    STATE_DONE: Final = "done"
    STATE_SKIPPED: Final = "skipped"
    STATE_FAILED: Final = "failed"

    job = models.ForeignKey(StaffJob, on_delete=models.CASCADE, related_name="rows")
    position = models.IntegerField()
    exam_id = models.IntegerField(null=True)
    user_id = models.IntegerField(null=True)
    attempt_id = models.IntegerField(null=True)
    state = models.CharField(max_length=16, default=STATE_WAITING)
    error_code = models.CharField(max_length=64, default="")
    message = models.CharField(max_length=255, default="")
    result = models.TextField(default="{}")

    objects: ClassVar[StaffJobRowManager] = StaffJobRowManager()

    class Meta:
        db_table = "proctoring_staffjobrow"
        verbose_name = "row of a job"
        verbose_name_plural = "rows of jobs"
        constraints = [
            models.UniqueConstraint(fields=["job", "position"], name="proctoring_one_row_per_position"),
        ]
        indexes = [
            # For what is left to do, and for lists of failures.
            models.Index(fields=["job", "state"], name="proctoring_jobrow_state_idx"),
            # For what staff did for one learner in an exam, and for retirement.
            models.Index(fields=["user_id", "exam_id"], name="proctoring_jobrow_learner_idx"),
        ]

    def __str__(self) -> str:
        return f"job_row_id={self.pk} position={self.position} state={self.state}"

    @property
    def result_data(self) -> dict[str, Any]:
        """The result as data."""
        data: dict[str, Any] = json.loads(self.result)
        return data


def forget_job_texts(user_id: int, /) -> None:
    """Blank what jobs say about one learner, also the reason of a job that concerned others too. Idempotent."""
    rows = StaffJobRow.objects.filter(user_id=user_id)
    # A list, because MariaDB is slow to update by a sub-query.
    job_ids = list(rows.order_by().values_list("job_id", flat=True).distinct())
    StaffJob.objects.filter(pk__in=job_ids).exclude(reason="").update(reason="")
    rows.update(message="", result="{}")
