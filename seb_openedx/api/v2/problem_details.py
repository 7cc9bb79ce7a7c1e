"""Refusals as problem details (RFC 9457). Contract: contract/seb-rest#problems."""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = "application/problem+json"
CODE_HEADER: Final = "X-Proctoring-Error"

# Half of a character, which JSON cannot contain.
_HALF: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Kind:
    """What all problems with one code share. ``sentence``: for the person, unless the problem has its own."""

    status: int
    title: str
    sentence: str | Promise = ""


CATALOGUE: Final[Mapping[str, Kind]] = {
    "bad_request": Kind(400, "Bad request", _("The request cannot be understood.")),
    # Of files. One that is too large is 400 as well: what it is unpacked to counts.
    "not_seb": Kind(400, "Not a SEB file", _("This is not a Safe Exam Browser file.")),
    "bad_gzip": Kind(400, "Damaged file", _("The file is damaged. Export it again.")),
    "bad_xml": Kind(400, "Damaged file", _("The file is damaged. Export it again.")),
    "not_a_dictionary": Kind(400, "No settings", _("The file does not contain Safe Exam Browser settings.")),
    "password_required": Kind(400, "Password required", _("The file is encrypted. Enter its password.")),
    "wrong_password": Kind(400, "Wrong password", _("The password is wrong, or the file is damaged.")),
    "certificate_encrypted": Kind(
        400,
        "Encrypted for a certificate",
        _("Only the owner of a certificate can read the file. Export it without encryption or with a password."),
    ),
    "not_authenticated": Kind(403, "Not authenticated", _("Log in first.")),
    "csrf_failed": Kind(403, "CSRF check failed", _("Load the page again, and repeat what you did.")),
    "staff_required": Kind(403, "Staff required", _("Only staff may do this, in their own courses.")),
    "not_found": Kind(404, "Not found", _("This does not exist.")),
    "method_not_allowed": Kind(405, "Method not allowed"),
    "not_acceptable": Kind(406, "Not acceptable"),
    "conflict": Kind(409, "Conflict"),
    "attempts_running": Kind(
        409,
        "Attempts running",
        _("Learners are in this exam, and this change would interrupt them. Send “force” to do it anyway."),
    ),
    "idempotency_in_progress": Kind(
        409, "Idempotency in progress", _("The first request with this Idempotency-Key is still in progress.")
    ),
    "in_use": Kind(409, "In use", _("Exams use this template. Choose another one for them first.")),
    "precondition_failed": Kind(412, "Precondition failed", _("It was changed in the meantime. Load it again.")),
    "too_large": Kind(413, "Too large", _("This is too large.")),
    "unsupported_media_type": Kind(415, "Unsupported media type"),
    "idempotency_key_reused": Kind(
        422, "Idempotency key reused", _("This Idempotency-Key was used for another request.")
    ),
    "validation_error": Kind(422, "Validation error", _("Some values are not valid.")),
    "unknown_parameter": Kind(422, "Unknown parameter", _("There is no parameter with this name.")),
    "rate_limited": Kind(429, "Rate limited"),
    "internal_error": Kind(500, "Internal error", _("This failed on the server. The cause is in its log.")),
    "password_unreadable": Kind(
        503, "Password unreadable", _("The password of the file cannot be read any more. Enter it again.")
    ),
    "not_saved": Kind(503, "Not saved", _("This could not be saved. The server's log says why.")),
}


class ProblemError(Exception):
    """Raised by a view to refuse a request.

    ``code``: a key of ``CATALOGUE``. ``detail``: instead of the sentence there. ``errors``: field → messages, the name
    of a nested field with dots. ``status``: instead of the code's. ``members``: further members of the answer.
    """

    def __init__(
        self,
        code: str,
        detail: str | Promise | None = None,
        *,
        errors: Mapping[str, list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
        **members: Any,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.errors = errors or {}
        self.headers = headers or {}
        self.status = status
        self.members = members


# Exceptions of Django and REST framework -> code. The first that fits counts.
_CODES: Final = (
    ((exceptions.NotAuthenticated, exceptions.AuthenticationFailed), "not_authenticated"),
    ((exceptions.PermissionDenied, PermissionDenied), "staff_required"),
    ((exceptions.NotFound, Http404), "not_found"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (exceptions.NotAcceptable, "not_acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported_media_type"),
    (exceptions.Throttled, "rate_limited"),
    (RequestDataTooBig, "too_large"),
    ((exceptions.ParseError, SuspiciousOperation), "bad_request"),
)
# The texts of these are REST framework's own, which it translates; those of the others name things of its classes.
_OWN_TEXT: Final = frozenset({"method_not_allowed", "not_acceptable", "unsupported_media_type", "rate_limited"})


def handle(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Return the answer to an exception of a view."""
    request = context["request"]
    problem = exc if isinstance(exc, ProblemError) else _as_problem(exc)
    kind = CATALOGUE[problem.code]
    if problem.code == "internal_error":
        log.exception("a request failed: path=%s request_id=%s", request.path, request.request_id, exc_info=exc)
    body = {
        "type": f"urn:edx-proctoring:problem:{problem.code}",
        "title": kind.title,
        # REST framework answers 401 where the caller can authenticate by a header.
        "status": getattr(exc, "status_code", 403)
        if problem.code == "not_authenticated"
        else problem.status or kind.status,
        "code": problem.code,
        "detail": str(problem.detail or kind.sentence),
        "instance": request.path,
        "request_id": request.request_id,
        **problem.members,
    }
    if problem.errors:
        errors = problem.errors.items()
        body["errors"] = [{"field": field, "message": message} for field, texts in errors for message in texts]
    # A refusal may quote what was sent.
    response = Response(_whole(body), status=body["status"], content_type=CONTENT_TYPE)
    response[CODE_HEADER] = problem.code
    for name, value in problem.headers.items():
        response[name] = value
    return response


def _whole(value: Any) -> Any:
    """Return a JSON value with replacement marks for halves of characters."""
    if isinstance(value, str):
        return _HALF.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, Mapping):
        return {_whole(key): _whole(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    return value


def _as_problem(exc: Exception) -> ProblemError:
    if isinstance(exc, exceptions.ValidationError):
        return ProblemError("validation_error", errors=flattened(exc.detail))
    code = next((code for kinds, code in _CODES if isinstance(exc, kinds)), "internal_error")
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait))
    detail = getattr(exc, "detail", "")
    if code == "staff_required" and str(detail).startswith("CSRF Failed"):
        code = "csrf_failed"
    return ProblemError(code, str(detail) if code in _OWN_TEXT else None, headers=headers)


def flattened(detail: Any) -> dict[str, list[str]]:
    """Return REST framework's nested errors as field → messages; the body as a whole is field ``""``."""
    found: dict[str, list[str]] = {}
    for field, message in _walk(detail, ""):
        found.setdefault(field, []).append(message)
    return found


def _walk(detail: Any, field: str) -> Iterator[tuple[str, str]]:
    if isinstance(detail, Mapping):
        for name, value in detail.items():
            part = "" if name == "non_field_errors" else str(name)
            yield from _walk(value, ".".join(filter(None, (field, part))))
    elif isinstance(detail, list):
        for value in detail:
            yield from _walk(value, field)
    else:
        yield field, str(detail)
