"""Callbacks of providers: the learner is ready, the review is done.

Contract: contract/provider-wire#ready, contract/provider-wire#reviewed, contract/rpnow#review-callback,
contract/reviews#steps.

A provider signs in with a JWT of this platform, as a user of the group ``<backend>_review``; RPNow does not sign in at
all. Every refusal is logged, with ids only, because vendors ask why a callback was refused.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ParseError, PermissionDenied, Throttled
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from edx_proctoring import backends, conf
from edx_proctoring.api.attempts import lookup, marking
from edx_proctoring.api.providers import replay_protection
from edx_proctoring.api.reviews import receiving
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.exceptions import ProctoredExamSuspiciousLookup, StudentExamAttemptDoesNotExistsException
from edx_proctoring.serializers import ProctoredExamStudentAttemptSerializer, attempt_dict
from edx_proctoring.utils import locate_attempt_by_attempt_code
from edx_proctoring.views import callback_auth, throttling
from edx_proctoring.views.base import NonAtomicView, ProctoredAPIView, caller
from edx_proctoring.views.error_responses import LOG, ids_for_log
from edx_proctoring.views.idempotency import idempotent
from edx_proctoring.views.problem_details import CODE_HEADER
from edx_proctoring.views.request_body import body_of
from edx_proctoring.views.throttling import RefusalThrottle

MAY_REVIEW: Final = "edx_proctoring.can_review_attempt"

# RPNow's name in the configuration. It was the first provider.
SOFTWARE_SECURE: Final = "software_secure"

# Refusals that can mean an unknown code or a bad proof. A body that is too large, or a wrong method, shows neither.
_COUNTED_STATUSES: Final = frozenset({400, 403, 404})

# The first of January 2026, in the notation of RFC 9745.
_DEPRECATED_SINCE: Final = "@1767225600"


class ProviderCallback(NonAtomicView):
    """Base of the callbacks: limits the body, logs every refusal."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check login, then size, before the body is parsed."""
        callback_auth.keep_body(request)
        super().initial(request, *args, **kwargs)
        callback_auth.limit_body(request)

    def handle_exception(self, exc: Exception) -> Response:
        """Log a refusal by DRF; the base class logs domain exceptions."""
        response = super().handle_exception(exc)
        if isinstance(exc, APIException):
            self.log_refusal(response.status_code, exc.get_codes())
        return response

    def log_refusal(self, status_code: int, reason: Any) -> None:
        """Log a callback that was refused."""
        LOG.warning(
            "callback refused: view=%s status=%s reason=%s%s",
            type(self).__name__,
            status_code,
            reason,
            ids_for_log(self.kwargs),
        )


class ExamReadyCallback(ProviderCallback, ProctoredAPIView):
    """The learner's proctoring software is ready. Contract: POST /v1/proctored_exam/attempt/{external_id}/ready.

    POST: reviewers of the exam's provider, staff, and the attempt's owner.
    """

    def post(self, request: Request, external_id: str) -> Response:
        """Let the learner start, if the attempt waits for this. The body is not read."""
        found = lookup.find_attempt(external_id=external_id)
        if found is None:
            self.log_refusal(status.HTTP_404_NOT_FOUND, "unknown_attempt")
            # A bare string: clients compare it.
            return Response(
                status=status.HTTP_404_NOT_FOUND, data=_("You have entered an exam code that is not valid.")
            )
        attempt = attempt_dict(found)
        if attempt["user"]["id"] != caller(request).id and not caller(request).has_perm(MAY_REVIEW, attempt):
            raise PermissionDenied(code="not_allowed")
        name, nonce = _require_signature(request, attempt)
        if nonce and not replay_protection.use_nonce(name, nonce):
            raise callback_auth.NonceUsed
        marking.mark_waiting_attempt_as_ready(found.pk, seen=found)
        return Response(data="OK")


class BaseReviewCallback:
    """Stores a review. Contract: contract/reviews#direct-call, contract/reviews#steps."""

    # False: the request does not prove who sent it, so it cannot name a person as the reviewer.
    takes_reviewer = True

    def make_review(
        self,
        attempt: Mapping[str, Any],
        data: Mapping[str, Any],
        backend: Any | None = None,
        request: Request | None = None,
        message_key: str = "",
        seen: Any | None = None,
    ) -> Response:
        """Store a review and apply it to the attempt; callable without a request.

        Args:
            attempt: attempt dict; its exam's ``backend`` names the provider.
            data: the review as the provider sent it.
            backend: the provider, if the caller knows it already.
            request: the request that carried it, if any.
            message_key: what identifies a signed message.
            seen: the attempt as a model instance, with exam and user, if the caller has read it.

        Returns ``"OK"``, or 412 for an exam that is no longer proctored. Raises the review exceptions.
        """
        receipt = receiving.receive_review(
            attempt,
            data,
            backend=backend,
            request=None if request is None else request._request,
            message_key=message_key,
            takes_reviewer=self.takes_reviewer,
            seen=seen,
        )
        if not receipt.is_accepted:
            return Response(
                data="Exam no longer proctored",
                status=status.HTTP_412_PRECONDITION_FAILED,
                headers={CODE_HEADER: "no_provider"},
            )
        return Response(data="OK")


class ProctoredExamReviewCallback(ProviderCallback, BaseReviewCallback, ProctoredAPIView):
    """A review from a provider that signs in. Contract: POST /v1/proctored_exam/attempt/{external_id}/reviewed.

    POST: reviewers of the exam's provider, and staff.
    """

    @idempotent
    def post(self, request: Request, external_id: str) -> Response:
        """Store the review of the attempt with this provider id; removed attempts are not found."""
        found = lookup.find_attempt(external_id=external_id)
        if found is None:
            raise StudentExamAttemptDoesNotExistsException(
                f"Attempted to access external_id={external_id} but it does not exist."
            )
        attempt = attempt_dict(found)
        if not caller(request).has_perm(MAY_REVIEW, attempt):
            self.log_refusal(status.HTTP_403_FORBIDDEN, "not_a_reviewer")
            # An empty body: clients compare it.
            return Response(status=status.HTTP_403_FORBIDDEN)
        name, nonce = _require_signature(request, attempt)
        return self.make_review(
            attempt, body_of(request), request=request, message_key=_new_review(name, nonce), seen=found
        )


class IgnoreClientContentNegotiation(BaseContentNegotiation):
    """Uses the first parser and renderer, whatever the client's headers say."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the first parser."""
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the first renderer and its media type."""
        return (renderers[0], renderers[0].media_type)


class AnonymousReviewCallback(ProviderCallback, BaseReviewCallback, APIView):
    """A review from RPNow, which does not sign in.

    Contract: POST /proctoring_review_callback/, contract/rpnow#review-callback.

    The sender proves itself by knowing our attempt code and the vendor's own id of the attempt. It must sign where the
    exam's provider is a REST provider or has secrets, and where ``ANONYMOUS_REVIEW_CALLBACK`` says so.
    Contract: contract/reviews#unsigned.
    """

    takes_reviewer = False

    # Fixed here: the host's defaults or a stray session cookie must not make RPNow's callback fail.
    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = IgnoreClientContentNegotiation
    # URL of the signed-in callback for the attempt of this request.
    _successor: str | None = None
    throttle_classes = (*APIView.throttle_classes, RefusalThrottle)
    # What the request has shown so far, for the rate limits.
    _attempt_code_given: str | None = None
    _is_proven = False

    def handle_exception(self, exc: Exception) -> Response:
        """Count what was refused for want of a known code or a proof."""
        response = super().handle_exception(exc)
        without_proof = not self._is_proven or isinstance(exc, ProctoredExamSuspiciousLookup)
        if without_proof and response.status_code in _COUNTED_STATUSES:
            throttling.count_refusal(self.request, self._attempt_code_given)
        return response

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Add the deprecation headers of RFC 9745, with the URL of the signed-in callback."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Deprecation"] = _DEPRECATED_SINCE
        if self._successor is not None:
            response["Link"] = f'<{self._successor}>; rel="successor-version"'
        return response

    @idempotent
    def post(self, request: Request) -> Response:
        """Store the review of the attempt with our code, live or removed."""
        mode = conf.proctoring.anonymous_review_callback
        if mode == "deny":
            raise NotFound
        data = body_of(request)
        attempt_code = self._attempt_code_given = self._attempt_code(data)
        wait = throttling.seconds_to_wait(request, attempt_code)
        if wait is not None:
            raise Throttled(wait)
        attempt, is_archived = locate_attempt_by_attempt_code(attempt_code) if attempt_code else (None, None)
        if attempt is None:
            raise StudentExamAttemptDoesNotExistsException(
                f"Attempted to access attempt_code={attempt_code} but it does not exist."
            )
        serialized = ProctoredExamStudentAttemptSerializer(attempt).data
        if not serialized.get("proctored_exam") or not serialized.get("user"):
            # An archived attempt outlives its exam and its learner.
            raise StudentExamAttemptDoesNotExistsException(
                f"Attempted to access attempt_code={attempt_code} but its exam does not exist."
            )
        self._successor = _signed_in_url(serialized["external_id"])
        backend = serialized["proctored_exam"]["backend"]
        name, provider = _software_secure_provider(backend)
        if provider is None and mode != "allow":
            raise NotFound
        own = _find_provider(backend)
        for one in (provider, own):
            callback_auth.require_network(request, one)
        proves_itself = getattr(own, "has_own_review_callback", False) is True
        signer = provider
        if proves_itself or callback_auth.has_secrets(own):
            name, signer = backend or backends.default_backend_name() or name, own
        if (mode == "signed" or proves_itself) and not callback_auth.has_secrets(signer):
            raise PermissionDenied(
                "Callbacks must be signed, and no secret is configured for this provider.", "not_allowed"
            )
        nonce = callback_auth.require_signature(request, signer, name)
        self._is_proven = True
        serialized["is_archived"] = is_archived
        return self.make_review(
            serialized, data, backend=provider, request=request, message_key=_new_review(name, nonce)
        )

    @staticmethod
    def _attempt_code(data: Mapping[str, Any]) -> str | None:
        meta = data.get("examMetaData")
        if meta is not None and not isinstance(meta, Mapping):
            raise ParseError("examMetaData must be an object.")
        code = (meta or {}).get("examCode")
        if not isinstance(code, str):
            return None
        if not code.isprintable():
            raise ParseError("examCode must not have control characters.")
        return code


def _signed_in_url(external_id: str | None) -> str | None:
    """Return the URL of the signed-in review callback; None for an id that does not fit into a URL."""
    try:
        return reverse("edx_proctoring:proctored_exam.attempt.callback", args=[external_id])
    except NoReverseMatch:
        return None


def _software_secure_provider(backend: str | None) -> tuple[str, Any]:
    """Return name and provider for an anonymous review: the exam's own if it is a Software Secure one, else RPNow.

    None for an exam of RPNow while RPNow is not configured: its review is held. Raises NotFound (404) for
    exams of other providers if RPNow is not configured.
    """
    for name in (backend, SOFTWARE_SECURE):
        if name is None:
            continue
        try:
            provider = backends.get_backend_provider(name=name)
        except NotImplementedError:
            continue
        if name == SOFTWARE_SECURE or isinstance(provider, SoftwareSecureBackendProvider):
            return name, provider
    if backend == SOFTWARE_SECURE:
        return SOFTWARE_SECURE, None
    raise NotFound


def _find_provider(backend: str | None) -> Any | None:
    """Return the provider of this name, also of an exam that is no longer proctored; None without a working one."""
    try:
        return backends.get_backend_provider(name=backend)
    except (NotImplementedError, ImproperlyConfigured):
        return None


def _new_review(name: str, nonce: str) -> str:
    """Return what identifies a signed review, "" without a signature. Raises NonceUsed if it was received before."""
    if not nonce:
        return ""
    if replay_protection.has_review(name, nonce):
        raise callback_auth.NonceUsed
    return replay_protection.message_key(name, nonce)


def _require_signature(request: Request, attempt: Mapping[str, Any]) -> tuple[str, str]:
    """Return the name of the backend and the nonce of the message, "" if it need not be signed."""
    exam = attempt["proctored_exam"]
    name = str(exam["backend"])
    try:
        provider = backends.get_backend_provider(exam)
    except (NotImplementedError, ImproperlyConfigured):
        # Without a provider there is no secret. A review is held, and whether it may count is asked then.
        return name, ""
    return name, callback_auth.require_signature(request, provider, name)
