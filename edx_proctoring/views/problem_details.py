"""Refusals as problem details (RFC 9457). Contract: contract/rest-v2#problems.

``CATALOGUE`` is the list of codes. Exceptions of the service layer have a code, and those of Django and of REST
framework get one from ``_CODES``; views of version 2 may raise ``Problem`` themselves. Version 1 keeps its bodies and
names the code in a header (``finish_refusal``).
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import (
    ImproperlyConfigured,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from rest_framework import exceptions as drf
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from edx_proctoring import exceptions as ours
from edx_proctoring.api.course_staff.allowance_file import BadFile
from edx_proctoring.utils.storable import storable
from edx_proctoring.views.error_responses import ids_for_log, retry_after
from edx_proctoring.views.idempotency import KeyReused, StillAnswering
from edx_proctoring.views.request_body import BodyTooLarge

__all__ = [
    "CATALOGUE",
    "CODE_HEADER",
    "CONTENT_TYPE",
    "Kind",
    "Problem",
    "answer_to",
    "code_of",
    "finish_refusal",
    "name_refusal",
]

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = "application/problem+json"
CODE_HEADER: Final = "X-Proctoring-Error"


@dataclass(frozen=True, slots=True)
class Kind:
    """What all problems with one code share.

    ``title``: English, the same for every problem with this code. ``sentence``: for the person, translated; a problem
    may have its own instead.
    """

    status: int
    title: str
    sentence: str | Promise


CATALOGUE: Final[Mapping[str, Kind]] = {
    "bad_request": Kind(400, "Bad request", _("The request could not be read.")),
    "not_authenticated": Kind(403, "Not authenticated", _("Sign in first.")),
    "csrf_failed": Kind(403, "CSRF check failed", _("Load the page again and repeat what you did.")),
    "course_unknown": Kind(403, "Course unknown", _("The course this request is about could not be determined.")),
    "staff_required": Kind(403, "Staff required", _("Only the staff of this course may do this.")),
    "not_allowed": Kind(403, "Not allowed", _("You may not do this.")),
    "feature_off": Kind(403, "Feature off", _("This is switched off for the course.")),
    "not_owner": Kind(403, "Not owner", _("Only the learner who owns the attempt may do this.")),
    # A start gate gives its own code and sentence.
    "start_refused": Kind(403, "Start refused", _("The exam cannot be started now.")),
    "not_found": Kind(404, "Not found", _("This does not exist, or you may not see it.")),
    "method_not_allowed": Kind(405, "Method not allowed", _("This address does not support the method.")),
    "not_acceptable": Kind(406, "Not acceptable", _("This address returns JSON only.")),
    "already_running": Kind(409, "Already running", _("This is being done right now. Try again in a few seconds.")),
    "already_started": Kind(409, "Already started", _("The exam has already started.")),
    "already_undone": Kind(409, "Already undone", _("This has already been undone.")),
    "attempt_exists": Kind(409, "Attempt exists", _("There is already an attempt.")),
    "changed_since": Kind(409, "Changed since", _("It has changed since, so this cannot be undone.")),
    "conflict": Kind(409, "Conflict", _("It was changed in the meantime. Load it again.")),
    "exam_inactive": Kind(409, "Exam inactive", _("The exam is not active.")),
    "illegal_transition": Kind(409, "Illegal transition", _("The status of the attempt does not allow this.")),
    "no_review": Kind(409, "No review", _("The attempt has no review that needs a decision.")),
    "review_exists": Kind(409, "Review exists", _("The attempt already has a review.")),
    "not_due": Kind(409, "Not due", _("This has been settled in the meantime.")),
    "not_resumable": Kind(409, "Not resumable", _("The attempt cannot be resumed.")),
    "past_due": Kind(409, "Past due", _("The due date of the exam does not allow this.")),
    "selection_changed": Kind(
        409, "Selection changed", _("The selection has changed. Check the new number and try again.")
    ),
    "measure_in_force": Kind(409, "Measure in force", _("This is already in force for the exam.")),
    "no_provider": Kind(409, "No provider", _("The exam does not use a proctoring service.")),
    "not_in_force": Kind(409, "Not in force", _("This is not in force for the exam.")),
    "idempotency_in_progress": Kind(409, "Idempotency in progress", _("The first request is still being answered.")),
    "precondition_failed": Kind(412, "Precondition failed", _("It was changed in the meantime. Load it again.")),
    "too_large": Kind(413, "Too large", _("The request is too large.")),
    "unsupported_media_type": Kind(415, "Unsupported media type", _("Send JSON.")),
    "bad_file": Kind(422, "Bad file", _("The file cannot be read.")),
    "idempotency_key_reused": Kind(
        422, "Idempotency key reused", _("This Idempotency-Key was used for another request.")
    ),
    "invalid_allowance": Kind(422, "Invalid allowance", _("The value of the allowance is not valid.")),
    "too_many": Kind(422, "Too many", _("This is more than one request can handle. Choose fewer.")),
    "too_short": Kind(422, "Too short", _("Less than a minute would be left.")),
    "too_many_points": Kind(
        422, "Too many points", _("Choose a shorter span or a larger bucket: a series has at most 366 points.")
    ),
    "unknown_parameter": Kind(422, "Unknown parameter", _("There is no parameter with this name.")),
    "user_not_found": Kind(422, "User not found", _("No user has this name or e-mail address.")),
    "validation_error": Kind(422, "Validation error", _("Some values are not valid.")),
    "rate_limited": Kind(429, "Rate limited", _("Too many requests. Wait a moment.")),
    "internal_error": Kind(500, "Internal error", _("This failed on the server. The request's id is in its log.")),
    "provider_rejected": Kind(502, "Provider rejected", _("The proctoring service refused the request.")),
    "provider_unavailable": Kind(
        503, "Provider unavailable", _("The proctoring service does not answer. Try again in a minute.")
    ),
    "provider_not_configured": Kind(
        503, "Provider not configured", _("The proctoring service of this exam is not configured.")
    ),
}


class Problem(Exception):
    """Raised by a view to refuse a request.

    Args:
        code: a key of ``CATALOGUE``.
        detail: a sentence for the person, translated; the one of the catalogue if it is None.
        errors: what is wrong with single fields: ``field``, ``message`` and whatever else the client needs.
    """

    def __init__(
        self, code: str, detail: str | Promise | None = None, *, errors: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.errors = errors


class GateRefusal(Problem):
    """A start gate refuses a start, with its own code.

    Args:
        code: of the gate, such as ``seb_required``.
        detail: for the learner, translated.
        launch_url: where the learner gets what is missing, or None.
    """

    def __init__(self, code: str, detail: str, launch_url: str | None) -> None:
        super().__init__("start_refused", detail)
        self.gate_code = code
        self.launch_url = launch_url


# Codes for exceptions of others; ours have their own (``exceptions``). The first entry that fits decides.
_CODES: Final[Sequence[tuple[type[Exception] | tuple[type[Exception], ...], str]]] = (
    ((ImproperlyConfigured, NotImplementedError), "provider_not_configured"),
    (KeyReused, "idempotency_key_reused"),
    (StillAnswering, "idempotency_in_progress"),
    ((drf.NotAuthenticated, drf.AuthenticationFailed), "not_authenticated"),
    ((drf.PermissionDenied, PermissionDenied), "staff_required"),
    ((drf.NotFound, Http404), "not_found"),
    (drf.MethodNotAllowed, "method_not_allowed"),
    (drf.NotAcceptable, "not_acceptable"),
    (drf.UnsupportedMediaType, "unsupported_media_type"),
    (drf.Throttled, "rate_limited"),
    ((RequestDataTooBig, BodyTooLarge), "too_large"),
    (drf.ValidationError, "validation_error"),
    ((drf.ParseError, SuspiciousOperation), "bad_request"),
)
# Codes for refusals of version 1 that say nothing but their status.
_CODES_BY_STATUS: Final[Mapping[int, str]] = {
    400: "bad_request",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "validation_error",
    429: "rate_limited",
    502: "provider_rejected",
    503: "provider_unavailable",
}
# Sentences for exceptions whose code says too little.
_DETAILS: Final[Mapping[type[Exception], Promise]] = {
    ours.BackendProviderOnboardingProfilesException: _(
        "The onboarding service is temporarily unavailable. Please try again later."
    ),
}
# What is wrong with a field, as an exception tells it: field, message, and what else the client needs.
_FIELDS: Final[Mapping[type[Exception], Callable[[Any], Mapping[str, Any]]]] = {
    ours.ExtensionPastDue: lambda exc: {
        "field": "minutes",
        "message": _most_minutes(exc.max_minutes),
        "max_minutes": exc.max_minutes,
    },
    ours.SelectionChanged: lambda exc: {"field": "expected_count", "message": _sentence(exc), "count": exc.count},
    ours.TooManyRows: lambda exc: {"field": "", "message": _sentence(exc), "most": exc.most},
    ours.StatusConflict: lambda exc: {"field": "expected_status", "message": _sentence(exc), "status": exc.status},
    ours.AllowanceValueNotAllowedException: lambda exc: {"field": "value", "message": str(exc)},
    BadFile: lambda exc: {"field": "file", "message": str(exc), "line": exc.line},
}


def answer_to(exc: Exception, request: Any, ids: Mapping[str, Any] | None = None) -> Response:
    """Return the response to an exception that a view raised, and log it if the server is at fault.

    Args:
        exc: any exception.
        request: the REST framework request, with ``request_id``.
        ids: arguments of the URL; ids among them are logged.
    """
    problem = exc if isinstance(exc, Problem) else _as_problem(exc)
    kind = CATALOGUE[problem.code]
    if kind.status >= 500:
        # Without the text of the exception: a provider's reply may hold names.
        log.error(
            "request failed: path=%s code=%s error=%s request_id=%s%s",
            request.path,
            problem.code,
            type(exc).__name__,
            request.request_id,
            ids_for_log(ids),
            exc_info=exc if problem.code == "internal_error" else None,
        )
    code = problem.gate_code if isinstance(problem, GateRefusal) else problem.code
    body = _details(code, kind.status, str(problem.detail or kind.sentence), request, problem.errors)
    if isinstance(problem, GateRefusal):
        body["launch_url"] = problem.launch_url
    response = Response(body, status=kind.status, content_type=CONTENT_TYPE)
    response[CODE_HEADER] = code
    if wait := getattr(exc, "wait", None) or retry_after(exc):
        response["Retry-After"] = str(int(wait))
    return response


def name_refusal(response: Response, exc: Exception) -> None:
    """Say in the header of a refusal of version 1 why an exception led to it; its body stays as it is."""
    code = code_of(exc)
    if code:
        response[CODE_HEADER] = code


def finish_refusal(response: Any, request: Any) -> None:
    """Complete a refusal of version 1: a code in the header, and problem details where the client asks for them.

    Contract: contract/rest-rules#error-codes. Clients of 6.1.4 get the body that they know.
    """
    given = getattr(response, "data", None)
    if CODE_HEADER not in response:
        own = given.get("code") if isinstance(given, Mapping) else None
        response[CODE_HEADER] = own or _CODES_BY_STATUS.get(response.status_code) or "internal_error"
    if not isinstance(response, Response) or response.content_type == CONTENT_TYPE or not _wants_details(request):
        return
    code, errors, more = response[CODE_HEADER], [], {}
    kind = CATALOGUE.get(code, CATALOGUE["start_refused"])
    detail = given if isinstance(given, str) else ""
    if isinstance(given, Mapping) and "detail" in given:
        detail = str(given["detail"])
        if "field" in given:
            errors = [{"field": given["field"], "message": detail}]
        more = {"launch_url": given["launch_url"]} if "launch_url" in given else {}
    elif isinstance(given, (Mapping, list)) and response.status_code < 500:
        errors = list(_flattened(given))
    response.data = _details(code, response.status_code, detail or str(kind.sentence), request, errors) | more
    response.content_type = CONTENT_TYPE
    response.accepted_renderer, response.accepted_media_type = JSONRenderer(), JSONRenderer.media_type


def _wants_details(request: Any) -> bool:
    accepted = request.headers.get("Accept", "").split(",")
    return any(entry.split(";")[0].strip().lower() == CONTENT_TYPE for entry in accepted)


def _details(
    code: str, status: int, detail: str, request: Any, errors: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Return the body; a code that the catalogue does not have is one of a start gate."""
    body: dict[str, Any] = {
        "type": f"urn:edx-proctoring:problem:{code}",
        "title": CATALOGUE.get(code, CATALOGUE["start_refused"]).title,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": request.path,
        "request_id": request.request_id,
    }
    # A refusal may quote what was sent, and JSON cannot contain half of a character.
    return storable({**body, "errors": list(errors)} if errors else body)


def code_of(exc: Exception) -> str:
    """Return the code of an exception, "" for one that no view expects."""
    if isinstance(exc, ours.ProctoredBaseException):
        return exc.code
    if isinstance(exc, drf.PermissionDenied):
        if str(exc.detail).startswith("CSRF Failed"):
            return "csrf_failed"
        own = exc.get_codes()
        if isinstance(own, str) and own in CATALOGUE:
            return own
    return next((code for kinds, code in _CODES if isinstance(exc, kinds)), "")


def _as_problem(exc: Exception) -> Problem:
    if isinstance(exc, drf.ValidationError):
        return Problem("validation_error", errors=list(_flattened(exc.detail)))
    fields = _FIELDS.get(type(exc))
    return Problem(
        code_of(exc) or "internal_error",
        str(exc) if getattr(exc, "is_for_people", False) else _DETAILS.get(type(exc)),
        errors=[fields(exc)] if fields else (),
    )


def _sentence(exc: ours.ProctoredBaseException) -> str:
    return str(CATALOGUE[exc.code].sentence)


def _most_minutes(minutes: int) -> str:
    return ngettext(
        "At most {minutes} minute is left before the due date.",
        "At most {minutes} minutes are left before the due date.",
        minutes,
    ).format(minutes=minutes)


def _flattened(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Yield REST framework's nested errors one by one; the body as a whole is field ``""``."""
    if isinstance(detail, Mapping):
        for name, value in detail.items():
            part = "" if name == "non_field_errors" else str(name)
            yield from _flattened(value, ".".join(filter(None, (field, part))))
    elif isinstance(detail, (list, tuple)):
        for value in detail:
            yield from _flattened(value, field)
    else:
        yield {"field": field, "message": str(detail)}
