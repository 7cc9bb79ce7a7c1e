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
from edx_proctoring.api.exams import allowances
from edx_proctoring.api.onboarding import eligibility
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

# So many keys of enrolments are read at once for a search; those of more are counted instead.
_MOST_KEYS: Final = 500

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
    enrolled = _Enrolled(eligibility.get_enrollments_can_take_proctored_exams(course_id, text_search))
    if ask_provider:
        profiles = _profiles(provider, course_id, statuses)
        if profiles is not None:
            return _roster_of_profiles(course_id, exam, enrolled, profiles, statuses, page, page_size)
    if statuses:
        return _roster_of_statuses(course_id, exam, enrolled, statuses, page, page_size)
    found, total = enrolled.page(page, page_size, is_searched=bool(text_search))
    shown: list[Any] = list(found.object_list)
    progress = _progress_of(course_id, exam.backend, {enrollment.user.id for enrollment in shown})
    found.object_list = [_row(enrollment, progress.get(enrollment.user.id, _NOT_STARTED)) for enrollment in shown]
    return OnboardingRoster(page=found, enrolled=total, from_provider=False)


class _Enrolled:
    """The host's enrolments: a query where the host gives one, so that a page costs a page, else a list.

    Where everybody has to be looked at, only a key and the user's id of each are read, and the rest of
    those on the page (``load``).
    """

    def __init__(self, given: Any) -> None:
        self._query: QuerySet | None = None
        self._list: Sequence[Any] = []
        if isinstance(given, QuerySet) and not given.query.is_sliced and not given.query.combinator:
            # Without an order of the host's own, a row might be on two pages or on none.
            self._query = given if given.ordered else given.order_by("pk")
        elif given is not None:
            self._list = list(given)

    def page(self, number: int, size: int, *, is_searched: bool) -> tuple[Page, int]:
        """Return one page of enrolments, and how many there are altogether."""
        if self._query is None:
            paginator: Paginator = Paginator(self._list, size)
            return paginator.get_page(number), paginator.count
        if is_searched:
            # A search compares the name of everybody. Once is enough if it finds few.
            keys = list(self._query.values_list("pk", flat=True)[: _MOST_KEYS + 1])
            if len(keys) <= _MOST_KEYS:
                found = Paginator(keys, size).get_page(number)
                found.object_list = list(self.load(found.object_list).values())
                return found, len(keys)
        paginator = Paginator(self._query.select_related("user"), size)
        return paginator.get_page(number), paginator.count

    def everybody(self) -> list[tuple[Any, int]]:
        """Return (key, user id) of each enrolment, in order."""
        if self._query is None:
            return [(position, enrollment.user.id) for position, enrollment in enumerate(self._list)]
        return list(self._query.values_list("pk", "user"))

    def users(self) -> Any:
        """Return all users, as far as a condition of a query may name them: ids, or a query for them."""
        if self._query is None:
            return [enrollment.user.id for enrollment in self._list]
        return self._query.order_by().values("user")

    def load(self, keys: Iterable[Any]) -> dict[Any, Any]:
        """Return {key: enrolment} in the order of the keys; who has left meanwhile is left out."""
        if self._query is None:
            return {key: self._list[key] for key in keys}
        keys = list(keys)
        rows = self._query.filter(pk__in=keys).select_related("user") if keys else []
        by_key = {enrollment.pk: enrollment for enrollment in rows}
        return {key: by_key[key] for key in keys if key in by_key}


def _row(enrollment: Any, progress: _Progress) -> dict[str, Any]:
    return {
        "username": enrollment.user.username,
        "enrollment_mode": enrollment.mode,
        "status": progress.status,
        "modified": progress.modified,
    }


def _roster_of_statuses(
    course_id: str, exam: ProctoredExam, enrolled: _Enrolled, statuses: Collection[str], page: int, page_size: int
) -> OnboardingRoster:
    """Return a page of those who stand at one of the statuses: everybody has to be looked at."""
    everybody = enrolled.everybody()
    progress = _progress_of(course_id, exam.backend, None, all_users=enrolled.users())
    wanted = set(statuses)
    matching = [
        (key, standing)
        for key, standing in ((key, progress.get(user_id, _NOT_STARTED)) for key, user_id in everybody)
        if standing.status in wanted
    ]
    found: Page = Paginator(matching, page_size).get_page(page)
    standings = dict(found.object_list)
    found.object_list = [_row(enrollment, standings[key]) for key, enrollment in enrolled.load(standings).items()]
    return OnboardingRoster(page=found, enrolled=len(everybody), from_provider=False)


def _progress_of(
    course_id: str, backend: Any, user_ids: Collection[int] | None, *, all_users: Any = None
) -> dict[int, _Progress]:
    """Return ``{user id: progress}`` from our attempts; who has none is absent. Two queries.

    ``backend``: name of the provider as the exam has it, None for the default one. ``user_ids``: whom
    to look up; None for everybody, and then ``all_users`` names them.
    """
    progress = {
        user_id: _Progress(_shown_status(status), modified)
        for user_id, (_pk, status, modified) in _decisive_attempts(course_id, user_ids).items()
    }
    verified = {user_id for user_id, standing in progress.items() if standing.status == OnboardingStatus.verified}
    candidates = all_users if user_ids is None else set(user_ids) - verified
    if candidates is all_users or candidates:
        newest_first = (
            ProctoredExamStudentAttempt.objects.get_last_verified_proctored_onboarding_attempts(candidates, backend)
            .select_related(None)
            .values_list("user_id", "modified")
        )
        elsewhere: dict[int, datetime] = {}
        for user_id, modified in newest_first:
            if user_id not in verified:
                elsewhere.setdefault(user_id, modified)
        for user_id, modified in elsewhere.items():
            progress[user_id] = _Progress(OnboardingStatus.other_course_approved, modified)
    return progress


def _decisive_attempts(course_id: str, user_ids: Collection[int] | None) -> dict[int, tuple[int, str, datetime]]:
    """Return ``{user id: (attempt id, status, modified)}`` of the attempt that stands for each learner.

    The one changed last, except that a verified attempt beats all, and that an attempt which was
    reset gives way to a newer one. ``user_ids``: None for everybody.
    """
    decisive: dict[int, tuple[int, str, datetime]] = {}
    if user_ids is not None and not user_ids:
        return decisive
    of_users = list(user_ids or ())
    attempts: Iterable[tuple[int, int, str, datetime]] = (
        ProctoredExamStudentAttempt.objects.get_proctored_practice_attempts_by_course_id(course_id, of_users)
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
    enrolled: _Enrolled,
    profiles: Sequence[Mapping[str, Any]],
    statuses: Collection[str],
    page: int,
    page_size: int,
) -> OnboardingRoster:
    everybody = enrolled.everybody()
    unplaced = {obscured_user_id(user_id, exam.backend): key for key, user_id in everybody}
    placed: list[tuple[Any, str | None]] = []
    unknown: list[Any] = []
    for profile in profiles:
        key = unplaced.pop(str(profile.get("user_id")), None)
        if key is None:
            unknown.append(profile.get("user_id"))
            continue
        status = VerificientOnboardingProfileStatus.get_instructor_status_from_profile_status(profile.get("status"))
        placed.append((key, status))
    if unknown:
        log.warning(
            "provider reports onboarding of users who are not enrolled: course_id=%s count=%s obscured_ids=%s",
            course_id,
            len(unknown),
            unknown[:_UNKNOWN_IDS_LOGGED],
        )
    if not statuses or OnboardingStatus.not_started in statuses:
        placed.extend((key, OnboardingStatus.not_started) for key in unplaced.values())
    found: Page = Paginator(placed, page_size).get_page(page)
    status_of = dict(found.object_list)
    shown = enrolled.load(status_of)
    changed = _decisive_attempts(course_id, {enrollment.user.id for enrollment in shown.values()})
    found.object_list = [
        _row(
            enrollment,
            _Progress(status_of[key], changed[enrollment.user.id][2] if enrollment.user.id in changed else None),
        )
        for key, enrollment in shown.items()
    ]
    return OnboardingRoster(page=found, enrolled=len(everybody), from_provider=True)
