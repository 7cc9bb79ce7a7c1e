"""Turns domain exceptions into responses.

Contract: contract/rest-rules#error-body, contract/rest-rules#provider-failures.

A response does not roll anything back: what was done before the exception stays done. The reset of a past-due
onboarding exam relies on it (PUT /v1/proctored_exam/attempt/{attempt_id}).
"""

import logging
import math
import random
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from rest_framework.response import Response

from edx_proctoring.backends.circuit_breakers import BreakerOpen
from edx_proctoring.exceptions import (
    PROVIDER_REPLIES,
    BackendProviderCannotRegisterAttempt,
    BackendProviderNotConfigured,
    BackendProviderSentNoAttemptID,
    ProctoredBaseException,
)
from edx_proctoring.utils.storable import storable

# Contract name (contract/rest-rules#loggers): deployments filter on it.
LOG = logging.getLogger("edx_proctoring_views")

# A provider answers these about our credentials. Passed on, they would look like the learner's own failed login.
_ABOUT_OUR_CREDENTIALS = frozenset({401, 403, 407})

# URL arguments that are ids: safe to log. ``search_by`` may be a person's name.
_LOGGABLE_KWARGS = ("course_id", "content_id", "exam_id", "attempt_id", "external_id", "user_id", "request_id")
# When a learner whose registration was not answered should come back: from, to.
_COME_BACK_SECONDS: Final = (10, 20)
# The longest id that our tables hold.
_MAX_LOGGED_ID: Final = 255


def answer_status(exc: ProctoredBaseException) -> int:
    """Return the HTTP status that answers ``exc`` (contract/rest-rules#provider-failures).

    A refusal of ours has its own status. A provider's failure is 502, or 503 when it did not answer at all. A 4xx of
    the provider passes through if it is about the request itself.
    """
    if not isinstance(exc, PROVIDER_REPLIES):
        return exc.http_status
    upstream = exc.http_status
    if upstream == 503:
        # Provider classes also raise it when there was no reply.
        return 503
    if 400 <= upstream < 500 and upstream not in _ABOUT_OUR_CREDENTIALS:
        return upstream
    return 502


def handle_proctored_exception(
    exc: Exception, name: str | None = None, ids: Mapping[str, Any] | None = None
) -> Response | None:
    """Return the response for a domain exception, None for any other exception.

    Args:
        exc: the exception.
        name: class name of the view, for the log.
        ids: URL arguments of the request, for the log; only ids are logged.

    The body has exactly one key, ``detail`` (contract/rest-rules#error-body). Its text is not logged, because it may
    contain a person's name.
    """
    return answer_to(exc, name, ids) if isinstance(exc, ProctoredBaseException) else None


def answer_to(exc: ProctoredBaseException, name: str | None = None, ids: Mapping[str, Any] | None = None) -> Response:
    """Return the response for a domain exception, and log it; arguments as above."""
    status = answer_status(exc)
    if isinstance(exc, PROVIDER_REPLIES):
        # Without the traceback, which would quote the provider's answer.
        LOG.log(
            logging.ERROR if status >= 500 else logging.WARNING,
            "request refused: view=%s error=%s status=%s upstream_status=%s answer=%s%s",
            name,
            type(exc).__name__,
            status,
            exc.upstream_status,
            exc.digest,
            ids_for_log(ids),
        )
    else:
        log = LOG.exception if status >= 500 else LOG.warning
        log("request refused: view=%s error=%s status=%s%s", name, type(exc).__name__, status, ids_for_log(ids))
    response = Response(status=status, data={"detail": _detail_of(exc) or _default_detail(exc)})
    if seconds := retry_after(exc):
        response["Retry-After"] = str(seconds)
    return response


def retry_after(exc: BaseException) -> int | None:
    """Return the seconds after which a request is worth repeating whose provider did not answer, else None."""
    if isinstance(exc.__cause__, BreakerOpen):
        return math.ceil(exc.__cause__.retry_after)
    if isinstance(exc, BackendProviderCannotRegisterAttempt) and exc.http_status == 503:
        # Jitter, so that learners who are refused together do not come back together.
        return random.randint(*_COME_BACK_SECONDS)  # noqa: S311 - no secret
    return None


def _detail_of(exc: ProctoredBaseException) -> str:
    """Return the text of an exception that is meant for people; an answer of a provider as it came is not."""
    if isinstance(exc, BackendProviderSentNoAttemptID):
        return ""
    if isinstance(exc, PROVIDER_REPLIES) and not isinstance(exc.content, str):
        return ""
    return storable(str(exc))


def provider_not_configured(cause: Exception) -> BackendProviderNotConfigured:
    """Return the exception for a provider that the registry does not have."""
    exc = BackendProviderNotConfigured(
        _("The proctoring service of this exam is not configured. Please contact the support of this site.")
    )
    exc.__cause__ = cause
    return exc


def ids_for_log(kwargs: Mapping[str, Any] | None) -> str:
    """Return the ids among URL arguments as ``" key=value key=value"``, or an empty string."""
    kwargs = kwargs or {}
    return "".join(f" {key}={_one_word(kwargs[key])}" for key in _LOGGABLE_KWARGS if key in kwargs)


def _default_detail(exc: ProctoredBaseException) -> str:
    """Return the text for an exception without one, such as a provider's error without a body."""
    if isinstance(exc, BackendProviderCannotRegisterAttempt):
        return _(
            "The proctoring service is not responding correctly. Your exam has not started and no time was used. "
            "Try again in a minute."
        )
    return _("The request could not be carried out. Try again in a minute.")


def _one_word(value: Any) -> str:
    """Return an id for a log line. Callers choose it, so characters that could forge a line or a field are replaced."""
    return "".join(char if char.isprintable() and char != " " else "?" for char in str(value)[:_MAX_LOGGED_ID])
