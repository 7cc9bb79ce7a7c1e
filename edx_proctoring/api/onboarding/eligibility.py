"""Whether a learner is verified by onboarding, and where the onboarding exam is.

Contract: contract/onboarding#learner-state.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet

from edx_proctoring import backends, constants, host, runtime
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import InstructorDashboardOnboardingAttemptStatus
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import (
    categorize_inaccessible_exams_by_date,
    get_exam_url,
    get_user_course_outline_details,
)
from edx_proctoring.utils.storable import as_id
from edx_proctoring.utils.texts import as_text

__all__ = [
    "does_backend_support_onboarding",
    "get_enrollments_can_take_proctored_exams",
    "get_last_verified_onboarding_attempts_per_user",
    "get_onboarding_attempt_data_for_learner",
    "get_onboarding_exam_link",
]

log = logging.getLogger(__name__)


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


def get_onboarding_exam_link(course_id: Any, user: Any, is_learning_mfe: bool) -> str:
    """Return the URL of the newest onboarding exam that the learner can reach, or an empty text.

    Exams that are not open yet or already closed are included; their page says so.
    """
    course = as_text(course_id)
    candidates = list(ProctoredExam.get_practice_proctored_exams_for_course(course).order_by("-created", "-id"))
    if not candidates or not does_backend_support_onboarding(candidates[0].backend):
        return ""
    details = get_user_course_outline_details(user, course)
    if details is not None:
        hidden, _future, _past_due = categorize_inaccessible_exams_by_date(candidates, details)
        candidates = [exam for exam in candidates if exam not in hidden]
    if not candidates:
        return ""
    return get_exam_url(course, candidates[0].content_id, is_learning_mfe)


def does_backend_support_onboarding(backend: str | None) -> bool:
    """Return whether the provider with this name supports onboarding; False for an unknown one."""
    try:
        return bool(backends.get_backend_provider(name=backend).supports_onboarding)
    except (NotImplementedError, ImproperlyConfigured):
        log.exception("provider is not configured: backend=%s", backend)
        return False


def get_enrollments_can_take_proctored_exams(course_id: Any, text_search: str | None = None) -> Any:
    """Return the enrolments that may take proctored exams, as the host's service returns them; None without it."""
    enrollments: host.EnrollmentsService | None = runtime.get_runtime_service(host.ENROLLMENTS)
    if enrollments is None:
        return None
    return enrollments.get_enrollments_can_take_proctored_exams(as_text(course_id), text_search)


def _id_of(user: Any) -> int | None:
    """Return the id of a ``User``, or the id itself; None for an anonymous user."""
    return as_id(getattr(user, "pk", user))


def _status_with_expiry(status: str, attempt: ProctoredExamStudentAttempt) -> dict[str, Any]:
    valid_until = attempt.modified + timedelta(days=constants.VERIFICATION_DAYS_VALID)
    return {"onboarding_status": status, "expiration_date": valid_until}
