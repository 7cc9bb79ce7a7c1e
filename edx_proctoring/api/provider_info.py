"""What pages show about an exam's provider: support, rules, dashboards. Spec: python-api.md 8.12."""

import logging
from typing import Any

from django.conf import settings
from django.urls import reverse

from edx_proctoring import backends, conf, constants
from edx_proctoring.api import exams
from edx_proctoring.api.emails import _get_proctoring_escalation_email
from edx_proctoring.exceptions import BackendProviderNotConfigured, ProctoredExamNotFoundException
from edx_proctoring.models import ProctoredExam

__all__ = [
    "get_exam_configuration_dashboard_url",
    "get_integration_specific_email",
    "get_proctoring_settings_by_exam_id",
    "is_backend_dashboard_available",
]

log = logging.getLogger(__name__)


def get_proctoring_settings_by_exam_id(exam_id: int) -> dict[str, Any]:
    """Return platform and provider information for one exam.

    Always ``platform_name``, ``contact_us``, ``link_urls``, ``exam_proctoring_backend``; for
    proctored exams also the provider's name and the addresses of those who help. Raises
    ``ProctoredExamNotFoundException``, ``BackendProviderNotConfigured``.
    """
    exam = exams.get_exam_by_id(exam_id)
    information: dict[str, Any] = {
        "platform_name": settings.PLATFORM_NAME,
        "contact_us": settings.CONTACT_EMAIL,
        "link_urls": conf.proctoring.link_urls,
        "exam_proctoring_backend": {},
    }
    if not exam["is_proctored"]:
        return information
    try:
        provider = backends.get_backend_provider(exam)
    except NotImplementedError as error:
        log.exception("provider is not configured: exam_id=%s backend=%s", exam_id, exam["backend"])
        raise BackendProviderNotConfigured(
            f"The proctoring provider {exam['backend']!r} of exam_id={exam_id} is not configured."
        ) from error
    information.update(
        exam_proctoring_backend=provider.get_proctoring_config(),
        provider_tech_support_email=provider.tech_support_email,
        provider_tech_support_phone=provider.tech_support_phone,
        provider_name=provider.verbose_name,
        learner_notification_from_email=provider.learner_notification_from_email,
        integration_specific_email=get_integration_specific_email(provider),
        proctoring_escalation_email=_get_proctoring_escalation_email(exam["course_id"]),
    )
    return information


def get_integration_specific_email(provider: Any) -> str:
    """Return the address for questions about a provider; the platform's own if it names none."""
    return getattr(provider, "integration_specific_email", None) or constants.DEFAULT_CONTACT_EMAIL


def is_backend_dashboard_available(course_id: Any) -> bool:
    """Return whether any active exam of the course has a provider with a dashboard."""
    names = ProctoredExam.get_all_exams_for_course(str(course_id), active_only=True).values_list("backend", flat=True)
    for name in dict.fromkeys(names):
        try:
            if backends.get_backend_provider(name=name).has_dashboard:
                return True
        except NotImplementedError:
            log.exception("provider is not configured: course_id=%s backend=%s", course_id, name)
    return False


def get_exam_configuration_dashboard_url(course_id: Any, content_id: Any) -> str | None:
    """Return the address under which an exam is configured at its provider; None without exam or dashboard."""
    try:
        exam = exams.get_exam_by_content_id(course_id, content_id)
    except ProctoredExamNotFoundException:
        log.exception("no configuration dashboard, exam unknown: course_id=%s content_id=%s", course_id, content_id)
        return None
    if not is_backend_dashboard_available(course_id):
        return None
    path = reverse("edx_proctoring:instructor_dashboard_exam", args=(course_id, exam["id"]))
    return f"{path}?config=true"
