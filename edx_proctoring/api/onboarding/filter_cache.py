"""Who matched a filter of onboarding statuses, kept for a minute.

A learner's status follows from several rows, so a filter has to look at the attempts of everybody. Filters are
repeated, when pages are turned and when the list is read again after an action. What was found is used again for a
minute, as long as nothing has happened since that could change it:

- attempts in the course: creation and last change of the newest are compared, which an index makes cheap;
- verifications elsewhere, and attempts that are deleted: ``onboarding_changed`` notes them;
- enrolments: their number is compared. One learner who leaves while another one comes is noticed after the minute.
"""

import uuid
from collections.abc import Collection, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from django.core.cache import cache
from django.db.models import Subquery

from edx_proctoring.api.onboarding.enrollments import Enrollments
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.utils.transactions import after_commit

__all__ = ["Filter", "onboarding_changed"]

_KEPT_SECONDS: Final = 60
# Caches refuse large values; more keys than this are found again each time.
_MOST_KEYS: Final = 50_000
_FOUND: Final = "edx_proctoring.onboarding_filter.{}"
_CHANGED: Final = "edx_proctoring.onboarding_changed"


class _Found(NamedTuple):
    """What was found, and the state of things then. ``keys``: of the enrolments, in order."""

    state: Sequence[Any]
    enrolled: int
    keys: Sequence[Any]


class Filter:
    """One filter over the enrolments of a course. Making it costs one query.

    ``exam_ids``: the course's active onboarding exams. ``backend``: their provider.
    """

    def __init__(
        self, exam_ids: Collection[int], backend: str | None, enrollments: Enrollments, statuses: Collection[str]
    ) -> None:
        self._enrollments = enrollments
        identity = enrollments.identity
        self._is_kept = identity is not None
        if not self._is_kept:
            return
        text = f"{sorted(exam_ids)} {backend} {sorted(statuses)} {identity}"
        # Hashed, because it may have a person's name, and cache keys may not contain spaces.
        self._key = _FOUND.format(sha256(text.encode()).hexdigest())
        known = cache.get_many([self._key, _CHANGED])
        self._state = (known.get(_CHANGED), *_state_of(exam_ids))
        self._known = known.get(self._key)

    def kept(self) -> tuple[Sequence[Any], int] | None:
        """Return the keys of the matching enrolments and the number of all enrolments; None if they are not known."""
        if not self._is_kept or self._known is None:
            return None
        found = _Found(*self._known)
        # The host's question comes last: it is asked only if all else is as it was.
        if tuple(found.state) != self._state or found.enrolled != self._enrollments.count():
            return None
        return found.keys, found.enrolled

    def keep(self, keys: Sequence[Any], enrolled: int) -> None:
        """Keep what was found."""
        if self._is_kept and len(keys) <= _MOST_KEYS:
            # A plain tuple, which any version of this module can read.
            cache.set(self._key, tuple(_Found(self._state, enrolled, tuple(keys))), _KEPT_SECONDS)


def onboarding_changed() -> None:
    """Find learners again after the transaction, in every course."""
    after_commit(cache.set, _CHANGED, uuid.uuid4().hex, 2 * _KEPT_SECONDS)


def _state_of(exam_ids: Collection[int]) -> tuple[Any, ...]:
    """Return when each exam got its newest attempt, and when one of its attempts was changed last. One query."""
    # The ids are written into the query: asked for by the table of exams, MariaDB would read the whole index.
    columns = {
        f"{field}_{pk}": Subquery(
            ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=pk).order_by(f"-{field}").values(field)[:1]
        )
        for pk in sorted(exam_ids)
        for field in ("created", "modified")
    }
    found = ProctoredExam.objects.filter(pk=min(exam_ids)).values(**columns).first() or {}
    return tuple(found[name] for name in columns) if found else ()
