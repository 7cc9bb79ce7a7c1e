"""Base classes of all endpoints.

Contract: contract/rest-rules#error-body, contract/rest-rules#cache-control, contract/effects#non-atomic-requests,
contract/rest-rules#provider-failures.

- A view runs outside the host's per-request transaction, so that no provider is called while we hold row locks. The
  service layer opens short transactions of its own.
- Domain exceptions become responses in one module (``error_responses``).
- Answers are about one person, so no proxy may keep them.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from edx_proctoring.utils import AuthenticatedAPIView
from edx_proctoring.views.error_responses import handle_proctored_exception, provider_not_configured
from edx_proctoring.views.request_body import GuardedParser
from edx_proctoring.views.throttling import ScopeThrottle
from edx_proctoring.views.url_validation import validate_url


class NonAtomicView(APIView):
    """A view outside the host's ``ATOMIC_REQUESTS`` (contract/effects#non-atomic-requests)."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view function, marked for Django's request handler."""
        return transaction.non_atomic_requests(super().as_view(**initkwargs))

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
        response = handle_proctored_exception(exc, name=type(self).__name__, ids=getattr(self, "kwargs", None))
        return super().handle_exception(exc) if response is None else response

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Keep the answer out of shared caches (contract/rest-rules#cache-control)."""
        response = super().finalize_response(request, response, *args, **kwargs)
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


def caller(request: Request) -> Any:
    """Return the signed-in user, typed as any user model. ``ProctoredAPIView`` refuses anonymous requests."""
    return request.user
