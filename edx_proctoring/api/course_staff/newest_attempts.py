"""The newest attempt of each learner at each exam of a course, without comparing all attempts where possible.

Walking backwards in time through the index on exam and creation time, the first attempt of a learner at an exam is the
newest. So the top of the list costs as many steps as it has rows, plus the retakes met on the way.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt

__all__ = [
    "Mark",
    "Row",
    "StatusMarks",
    "TopRows",
    "is_near",
    "query",
    "read_marks",
    "read_status_marks",
    "rows_of_learners",
    "rows_with_status",
    "steps_to_row",
    "top_rows",
]

# For rows further down, comparing all attempts is cheaper than walking there.
_DEEPEST_ROW: Final = 2500


class Row(NamedTuple):
    """A row of the list before its attempt is loaded."""

    pk: int
    user_id: int
    proctored_exam_id: int

    @property
    def key(self) -> tuple[int, int]:
        """Learner and exam."""
        return self.user_id, self.proctored_exam_id


class Mark(NamedTuple):
    """What the indexes say about the attempts at one exam.

    ``newest``: creation time of the newest attempt, None without attempts. ``reached``: creation time of the attempt
    that is the given number of steps back, None if there are fewer. ``learners``: how many learners have an attempt,
    None if that was not counted.
    """

    newest: datetime | None
    reached: datetime | None
    learners: int | None


class StatusMarks(NamedTuple):
    """What the indexes say about the attempts at some exams that have one status.

    ``newest``: creation time of each exam's newest attempt, whatever its status. ``attempts``: how many attempts have
    the status. ``superseded``: how many of those, per exam, are followed by a later attempt of the same learner, where
    that was counted. ``reach``: all rows down to the one that was asked for are at least as new as this.
    """

    newest: dict[int, datetime | None]
    attempts: int
    superseded: dict[int, int]
    reach: datetime | None


class TopRows(NamedTuple):
    """The first rows of the list. ``is_complete``: there are no more."""

    rows: list[Row]
    is_complete: bool


def query(exam_ids: Collection[int]) -> QuerySet[ProctoredExamStudentAttempt]:
    """Return the attempts at the exams that no later attempt of the same learner at the same exam follows."""
    return ProctoredExamStudentAttempt.objects.filter(~_is_superseded(), proctored_exam_id__in=list(exam_ids))


def _is_superseded() -> Exists:
    """The condition that the same learner has a later attempt at the same exam."""
    same = ProctoredExamStudentAttempt.objects.filter(
        user_id=OuterRef("user_id"), proctored_exam_id=OuterRef("proctored_exam_id")
    )
    return Exists(
        same.filter(Q(created__gt=OuterRef("created")) | Q(created=OuterRef("created"), pk__gt=OuterRef("pk")))
    )


def is_near(row: int) -> bool:
    """Return whether a row is so far up the list that walking there is cheaper than comparing all attempts."""
    return 0 < row <= _DEEPEST_ROW


def steps_to_row(row: int) -> int:
    """Return how many attempts to walk back to meet ``row`` learners, 0 for a row that is too far down.

    A margin covers the learners who are met again because they retook an exam.
    """
    return row + row // 4 + 25 if is_near(row) else 0


def read_marks(exam_ids: Collection[int], steps: int, *, count: Collection[int]) -> dict[int, Mark]:
    """Return the mark of each exam, with the number of learners for the exams in ``count``. One query.

    The query has small subqueries per exam with the exam's id written into them. If they took the id from the table of
    exams instead, MariaDB would read the whole index.
    """
    if not exam_ids:
        return {}
    columns: dict[str, Subquery] = {}
    for pk in exam_ids:
        attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=pk)
        backwards = attempts.order_by("-created").values("created")
        columns[f"newest_{pk}"] = Subquery(backwards[:1])
        if steps:
            columns[f"reached_{pk}"] = Subquery(backwards[steps - 1 : steps])
        if pk in count:
            columns[f"learners_{pk}"] = _number_of(attempts, Count("user_id", distinct=True))
    found = _select(exam_ids, columns)
    return {
        pk: Mark(
            found[f"newest_{pk}"],
            found.get(f"reached_{pk}"),
            (found[f"learners_{pk}"] or 0) if pk in count else None,
        )
        for pk in exam_ids
    }


def read_status_marks(exam_ids: Collection[int], status: str, row: int, *, count: Collection[int]) -> StatusMarks:
    """Return the marks for one status; the superseded attempts only of the exams in ``count``. One query.

    ``row``: how far down the list ``reach`` is to reach, 0 for not at all. Attempts that are superseded are passed over
    on the way there, so this costs as many steps as there are rows above, in a course of any size.
    """
    if not exam_ids:
        return StatusMarks({}, 0, {}, None)
    all_with_status = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id__in=sorted(exam_ids), status=status)
    columns = {"attempts": _number_of(all_with_status, Count("pk"), by="status")}
    for pk in exam_ids:
        attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=pk)
        columns[f"newest_{pk}"] = Subquery(attempts.order_by("-created").values("created")[:1])
        if row:
            listed = attempts.filter(~_is_superseded(), status=status).order_by("-created").values("created")
            columns[f"reached_{pk}"] = Subquery(listed[row - 1 : row])
        if pk in count:
            columns[f"superseded_{pk}"] = _number_of(attempts.filter(_is_superseded(), status=status), Count("pk"))
    found = _select(exam_ids, columns)
    # An exam with so many rows fills the list by itself, so nothing older than the last of them can be reached.
    reached = [found[f"reached_{pk}"] for pk in exam_ids if row and found[f"reached_{pk}"] is not None]
    return StatusMarks(
        {pk: found[f"newest_{pk}"] for pk in exam_ids},
        found["attempts"] or 0,
        {pk: found[f"superseded_{pk}"] or 0 for pk in count},
        max(reached, default=None),
    )


def _number_of(attempts: QuerySet, number: Count, *, by: str = "proctored_exam_id") -> Subquery:
    """Return a subquery for a number of attempts, all with the same ``by``. Without any there is no group: None."""
    return Subquery(attempts.order_by().values(by).annotate(number=number).values("number"))


def _select(exam_ids: Collection[int], columns: Mapping[str, Subquery]) -> dict[str, Any]:
    """Return the values of subqueries. They need one row to stand beside, and each of these exams has one."""
    [found] = ProctoredExam.objects.filter(pk=min(exam_ids)).values(**columns)
    return found


def rows_with_status(exam_ids: Collection[int], status: str, reach: datetime | None) -> QuerySet:
    """Return a query for the rows with a status, newest first. ``reach``: only those that are at least as new."""
    rows = query(exam_ids).filter(status=status)
    if reach is not None:
        rows = rows.filter(created__gte=reach)
    return rows.order_by("-created", "-id").values_list(*Row._fields)


def top_rows(marks: Mapping[int, Mark], steps: int) -> TopRows:
    """Return the first rows of the list, walking back ``steps`` attempts. Fewer where learners retook exams often."""
    attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id__in=list(marks))
    # An exam with so many attempts fills all steps by itself, so nothing older than the last of them can be reached.
    reached = [mark.reached for mark in marks.values() if mark.reached is not None]
    if reached:
        attempts = attempts.filter(created__gte=max(reached))
    met = list(attempts.order_by("-created", "-id").values_list(*Row._fields)[:steps])
    first: dict[tuple[int, int], Row] = {}
    for row in (Row(*values) for values in met):
        first.setdefault(row.key, row)
    return TopRows(list(first.values()), is_complete=len(met) < steps)


def rows_of_learners(
    user_ids: Collection[int], exam_ids: Collection[int], status: str | None, order: Sequence[str]
) -> list[Row]:
    """Return the rows of a few learners in order; ``status``: only these. One query, none without learners.

    Reads all their attempts and picks the newest here: asked for the newest ones, PostgreSQL and MariaDB would compare
    the attempts of all learners.
    """
    if not user_ids:
        return []
    attempts = list(
        ProctoredExamStudentAttempt.objects.filter(user_id__in=user_ids, proctored_exam_id__in=list(exam_ids))
        .order_by(*order)
        .values_list(*Row._fields, "created", "status")
    )
    newest: dict[tuple[int, int], tuple[datetime, int]] = {}
    for pk, user_id, exam_id, created, _status in attempts:
        newest[user_id, exam_id] = max((created, pk), newest.get((user_id, exam_id), (created, pk)))
    return [
        Row(pk, user_id, exam_id)
        for pk, user_id, exam_id, created, its_status in attempts
        if newest[user_id, exam_id] == (created, pk) and status in (None, "", its_status)
    ]
