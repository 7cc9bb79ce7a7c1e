"""Numbers about exams that are kept in the cache until the attempts that were counted change.

A reader may count before a change is committed, and store the number after it. So a change does not delete the number,
it begins a new *generation* of the exam once it is committed. Readers ask for the generation before they count and
store it with the number, which is used only in the generation in which its counting began. A reader that finds no
generation, because the cache has dropped it, begins one: without it, two numbers of different times would look alike.
This needs transactions that see what others have committed since they began (``READ COMMITTED``, Django's default).

What the numbers mean belongs to ``api.course_staff.attempt_count``; a status change, which is in a lower layer, ends a
generation.
"""

import uuid
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from django.core.cache import cache

from edx_proctoring.utils.transactions import after_commit

__all__ = ["LEARNERS", "SUPERSEDED", "Kept", "forget_all", "forget_superseded", "kept_of"]

# Kinds of numbers.
LEARNERS: Final = "counted_learners"
SUPERSEDED: Final = "counted_superseded"

_NUMBER: Final = "edx_proctoring.{}.{}"
_GENERATION: Final = "edx_proctoring.{}.{}.generation"
# Rows changed without the ORM are noticed after this time.
_KEPT_SECONDS: Final = 300
# Longer than any number is kept, so that a number does not outlive its generation by much.
_GENERATION_SECONDS: Final = 2 * _KEPT_SECONDS


class Kept(NamedTuple):
    """The numbers of one kind that are known.

    ``generations``: of all exams that were asked about; None if the cache keeps none.
    """

    kind: str
    generations: Mapping[int, str | None]
    numbers: Mapping[int, tuple[Any, ...]]

    def keep(self, numbers: Mapping[int, tuple[Any, ...]]) -> None:
        """Keep numbers by exam that were counted after ``kept_of`` was called."""
        # Plain tuples, which any version of this class can read.
        entries = {
            _NUMBER.format(self.kind, pk): (generation, *number)
            for pk, number in numbers.items()
            if (generation := self.generations[pk]) is not None
        }
        cache.set_many(entries, _KEPT_SECONDS)


def kept_of(kind: str, exam_ids: Collection[int]) -> Kept:
    """Return what is kept of exams. To be called before counting what is not."""
    found = cache.get_many([name.format(kind, pk) for pk in exam_ids for name in (_GENERATION, _NUMBER)])
    generations = {pk: found.get(_GENERATION.format(kind, pk)) for pk in exam_ids}
    numbers = {}
    for pk, generation in generations.items():
        if generation is None:
            generations[pk] = _first_generation(kind, pk)
            continue
        entry = found.get(_NUMBER.format(kind, pk))
        if entry is not None and entry[0] == generation:
            numbers[pk] = entry[1:]
    return Kept(kind, generations, numbers)


def _first_generation(kind: str, exam_id: int) -> str | None:
    """Begin a generation, and return it; or the one that another process has begun meanwhile."""
    key, generation = _GENERATION.format(kind, exam_id), uuid.uuid4().hex
    if cache.add(key, generation, _GENERATION_SECONDS):
        return generation
    begun: str | None = cache.get(key)
    return begun


def forget_all(exam_id: int) -> None:
    """Count again after the transaction, because an attempt at the exam was created or deleted."""
    _begin_generation(exam_id, LEARNERS, SUPERSEDED)


def forget_superseded(exam_id: int) -> None:
    """Count superseded attempts again after the transaction, because one of them may have another status."""
    _begin_generation(exam_id, SUPERSEDED)


def _begin_generation(exam_id: int, *kinds: str) -> None:
    generation = dict.fromkeys((_GENERATION.format(kind, exam_id) for kind in kinds), uuid.uuid4().hex)
    after_commit(cache.set_many, generation, _GENERATION_SECONDS)
