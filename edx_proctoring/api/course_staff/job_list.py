"""The jobs of a course as lists. Contract: contract/rest-v2#jobs-list."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from edx_proctoring.api.course_staff.attempt_rows import Learner, learner_of
from edx_proctoring.api.course_staff.exports import CHUNK
from edx_proctoring.api.exams.allowances import RECORD_KIND as ALLOWANCES
from edx_proctoring.api.jobs.allowances import UNCHANGED
from edx_proctoring.api.jobs.creating import JobOutcome
from edx_proctoring.models import StaffJob, StaffJobRow
from edx_proctoring.utils import user_names

__all__: list[str] = []

ROW_STATES: Final = (
    StaffJobRow.STATE_WAITING,
    StaffJobRow.STATE_DONE,
    StaffJobRow.STATE_SKIPPED,
    StaffJobRow.STATE_FAILED,
)
FILE_COLUMNS: Final = (
    "job",
    "kind",
    "created_at",
    "created_by",
    "reason",
    "exam_id",
    "username",
    "attempt_id",
    "status",
    "error",
    "result",
)


@dataclass(frozen=True, slots=True)
class JobView:
    """A job for staff. ``code``: None for a dry run. ``created_by``: the ``User``, None if the account is gone."""

    code: str | None
    kind: str
    course_id: str
    exam_id: int | None
    state: str
    dry_run: bool
    reason: str
    parameters: Mapping[str, Any]
    created_at: datetime
    created_by: Any
    finished_at: datetime | None
    total: int
    done: int
    skipped: int
    failed: int


@dataclass(frozen=True, slots=True)
class JobRowView:
    """A row of a job for staff.

    ``line``: of the file, for rows of a file. ``status``: the row's state, or what exactly was done. ``error_code``,
    ``message``: why it was skipped or failed.
    """

    position: int
    line: int | None
    exam_id: int | None
    user: Learner | None
    attempt_id: int | None
    success: bool
    status: str
    error_code: str
    message: str
    result: Mapping[str, Any]


def jobs_of_course(course_id: str, *, kinds: Collection[str] | None = None) -> QuerySet[StaffJob]:
    """Return the jobs in a course, newest first. ``kinds``: only these."""
    jobs = StaffJob.objects.of_course(course_id)
    return jobs if kinds is None else jobs.filter(kind__in=kinds)


def views_of(jobs: Sequence[StaffJob]) -> list[JobView]:
    """Return jobs as staff see them. One query."""
    people_by_id = user_names.users_by_id({job.created_by for job in jobs})
    return [_view(job, people_by_id, is_dry_run=False) for job in jobs]


def view_of(outcome: JobOutcome) -> JobView:
    """Return a job as staff see it. One query."""
    people_by_id = user_names.users_by_id({outcome.job.created_by})
    return _view(outcome.job, people_by_id, is_dry_run=outcome.is_dry_run)


def rows_of_job(code: str, *, states: Collection[str] | None = None) -> QuerySet[StaffJobRow]:
    """Return the rows of a job in their order. ``states``: only these."""
    rows = StaffJobRow.objects.filter(job__code=code).select_related("job").order_by("position")
    return rows if states is None else rows.filter(state__in=states)


def row_views(rows: Sequence[StaffJobRow]) -> list[JobRowView]:
    """Return rows as staff see them. One query, two on hosts with profiles."""
    users = user_names.users_by_id({row.user_id for row in rows})
    return [_row_view(row, users) for row in rows]


def job_records(course_id: str) -> Iterator[list[Mapping[str, Any]]]:
    """Yield the rows of all jobs of a course in pieces, oldest first. Two queries per piece of 500."""
    rows = StaffJobRow.objects.filter(job__course_id=course_id).select_related("job").order_by("pk")
    last = 0
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        last = chunk[-1].pk
        users = user_names.users_by_id({person for row in chunk for person in (row.user_id, row.job.created_by)})
        yield [
            {
                "job": row.job.code,
                "kind": row.job.kind,
                "created_at": row.job.created,
                "created_by": _username(users, row.job.created_by),
                "reason": row.job.reason,
                "exam_id": row.exam_id,
                "username": _username(users, row.user_id),
                "attempt_id": row.attempt_id,
                "status": _status(row, row.result_data),
                "error": row.error_code,
                "result": row.result,
            }
            for row in chunk
        ]


def _view(job: StaffJob, users: Mapping[int, Any], *, is_dry_run: bool) -> JobView:
    return JobView(
        code=None if is_dry_run else job.code,
        kind=job.kind,
        course_id=job.course_id,
        exam_id=job.exam_id,
        state=job.state,
        dry_run=is_dry_run,
        reason=job.reason,
        parameters=job.parameters_data,
        created_at=job.created,
        created_by=users.get(job.created_by or 0),
        finished_at=job.finished_at,
        total=job.total,
        done=job.done,
        skipped=job.skipped,
        failed=job.failed,
    )


def _row_view(row: StaffJobRow, users: Mapping[int, Any]) -> JobRowView:
    result = row.result_data
    status = _status(row, result)
    user = users.get(row.user_id or 0)
    return JobRowView(
        position=row.position,
        line=result.pop("line", None),
        exam_id=row.exam_id,
        user=None if user is None else learner_of(user),
        attempt_id=row.attempt_id,
        success=row.state == StaffJobRow.STATE_DONE or status == UNCHANGED,
        status=status,
        error_code=row.error_code,
        message=row.message,
        result=result,
    )


def _status(row: StaffJobRow, result: Mapping[str, Any]) -> str:
    """Return the state or, of a change of an allowance, which change it was, if any was needed."""
    if row.job.kind != ALLOWANCES or row.state not in (StaffJobRow.STATE_DONE, StaffJobRow.STATE_SKIPPED):
        return row.state
    return str(result.get("status", row.state))


def _username(users: Mapping[int, Any], user_id: int | None) -> str | None:
    user = users.get(user_id or 0)
    return None if user is None else user.username
