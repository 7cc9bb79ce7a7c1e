"""How many rows the list of attempts has: the learners of each exam, added up.

Counting them looks at every attempt of the course. So the number of each exam is kept in the cache, together with the
creation time of the exam's newest attempt, for as long as that stays the same and no attempt is created or deleted.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from django.core.cache import cache

from edx_proctoring.api.course_staff.newest_attempts import Mark, read_marks

__all__ = ["KeptCount", "forget_learner_count", "kept_counts", "total"]

_KEY: Final = "edx_proctoring.learners_of_exam.{}"
# Rows deleted without the ORM are noticed after this time.
_KEPT_SECONDS: Final = 300


class KeptCount(NamedTuple):
    """The learners of an exam when its newest attempt was the one created at ``newest``."""

    newest: datetime | None
    learners: int


def kept_counts(exam_ids: Collection[int]) -> dict[int, KeptCount]:
    """Return the kept count of each exam that has one."""
    exam_id_of = {_KEY.format(pk): pk for pk in exam_ids}
    return {exam_id_of[key]: KeptCount(*kept) for key, kept in cache.get_many(exam_id_of).items()}


def total(marks: Mapping[int, Mark], kept: Mapping[int, KeptCount]) -> int:
    """Return the number of rows, and keep what was counted.

    ``marks``: of all exams, with the learners of those that are not in ``kept``.
    """
    counted = {pk: mark.learners for pk, mark in marks.items() if mark.learners is not None}
    outdated = [pk for pk, count in kept.items() if count.newest != marks[pk].newest]
    if outdated:
        # An attempt was created by a process that does not share our cache.
        counted.update({pk: mark.learners or 0 for pk, mark in read_marks(outdated, 0, count=outdated).items()})
    if counted:
        # Plain tuples, which any version of this class can read.
        cache.set_many({_KEY.format(pk): (marks[pk].newest, number) for pk, number in counted.items()}, _KEPT_SECONDS)
    unchanged = sum(count.learners for pk, count in kept.items() if pk not in counted)
    return sum(counted.values()) + unchanged


def forget_learner_count(exam_id: int) -> None:
    """Count the learners of an exam again next time, because an attempt was created or deleted."""
    cache.delete(_KEY.format(exam_id))
