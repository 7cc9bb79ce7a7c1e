"""How far the learners of a course are with onboarding, with numbers per status.

Contract: contract/rest-v2#onboarding-list. ``onboarding.course_roster`` is the list of version 1, without numbers:
they need the status of every learner. The number of queries does not depend on how many there are
(architecture#constant-queries).
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from edx_proctoring import constants
from edx_proctoring.api.course_staff.attempt_rows import Learner, learner_of
from edx_proctoring.api.course_staff.exports import CHUNK, Record
from edx_proctoring.api.onboarding import course_progress, course_roster
from edx_proctoring.api.onboarding.course_progress import NOT_STARTED, Progress
from edx_proctoring.api.onboarding.enrollments import Enrollments, get_enrollments_can_take_proctored_exams
from edx_proctoring.api.onboarding.onboarding_exams import newest_onboarding_exam
from edx_proctoring.statuses import InstructorDashboardOnboardingAttemptStatus as OnboardingStatus
from edx_proctoring.utils import user_names

__all__ = ["COLUMNS", "STATUSES", "OnboardingList", "OnboardingRow", "onboarding_list", "records"]

STATUSES: Final = (
    OnboardingStatus.not_started,
    OnboardingStatus.setup_started,
    OnboardingStatus.onboarding_started,
    OnboardingStatus.submitted,
    OnboardingStatus.verified,
    OnboardingStatus.other_course_approved,
    OnboardingStatus.rejected,
    OnboardingStatus.error,
    OnboardingStatus.expired,
    OnboardingStatus.onboarding_reset_past_due,
)
_APPROVED: Final = (OnboardingStatus.verified, OnboardingStatus.other_course_approved)

# Where a status is from: our attempts, or the provider's profiles.
LOCAL: Final = "local"
PROVIDER: Final = "provider"

COLUMNS: Final = ("username", "email", "enrollment_mode", "status", "modified", "expires_at")


@dataclass(frozen=True, slots=True)
class OnboardingRow:
    """One learner. ``status``: one of ``STATUSES``, or None; ``expires_at``: of an approval that we know the time of.

    ``attempt_id``: the attempt in this course that decides. ``source``: ``local`` or ``provider``.
    """

    user: Learner
    enrollment_mode: str | None
    status: str | None
    modified_at: datetime | None
    expires_at: datetime | None
    attempt_id: int | None
    source: str


@dataclass(frozen=True, slots=True)
class OnboardingList:
    """The learners that were asked for.

    ``counts``: status → learners, of all statuses. ``matching``: key and progress of each learner with one of the
    statuses, in order.
    """

    course_id: str
    source: str
    counts: Mapping[str, int]
    matching: Sequence[tuple[Any, Progress]]
    enrollments: Enrollments

    def rows(self, part: Sequence[tuple[Any, Progress]]) -> list[OnboardingRow]:
        """Return a part of ``matching`` as rows. Three queries at the most."""
        progress_of = dict(part)
        enrolled = self.enrollments.load(progress_of)
        user_ids = {enrollment.user.id for enrollment in enrolled.values()}
        users = user_names.users_by_id(user_ids)
        attempts = course_progress.decisive_attempts(self.course_id, user_ids) if self.source == PROVIDER else {}
        rows = []
        for key, enrollment in enrolled.items():
            user, learner = users.get(enrollment.user.id), progress_of[key]
            if user is None:
                continue
            if attempt := attempts.get(user.pk):
                learner = Progress(learner.status, attempt.modified, attempt.pk)
            rows.append(
                OnboardingRow(
                    user=learner_of(user),
                    enrollment_mode=enrollment.mode,
                    status=learner.status,
                    modified_at=learner.modified,
                    expires_at=self._expires_at(learner),
                    attempt_id=learner.attempt_id,
                    source=self.source,
                )
            )
        return rows

    def _expires_at(self, learner: Progress) -> datetime | None:
        # Providers have terms of their own for their profiles.
        if self.source == PROVIDER or learner.status not in _APPROVED or learner.modified is None:
            return None
        return learner.modified + timedelta(days=constants.VERIFICATION_DAYS_VALID)


def onboarding_list(
    course_id: str,
    *,
    statuses: Collection[str] | None = None,
    search: str | None = None,
    ask_provider: bool = False,
) -> OnboardingList:
    """Return the learners of a course who may take proctored exams, with their onboarding.

    Args:
        course_id: the course.
        statuses: only these of ``STATUSES``.
        search: what the host's enrolment service should search for; ``counts`` are about what it finds.
        ask_provider: take the statuses from the provider's profiles, if it keeps any.

    Raises ``NoOnboardingExamException``; ``BackendProviderOnboardingProfilesException`` if the provider fails. Four
    queries.
    """
    exam, provider = newest_onboarding_exam(course_id)
    enrollments = Enrollments(get_enrollments_can_take_proctored_exams(course_id, search))
    everybody = enrollments.keys_and_user_ids()
    profiles = course_roster.profiles_of(provider, course_id, ()) if ask_provider else None
    if profiles is None:
        by_user = course_progress.progress_of_everybody(course_id, exam.backend, enrollments.users())
        learners = [(key, by_user.get(user_id, NOT_STARTED)) for key, user_id in everybody]
    else:
        with_profile = course_roster.statuses_by_key(course_id, exam.backend, everybody, profiles)
        learners = [(key, Progress(status, None)) for key, status in with_profile.items()]
        learners.extend((key, NOT_STARTED) for key, _user_id in everybody if key not in with_profile)
    return OnboardingList(
        course_id=course_id,
        source=LOCAL if profiles is None else PROVIDER,
        counts=Counter(learner.status for _key, learner in learners if learner.status is not None),
        matching=[pair for pair in learners if statuses is None or pair[1].status in statuses],
        enrollments=enrollments,
    )


def records(found: OnboardingList) -> Iterator[list[Record]]:
    """Yield the learners in pieces, for a file. Three queries per piece of 500."""
    for first in range(0, len(found.matching), CHUNK):
        yield [
            {
                "username": row.user.username,
                "email": row.user.email,
                "enrollment_mode": row.enrollment_mode,
                "status": row.status,
                "modified": row.modified_at,
                "expires_at": row.expires_at,
            }
            for row in found.rows(found.matching[first : first + CHUNK])
        ]
