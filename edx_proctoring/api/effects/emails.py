"""The e-mails about an attempt: submitted, verified, rejected.

Contract: contract/emails#when, contract/emails#templates. Building only; when they go out is decided in
``transitions``, sending and trying again is the business of ``effects``.
"""

import logging
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.core.exceptions import ObjectDoesNotExist
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template import loader
from django.utils.translation import gettext_lazy as _
from opaque_keys import InvalidKeyError

from edx_proctoring import backends, conf, host, runtime
from edx_proctoring.api.effects import html_to_text
from edx_proctoring.backends import provider_settings
from edx_proctoring.models import AttemptIncident, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import get_course_home_url, get_url_scheme

__all__ = ["create_proctoring_attempt_status_email"]

log = logging.getLogger(__name__)

# status -> (subject, template file). Outside code looks for the first three words of the English subjects.
STATUS_EMAILS: Final[Mapping[str, tuple[Any, str]]] = {
    Status.submitted: (
        _("Proctoring attempt submitted: {exam_name} in {course_name}"),
        "proctoring_attempt_submitted_email.html",
    ),
    Status.verified: (
        _("Proctoring attempt verified: {exam_name} in {course_name}"),
        "proctoring_attempt_satisfactory_email.html",
    ),
    Status.rejected: (
        _("Proctoring attempt rejected: {exam_name} in {course_name}"),
        "proctoring_attempt_unsatisfactory_email.html",
    ),
}


def create_proctoring_attempt_status_email(
    exam_attempt_obj: ProctoredExamStudentAttempt, course_name: str, course_id: str
) -> EmailMessage | None:
    """Return the unsent message about the attempt's status, or None if there is nothing to say.

    Only attempts taken as proctored, not practice, and only submitted, verified and rejected ones. The
    body is HTML; with ``EMAIL_TEXT_ALTERNATIVE`` it is text, and HTML its alternative. A theme may
    override a template for one provider or for all.
    """
    attempt = exam_attempt_obj
    if not may_be_mailed_about(attempt, attempt.status):
        return None
    subject, template_name = STATUS_EMAILS[attempt.status]
    exam = attempt.proctored_exam
    backend = exam.backend
    contact_url, contact_url_text = _contact_for(backend, course_id)
    body = loader.select_template(_get_email_template_paths(template_name, backend)).render(
        {
            "course_url": get_course_home_url(course_id),
            "course_name": course_name,
            "exam_name": exam.exam_name,
            "status": attempt.status,
            "platform": backends.provider_setting(backend, "PLATFORM_NAME"),
            "contact_url": contact_url,
            "contact_url_text": contact_url_text,
        }
    )
    has_text = conf.proctoring.mails_have_text_part
    message = (EmailMultiAlternatives if has_text else EmailMessage)(
        # On one line: names are the author's, and a line break would make a header of its own.
        subject=" ".join(str(subject).format(exam_name=exam.exam_name, course_name=course_name).split()),
        body=html_to_text.text_of(body) if has_text else body,
        from_email=backends.provider_setting(backend, "STATUS_EMAIL_FROM_ADDRESS"),
        to=[attempt.user.email],
        bcc=_addresses(backends.provider_setting(backend, "BCC_EMAIL")),
        reply_to=_addresses(backends.provider_setting(backend, "REPLY_TO_EMAIL")),
    )
    if isinstance(message, EmailMultiAlternatives):
        message.attach_alternative(body, "text/html")
    else:
        message.content_subtype = "html"
    return message


def _get_email_template_paths(template_name: str, backend: str | None) -> list[str]:
    """Return the paths of a mail's template, that of the provider first. Contract name."""
    base = f"emails/{template_name}"
    return [f"emails/proctoring/{backend}/{template_name}", base] if backend else [base]


def may_be_mailed_about(attempt: ProctoredExamStudentAttempt, status: str) -> bool:
    """Return whether a mail to the learner follows when this attempt gets ``status``.

    Only about attempts taken as proctored, and those that staff let go on while the provider was out of order.
    """
    if attempt.is_sample_attempt or status not in STATUS_EMAILS:
        return False
    return attempt.taking_as_proctored or AttemptIncident.objects.is_taken_without_provider(attempt)


def _get_proctoring_escalation_email(course_id: Any) -> str | None:
    """Return the course's address for questions about reviews, None if it has none. Contract name."""
    instructor: host.InstructorService | None = runtime.get_runtime_service(host.INSTRUCTOR)
    if instructor is None:
        return None
    try:
        return instructor.get_proctoring_escalation_email(course_id)
    except (InvalidKeyError, ObjectDoesNotExist) as error:
        log.warning("no escalation address: course_id=%s error=%s", course_id, type(error).__name__)
        return None
    except Exception:  # pylint: disable=broad-except
        # Pages and mails have another address to offer; none of them is worth an error page.
        log.exception("host does not tell the escalation address: course_id=%s", course_id)
        return None


def _contact_for(backend: str | None, course_id: str) -> tuple[str, str]:
    """Return address and text of the link under which questions are answered.

    The course's own address, else the provider's, else the platform's support page. Published
    configuration samples write ``contact_us`` where 6.1.4 reads ``contact``
    (contract/provider-configuration#mail-contact).
    """
    escalation_email = _get_proctoring_escalation_email(course_id)
    if escalation_email:
        return f"mailto:{escalation_email}", escalation_email
    for links in _links_of_provider(backend):
        url = links.get("contact") or links.get("contact_us")
        if url:
            return url, url
    url = f"{get_url_scheme()}://{backends.provider_setting(backend, 'SITE_NAME')}/support/contact_us"
    return url, url


def _links_of_provider(backend: str | None) -> Iterator[Mapping[str, str]]:
    entry = conf.proctoring.backends.get(backend or backends.default_backend_name() or "")
    if isinstance(entry, Mapping):
        links = entry.get("LINK_URLS")
        yield conf.without_placeholders(links) if isinstance(links, Mapping) else {}
    if provider_settings.own_settings(backend).get("LINK_URLS"):
        # Only then: by themselves, the platform's links say nothing about who answers for this exam.
        yield backends.provider_setting(backend, "LINK_URLS")


def _addresses(address: str | None) -> list[str]:
    return [address] if address else []
