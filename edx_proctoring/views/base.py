"""Base classes of all endpoints.

Contract: contract/rest-rules#error-body, contract/rest-rules#cache-control, contract/effects#non-atomic-requests,
contract/rest-rules#provider-failures.

- A view runs outside the host's per-request transaction, so that no provider is called while we hold row locks. The
  service layer opens short transactions of its own.
- Domain exceptions become responses in one module (``error_responses``).
- Answers are about one person, so no proxy may keep them.
"""

import re
from typing import Any, Final
from uuid import uuid4

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from edx_proctoring.utils import AuthenticatedAPIView
from edx_proctoring.views import problem_details
from edx_proctoring.views.error_responses import handle_proctored_exception, provider_not_configured
from edx_proctoring.views.request_body import GuardedParser
from edx_proctoring.views.throttling import ScopeThrottle
from edx_proctoring.views.url_validation import validate_url

REQUEST_ID: Final = "X-Request-Id"
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")


class NonAtomicView(APIView):
    """A view outside the host's ``ATOMIC_REQUESTS`` (contract/effects#non-atomic-requests)."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view function, marked for Django's request handler."""
        return transaction.non_atomic_requests(super().as_view(**initkwargs))

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """Give the request the id by which it is found in the log."""
        sent = request.headers.get(REQUEST_ID, "")
        request.request_id = sent if _REQUEST_ID.fullmatch(sent) else uuid4().hex
        return super().initialize_request(request, *args, **kwargs)

    def get_parsers(self) -> list[Any]:
        """Return the host's parsers with our limits."""
        return [GuardedParser(parser) for parser in super().get_parsers()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check login, permissions and rate limits, then the URL."""
        super().initial(request, *args, **kwargs)
        validate_url(request, kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer domain exceptions; DRF and the host handle the others."""
        if isinstance(exc, (NotImplementedError, ImproperlyConfigured)):
            # The registry raises these for an unknown provider, before anything is written
            # (contract/provider-configuration#lookup).
            exc = provider_not_configured(exc)
        # A view that was not called through its URL has neither.
        ids = {**getattr(self, "kwargs", {}), **_request_id_of(getattr(self, "request", None))}
        response = handle_proctored_exception(exc, name=type(self).__name__, ids=ids)
        if response is None:
            response = super().handle_exception(exc)
        problem_details.name_refusal(response, exc)
        return response

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Add the request's id, name what a refusal is about, and keep the answer out of shared caches.

        Contract: contract/rest-rules#cache-control, contract/rest-rules#error-codes.
        """
        response = super().finalize_response(request, response, *args, **kwargs)
        response[REQUEST_ID] = getattr(request, "request_id", "")
        if response.status_code >= 400:
            problem_details.finish_refusal(response, request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response


class ProctoredAPIView(NonAtomicView, AuthenticatedAPIView):
    """Base of all endpoints that need a login: session or JWT, refused with 403.

    Contract: contract/rest-rules#authentication.
    """

    def get_throttles(self) -> list[Any]:
        """Return the host's throttles and ours."""
        return [*super().get_throttles(), ScopeThrottle()]


def _request_id_of(request: Any) -> dict[str, str]:
    return {"request_id": request.request_id} if hasattr(request, "request_id") else {}


def caller(request: Request) -> Any:
    """Return the signed-in user, typed as any user model. ``ProctoredAPIView`` refuses anonymous requests."""
    return request.user
