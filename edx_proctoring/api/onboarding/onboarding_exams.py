"""The onboarding exams of a course and their provider.

Contract: GET /v1/user_onboarding/status, GET /v1/user_onboarding/status/course_id/{course_id}.
"""

import logging
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from edx_proctoring import backends
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import ProctoredExam

__all__ = ["NoOnboardingExamException", "newest_onboarding_exam"]

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
