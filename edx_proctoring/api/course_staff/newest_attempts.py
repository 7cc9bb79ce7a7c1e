"""The newest attempt of each learner at each exam of a course, without comparing all attempts where possible.

Walking backwards in time through the index on exam and creation time, the first attempt of a learner at an exam is the
newest. So the top of the list costs as many steps as it has rows, plus the retakes met on the way.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import BooleanField, DateTimeField, F, Func, IntegerField, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Star

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

# In subqueries of their own. Django's ``Count`` would group the rows, for which MariaDB fills a temporary table.
_ROWS: Final[Any] = Func(Star(), function="COUNT", output_field=IntegerField())
_LEARNERS: Final[Any] = Func(
    "user_id", function="COUNT", template="%(function)s(DISTINCT %(expressions)s)", output_field=IntegerField()
)


# The functions below are written in SQL because each request uses them: for Django to build the same queries takes
# longer than a database needs to answer them (docs/performance.rst).
_TABLE: Final = ProctoredExamStudentAttempt._meta.db_table


class _NewestCreation(Func):
    """When the newest attempt at an exam was created, None without attempts."""

    output_field = DateTimeField()
    template = "(SELECT MAX(created) FROM %(table)s WHERE proctored_exam_id = %(expressions)s)"

    def __init__(self, exam_id: int) -> None:
        super().__init__(Value(exam_id), table=_TABLE)


class _WithStatus(Func):
    """How many attempts at some exams have a status."""

    output_field = IntegerField()
    # The index on exam, status and creation answers it.
    template = "(SELECT COUNT(*) FROM %(table)s WHERE proctored_exam_id IN (%(exam_ids)s) AND status = %(expressions)s)"

    def __init__(self, exam_ids: Collection[int], status: str) -> None:
        super().__init__(Value(status), table=_TABLE, exam_ids=", ".join(map(str, sorted(exam_ids))))


class _IsSuperseded(Func):
    """The condition that the same learner has a later attempt at the same exam."""

    output_field = BooleanField()
    template = (
        "EXISTS (SELECT 1 FROM %(table)s later"
        " WHERE later.proctored_exam_id = %(exam_id)s AND later.user_id = %(user_id)s"
        " AND (later.created > %(created)s OR (later.created = %(created)s AND later.id > %(id)s)))"
    )
    _columns = ("exam_id", "user_id", "created", "id")

    def __init__(self) -> None:
        super().__init__(F("proctored_exam_id"), F("user_id"), F("created"), F("id"), table=_TABLE)

    def as_sql(self, compiler: Any, connection: Any, *_args: Any, **_context: Any) -> tuple[str, tuple[Any, ...]]:
        """Return the condition, which the index on exam, learner and creation answers."""
        columns = (compiler.compile(column)[0] for column in self.get_source_expressions())
        return self.template % {**self.extra, **dict(zip(self._columns, columns, strict=True))}, ()


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
    return ProctoredExamStudentAttempt.objects.filter(~Q(_IsSuperseded()), proctored_exam_id__in=list(exam_ids))


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
    columns: dict[str, Func | Subquery] = {}
    for pk in exam_ids:
        columns[f"newest_{pk}"] = _NewestCreation(pk)
        attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=pk)
        if steps:
            columns[f"reached_{pk}"] = Subquery(attempts.order_by("-created").values("created")[steps - 1 : steps])
        if pk in count:
            columns[f"learners_{pk}"] = _number_of(attempts, _LEARNERS)
    found = _select(exam_ids, columns)
    return {pk: Mark(found[f"newest_{pk}"], found.get(f"reached_{pk}"), found.get(f"learners_{pk}")) for pk in exam_ids}


def read_status_marks(exam_ids: Collection[int], status: str, row: int, *, count: Collection[int]) -> StatusMarks:
    """Return the marks for one status; the superseded attempts only of the exams in ``count``. One query.

    ``row``: how far down the list ``reach`` is to reach, 0 for not at all. Attempts that are superseded are passed over
    on the way there, so this costs as many steps as there are rows above, in a course of any size.
    """
    if not exam_ids:
        return StatusMarks({}, 0, {}, None)
    columns: dict[str, Func | Subquery] = {"attempts": _WithStatus(exam_ids, status)}
    for pk in exam_ids:
        columns[f"newest_{pk}"] = _NewestCreation(pk)
        if not row and pk not in count:
            continue
        attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=pk, status=status)
        if row:
            listed = attempts.filter(~Q(_IsSuperseded())).order_by("-created").values("created")
            columns[f"reached_{pk}"] = Subquery(listed[row - 1 : row])
        if pk in count:
            columns[f"superseded_{pk}"] = _number_of(attempts.filter(_IsSuperseded()), _ROWS)
    found = _select(exam_ids, columns)
    # An exam with so many rows fills the list by itself, so nothing older than the last of them can be reached.
    reached = [found[f"reached_{pk}"] for pk in exam_ids if row and found[f"reached_{pk}"] is not None]
    return StatusMarks(
        {pk: found[f"newest_{pk}"] for pk in exam_ids},
        found["attempts"],
        {pk: found[f"superseded_{pk}"] for pk in count},
        max(reached, default=None),
    )


def _number_of(attempts: QuerySet, number: Func) -> Subquery:
    """Return a subquery for a number of attempts, or of their learners."""
    return Subquery(attempts.annotate(number=number).values("number"))


def _select(exam_ids: Collection[int], columns: Mapping[str, Func | Subquery]) -> dict[str, Any]:
    """Return the values of subqueries. They need one row to stand beside, and each of these exams has one."""
    [found] = ProctoredExam.objects.filter(pk=min(exam_ids)).values(**columns)
    return found


def rows_with_status(
    exam_ids: Collection[int], status: str, reach: datetime | None, *, is_any_superseded: bool = True
) -> QuerySet:
    """Return a query for the rows with a status, newest first.

    ``reach``: only those that are at least as new. ``is_any_superseded``: False if none with this status is followed by
    a later attempt of its learner, which is then not looked for.
    """
    attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id__in=list(exam_ids))
    rows = (query(exam_ids) if is_any_superseded else attempts).filter(status=status)
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
