"""Lists of learners for course staff: allowances by learner, and onboarding, one page at a time.

Spec: rest-api.md 5.3, 5.5 and 11; architecture R5. A course may have ten thousand learners: the
number of queries does not depend on how many learners, attempts or allowances there are. The list
of attempts is in ``attempt_pages``.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from edx_proctoring import backends
from edx_proctoring.api import allowances, onboarding
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import (
    InstructorDashboardOnboardingAttemptStatus,
    ProctoredExamStudentAttemptStatus,
    VerificientOnboardingProfileStatus,
)
from edx_proctoring.utils import obscured_user_id

__all__ = [
    "NoOnboardingExamException",
    "OnboardingRoster",
    "allowances_by_username",
    "newest_onboarding_exam",
    "onboarding_roster",
]

log = logging.getLogger(__name__)

# More unknown provider ids than this say nothing new in the log.
_UNKNOWN_IDS_LOGGED: Final = 5

OnboardingStatus = InstructorDashboardOnboardingAttemptStatus


# Allowances


def allowances_by_username(course_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return the allowance dicts of a course, grouped by the learner's username. One query."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for allowance in allowances.get_allowances_for_course(course_id):
        grouped.setdefault(allowance["user"]["username"], []).append(allowance)
    return grouped


# Onboarding


class NoOnboardingExamException(ProctoredBaseException):
    """The course has no onboarding exam, or its provider knows no onboarding."""

    http_status = 404


@dataclass(frozen=True, slots=True)
class OnboardingRoster:
    """One page of learners and how far their onboarding has come.

    ``page``: rows with ``username``, ``enrollment_mode``, ``status``, ``modified``.
    ``enrolled``: how many learners may take proctored exams, matching the search, whatever their status.
    ``from_provider``: True where the provider's profiles were asked, False where our attempts were.
    """

    page: Page
    enrolled: int
    from_provider: bool


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far one learner's onboarding has come, and since when."""

    status: str | None
    modified: datetime | None


_NOT_STARTED = _Progress(OnboardingStatus.not_started, None)


def newest_onboarding_exam(course_id: str) -> tuple[ProctoredExam, Any]:
    """Return the newest active onboarding exam of a course and its provider.

    Raises NoOnboardingExamException, also when the exam's provider is not configured or knows no
    onboarding.
    """
    exam = onboarding_exams(course_id).first()
    provider = None if exam is None else provider_with_onboarding(exam.backend)
    if exam is None or provider is None:
        raise NoOnboardingExamException(_("There is no onboarding exam related to this course id."))
    return exam, provider


def onboarding_exams(course_id: str) -> QuerySet[ProctoredExam]:
    """Return the active exams of a course that are proctored and for practice, newest first."""
    return ProctoredExam.objects.filter(
        course_id=course_id, is_active=True, is_practice_exam=True, is_proctored=True
    ).order_by("-created", "-id")


def provider_with_onboarding(backend: str | None) -> Any | None:
    """Return the provider of this name if it is configured and knows onboarding, else None."""
    try:
        provider = backends.get_backend_provider(name=backend)
    except NotImplementedError:
        log.warning("provider of onboarding exam is not configured: provider=%s", backend)
        return None
    return provider if getattr(provider, "supports_onboarding", False) else None


def onboarding_roster(
    course_id: str,
    *,
    page: int,
    page_size: int,
    text_search: str | None = None,
    statuses: Collection[str] = (),
    ask_provider: bool = False,
) -> OnboardingRoster:
    """Return one page of a course's learners with the state of their onboarding (rest-api.md 5.5).

    Args:
        course_id: the course.
        page: number of the page; one that does not exist gives the last page.
        page_size: rows per page.
        text_search: what the host's enrollment service should look for.
        statuses: statuses to show, all if empty; unknown ones match nobody.
        ask_provider: take the states from the provider's profiles instead of our attempts. A
            provider without profiles is not asked.

    Raises NoOnboardingExamException; BackendProviderOnboardingProfilesException when the provider
    was asked in vain. Without a status filter only the attempts of the page's learners are read.
    """
    exam, provider = newest_onboarding_exam(course_id)
    enrollments = _enrollments(course_id, text_search)
    if ask_provider:
        profiles = _profiles(provider, course_id, statuses)
        if profiles is not None:
            return _roster_of_profiles(course_id, exam, enrollments, profiles, statuses, page, page_size)
    return _roster_of_attempts(course_id, exam, enrollments, statuses, page, page_size)


def _enrollments(course_id: str, text_search: str | None) -> Sequence[Any] | QuerySet:
    """Return the host's enrolments; a query stays a query, so that a page costs a page."""
    enrollments = onboarding.get_enrollments_can_take_proctored_exams(course_id, text_search)
    if enrollments is None:
        return []
    if isinstance(enrollments, QuerySet):
        return enrollments.select_related("user")
    return list(enrollments)


def _row(enrollment: Any, progress: _Progress) -> dict[str, Any]:
    return {
        "username": enrollment.user.username,
        "enrollment_mode": enrollment.mode,
        "status": progress.status,
        "modified": progress.modified,
    }


def _roster_of_attempts(
    course_id: str,
    exam: ProctoredExam,
    enrollments: Sequence[Any] | QuerySet,
    statuses: Collection[str],
    page: int,
    page_size: int,
) -> OnboardingRoster:
    if statuses:
        everybody = list(enrollments)
        progress = _progress_of(course_id, exam.backend, [enrollment.user for enrollment in everybody])
        wanted = set(statuses)
        rows = (_row(enrollment, progress.get(enrollment.user.id, _NOT_STARTED)) for enrollment in everybody)
        matching = [row for row in rows if row["status"] in wanted]
        found = Paginator(matching, page_size).get_page(page)
        return OnboardingRoster(page=found, enrolled=len(everybody), from_provider=False)
    paginator: Paginator = Paginator(enrollments, page_size)
    found = paginator.get_page(page)
    shown: list[Any] = list(found.object_list)
    progress = _progress_of(course_id, exam.backend, [enrollment.user for enrollment in shown])
    found.object_list = [_row(enrollment, progress.get(enrollment.user.id, _NOT_STARTED)) for enrollment in shown]
    return OnboardingRoster(page=found, enrolled=paginator.count, from_provider=False)


def _progress_of(course_id: str, backend: Any, users: Sequence[Any]) -> dict[int, _Progress]:
    """Return ``{user id: progress}`` from our attempts; who has none is absent. Two queries.

    ``backend``: name of the provider as the exam has it, None for the default one.
    """
    user_ids = {user.id for user in users}
    progress = {}
    for user_id, (_pk, status, modified) in _decisive_attempts(course_id, user_ids).items():
        progress[user_id] = _Progress(_shown_status(status), modified)
    unverified = [
        user_id
        for user_id in user_ids
        if user_id not in progress or progress[user_id].status != OnboardingStatus.verified
    ]
    if unverified:
        elsewhere = onboarding.get_last_verified_onboarding_attempts_per_user(unverified, backend)
        for user_id, attempt in elsewhere.items():
            progress[user_id] = _Progress(OnboardingStatus.other_course_approved, attempt.modified)
    return progress


def _decisive_attempts(course_id: str, user_ids: Collection[int]) -> dict[int, tuple[int, str, datetime]]:
    """Return ``{user id: (attempt id, status, modified)}`` of the attempt that stands for each learner.

    The one changed last, except that a verified attempt beats all, and that an attempt which was
    reset gives way to a newer one.
    """
    decisive: dict[int, tuple[int, str, datetime]] = {}
    if not user_ids:
        return decisive
    attempts: Iterable[tuple[int, int, str, datetime]] = (
        ProctoredExamStudentAttempt.objects.get_proctored_practice_attempts_by_course_id(course_id, list(user_ids))
        .select_related(None)
        .values_list("user_id", "pk", "status", "modified")
    )
    verified, reset = ProctoredExamStudentAttemptStatus.verified, ProctoredExamStudentAttemptStatus.onboarding_reset
    for user_id, pk, status, modified in attempts:
        former = decisive.get(user_id)
        if former is None or (
            former[1] != verified and (status == verified or (former[1] == reset and pk > former[0]))
        ):
            decisive[user_id] = (pk, status, modified)
    return decisive


def _shown_status(attempt_status: str) -> str | None:
    if attempt_status == ProctoredExamStudentAttemptStatus.onboarding_reset:
        # The learner reset an attempt and could not begin anew: only the due date prevents that.
        return OnboardingStatus.onboarding_reset_past_due
    return OnboardingStatus.get_onboarding_status_from_attempt_status(attempt_status)


def _profiles(provider: Any, course_id: str, statuses: Collection[str]) -> list[Mapping[str, Any]] | None:
    """Return the provider's onboarding profiles in its order, None if it keeps none."""
    wanted = [VerificientOnboardingProfileStatus.get_profile_status_from_filter(status) for status in statuses]
    known = [status for status in wanted if status]
    if statuses and not known:
        # Only statuses that no profile can have: an empty filter would mean everybody.
        return []
    reply = provider.get_onboarding_profile_info(course_id, status=",".join(known))
    return None if reply is None else list(reply.get("results") or [])


def _roster_of_profiles(
    course_id: str,
    exam: ProctoredExam,
    enrollments: Sequence[Any] | QuerySet,
    profiles: Sequence[Mapping[str, Any]],
    statuses: Collection[str],
    page: int,
    page_size: int,
) -> OnboardingRoster:
    everybody = list(enrollments)
    unplaced = {obscured_user_id(enrollment.user.id, exam.backend): enrollment for enrollment in everybody}
    placed: list[tuple[Any, str | None]] = []
    unknown: list[Any] = []
    for profile in profiles:
        enrollment = unplaced.pop(str(profile.get("user_id")), None)
        if enrollment is None:
            unknown.append(profile.get("user_id"))
            continue
        status = VerificientOnboardingProfileStatus.get_instructor_status_from_profile_status(profile.get("status"))
        placed.append((enrollment, status))
    if unknown:
        log.warning(
            "provider reports onboarding of users who are not enrolled: course_id=%s count=%s obscured_ids=%s",
            course_id,
            len(unknown),
            unknown[:_UNKNOWN_IDS_LOGGED],
        )
    if not statuses or OnboardingStatus.not_started in statuses:
        placed.extend((enrollment, OnboardingStatus.not_started) for enrollment in unplaced.values())
    paginator: Paginator = Paginator(placed, page_size)
    found = paginator.get_page(page)
    shown = list(found.object_list)
    changed = _decisive_attempts(course_id, {enrollment.user.id for enrollment, _status in shown})
    found.object_list = [
        _row(
            enrollment,
            _Progress(status, changed[enrollment.user.id][2] if enrollment.user.id in changed else None),
        )
        for enrollment, status in shown
    ]
    return OnboardingRoster(page=found, enrolled=len(everybody), from_provider=True)
