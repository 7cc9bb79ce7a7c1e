"""How many rows the list of attempts has: the learners of each exam, added up; or those with one status.

Counting learners looks at every attempt of the course. So the number of each exam is kept in the cache, together with
the creation time of the exam's newest attempt, for as long as that stays the same and no attempt is created or deleted
(``utils.count_cache``).

Attempts with one status are counted each time, which an index makes cheap. Not all of them are rows: an attempt that
the same learner has followed with a later one is not. How many those are is kept in the same way, and counted again
when the status of an attempt of a learner with several changes.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

from django.core.cache import cache

from edx_proctoring.api.course_staff.newest_attempts import Mark, StatusMarks, read_marks, read_status_marks
from edx_proctoring.utils import count_cache
from edx_proctoring.utils.count_cache import Kept, kept_of

__all__ = [
    "KeptLearners",
    "KeptSuperseded",
    "forget_learner_count",
    "keep_reach",
    "kept_learners",
    "kept_reach",
    "kept_superseded",
    "total",
    "total_with_status",
]

_KEPT_SECONDS: Final = 300
_REACH: Final = "edx_proctoring.reach_of_list.{}"


class KeptLearners(NamedTuple):
    """The learners of an exam when its newest attempt was the one created at ``newest``."""

    newest: datetime | None
    learners: int


class KeptSuperseded(NamedTuple):
    """The superseded attempts by status, as far as they were counted, when the exam's newest attempt was ``newest``."""

    newest: datetime | None
    by_status: Mapping[str, int]


def kept_learners(exam_ids: Collection[int]) -> Kept:
    """Return the kept number of learners of each exam, in the form of ``KeptLearners``."""
    return kept_of(count_cache.LEARNERS, exam_ids)


def total(marks: Mapping[int, Mark], kept: Kept) -> int:
    """Return the number of rows, and keep what was counted.

    ``marks``: of all exams, with the learners of those that are not in ``kept``.
    """
    known = {pk: KeptLearners(*numbers) for pk, numbers in kept.numbers.items()}
    counted = {pk: mark.learners for pk, mark in marks.items() if mark.learners is not None}
    outdated = [pk for pk, count in known.items() if count.newest != marks[pk].newest]
    if outdated:
        # An attempt was created by a process that does not share our cache.
        counted.update({pk: mark.learners or 0 for pk, mark in read_marks(outdated, 0, count=outdated).items()})
    if counted:
        kept.keep({pk: (marks[pk].newest, number) for pk, number in counted.items()})
    return sum(counted.values()) + sum(count.learners for pk, count in known.items() if pk not in counted)


def forget_learner_count(exam_id: int) -> None:
    """Count the learners of an exam again next time, because an attempt was created or deleted."""
    count_cache.forget_all(exam_id)


def kept_superseded(exam_ids: Collection[int]) -> Kept:
    """Return the kept numbers of superseded attempts of each exam, in the form of ``KeptSuperseded``."""
    return kept_of(count_cache.SUPERSEDED, exam_ids)


def total_with_status(marks: StatusMarks, status: str, kept: Kept) -> int:
    """Return the number of rows with a status, and keep what was counted.

    ``marks``: of all exams, with the superseded attempts of those that have no number for the status in ``kept``.
    """
    known = {pk: KeptSuperseded(*numbers) for pk, numbers in kept.numbers.items()}
    counted = dict(marks.superseded)
    outdated = [pk for pk in marks.newest.keys() - counted.keys() if known[pk].newest != marks.newest[pk]]
    if outdated:
        # An attempt was created by a process that does not share our cache.
        counted.update(read_status_marks(outdated, status, 0, count=outdated).superseded)
    # A word that no attempt has may be no status: it is not kept.
    if counted and marks.attempts:
        kept.keep(
            {
                pk: (marks.newest[pk], {**_still_right(known.get(pk), marks.newest[pk]), status: number})
                for pk, number in counted.items()
            }
        )
    return marks.attempts - sum(counted[pk] if pk in counted else known[pk].by_status[status] for pk in marks.newest)


def _still_right(kept: KeptSuperseded | None, newest: datetime | None) -> Mapping[str, int]:
    return {} if kept is None or kept.newest != newest else kept.by_status


def kept_reach(exam_ids: Collection[int], status: str, row: int) -> datetime | None:
    """Return how far back a row of a list with one status was when it was last read, None if that is not known."""
    reach: datetime | None = cache.get(_reach_key(exam_ids, status, row))
    return reach


def keep_reach(exam_ids: Collection[int], status: str, row: int, reach: datetime) -> None:
    """Keep how far back a row is. Newer rows only move it forward, and a list that ends too early is read again."""
    cache.set(_reach_key(exam_ids, status, row), reach, _KEPT_SECONDS)


def _reach_key(exam_ids: Collection[int], status: str, row: int) -> str:
    # Hashed, because a request says the status, and cache keys may not contain spaces.
    return _REACH.format(sha256(f"{sorted(exam_ids)} {status} {row}".encode()).hexdigest())
