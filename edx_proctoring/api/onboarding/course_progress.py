"""How far learners are with onboarding, according to our own attempts.

Contract: GET /v1/user_onboarding/status/course_id/{course_id}.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet

from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import InstructorDashboardOnboardingAttemptStatus as OnboardingStatus
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

__all__ = [
    "NOT_STARTED",
    "DecisiveAttempt",
    "Progress",
    "approved_user_ids",
    "decisive_attempts",
    "progress_of_everybody",
    "progress_of_users",
    "progress_with_statuses",
]


@dataclass(frozen=True, slots=True)
class Progress:
    """The dashboard's status of one learner, since when, and which attempt in the course it is from, if any."""

    status: str | None
    modified: datetime | None
    attempt_id: int | None = None


NOT_STARTED: Final = Progress(OnboardingStatus.not_started, None)


# Learners may have these without an attempt in the course.
_STATUSES_WITHOUT_ATTEMPT: Final = frozenset({OnboardingStatus.not_started, OnboardingStatus.other_course_approved})
# The attempt statuses that the dashboard shows.
_SHOWN_STATUSES: Final = (*OnboardingStatus.onboarding_statuses, Status.onboarding_reset)
# More ids than this are not listed in the next query.
_MOST_IDS: Final = 500


class DecisiveAttempt(NamedTuple):
    """The attempt that determines a learner's status."""

    pk: int
    status: str
    modified: datetime


def progress_of_users(course_id: str, backend: str | None, user_ids: Collection[int]) -> dict[int, Progress]:
    """Return ``{user id: progress}`` of these users; those without attempts are absent. At most two queries.

    ``backend``: name of the onboarding exam's provider, None for the default one.
    """
    progress = _progress_in_course(decisive_attempts(course_id, user_ids))
    not_verified = set(user_ids) - _verified(progress)
    return {**progress, **_progress_elsewhere(backend, not_verified)} if not_verified else progress


def progress_of_everybody(course_id: str, backend: str | None, users: Any) -> dict[int, Progress]:
    """As ``progress_of_users``, for all users of a course: ``users``, their ids or a subquery for them. Two queries."""
    progress = _progress_in_course(decisive_attempts(course_id, None))
    verified = _verified(progress)
    elsewhere = _progress_elsewhere(backend, users)
    return {**progress, **{user_id: found for user_id, found in elsewhere.items() if user_id not in verified}}


def approved_user_ids(course_id: str, backend: str | None, users: Any) -> set[int]:
    """Return the ids of those whom ``progress_of_everybody`` shows as approved, here or in another course. Two queries.

    Without the rest of their progress, which takes longer to read than their ids.
    """
    here = _practice_attempts(course_id).filter(status=Status.verified)
    return {
        user_id
        for attempts in (here, _verified_anywhere(backend, users))
        for user_id in attempts.select_related(None).order_by().values_list("user_id", flat=True)
    }


def progress_with_statuses(
    course_id: str, backend: str | None, users: Any, statuses: Collection[str]
) -> dict[int, Progress]:
    """As ``progress_of_everybody``, but learners whose status is none of these may be absent.

    Every status but ``not_started`` and ``other_course_approved`` is that of an attempt in the course, so only learners
    with such an attempt are looked at. Then an absent learner has another status than these.
    """
    if not _STATUSES_WITHOUT_ATTEMPT.isdisjoint(statuses):
        return progress_of_everybody(course_id, backend, users)
    attempt_statuses = [word for word in _SHOWN_STATUSES if _shown_status(word) in statuses]
    candidates = _practice_attempts(course_id).filter(status__in=attempt_statuses).order_by().values("user_id")
    progress = _progress_in_course(_decisive(_practice_attempts(course_id).filter(user_id__in=candidates)))
    not_verified = progress.keys() - _verified(progress)
    if len(not_verified) > _MOST_IDS:
        elsewhere = _progress_elsewhere(backend, users)
        return {**progress, **{user_id: elsewhere[user_id] for user_id in not_verified & elsewhere.keys()}}
    return {**progress, **_progress_elsewhere(backend, not_verified)} if not_verified else progress


def decisive_attempts(course_id: str, user_ids: Collection[int] | None) -> dict[int, DecisiveAttempt]:
    """Return ``{user id: attempt}``; ``user_ids``: only these, None for everybody. One query.

    The attempt changed last, except that a verified attempt wins over all others, and an attempt that was reset loses
    to a newer one.
    """
    if user_ids is None:
        return _decisive(_practice_attempts(course_id))
    return _decisive(_practice_attempts(course_id, list(user_ids))) if user_ids else {}


def _practice_attempts(course_id: str, user_ids: Collection[int] | None = None) -> QuerySet:
    return ProctoredExamStudentAttempt.objects.get_proctored_practice_attempts_by_course_id(course_id, user_ids)


def _decisive(attempts: QuerySet) -> dict[int, DecisiveAttempt]:
    """Return the decisive one of each user's attempts, which are sorted by their last change."""
    decisive: dict[int, DecisiveAttempt] = {}
    rows: Iterable[tuple[int, int, str, datetime]] = attempts.select_related(None).values_list(
        "user_id", "pk", "status", "modified"
    )
    for user_id, pk, status, modified in rows:
        attempt = DecisiveAttempt(pk, status, modified)
        former = decisive.get(user_id)
        if former is None or _replaces(attempt, former):
            decisive[user_id] = attempt
    return decisive


def _replaces(attempt: DecisiveAttempt, former: DecisiveAttempt) -> bool:
    """Return whether an attempt wins over one that was changed later."""
    if former.status == Status.verified:
        return False
    return attempt.status == Status.verified or (former.status == Status.onboarding_reset and attempt.pk > former.pk)


def _progress_in_course(attempts: dict[int, DecisiveAttempt]) -> dict[int, Progress]:
    return {
        user_id: Progress(_shown_status(found.status), found.modified, found.pk) for user_id, found in attempts.items()
    }


def _progress_elsewhere(backend: Any, users: Any) -> dict[int, Progress]:
    """Return the progress of users who have a valid verification with the provider in any course."""
    newest_first = _verified_anywhere(backend, users).select_related(None).values_list("user_id", "modified")
    found: dict[int, Progress] = {}
    for user_id, modified in newest_first:
        found.setdefault(user_id, Progress(OnboardingStatus.other_course_approved, modified))
    return found


def _verified_anywhere(backend: Any, users: Any) -> QuerySet:
    return ProctoredExamStudentAttempt.objects.get_last_verified_proctored_onboarding_attempts(users, backend)


def _verified(progress: dict[int, Progress]) -> set[int]:
    return {user_id for user_id, found in progress.items() if found.status == OnboardingStatus.verified}


def _shown_status(attempt_status: str) -> str | None:
    if attempt_status == Status.onboarding_reset:
        # The learner reset the attempt and did not start a new one. Only the due date prevents that.
        return OnboardingStatus.onboarding_reset_past_due
    return OnboardingStatus.get_onboarding_status_from_attempt_status(attempt_status)
