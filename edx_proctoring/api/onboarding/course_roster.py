"""The onboarding status of a course's learners, one page at a time.

Contract: GET /v1/user_onboarding/status/course_id/{course_id}, contract/rest-rules#list-queries.

The number of queries does not depend on the number of learners or attempts (architecture#constant-queries).
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.paginator import Page, Paginator

from edx_proctoring.api.onboarding import course_progress, filter_cache
from edx_proctoring.api.onboarding.course_progress import NOT_STARTED, Progress
from edx_proctoring.api.onboarding.enrollments import Enrollments, get_enrollments_can_take_proctored_exams
from edx_proctoring.api.onboarding.onboarding_exams import offered_onboarding_exams
from edx_proctoring.models import ProctoredExam
from edx_proctoring.statuses import InstructorDashboardOnboardingAttemptStatus as OnboardingStatus
from edx_proctoring.statuses import VerificientOnboardingProfileStatus as ProfileStatus
from edx_proctoring.utils import obscured_user_ids

__all__ = ["OnboardingRoster", "onboarding_roster"]

log = logging.getLogger(__name__)

# More unknown provider ids than this add nothing to the log line.
_UNKNOWN_IDS_LOGGED: Final = 5


@dataclass(frozen=True, slots=True)
class OnboardingRoster:
    """One page of learners with their onboarding status.

    ``page``: rows with ``username``, ``enrollment_mode``, ``status``, ``modified``.
    ``enrolled``: how many learners may take proctored exams and match the search, whatever their status.
    ``from_provider``: whether the statuses come from the provider's profiles instead of our attempts.
    """

    page: Page
    enrolled: int
    from_provider: bool


def onboarding_roster(
    course_id: str,
    *,
    page: int,
    page_size: int,
    text_search: str | None = None,
    statuses: Collection[str] = (),
    ask_provider: bool = False,
) -> OnboardingRoster:
    """Return one page of a course's learners with their onboarding status.

    Contract: GET /v1/user_onboarding/status/course_id/{course_id}.

    Args:
        course_id: the course.
        page: page number; one beyond the end gives the last page.
        page_size: rows per page.
        text_search: what the host's enrolment service should search for.
        statuses: statuses to show, all if empty; unknown ones match no learner.
        ask_provider: take the statuses from the provider's profiles instead of our attempts, if
            the provider keeps profiles.

    Raises ``NoOnboardingExamException``; ``BackendProviderOnboardingProfilesException`` if the
    provider fails. Without a status filter only the attempts of the page's learners are read.
    """
    exams, provider = offered_onboarding_exams(course_id)
    exam = exams[0]
    enrollments = Enrollments(get_enrollments_can_take_proctored_exams(course_id, text_search))
    if ask_provider:
        profiles = profiles_of(provider, course_id, statuses)
        if profiles is not None:
            return _roster_from_profiles(course_id, exam.backend, enrollments, profiles, statuses, page, page_size)
    if statuses:
        return _roster_with_statuses(course_id, exams, enrollments, statuses, page, page_size)
    found, total = enrollments.page(page, page_size, is_searched=bool(text_search))
    shown: list[Any] = list(found.object_list)
    by_user = course_progress.progress_of_users(course_id, exam.backend, {enrollment.user.id for enrollment in shown})
    found.object_list = [_row(enrollment, by_user.get(enrollment.user.id, NOT_STARTED)) for enrollment in shown]
    return OnboardingRoster(page=found, enrolled=total, from_provider=False)


def _row(enrollment: Any, learner: Progress) -> dict[str, Any]:
    return {
        "username": enrollment.user.username,
        "enrollment_mode": enrollment.mode,
        "status": learner.status,
        "modified": learner.modified,
    }


def _roster_with_statuses(
    course_id: str,
    exams: Sequence[ProctoredExam],
    enrollments: Enrollments,
    statuses: Collection[str],
    page: int,
    page_size: int,
) -> OnboardingRoster:
    """Return a page of the learners with one of the statuses. ``exams``: the onboarding exams, newest first."""
    backend = exams[0].backend
    wanted = filter_cache.Filter([exam.pk for exam in exams], backend, enrollments, statuses)
    kept = wanted.kept()
    found: Page
    if kept is not None:
        keys, enrolled = kept
        found = Paginator(keys, page_size).get_page(page)
        shown = enrollments.load(found.object_list)
        by_user = course_progress.progress_of_users(course_id, backend, {one.user.id for one in shown.values()})
    else:
        everybody = enrollments.keys_and_user_ids()
        by_user = course_progress.progress_with_statuses(course_id, backend, enrollments.users(), statuses)
        keys = [key for key, user_id in everybody if by_user.get(user_id, NOT_STARTED).status in statuses]
        enrolled = len(everybody)
        wanted.keep(keys, enrolled)
        found = Paginator(keys, page_size).get_page(page)
        shown = enrollments.load(found.object_list)
    found.object_list = [_row(one, by_user.get(one.user.id, NOT_STARTED)) for one in shown.values()]
    return OnboardingRoster(page=found, enrolled=enrolled, from_provider=False)


def profiles_of(provider: Any, course_id: str, statuses: Collection[str]) -> list[Mapping[str, Any]] | None:
    """Return the provider's onboarding profiles in its order, None if it keeps none."""
    requested = [ProfileStatus.get_profile_status_from_filter(status) for status in statuses]
    known = [status for status in requested if status]
    if statuses and not known:
        # No profile can have these statuses, and an empty filter would mean every profile.
        return []
    reply = provider.get_onboarding_profile_info(course_id, status=",".join(known))
    return None if reply is None else list(reply.get("results") or [])


def _roster_from_profiles(
    course_id: str,
    backend: str | None,
    enrollments: Enrollments,
    profiles: Sequence[Mapping[str, Any]],
    statuses: Collection[str],
    page: int,
    page_size: int,
) -> OnboardingRoster:
    everybody = enrollments.keys_and_user_ids()
    found_with = statuses_by_key(course_id, backend, everybody, profiles)
    listed = list(found_with.items())
    if not statuses or OnboardingStatus.not_started in statuses:
        listed.extend((key, OnboardingStatus.not_started) for key, _user_id in everybody if key not in found_with)
    found: Page = Paginator(listed, page_size).get_page(page)
    status_of = dict(found.object_list)
    shown = enrollments.load(status_of)
    attempts = course_progress.decisive_attempts(course_id, {enrollment.user.id for enrollment in shown.values()})
    rows = []
    for key, enrollment in shown.items():
        attempt = attempts.get(enrollment.user.id)
        rows.append(_row(enrollment, Progress(status_of[key], None if attempt is None else attempt.modified)))
    found.object_list = rows
    return OnboardingRoster(page=found, enrolled=len(everybody), from_provider=True)


def statuses_by_key(
    course_id: str,
    backend: str | None,
    everybody: Sequence[tuple[Any, int]],
    profiles: Sequence[Mapping[str, Any]],
) -> dict[Any, str | None]:
    """Return ``{key: status}`` of the enrolled learners who have a profile, in the provider's order.

    ``everybody``: key and user id of each enrolment. Profiles of others are logged.
    """
    # Of several profiles of one learner, under keys of ours that changed meanwhile, the one under the current key.
    known = {
        obscured: (key, rank)
        for key, user_id in everybody
        for rank, obscured in enumerate(obscured_user_ids(user_id, backend))
    }
    found_with: dict[Any, tuple[int, str | None]] = {}
    unknown: list[Any] = []
    for profile in profiles:
        key, rank = known.get(str(profile.get("user_id")), (None, 0))
        if key is None:
            unknown.append(profile.get("user_id"))
        elif key not in found_with or rank < found_with[key][0]:
            found_with[key] = rank, ProfileStatus.get_instructor_status_from_profile_status(profile.get("status"))
    if unknown:
        log.warning(
            "provider reports onboarding of users who are not enrolled: course_id=%s count=%s obscured_ids=%s",
            course_id,
            len(unknown),
            unknown[:_UNKNOWN_IDS_LOGGED],
        )
    return {key: status for key, (_rank, status) in found_with.items()}
