"""The list of attempts for course staff, one page at a time. Spec: rest-api.md 5.4 and 11; architecture R5.

A course may have ten thousand learners, and the list shows the newest attempt of each of them at
each exam. What a page costs should not depend on that number. Three things keep it so:

- The page that everybody opens (newest first, nothing searched) is read off an index: going
  backwards in time, the first attempt that is met of a learner at an exam is the newest.
- How many rows there are altogether needs all of them; it is remembered until it changes.
- A search looks for the people first, and at their attempts afterwards; who was found is remembered a while.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict

__all__ = ["ATTEMPT_ORDERINGS", "current_attempts_page", "forget_number_of_learners"]

NEWEST_FIRST: Final = "-created"

# Query value to database order; ids break ties, so that no row is on two pages or on none.
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

# Going backwards through the index takes a step per row; further back than this, to look at all is cheaper.
_DEEPEST_ROW: Final = 2500

# People that a search names one by one in the next query; more are described to the database instead.
_MOST_PEOPLE_NAMED: Final = 500

_PEOPLE_KEY: Final = "edx_proctoring.people_called.{}"
_PEOPLE_SECONDS: Final = 60
# An attempt is seen when its transaction ends, and dated by the clock of the host that made it.
_MAY_BE_UNDER_WAY: Final = timedelta(minutes=1)

_COUNT_KEY: Final = "edx_proctoring.learners_of_exam.{}"
# Rows that are deleted behind the back of the ORM are noticed after this time.
_COUNT_SECONDS: Final = 300


class _Row(NamedTuple):
    """What is known of an attempt before it is read."""

    pk: int
    user_id: int
    exam_id: int

    @property
    def place(self) -> tuple[int, int]:
        """Whose attempt it is, at which exam."""
        return self.user_id, self.exam_id


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
        page: number of the page; one that does not exist gives the last page.
        page_size: rows per page.
        search_by: part of a username or e-mail address, in any case.
        exam_id, status: only newest attempts at this exam, in this status.
        ordering: a key of ``ATTEMPT_ORDERINGS``; an unknown one gives the newest first.

    Each row is an attempt dict with ``all_attempts``: all attempts of that learner at that exam,
    newest first. Four queries; five where learners took their exams again and again.
    """
    if ordering not in ATTEMPT_ORDERINGS:
        ordering = NEWEST_FIRST
    exams = _exams(course_id, exam_id)
    people = _People(search_by, exams) if search_by else None
    if people is not None and people.named is not None:
        in_order: Any = _rows_of(people.named, exams, status, ATTEMPT_ORDERINGS[ordering])
    else:
        wanted = _newest_attempts(exams)
        if status:
            wanted = wanted.filter(status=status)
        if people is not None:
            wanted = wanted.filter(user_id__in=people.query)
        in_order = wanted.order_by(*ATTEMPT_ORDERINGS[ordering]).values_list("pk", "user_id", "proctored_exam_id")
    if people is not None or status:
        found = Paginator(in_order, page_size).get_page(page)
        rows: Any = found.object_list
    else:
        steps = _steps_to(page * page_size) if ordering == NEWEST_FIRST else 0
        found, rows = _page_of_everybody(in_order, exams, steps, page, page_size)
    shown: Any = _with_all_attempts([_Row(*row) for row in rows], exams)
    found.object_list = shown
    return found


def _page_of_everybody(
    in_order: QuerySet, exams: Mapping[int, ProctoredExam], steps: int, page: int, page_size: int
) -> tuple[Page, Any]:
    """Return the page of a list that nothing is left out of, and its rows.

    ``steps``: how far to go back in time for them; 0 to take them from ``in_order`` as it is.
    """
    remembered = _remembered_numbers(exams)
    marks = _marks(exams, steps, count=exams.keys() - remembered.keys())
    paginator: Paginator = Paginator(in_order, page_size)
    paginator.count = _number_of_rows(marks, remembered)
    top = _top_rows(marks, steps) if steps else None
    if top is not None and top.is_all:
        # What was remembered is wrong if rows came or went behind the back of the ORM.
        paginator.count = len(top.rows)
    found = paginator.get_page(page)
    if top is not None and len(top.rows) >= found.end_index():
        return found, top.rows[max(found.start_index() - 1, 0) : found.end_index()]
    return found, found.object_list


# Which rows


def _steps_to(row: int) -> int:
    """Return how many attempts to go back in time to meet ``row`` learners; 0 for a row that is too far away.

    More than ``row``: some learners are met twice, because they took an exam again.
    """
    return row + row // 4 + 25 if 0 < row <= _DEEPEST_ROW else 0


def _exams(course_id: str, exam_id: int | None) -> dict[int, ProctoredExam]:
    exams = ProctoredExam.objects.filter(course_id=course_id)
    if exam_id is not None:
        exams = exams.filter(pk=exam_id)
    return {exam.pk: exam for exam in exams}


class _Mark(NamedTuple):
    """What indexes say about the attempts at an exam.

    ``newest``: when the last one was made, None if there is none. ``reached``: when the one was made
    that is so many steps back as were asked for; None if there are not so many. ``learners``: who
    has any; None if not asked for.
    """

    newest: datetime | None
    reached: datetime | None
    learners: int | None


def _marks(exam_ids: Collection[int], steps: int, *, count: Collection[int]) -> dict[int, _Mark]:
    """Return the marks of each exam; the learners only of the exams in ``count``. One query.

    With small queries per exam inside, each with the exam's id in it: told to look the id up in the
    table of exams, MariaDB reads the index from end to end.
    """
    if not exam_ids:
        return {}
    wanted: dict[str, Subquery] = {}
    for pk in exam_ids:
        attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=pk)
        backwards = attempts.order_by("-created").values("created")
        wanted[f"newest_{pk}"] = Subquery(backwards[:1])
        if steps:
            wanted[f"reached_{pk}"] = Subquery(backwards[steps - 1 : steps])
        if pk in count:
            learners = attempts.order_by().values("proctored_exam_id").annotate(number=Count("user_id", distinct=True))
            wanted[f"learners_{pk}"] = Subquery(learners.values("number"))
    # Any row will do; that of an exam is there.
    [found] = ProctoredExam.objects.filter(pk=min(exam_ids)).values(**wanted)
    return {
        pk: _Mark(
            found[f"newest_{pk}"],
            found.get(f"reached_{pk}"),
            # No attempts, no group, no number.
            (found[f"learners_{pk}"] or 0) if pk in count else None,
        )
        for pk in exam_ids
    }


def _newest_attempts(exam_ids: Collection[int]) -> QuerySet[ProctoredExamStudentAttempt]:
    """Return the attempts that no later attempt of the same learner at the same exam follows."""
    attempts = ProctoredExamStudentAttempt.objects
    later = attempts.filter(user_id=OuterRef("user_id"), proctored_exam_id=OuterRef("proctored_exam_id")).filter(
        Q(created__gt=OuterRef("created")) | Q(created=OuterRef("created"), pk__gt=OuterRef("pk"))
    )
    return attempts.filter(~Exists(later), proctored_exam_id__in=list(exam_ids))


class _People:
    """Learners of the exams whose username or e-mail address contains a text.

    ``query``: asks for their ids. ``named``: these ids, None if they are many. One query.

    No index finds a part of a name: everybody's is compared. But a search is repeated, when its pages are turned and
    when the list is read again after each action on a row. So who was found is remembered for a minute, and meanwhile
    only those are looked at who have entered an exam since. A learner who is renamed is found a minute later.
    """

    def __init__(self, search_by: str, exam_ids: Collection[int]) -> None:
        self._is_called_so = Q(username__icontains=search_by) | Q(email__icontains=search_by)
        self._exam_ids = sorted(exam_ids)
        self.query = self._learners(self._attempts())
        key = self._key(search_by)
        now = timezone.now()
        found: tuple[datetime, list[int] | None] | None = cache.get(key)
        if found is None:
            self.named = self._named(self.query)
            cache.set(key, (now, self.named), _PEOPLE_SECONDS)
        else:
            looked_at, self.named = found
            if self.named is not None:
                self._add_newcomers(since=looked_at - _MAY_BE_UNDER_WAY)

    def _key(self, search_by: str) -> str:
        # What somebody is searching for may be a name, which has no place in a key.
        asked = f"{self._exam_ids} {search_by.lower()}"
        return _PEOPLE_KEY.format(sha256(asked.encode()).hexdigest())

    def _attempts(self) -> QuerySet[ProctoredExamStudentAttempt]:
        return ProctoredExamStudentAttempt.objects.filter(proctored_exam_id__in=self._exam_ids)

    def _learners(self, attempts: QuerySet[ProctoredExamStudentAttempt]) -> QuerySet:
        return (
            get_user_model()
            .objects.filter(self._is_called_so, Exists(attempts.filter(user_id=OuterRef("pk"))))
            .order_by()
            .values_list("pk", flat=True)
        )

    def _add_newcomers(self, *, since: datetime) -> None:
        newcomers = self._attempts().filter(created__gte=since).order_by().values("user_id")
        people = get_user_model().objects.filter(self._is_called_so, pk__in=newcomers).order_by()
        more = self._named(people.values_list("pk", flat=True))
        together = None if more is None or self.named is None else sorted({*self.named, *more})
        self.named = together if together is not None and len(together) <= _MOST_PEOPLE_NAMED else None

    @staticmethod
    def _named(people: QuerySet) -> list[int] | None:
        found = list(people[: _MOST_PEOPLE_NAMED + 1])
        return found if len(found) <= _MOST_PEOPLE_NAMED else None


def _rows_of(
    user_ids: Collection[int], exam_ids: Collection[int], status: str | None, ordering: Sequence[str]
) -> list[_Row]:
    """Return the newest attempt of each of a few people at each exam, in order. One query, none for nobody.

    All of their attempts are read, and told apart here: asked for the newest ones, PostgreSQL and MariaDB look at
    everybody's.
    """
    if not user_ids:
        return []
    attempts = list(
        ProctoredExamStudentAttempt.objects.filter(user_id__in=user_ids, proctored_exam_id__in=list(exam_ids))
        .order_by(*ordering)
        .values_list("pk", "user_id", "proctored_exam_id", "created", "status")
    )
    newest: dict[tuple[int, int], tuple[datetime, int]] = {}
    for pk, user_id, exam_id, created, _status in attempts:
        newest[user_id, exam_id] = max((created, pk), newest.get((user_id, exam_id), (created, pk)))
    return [
        _Row(pk, user_id, exam_id)
        for pk, user_id, exam_id, created, its_status in attempts
        if newest[user_id, exam_id] == (created, pk) and status in (None, "", its_status)
    ]


class _TopRows(NamedTuple):
    """The top of the list. ``is_all``: there is nothing below it."""

    rows: list[_Row]
    is_all: bool


def _top_rows(marks: Mapping[int, _Mark], steps: int) -> _TopRows:
    """Return the top of the list, found by going back in time. Short where learners took exams again and again."""
    attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id__in=list(marks))
    # An exam with so many attempts fills the list by itself: what is older than its last one cannot be on it.
    reached = [mark.reached for mark in marks.values() if mark.reached is not None]
    if reached:
        attempts = attempts.filter(created__gte=max(reached))
    met = list(attempts.order_by("-created", "-id").values_list("pk", "user_id", "proctored_exam_id")[:steps])
    seen: dict[tuple[int, int], _Row] = {}
    for row in (_Row(*values) for values in met):
        seen.setdefault(row.place, row)
    return _TopRows(list(seen.values()), is_all=len(met) < steps)


# How many rows
#
# As many as there are learners of each exam, added up. To count them takes a look at every attempt of
# the course, so the number of an exam is remembered, together with when its newest attempt was made:
# for as long as that stays the same, and none is made or deleted.


def _remembered_numbers(exam_ids: Collection[int]) -> dict[int, tuple[datetime | None, int]]:
    """Return {exam id: (when the newest attempt was made then, number of learners)}."""
    remembered = cache.get_many([_COUNT_KEY.format(pk) for pk in exam_ids])
    return {pk: remembered[_COUNT_KEY.format(pk)] for pk in exam_ids if _COUNT_KEY.format(pk) in remembered}


def _number_of_rows(marks: Mapping[int, _Mark], remembered: Mapping[int, tuple[datetime | None, int]]) -> int:
    numbers = {pk: mark.learners for pk, mark in marks.items() if mark.learners is not None}
    outdated = []
    for pk, (newest, number) in remembered.items():
        if newest == marks[pk].newest:
            numbers[pk] = number
        else:
            outdated.append(pk)
    fresh = numbers.keys() - remembered.keys()
    if outdated:
        # Made by a process that shares no cache with this one.
        counted = _marks(outdated, 0, count=outdated)
        numbers.update({pk: mark.learners or 0 for pk, mark in counted.items()})
        fresh = fresh | set(outdated)
    if fresh:
        cache.set_many({_COUNT_KEY.format(pk): (marks[pk].newest, numbers[pk]) for pk in fresh}, _COUNT_SECONDS)
    return sum(numbers.values())


def forget_number_of_learners(exam_id: int) -> None:
    """Count the learners of an exam again next time: an attempt was made or deleted."""
    cache.delete(_COUNT_KEY.format(exam_id))


# What is shown of them


def _with_all_attempts(rows: Sequence[_Row], exams: Mapping[int, ProctoredExam]) -> list[dict[str, Any]]:
    """Return attempt dicts with the learner's whole history at the exam. One query, none for no rows."""
    if not rows:
        return []
    places = {row.place for row in rows}
    # A few too many (everybody here times every exam here) are cheaper than a condition for each.
    candidates = (
        ProctoredExamStudentAttempt.objects.filter(
            user_id__in={row.user_id for row in rows}, proctored_exam_id__in={row.exam_id for row in rows}
        )
        .select_related("user")
        .order_by("-created", "-id")
    )
    history: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    by_id: dict[int, dict[str, Any]] = {}
    for attempt in candidates:
        place = (attempt.user_id, attempt.proctored_exam_id)
        if place in places:
            attempt.proctored_exam = exams[attempt.proctored_exam_id]
            by_id[attempt.pk] = attempt_dict(attempt)
            history[place].append(by_id[attempt.pk])
    return [
        {**by_id[row.pk], "all_attempts": history[row.place]}
        for row in rows
        # Removed between the two queries: then it is not shown.
        if row.pk in by_id
    ]
