"""The list of attempts for course staff, one page at a time.

Contract: GET /v1/proctored_exam/attempt/grouped/course_id/{course_id}, contract/rest-rules#list-queries.

The list shows the newest attempt of each learner at each exam. A course may have ten thousand learners, and the cost of
a page must not depend on that number (architecture#constant-queries; measured in docs/performance.rst). Three parts
of the work would:

- finding the newest attempts: ``newest_attempts`` walks an index backwards in time,
- counting all rows: ``attempt_count`` keeps the number until it changes,
- comparing every name in a search: ``learner_search`` looks for learners first, and keeps the result for a minute.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet

from edx_proctoring.api.course_staff import attempt_count, newest_attempts
from edx_proctoring.api.course_staff.learner_search import find_learners
from edx_proctoring.api.course_staff.newest_attempts import Row
from edx_proctoring.api.lifecycle import expiry, queries
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_columns, attempt_dict_of_columns, exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

__all__ = ["ATTEMPT_ORDERINGS", "current_attempts_page", "page_of_all"]

NEWEST_FIRST: Final = "-created"
# Times as many attempts as rows are read before the query is written more exactly.
_WASTE: Final = 2

# Query value to database order. The id breaks ties, so that no row appears on two pages or on none.
ATTEMPT_ORDERINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "created": ("created", "id"),
    NEWEST_FIRST: ("-created", "-id"),
    "username": ("user__username", "-created", "-id"),
    "-username": ("-user__username", "-created", "-id"),
    "exam_name": ("proctored_exam__exam_name", "-created", "-id"),
    "-exam_name": ("-proctored_exam__exam_name", "-created", "-id"),
    "status": ("status", "-created", "-id"),
    "-status": ("-status", "-created", "-id"),
    "started_at": ("started_at", "-created", "-id"),
    "-started_at": ("-started_at", "-created", "-id"),
    "completed_at": ("completed_at", "-created", "-id"),
    "-completed_at": ("-completed_at", "-created", "-id"),
}


def current_attempts_page(
    course_id: str,
    *,
    page: int,
    page_size: int,
    search_by: str | None = None,
    exam_id: int | None = None,
    status: str | None = None,
    ordering: str = NEWEST_FIRST,
) -> Page:
    """Return one page of the newest attempt per learner and exam of a course.

    Args:
        course_id: the course; timed, practice and proctored exams, active or not.
        page: page number; one beyond the end gives the last page.
        page_size: rows per page.
        search_by: part of a username or e-mail address, in any case.
        exam_id, status: only newest attempts at this exam, in this status.
        ordering: a key of ``ATTEMPT_ORDERINGS``; an unknown one means newest first.

    Each row is an attempt dict with ``all_attempts``: all attempts of that learner at that exam,
    newest first. An attempt in ``error`` also has ``error_reported_at`` (datetime or None) and
    ``seconds_left_at_error`` (int or None). Four queries; five where learners took their exams many times.
    """
    if ordering not in ATTEMPT_ORDERINGS:
        ordering = NEWEST_FIRST
    order = ATTEMPT_ORDERINGS[ordering]
    exams = _exams(course_id, exam_id)
    rows: Any
    if search_by:
        learners = find_learners(search_by, exams, by_name=False)
        if learners.ids is not None:
            rows = newest_attempts.rows_of_learners(learners.ids, exams, status, order)
        else:
            rows = _row_query(exams, status, order, user_ids=learners.query)
        found: Page = Paginator(rows, page_size).get_page(page)
        rows = found.object_list
    elif status:
        found, rows = _page_with_status(exams, status, order, page, page_size, is_usual_order=ordering == NEWEST_FIRST)
    else:
        found, rows = page_of_all(exams, order, page, page_size, walks_index=ordering == NEWEST_FIRST)
    shown: Any = _with_all_attempts([Row(*row) for row in rows], exams)
    found.object_list = shown
    return found


def _exams(course_id: str, exam_id: int | None) -> dict[int, ProctoredExam]:
    exams = ProctoredExam.objects.filter(course_id=course_id)
    if exam_id is not None:
        exams = exams.filter(pk=exam_id)
    return {exam.pk: exam for exam in exams}


def _row_query(
    exams: Mapping[int, ProctoredExam], status: str | None, order: Sequence[str], *, user_ids: Any = None
) -> QuerySet:
    """Return a query for the rows that compares all attempts at the exams."""
    attempts = newest_attempts.query(exams)
    if status:
        attempts = attempts.filter(status=status)
    if user_ids is not None:
        attempts = attempts.filter(user_id__in=user_ids)
    return attempts.order_by(*order).values_list(*Row._fields)


def page_of_all(
    exams: Mapping[int, ProctoredExam], order: Sequence[str], page: int, page_size: int, *, walks_index: bool
) -> tuple[Page, Any]:
    """Return a page of the list without search and filter, and its rows."""
    steps = newest_attempts.steps_to_row(page * page_size) if walks_index else 0
    kept = attempt_count.kept_learners(exams)
    marks = newest_attempts.read_marks(exams, steps, count=exams.keys() - kept.numbers.keys())
    # It only computes with the number of rows: the query for them is written where it is needed.
    paginator: Paginator = Paginator((), page_size)
    paginator.count = attempt_count.total(marks, kept)
    top = newest_attempts.top_rows(marks, steps) if steps else None
    if top is not None and top.is_complete:
        # More reliable than a kept count, which does not notice rows written without the ORM.
        paginator.count = len(top.rows)
    found = paginator.get_page(page)
    first, last = max(found.start_index() - 1, 0), found.end_index()
    if top is not None and len(top.rows) >= last:
        return found, top.rows[first:last]
    return found, _row_query(exams, None, order)[first:last]


def _page_with_status(
    exams: Mapping[int, ProctoredExam],
    status: str,
    order: Sequence[str],
    page: int,
    page_size: int,
    *,
    is_usual_order: bool,
) -> tuple[Page, Any]:
    """Return a page of the list with one status and without a search, and its rows."""
    deepest = page * page_size
    walks_index = is_usual_order and newest_attempts.is_near(deepest)
    reach = attempt_count.kept_reach(exams, status, deepest) if walks_index else None
    kept = attempt_count.kept_superseded(exams)
    known = {pk for pk, numbers in kept.numbers.items() if status in attempt_count.KeptSuperseded(*numbers).by_status}
    marks = newest_attempts.read_status_marks(
        exams, status, deepest if walks_index and reach is None else 0, count=exams.keys() - known
    )
    if marks.reach is not None:
        reach = marks.reach
        attempt_count.keep_reach(exams, status, deepest, reach)
    paginator: Paginator = Paginator((), page_size)
    paginator.count = attempt_count.total_with_status(marks, status, kept)
    found = paginator.get_page(page)
    first, last = max(found.start_index() - 1, 0), found.end_index()
    if not is_usual_order:
        return found, _row_query(exams, status, order)[first:last]
    is_any_superseded = paginator.count < marks.attempts
    found_rows = newest_attempts.rows_with_status(exams, status, reach, is_any_superseded=is_any_superseded)
    rows = list(found_rows[first:last])
    if len(rows) < last - first and reach is not None:
        # Rows have gone since their number or the reach was read.
        rows = list(newest_attempts.rows_with_status(exams, status, None)[first:last])
    return found, rows


def _with_all_attempts(rows: Sequence[Row], exams: Mapping[int, ProctoredExam]) -> list[dict[str, Any]]:
    """Return attempt dicts with all attempts of the learner at the exam. One query, none without rows."""
    if not rows:
        return []
    wanted = {row.key for row in rows}
    exam_dicts = {pk: exam_dict(exams[pk]) for pk in {row.proctored_exam_id for row in rows}}
    candidates = ProctoredExamStudentAttempt.objects.filter(_same_learner_and_exam(rows))
    candidates = candidates.annotate(error_reported_at=queries.ErrorReportedAt()).order_by("-created", "-id")
    history: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    by_id: dict[int, dict[str, Any]] = {}
    # Columns instead of instances: a page has up to some hundred attempts, and needs nothing else of them.
    for values in candidates.values("proctored_exam_id", "error_reported_at", *attempt_columns()):
        exam_id = values["proctored_exam_id"]
        key = (values["user__id"], exam_id)
        if key in wanted:
            row = _row_of(values, exam_dicts[exam_id].copy())
            by_id[row["id"]] = row
            history[key].append(row)
    return [
        {**by_id[row.pk], "all_attempts": history[row.key]}
        for row in rows
        # An attempt that was deleted, or followed by another, between the two queries is left out.
        if row.pk in by_id and history[row.key][0]["id"] == row.pk
    ]


def _same_learner_and_exam(rows: Sequence[Row]) -> Q:
    """The condition for the attempts of the rows' learners at the rows' exams, and perhaps some more."""
    learners: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        learners[row.proctored_exam_id].append(row.user_id)
    everybody = {row.user_id for row in rows}
    if len(everybody) * len(learners) <= _WASTE * len(rows):
        # Every learner here with every exam here: a few too many, but cheaper than one condition per exam.
        return Q(user_id__in=everybody, proctored_exam_id__in=set(learners))
    condition = Q()
    for exam_id, user_ids in learners.items():
        condition |= Q(proctored_exam_id=exam_id, user_id__in=user_ids)
    return condition


def _row_of(values: Mapping[str, Any], exam: dict[str, Any]) -> dict[str, Any]:
    """Return an attempt dict; of one that broke off, also when that was reported and how much time was left."""
    row = attempt_dict_of_columns(values, exam)
    if row["status"] == Status.error:
        moment = row["error_reported_at"] = values["error_reported_at"]
        row["seconds_left_at_error"] = None
        if moment is not None:
            row["seconds_left_at_error"] = expiry.seconds_left_at(
                moment, row["started_at"], row["allowed_time_limit_mins"], row["time_remaining_seconds"]
            )
    return row
