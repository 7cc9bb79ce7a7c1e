"""Search for attempts of a course by what the course team can filter. Contract: contract/rest-v2#attempts-list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.expressions import OrderBy

from edx_proctoring.api.course_staff import newest_attempts
from edx_proctoring.api.course_staff.attempt_list import page_of_all
from edx_proctoring.api.course_staff.attempt_rows import AttemptRow, as_rows, exam_ref, loaded, rows_of
from edx_proctoring.api.course_staff.learner_search import find_learners
from edx_proctoring.api.lifecycle.queries import does_not_exist
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.models.attempt_incidents import exists_outage
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

__all__ = ["STATUSES", "AttemptFilter", "NoSuchPage", "attempt_row", "attempts_page", "matching"]

# Every status that an attempt can have in the database.
STATUSES: Final = (
    Status.created,
    Status.download_software_clicked,
    Status.ready_to_start,
    Status.started,
    Status.ready_to_submit,
    Status.declined,
    Status.timed_out,
    Status.submitted,
    Status.second_review_required,
    Status.verified,
    Status.rejected,
    Status.error,
    Status.expired,
    Status.onboarding_reset,
    *Status.onboarding_errors,
)


class NoSuchPage(ProctoredBaseException):
    """The list is shorter."""

    http_status = 404
    code = "not_found"


@dataclass(frozen=True, slots=True)
class AttemptFilter:
    """Which attempts of a course are meant; None: no condition.

    ``exam_ids``, ``types``, ``statuses``: any of these. ``started_after`` counts itself, ``started_before`` does not.
    ``during_outage``: taken without its provider, because staff said that it is out of order.
    ``needs_review``: waits for a decision of the course team. ``search``: part of a username, e-mail address or name.
    ``latest_only``: only the newest attempt of each learner at each exam; the other conditions are about that one.
    """

    exam_ids: Sequence[int] | None = None
    types: Sequence[str] | None = None
    statuses: Sequence[str] | None = None
    user_id: int | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    is_resumable: bool | None = None
    needs_review: bool | None = None
    during_outage: bool | None = None
    search: str | None = None
    latest_only: bool = True

    @property
    def conditions(self) -> Q:
        """The conditions on single attempts."""
        given = {
            "status__in": self.statuses,
            "user_id": self.user_id,
            "started_at__gte": self.started_after,
            "started_at__lt": self.started_before,
            "is_resumable": self.is_resumable,
        }
        conditions = Q(**{name: value for name, value in given.items() if value is not None})
        if self.during_outage is not None:
            is_outage = Q(exists_outage(OuterRef("pk")))
            conditions &= is_outage if self.during_outage else ~is_outage
        if self.needs_review is None:
            return conditions
        waits = Q(status=Status.second_review_required)
        return conditions & (waits if self.needs_review else ~waits)


def attempts_page(
    course_id: str,
    wanted: AttemptFilter,
    *,
    ordering: Sequence[OrderBy] | None = None,
    page: int,
    page_size: int,
) -> Page:
    """Return one page of the attempts of a course; ``object_list`` holds ``AttemptRow``.

    Args:
        course_id: the course.
        wanted: which attempts.
        ordering: terms for ``order_by`` that end with the id; newest first without.
        page: number of the page, from 1. The first page of an empty list is empty.
        page_size: rows per page.

    Eight queries at the most. Raises ``NoSuchPage``.
    """
    exams = exams_of(course_id, wanted)
    if ordering is None and wanted.latest_only and not wanted.conditions and wanted.search is None:
        found, rows = page_of_all(exams, ("-created", "-id"), page, page_size, walks_index=True)
        ids = [row[0] for row in rows]
    else:
        attempts = matching(exams, wanted).order_by(*(ordering or ("-created", "-id")))
        found = Paginator(attempts.values_list("pk", flat=True), page_size).get_page(page)
        ids = list(found.object_list)
    if found.number != page:
        raise NoSuchPage
    shown: list[AttemptRow] = rows_of(ids, exams)
    found.object_list = shown
    return found


def exams_of(course_id: str, wanted: AttemptFilter) -> dict[int, ProctoredExam]:
    """Return the exams of the course that the filter leaves, by id. One query."""
    exams = ProctoredExam.objects.filter(course_id=course_id)
    if wanted.exam_ids is not None:
        exams = exams.filter(pk__in=wanted.exam_ids)
    return {exam.pk: exam for exam in exams if wanted.types is None or exam_ref(exam).type in wanted.types}


def matching(exams: Mapping[int, ProctoredExam], wanted: AttemptFilter) -> QuerySet[ProctoredExamStudentAttempt]:
    """Return the attempts at these exams that the filter means, unordered. A search costs one query."""
    if wanted.latest_only:
        attempts = newest_attempts.query(exams)
    else:
        attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id__in=list(exams))
    if wanted.search is not None:
        learners = find_learners(wanted.search, exams, by_name=True)
        attempts = attempts.filter(user_id__in=learners.query if learners.ids is None else learners.ids)
    return attempts.filter(wanted.conditions)


def attempt_row(attempt_id: int, /) -> AttemptRow:
    """Return one live attempt as a row. Raises ``StudentExamAttemptDoesNotExistsException``. Four queries."""
    attempt = loaded(ProctoredExamStudentAttempt.objects.filter(pk=attempt_id), "proctored_exam").first()
    if attempt is None:
        raise does_not_exist(attempt_id)
    [row] = as_rows([attempt], {attempt.proctored_exam_id: attempt.proctored_exam})
    return row
