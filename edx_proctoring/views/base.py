"""What every endpoint of this app has in common.

Spec: rest-api.md 2 and 10, backends.md 10.3, cross-cutting.md C2 and C13.

- A view runs outside the host's per-request transaction, so that no provider is called while we
  hold rows of the database (``NonAtomicView``). Rooms open their own short transactions.
- A domain exception becomes an answer in one place (``handle_proctored_exception``). It does not
  roll anything back: work that was done before it stays done, which the reset of a past-due
  onboarding exam relies on (rest-api.md 4.4).
- Answers are about one person, so no proxy may keep them.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.core.files import File
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderNotConfigured,
    BackendProviderOnboardingProfilesException,
    ProctoredBaseException,
)
from edx_proctoring.utils import AuthenticatedAPIView
from edx_proctoring.utils.storable import is_storable, storable
from edx_proctoring.views.addresses import refuse_odd_address
from edx_proctoring.views.parsers import GuardedParser, texts_in

# Contract name (rest-api.md 2.5): deployments filter on it.
LOG = logging.getLogger("edx_proctoring_views")

# Exceptions that carry the status of a provider's answer instead of one of ours.
_PROVIDER_REPLIES = (BackendProviderCannotRegisterAttempt, BackendProviderOnboardingProfilesException)

# A provider's 401 is about our credentials; passed through it would look like the learner's own.
_STATUSES_ABOUT_US = frozenset({401, 403, 407})

# URL arguments that are ids of ours or of a provider: safe to log. ``search_by`` is not among them.
_LOGGABLE_KWARGS = ("course_id", "content_id", "exam_id", "attempt_id", "external_id", "user_id")
# Longer than any id that our tables hold.
_MAX_LOGGED_ID: Final = 255


def answer_status(exc: ProctoredBaseException) -> int:
    """Return the HTTP status with which the caller hears of ``exc`` (backends.md 10.3).

    Our own refusals carry theirs. A provider's failure is 502, or 503 when it did not answer at
    all; only those of its 4xx that are about the request itself pass through.
    """
    if not isinstance(exc, _PROVIDER_REPLIES):
        return exc.http_status
    upstream = exc.http_status
    if upstream == 503:
        # Also what a provider class raises when there was no reply at all.
        return 503
    if 400 <= upstream < 500 and upstream not in _STATUSES_ABOUT_US:
        return upstream
    return 502


def handle_proctored_exception(
    exc: Exception, name: str | None = None, ids: Mapping[str, Any] | None = None
) -> Response | None:
    """Return the answer for a domain exception, None for any other exception.

    Args:
        exc: what was raised.
        name: class name of the view, for the log.
        ids: URL arguments of the request, for the log; anything but ids is left out.

    The body has exactly one key, ``detail`` (rest-api.md 2.4). The text is not logged: it may
    name a person.
    """
    return answer_to(exc, name, ids) if isinstance(exc, ProctoredBaseException) else None


def answer_to(exc: ProctoredBaseException, name: str | None = None, ids: Mapping[str, Any] | None = None) -> Response:
    """Return the answer for a domain exception, and log it; arguments as above."""
    status = answer_status(exc)
    log = LOG.exception if status >= 500 else LOG.warning
    log("request refused: view=%s error=%s status=%s%s", name, type(exc).__name__, status, ids_for_log(ids))
    return Response(status=status, data={"detail": storable(str(exc)) or _words_for(exc)})


def _words_for(exc: ProctoredBaseException) -> str:
    """Return what to say about an exception without a text, such as a provider's error without a body."""
    if isinstance(exc, BackendProviderCannotRegisterAttempt):
        return _(
            "The proctoring service does not answer as it should. Your exam has not started and no time was used. "
            "Try again in a minute."
        )
    return _("The request could not be carried out. Try again in a minute.")


def ids_for_log(kwargs: Mapping[str, Any] | None) -> str:
    """Return the ids among URL arguments as ``" key=value key=value"``, or an empty string."""
    kwargs = kwargs or {}
    return "".join(f" {key}={_one_word(kwargs[key])}" for key in _LOGGABLE_KWARGS if key in kwargs)


def _one_word(value: Any) -> str:
    """Return an id as it may stand in a log line: callers choose it, and must not write lines of their own."""
    return "".join(char if char.isprintable() and char != " " else "?" for char in str(value)[:_MAX_LOGGED_ID])


def _not_configured(cause: Exception) -> BackendProviderNotConfigured:
    exc = BackendProviderNotConfigured(
        _("The proctoring service of this exam is not configured. Please contact the support of this site.")
    )
    exc.__cause__ = cause
    return exc


class NonAtomicView(APIView):
    """A view that stays out of the host's ``ATOMIC_REQUESTS`` (cross-cutting.md C2)."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view function, marked for Django's request handler."""
        return transaction.non_atomic_requests(super().as_view(**initkwargs))

    def get_parsers(self) -> list[Any]:
        """Return the host's parsers, each behind our guard."""
        return [GuardedParser(parser) for parser in super().get_parsers()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check login, rights and rates, then the address."""
        super().initial(request, *args, **kwargs)
        refuse_odd_address(request, kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer domain exceptions ourselves, leave the others to DRF and the host."""
        if isinstance(exc, (NotImplementedError, ImproperlyConfigured)):
            # How the look-up of a provider says that it has none of this name (backends.md 3.2); nothing was written.
            exc = _not_configured(exc)
        response = handle_proctored_exception(exc, name=type(self).__name__, ids=getattr(self, "kwargs", None))
        return super().handle_exception(exc) if response is None else response

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Keep the answer out of shared caches (rest-api.md 10, number 10)."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response


class ProctoredAPIView(NonAtomicView, AuthenticatedAPIView):
    """Base of all endpoints that ask for a login: session or JWT, refused with 403 (rest-api.md 2.1)."""


def caller(request: Request) -> Any:
    """Return the user who is signed in. Our views let nobody else in, so this is never anonymous."""
    return request.user


def body_of(request: Request) -> Mapping[str, Any]:
    """Return the request's body as a mapping; JSON, form and multipart look alike.

    Raises ParseError (400) for a JSON body that is a list, a word or a number, and for files.
    """
    body: Any = request.data
    if not isinstance(body, Mapping):
        # QueryDict is a dict; anything else here is bare JSON.
        raise ParseError("The request body must be an object.")
    if isinstance(body, QueryDict) and any(isinstance(value, File) for _name, row in body.lists() for value in row):
        raise ParseError("The request must not contain files.")
    return body


def storable_body_of(request: Request) -> Mapping[str, Any]:
    """Return the request's body as a mapping whose texts every database takes. Raises ParseError (400)."""
    body = body_of(request)
    if not all(map(is_storable, texts_in(body))):
        raise ParseError("The request body has a character that cannot be stored.")
    return body
