"""The allowances of a course as the course team sees them: what each gives, who gave it, and who is in the exam now.

Contract: contract/rest-v2#allowances-list. A page of rows costs the same few queries whatever it lists
(architecture#constant-queries).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import OrderBy

from edx_proctoring.api.course_staff.attempt_rows import ExamRef, Learner, exam_ref, learner_of
from edx_proctoring.api.course_staff.exports import CHUNK, Record
from edx_proctoring.api.exams import allowance_changes, allowance_values, allowances
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    StaffJobRow,
)
from edx_proctoring.utils import user_names

__all__ = ["COLUMNS", "TYPES", "AllowanceFilter", "AllowanceRow", "allowance_row", "matching", "records"]

# Types that are stored.
TYPES: Final = (allowance_values.ADDITIONAL_TIME, allowance_values.REVIEW_POLICY_EXCEPTION)

COLUMNS: Final = (
    "allowance_id",
    "exam_id",
    "exam_name",
    "username",
    "email",
    "type",
    "value",
    "total_minutes",
    "granted_by",
    "granted_at",
)


@dataclass(frozen=True, slots=True)
class AllowanceFilter:
    """Which allowances of a course are meant; None: no condition.

    ``exam_ids``, ``types``: any of these. ``search``: part of a username, e-mail address or full name.
    ``is_running``: the learner is in the exam now.
    """

    exam_ids: Sequence[int] | None = None
    types: Sequence[str] | None = None
    search: str | None = None
    is_running: bool | None = None


@dataclass(frozen=True, slots=True)
class AllowanceRow:
    """An allowance in a list for staff.

    ``total_minutes``: the exam's limit and the allowance together; None if it gives no time. ``granted_by`` (a
    ``User``), ``granted_at``, ``change_id``: who made it what it is, when, and the record by which that can be undone;
    None if it is not on record. ``running_attempt_id``: the learner is in the exam now. ``version``: changes with it.
    """

    id: int
    exam: ExamRef
    user: Learner
    type: str
    value: str
    total_minutes: int | None
    granted_by: Any
    granted_at: datetime | None
    change_id: int | None
    modified_at: datetime
    running_attempt_id: int | None
    version: str


@dataclass(frozen=True, slots=True)
class _Grant:
    """The record of the last change of an allowance."""

    row_id: int
    by: int | None
    at: datetime
    value: str | None


def matching(course_id: str, wanted: AllowanceFilter) -> QuerySet[ProctoredExamStudentAllowance]:
    """Return the allowances of a course that the filter means, by id."""
    allowances_of_course = ProctoredExamStudentAllowance.objects.filter(proctored_exam__course_id=course_id)
    if wanted.exam_ids is not None:
        allowances_of_course = allowances_of_course.filter(proctored_exam_id__in=wanted.exam_ids)
    if wanted.types is not None:
        allowances_of_course = allowances_of_course.filter(key__in=wanted.types)
    if wanted.search is not None:
        allowances_of_course = allowances_of_course.filter(user_names.called(wanted.search))
    if wanted.is_running is not None:
        running = Exists(
            ProctoredExamStudentAttempt.objects.running().filter(
                user_id=OuterRef("user_id"), proctored_exam_id=OuterRef("proctored_exam_id")
            )
        )
        allowances_of_course = allowances_of_course.filter(running if wanted.is_running else ~running)
    return allowances_of_course.order_by("pk")


def ordered(
    found: QuerySet[ProctoredExamStudentAllowance], ordering: Sequence[OrderBy] | None
) -> QuerySet[ProctoredExamStudentAllowance]:
    """Return allowances in this order; without, by the learner's name, then the exam's."""
    return found.order_by(*(ordering or ("user__username", "proctored_exam__exam_name", "pk")))


def allowance_rows(found: Any) -> list[AllowanceRow]:
    """Return a page of allowances, a queryset or a slice of one, as rows. Four queries, one without allowances."""
    page = list(found.select_related("proctored_exam", *user_names.profile_join()))
    if not page:
        return []
    exams: dict[int, ProctoredExam] = {row.proctored_exam_id: row.proctored_exam for row in page}
    refs = {pk: exam_ref(exam) for pk, exam in exams.items()}
    user_ids = {row.user_id for row in page}
    grants = _grants(exams, user_ids)
    people_on_record = user_names.users_by_id({grant.by for grant in grants.values()})
    running = allowance_changes.running_attempts(exams, user_ids)
    rows = []
    for allowance in page:
        pair = (allowance.proctored_exam_id, allowance.user_id)
        grant = grants.get((*pair, allowance.key))
        if grant is not None and grant.value != allowance.value:
            # Changed since without a record.
            grant = None
        rows.append(
            AllowanceRow(
                id=allowance.pk,
                exam=refs[allowance.proctored_exam_id],
                user=learner_of(allowance.user),
                type=allowance.key,
                value=allowance.value,
                total_minutes=allowance_values.total_minutes(
                    allowance.key, allowance.value, allowance.proctored_exam.time_limit_mins
                ),
                granted_by=people_on_record.get(grant.by) if grant and grant.by else None,
                granted_at=grant.at if grant else None,
                change_id=grant.row_id if grant else None,
                modified_at=allowance.modified,
                running_attempt_id=running.get(pair),
                version=allowance_changes.version_of(allowance),
            )
        )
    return rows


def allowance_row(allowance_id: int, /) -> AllowanceRow | None:
    """Return one allowance as a row, None if there is none. Four queries."""
    return next(iter(allowance_rows(ProctoredExamStudentAllowance.objects.filter(pk=allowance_id))), None)


def records(course_id: str, wanted: AllowanceFilter) -> Iterator[list[Record]]:
    """Yield the allowances of a course in pieces, by id, for a file. Four queries per piece of 500."""
    found = matching(course_id, wanted)
    last = 0
    while rows := allowance_rows(found.filter(pk__gt=last)[:CHUNK]):
        last = rows[-1].id
        yield [
            {
                "allowance_id": row.id,
                "exam_id": row.exam.id,
                "exam_name": row.exam.name,
                "username": row.user.username,
                "email": row.user.email,
                "type": row.type,
                "value": row.value,
                "total_minutes": row.total_minutes,
                "granted_by": None if row.granted_by is None else row.granted_by.username,
                "granted_at": row.granted_at,
            }
            for row in rows
        ]


def _grants(exam_ids: Collection[int], user_ids: Collection[int]) -> dict[tuple[int, int, str], _Grant]:
    """Return the last changes on record by exam, learner and type; ``value``: what it was made. One query."""
    recorded = StaffJobRow.objects.filter(
        exam_id__in=exam_ids,
        user_id__in=user_ids,
        job__kind=allowances.RECORD_KIND,
        state=StaffJobRow.STATE_DONE,
    ).select_related("job")
    # By time: a row that a job worked on was changed then, and not when the job was ordered.
    grants: dict[tuple[int, int, str], _Grant] = {}
    for row in recorded.order_by("modified", "pk"):
        change = row.result_data
        if row.exam_id and row.user_id and "type" in change:
            grant = _Grant(row.pk, row.job.created_by, row.modified, change.get("after"))
            grants[row.exam_id, row.user_id, change["type"]] = grant
    return grants
