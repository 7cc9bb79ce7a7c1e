"""The onboarding exams of a course, the link for a learner, and their provider.

Contract: contract/onboarding#learner-state, GET /v1/user_onboarding/status,
GET /v1/user_onboarding/status/course_id/{course_id}.
"""

import logging
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from edx_proctoring import backends
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import ProctoredExam
from edx_proctoring.utils import (
    categorize_inaccessible_exams_by_date,
    get_exam_url,
    get_user_course_outline_details,
)
from edx_proctoring.utils.texts import as_text

__all__ = [
    "NoOnboardingExamException",
    "does_backend_support_onboarding",
    "get_onboarding_exam_link",
    "newest_onboarding_exam",
]

log = logging.getLogger(__name__)


class NoOnboardingExamException(ProctoredBaseException):
    """The course has no onboarding exam, or its provider does not support onboarding."""

    http_status = 404
    code = "not_found"
    is_for_people = True


def newest_onboarding_exam(course_id: str) -> tuple[ProctoredExam, Any]:
    """Return the newest active onboarding exam of a course and its provider.

    Raises ``NoOnboardingExamException``, also when the exam's provider is not configured or does not support
    onboarding.
    """
    exams, provider = offered_onboarding_exams(course_id)
    return exams[0], provider


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


# For modules of this package


def offered_onboarding_exams(course_id: str) -> tuple[list[ProctoredExam], Any]:
    """Return the active onboarding exams of a course, newest first, and the provider of the newest.

    Raises as ``newest_onboarding_exam``. One query.
    """
    exams = list(onboarding_exams(course_id))
    provider = provider_with_onboarding(exams[0].backend) if exams else None
    if provider is None:
        raise NoOnboardingExamException(_("There is no onboarding exam related to this course id."))
    return exams, provider


def onboarding_exams(course_id: str) -> QuerySet[ProctoredExam]:
    """Return the active proctored practice exams of a course, newest first."""
    return ProctoredExam.objects.filter(
        course_id=course_id, is_active=True, is_practice_exam=True, is_proctored=True
    ).order_by("-created", "-id")


def provider_with_onboarding(backend: str | None) -> Any | None:
    """Return the provider with this name if it is configured and supports onboarding, else None."""
    try:
        provider = backends.get_backend_provider(name=backend)
    except NotImplementedError:
        log.warning("provider of onboarding exam is not configured: provider=%s", backend)
        return None
    return provider if getattr(provider, "supports_onboarding", False) else None
