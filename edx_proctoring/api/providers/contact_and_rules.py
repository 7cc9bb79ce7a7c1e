"""Information about an exam's provider for pages: support, rules, dashboards.

Contract: contract/provider-information#settings.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from edx_proctoring import backends, conf, constants
from edx_proctoring.api.effects.emails import _get_proctoring_escalation_email
from edx_proctoring.api.exams import exams
from edx_proctoring.exceptions import BackendProviderNotConfigured, ProctoredExamNotFoundException
from edx_proctoring.models import ProctoredExam
from edx_proctoring.utils.texts import as_text

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
    proctored exams also the provider's name and contact addresses. If the provider fails,
    ``exam_proctoring_backend`` is empty and the rest is returned, because a learner needs the
    addresses then most of all. Raises ``ProctoredExamNotFoundException``, ``BackendProviderNotConfigured``.
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
    except (NotImplementedError, ImproperlyConfigured) as error:
        log.exception("provider is not configured: exam_id=%s backend=%s", exam_id, exam["backend"])
        raise BackendProviderNotConfigured(
            f"The proctoring provider {exam['backend']!r} of exam_id={exam_id} is not configured."
        ) from error
    information.update(
        # None, not an empty dict, if neither the platform nor the provider has links.
        link_urls=backends.provider_setting(exam["backend"], "LINK_URLS") or conf.proctoring.link_urls,
        exam_proctoring_backend=_configuration_of(provider, exam),
        provider_tech_support_email=provider.tech_support_email,
        provider_tech_support_phone=provider.tech_support_phone,
        provider_name=provider.verbose_name,
        learner_notification_from_email=provider.learner_notification_from_email,
        integration_specific_email=get_integration_specific_email(provider),
        proctoring_escalation_email=_get_proctoring_escalation_email(exam["course_id"]),
    )
    tech_support_url = getattr(provider, "tech_support_url", None)
    if tech_support_url:
        # Beyond 6.1.4: the React client has always looked for it (contract/rest-clients#react-proctored).
        information["provider_tech_support_url"] = tech_support_url
    return information


def _configuration_of(provider: Any, exam: Mapping[str, Any]) -> Any:
    """Return the provider's configuration (None if it has no such call), an empty dict if the call fails."""
    try:
        return provider.get_proctoring_config()
    except Exception:  # pylint: disable=broad-except
        # A plug-in may raise anything.
        log.exception("provider does not tell its configuration: exam_id=%s backend=%s", exam["id"], exam["backend"])
        return {}


def get_integration_specific_email(provider: Any) -> str:
    """Return the e-mail address for questions about a provider: its own, else the configured one, else ours."""
    email = getattr(provider, "integration_specific_email", None)
    if email:
        return email
    name = getattr(provider, "backend_name", None)
    if not isinstance(name, str):
        # A stand-in for a provider may have no name, or one that is not a text.
        return constants.DEFAULT_CONTACT_EMAIL
    return backends.provider_setting(name, "CONTACT_EMAIL")


def script_url_of(provider: Any) -> str:
    """Return the URL of the provider's browser script, an empty text if it has none or the call fails.

    Without the script a page can do less, but it is shown.
    """
    try:
        url: str = provider.get_javascript()
    except Exception:  # pylint: disable=broad-except
        # A plug-in may raise anything.
        log.exception("no browser script from the provider: backend=%s", getattr(provider, "backend_name", None))
        return ""
    return url


def is_backend_dashboard_available(course_id: Any) -> bool:
    """Return whether any active exam of the course has a provider with a dashboard."""
    names = ProctoredExam.get_all_exams_for_course(as_text(course_id), active_only=True).values_list(
        "backend", flat=True
    )
    for name in dict.fromkeys(names):
        try:
            if backends.get_backend_provider(name=name).has_dashboard:
                return True
        except (NotImplementedError, ImproperlyConfigured):
            log.exception("provider is not configured: course_id=%s backend=%s", course_id, name)
    return False


def get_exam_configuration_dashboard_url(course_id: Any, content_id: Any) -> str | None:
    """Return the URL for configuring an exam at its provider; None without an exam or a dashboard."""
    try:
        exam = exams.get_exam_by_content_id(course_id, content_id)
    except ProctoredExamNotFoundException:
        log.exception("no configuration dashboard, exam unknown: course_id=%s content_id=%s", course_id, content_id)
        return None
    if not is_backend_dashboard_available(course_id):
        return None
    path = reverse("edx_proctoring:instructor_dashboard_exam", args=(exam["course_id"], exam["id"]))
    return f"{path}?config=true"
