"""Messages of the vendor's server. Contract: contract/constructor#webhooks.

Not DRF views: the host's JWT authentication claims the same scheme and would refuse the vendor's token.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from edx_proctoring.backends.constructor import ConstructorProctoringProvider, tokens
from edx_proctoring.backends.constructor.tokens import TokenRefused
from edx_proctoring.backends.constructor.vendor import read_date
from edx_proctoring.constructor import received_reviews, sessions
from edx_proctoring.constructor.models import ConstructorEvent, ConstructorSession, State
from edx_proctoring.exceptions import ProctoredBaseException, ProctoredExamReviewAlreadyExists
from edx_proctoring.utils import _emit_event
from edx_proctoring.utils.storable import storable

log = logging.getLogger(__name__)

MAX_BODY_BYTES: Final = 1024 * 1024
# Members of a body that the audit trail does not keep.
_PERSONAL: Final = frozenset({"firstName", "lastName", "thirdName", "email", "userId", "token", "archive", "reportUrl"})
_LARGEST_KEPT: Final = 64 * 1024


class Refused(Exception):
    """A message that is not taken. ``code``: for the vendor's log; ``status``: of our reply."""

    def __init__(self, status: int, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.status = status
        self.code = code


@csrf_exempt
@transaction.non_atomic_requests
@require_POST
def webhook(request: HttpRequest, backend: str, kind: str) -> HttpResponseBase:
    """Take a message: 200 if its effect is done, now or before; else the status says who has to act."""
    provider = sessions.provider_named(backend)
    if provider is None or kind not in _EFFECTS:
        return _reply(404, "unknown_address")
    try:
        claims = tokens.verify(
            request.headers.get("Authorization", ""), provider.options.jwt_secrets, now=timezone.now()
        )
    except TokenRefused as refusal:
        log.warning("webhook refused: backend=%s kind=%s reason=%s", backend, kind, refusal)
        return _reply(401, "bad_token")
    try:
        return _take(request, provider, backend, kind, claims)
    except Refused as refusal:
        log.warning("webhook refused: backend=%s kind=%s reason=%s", backend, kind, refusal.code)
        if provider.options.webhook_always_200:
            return JsonResponse({"status": "error", "code": refusal.code})
        return _reply(refusal.status, refusal.code, str(refusal))


def _take(
    request: HttpRequest,
    provider: ConstructorProctoringProvider,
    backend: str,
    kind: str,
    claims: Mapping[str, Any],
) -> HttpResponseBase:
    raw, body = _body_of(request)
    session = _session_of(body, backend)
    account, expected = body.get("accountId"), str(provider.options.account_id)
    if account is not None and str(account) != expected:
        raise Refused(403, "foreign_account")
    # One integration binds its tokens to a session.
    if claims.get("sessionId", session.session_id) != session.session_id:
        raise Refused(403, "foreign_session")
    if str(claims.get("accountId", expected)) != expected:
        raise Refused(403, "foreign_account")
    event = _event_of(session, kind, raw, body)
    if event.handled_at is not None:
        return JsonResponse({"status": "ok"})
    try:
        outcome = _EFFECTS[kind](session, provider, body, request)
    except ProctoredExamReviewAlreadyExists as error:
        raise Refused(409, "already_reviewed", str(error)) from error
    except ProctoredBaseException as error:
        raise Refused(400, "bad_review", str(error)) from error
    event.handled_at = timezone.now()
    event.save(update_fields=["handled_at", "modified"])
    log.info("webhook taken: session=%s kind=%s outcome=%s", session.session_id, kind, outcome)
    return JsonResponse({"status": "ok"})


def _body_of(request: HttpRequest) -> tuple[bytes, dict[str, Any]]:
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        length = 0
    if length > MAX_BODY_BYTES:
        raise Refused(400, "body_too_large")
    # Past ``request.body``, whose limit is the host's and may be smaller.
    raw = request.read(MAX_BODY_BYTES + 1)
    if len(raw) > MAX_BODY_BYTES:
        raise Refused(400, "body_too_large")
    try:
        body = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad_body", "The body must be JSON.") from error
    if not isinstance(body, dict):
        raise Refused(400, "bad_body", "The body must be an object.")
    return raw, storable(body)


def _refuse_constant(name: str) -> float:
    """NaN and the infinities are not JSON, and no database stores them."""
    raise ValueError(name)


def _session_of(body: Mapping[str, Any], backend: str) -> ConstructorSession:
    session_id = body.get("sessionId")
    if not isinstance(session_id, str) or not 0 < len(session_id) <= 230:
        raise Refused(400, "bad_body", "sessionId must be a text.")
    session = sessions.find(session_id) if session_id.isascii() and session_id.isalnum() else None
    if session is None or session.backend != backend:
        raise Refused(404, "unknown_session")
    return session


def _event_of(session: ConstructorSession, kind: str, raw: bytes, body: Mapping[str, Any]) -> ConstructorEvent:
    """Return the row of this message; of one that came before, its row."""
    digest = hashlib.sha256(raw).hexdigest()
    kept: dict[str, Any] = {name: value for name, value in body.items() if name not in _PERSONAL}
    if len(raw) > _LARGEST_KEPT:
        kept = {"sessionId": session.session_id, "bytes": len(raw)}
    try:
        with transaction.atomic():
            return ConstructorEvent.objects.create(session=session, kind=kind, digest=digest, payload=kept)
    except IntegrityError:
        return ConstructorEvent.objects.get(session=session, kind=kind, digest=digest)


def _review(
    session: ConstructorSession,
    provider: ConstructorProctoringProvider,
    body: Mapping[str, Any],
    request: HttpRequest,
) -> str:
    return received_reviews.receive(session, provider, body, request)


def _schedule(
    session: ConstructorSession,
    provider: ConstructorProctoringProvider,
    body: Mapping[str, Any],
    request: HttpRequest,
) -> str:
    now, event = timezone.now(), body.get("event")
    rows = ConstructorSession.objects.filter(pk=session.pk)
    if event == "scheduled":
        rows.update(scheduled_at=read_date(body.get("start")), cancel_deadline=read_date(body.get("cancelDeadline")))
        rows.filter(state__in=(State.NEW, State.LAUNCHED)).update(state=State.SCHEDULED, modified=now)
    elif event == "canceled":
        rows.update(scheduled_at=None, cancel_deadline=None)
        rows.filter(state=State.SCHEDULED).update(state=State.LAUNCHED, modified=now)
    else:
        raise Refused(400, "bad_body", "event must be 'scheduled' or 'canceled'.")
    return str(event)


def _agreement(
    session: ConstructorSession,
    provider: ConstructorProctoringProvider,
    body: Mapping[str, Any],
    request: HttpRequest,
) -> str:
    agreed = read_date(body.get("timestamp")) or timezone.now()
    ConstructorSession.objects.filter(pk=session.pk).update(agreement_at=agreed)
    return "stored"


def _warning(
    session: ConstructorSession,
    provider: ConstructorProctoringProvider,
    body: Mapping[str, Any],
    request: HttpRequest,
) -> str:
    _emit_event(
        "edx.special_exam.constructor.warning",
        {"course_id": session.course_id},
        {"session_id": session.session_id, "attempt_id": session.attempt_id, "exam_content_id": session.content_id},
    )
    return "stored"


_Effect = Callable[[ConstructorSession, ConstructorProctoringProvider, Mapping[str, Any], HttpRequest], str]
_EFFECTS: Final[Mapping[str, _Effect]] = {
    "review": _review,
    "schedule": _schedule,
    "agreement": _agreement,
    "warning": _warning,
}


def _reply(status: int, code: str, detail: str = "") -> JsonResponse:
    return JsonResponse({"status": "error", "code": code, "detail": detail or code}, status=status)
