"""URLs of the provider's own dashboard, for course staff.

Contract: GET /v1/instructor/{course_id}, GET /v1/instructor/{course_id}/{exam_id}.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import waffle
from django.utils.translation import gettext as _

from edx_proctoring import backends, constants
from edx_proctoring.api.exams import exams
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.exceptions import ProctoredBaseException, ProctoredExamNotFoundException
from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ProctoredExamStudentAttempt
from edx_proctoring.utils import obscured_user_id, user_names

__all__ = ["NoDashboardException", "SeveralProvidersException", "course_dashboard_url", "exam_dashboard_url"]


class NoDashboardException(ProctoredBaseException):
    """There is no dashboard to show; the message says why."""

    http_status = 404
    code = "not_found"
    is_for_people = True


class UntrustedRecordingException(NoDashboardException):
    """The recording is at an address that the provider's settings do not name; the message shows it as text."""


class SeveralProvidersException(ProctoredBaseException):
    """The exams of the course have several providers, each with its own dashboard."""


def course_dashboard_url(course_id: str, user: Any, /, *, external_attempt_id: str | None = None) -> str:
    """Return the URL of the dashboard for all proctored exams of a course.

    Raises NoDashboardException and SeveralProvidersException.
    """
    active = exams.get_all_exams_for_course(course_id, active_only=True)
    if not active:
        raise _no_exams(course_id)
    proctored = [exam for exam in active if exam["is_proctored"]]
    if not proctored:
        raise _no_proctored_exams(course_id)
    first = proctored[0]
    for exam in proctored:
        if exam["backend"] != first["backend"]:
            raise SeveralProvidersException(
                _("Multiple backends for course {course_id} {first} != {second}").format(
                    course_id=course_id, first=first["backend"], second=exam["backend"]
                )
            )
    provider = _provider(course_id, first["backend"])
    return _url(
        provider, course_id, first["backend"], user, external_attempt_id=external_attempt_id, external_exam_id=None
    )


def exam_dashboard_url(
    course_id: str,
    exam_id: int,
    user: Any,
    /,
    *,
    external_attempt_id: str | None = None,
    show_configuration: bool = False,
) -> str:
    """Return the URL of the dashboard of one exam, or of its configuration.

    Raises NoDashboardException, also for an exam of another course.
    """
    exam = _exam_of_course(course_id, exam_id)
    if not exam["is_proctored"]:
        raise _no_proctored_exams(course_id)
    provider = _provider(course_id, exam["backend"])
    return _url(
        provider,
        course_id,
        exam["backend"],
        user,
        external_attempt_id=external_attempt_id,
        external_exam_id=exam["external_id"],
        show_configuration=show_configuration,
    )


def _no_exams(course_id: str) -> NoDashboardException:
    return NoDashboardException(_("No exams in course {course_id}.").format(course_id=course_id))


def _no_proctored_exams(course_id: str) -> NoDashboardException:
    return NoDashboardException(_("No proctored exams in course {course_id}").format(course_id=course_id))


def _exam_of_course(course_id: str, exam_id: int) -> Mapping[str, Any]:
    try:
        exam = exams.get_exam_by_id(exam_id)
    except ProctoredExamNotFoundException as exc:
        raise _no_exams(course_id) from exc
    if exam["course_id"] != course_id:
        raise _no_exams(course_id)
    return exam


def _provider(course_id: str, backend: str | None) -> Any:
    try:
        provider = backends.get_backend_provider(name=backend)
    except NotImplementedError as exc:
        raise _no_proctored_exams(course_id) from exc
    if provider is None:
        raise _no_proctored_exams(course_id)
    return provider


def _url(
    provider: Any,
    course_id: str,
    backend: str | None,
    user: Any,
    *,
    external_attempt_id: str | None,
    external_exam_id: str | None,
    show_configuration: bool = False,
) -> str:
    # Providers identify users by obscured ids, and also get the name and e-mail address of staff.
    person = {"id": obscured_user_id(user.id, backend), "full_name": user_names.full_name(user), "email": user.email}
    options = {
        "exam_id": external_exam_id,
        "attempt_id": external_attempt_id,
        "show_configuration_dashboard": show_configuration,
        "encrypted_video_review_url": _encrypted_video_url(course_id, external_attempt_id),
    }
    url = provider.get_instructor_url(course_id, person, **_accepted(provider.get_instructor_url, options))
    if not url:
        raise NoDashboardException(
            _("No instructor dashboard for {proctor_service}").format(proctor_service=provider.verbose_name)
        )
    recording = options["encrypted_video_review_url"]
    if recording and isinstance(provider, SoftwareSecureBackendProvider) and not provider.may_lead_to(url):
        # Reviews need not prove who sent them, so a link in one must not lead staff to any site.
        raise UntrustedRecordingException(
            _("This site does not link to the address of the recording: {address}").format(address=url)
        )
    return url


def _accepted(method: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that a provider's method accepts; methods of older plug-ins lack the newer ones."""
    try:
        parameters = inspect.signature(method).parameters
    except (TypeError, ValueError):
        # A method written in C, or a stand-in, has no readable signature.
        return dict(options)
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return dict(options)
    return {name: value for name, value in options.items() if name in parameters}


def _encrypted_video_url(course_id: str, external_attempt_id: str | None) -> bytes | None:
    """Return the stored link to an attempt's recording; None unless the switch is on and the attempt is here."""
    if not external_attempt_id or not waffle.switch_is_active(constants.REDS_API_REDIRECT):
        return None
    code = (
        ProctoredExamStudentAttempt.objects.filter(external_id=external_attempt_id, proctored_exam__course_id=course_id)
        .order_by("-created", "-id")
        .values_list("attempt_code", flat=True)
        .first()
    )
    if not code:
        return None
    review = ProctoredExamSoftwareSecureReview.get_review_by_attempt_code(code)
    # Some databases hand out a memoryview.
    return bytes(review.encrypted_video_url) if review is not None and review.encrypted_video_url else None
