"""Search for learners of exams by part of their username, e-mail address or, in version 2, full name.

No index finds a part of a name, so the first search compares the names of all learners. Searches are repeated, when
pages are turned and when the list is read again after an action. So the result is kept for a minute, and meanwhile only
learners who entered an exam since are compared. A learner who is renamed is found after that minute.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.utils import user_names

__all__ = ["FoundLearners", "find_learners"]

# More ids than this are not listed in the next query; it then gets a subquery instead.
_MOST_IDS: Final = 500

_KEY: Final = "edx_proctoring.people_called.{}"
_KEPT_SECONDS: Final = 60
# Attempts become visible when their transaction ends, and carry the clock of the host that created them.
_CLOCK_MARGIN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class FoundLearners:
    """``query``: a subquery for the ids of the learners. ``ids``: these ids, None if there are too many."""

    query: QuerySet
    ids: list[int] | None


def find_learners(text: str, exam_ids: Collection[int], *, by_name: bool) -> FoundLearners:
    """Return the learners with attempts at the exams whose username or e-mail address contains the text. One query.

    ``by_name``: or whose full name does. Version 1 does not compare it.
    """
    is_match = user_names.called(text, "") if by_name else Q(username__icontains=text) | Q(email__icontains=text)
    attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id__in=sorted(exam_ids))
    learners = (
        get_user_model()
        .objects.filter(is_match, Exists(attempts.filter(user_id=OuterRef("pk"))))
        .order_by()
        .values_list("pk", flat=True)
    )
    key = _cache_key(text, exam_ids, by_name)
    now = timezone.now()
    kept: tuple[datetime, list[int] | None] | None = cache.get(key)
    if kept is None:
        ids = _ids_unless_too_many(learners)
        cache.set(key, (now, ids), _KEPT_SECONDS)
        return FoundLearners(learners, ids)
    searched_at, ids = kept
    if ids is None:
        return FoundLearners(learners, None)
    entered_since = attempts.filter(created__gte=searched_at - _CLOCK_MARGIN).order_by().values("user_id")
    newcomers = get_user_model().objects.filter(is_match, pk__in=entered_since).order_by().values_list("pk", flat=True)
    more = _ids_unless_too_many(newcomers)
    together = None if more is None else sorted({*ids, *more})
    return FoundLearners(learners, together if together is not None and len(together) <= _MOST_IDS else None)


def _cache_key(text: str, exam_ids: Collection[int], by_name: bool) -> str:
    # Hashed, because the text may be a person's name, and cache keys may not contain spaces.
    return _KEY.format(sha256(f"{sorted(exam_ids)} {by_name} {text.lower()}".encode()).hexdigest())


def _ids_unless_too_many(learners: QuerySet) -> list[int] | None:
    ids = list(learners[: _MOST_IDS + 1])
    return ids if len(ids) <= _MOST_IDS else None
