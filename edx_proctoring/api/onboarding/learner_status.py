"""A learner's onboarding status in a course, and verifications that still count.

Contract: contract/onboarding#learner-state. The precedence for a single learner is here; what staff see of a whole
course is in ``course_progress``.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from edx_proctoring import constants
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import InstructorDashboardOnboardingAttemptStatus
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils.storable import as_id
from edx_proctoring.utils.texts import as_text

__all__ = ["get_last_verified_onboarding_attempts_per_user", "get_onboarding_attempt_data_for_learner"]


def get_last_verified_onboarding_attempts_per_user(
    users_list: Iterable[Any], backend: str
) -> dict[int, ProctoredExamStudentAttempt]:
    """Return ``{user id: attempt}``: the latest valid verification of each user with one provider, in any course.

    Users without one are absent. One query.
    """
    users = (
        users_list if isinstance(users_list, QuerySet) else [user for user in users_list if _id_of(user) is not None]
    )
    newest_first = ProctoredExamStudentAttempt.objects.get_last_verified_proctored_onboarding_attempts(users, backend)
    latest: dict[int, ProctoredExamStudentAttempt] = {}
    for attempt in newest_first:
        latest.setdefault(attempt.user_id, attempt)
    return latest


def get_onboarding_attempt_data_for_learner(course_id: Any, user: Any, backend: str) -> dict[str, Any]:
    """Return ``onboarding_status`` (attempt status, ``other_course_approved`` or None) and ``expiration_date``.

    A verification in this course comes first, then one in another course, then the latest attempt
    in this course. Only verifications have an expiration date.
    """
    user_id = _id_of(user)
    if user_id is None:
        # An anonymous visitor.
        return {"onboarding_status": None, "expiration_date": None}
    here = list(
        ProctoredExamStudentAttempt.objects.get_proctored_practice_attempts_by_course_id(as_text(course_id), [user_id])
    )
    verified_here = next((attempt for attempt in here if attempt.status == Status.verified), None)
    if verified_here is not None:
        return _status_with_expiry(Status.verified, verified_here)
    verified_elsewhere = get_last_verified_onboarding_attempts_per_user([user_id], backend).get(user_id)
    if verified_elsewhere is not None:
        return _status_with_expiry(InstructorDashboardOnboardingAttemptStatus.other_course_approved, verified_elsewhere)
    return {"onboarding_status": here[0].status if here else None, "expiration_date": None}


def _id_of(user: Any) -> int | None:
    """Return the id of a ``User``, or the id itself; None for an anonymous user."""
    return as_id(getattr(user, "pk", user))


def _status_with_expiry(status: str, attempt: ProctoredExamStudentAttempt) -> dict[str, Any]:
    valid_until = attempt.modified + timedelta(days=constants.VERIFICATION_DAYS_VALID)
    return {"onboarding_status": status, "expiration_date": valid_until}
