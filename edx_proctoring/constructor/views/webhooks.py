"""Messages of the vendor's server. Contract: contract/constructor#webhooks.

Not DRF views: the host's JWT authentication claims the same scheme and would refuse the vendor's token.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from edx_proctoring.backends.constructor import ConstructorProctoringProvider, tokens
from edx_proctoring.backends.constructor.tokens import TokenRefused
from edx_proctoring.constructor import pages, received_reviews, session_states, sessions
from edx_proctoring.constructor.models import ConstructorEvent, ConstructorSession, State
from edx_proctoring.constructor.received_reviews import CLAIM, date_in
from edx_proctoring.constructor.views import bodies
from edx_proctoring.constructor.views.bodies import Body, BodyRefused
from edx_proctoring.exceptions import ProctoredBaseException, ProctoredExamReviewAlreadyExists
from edx_proctoring.utils import _emit_event
from edx_proctoring.views import throttling

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
        # Only those without a good token are limited, so that nobody else at the vendor's address can shut it out.
        wait = throttling.seconds_to_wait(request)
        if wait is not None:
            reply = _reply(429, "too_many_requests")
            reply["Retry-After"] = f"{wait:.0f}"
            return reply
        throttling.count_refusal(request)
        log.warning("webhook refused: backend=%s kind=%s reason=%s", backend, kind, refusal)
        return _reply(401, "bad_token")
    try:
        return _take(request, provider, backend, kind, claims)
    except Refused as refusal:
        log.warning("webhook refused: backend=%s kind=%s reason=%s", backend, kind, refusal.code)
        if provider.options.webhook_always_200:
            return pages.private(JsonResponse({"status": "error", "code": refusal.code}))
        return _reply(refusal.status, refusal.code, str(refusal))


def _take(
    request: HttpRequest,
    provider: ConstructorProctoringProvider,
    backend: str,
    kind: str,
    claims: Mapping[str, Any],
) -> HttpResponseBase:
    try:
        body = bodies.read_object(request, most_bytes=MAX_BODY_BYTES)
    except BodyRefused as refusal:
        raise Refused(400, refusal.code, str(refusal)) from refusal
    session = _session_of(body.members, backend)
    account, expected = body.members.get("accountId"), str(provider.options.account_id)
    if account is not None and str(account) != expected:
        raise Refused(403, "foreign_account")
    # One integration binds its tokens to a session.
    if claims.get("sessionId", session.session_id) != session.session_id:
        raise Refused(403, "foreign_session")
    if str(claims.get("accountId", expected)) != expected:
        raise Refused(403, "foreign_account")
    event = _event_of(session, kind, body)
    if event.handled_at is not None:
        return _done()
    if not _claim(event):
        # The other delivery answers for both; if its process has died, the next one is taken.
        raise Refused(409, "in_progress", "This message is being handled. Send it again if that one is not answered.")
    try:
        outcome = _EFFECTS[kind](session, provider, body.members, request)
    except ProctoredExamReviewAlreadyExists as error:
        _let_go(event)
        raise Refused(409, "already_reviewed", str(error)) from error
    except ProctoredBaseException as error:
        _let_go(event)
        raise Refused(400, "bad_review", str(error)) from error
    except BaseException:
        _let_go(event)
        raise
    event.handled_at = timezone.now()
    event.save(update_fields=["handled_at", "modified"])
    log.info("webhook taken: session=%s kind=%s outcome=%s", session.session_id, kind, outcome)
    return _done()


def _session_of(body: Mapping[str, Any], backend: str) -> ConstructorSession:
    session_id = body.get("sessionId")
    if not isinstance(session_id, str) or not 0 < len(session_id) <= 230:
        raise Refused(400, "bad_body", "sessionId must be a text.")
    session = sessions.find(session_id) if session_id.isascii() and session_id.isalnum() else None
    if session is None or session.backend != backend:
        raise Refused(404, "unknown_session")
    return session


def _event_of(session: ConstructorSession, kind: str, body: Body) -> ConstructorEvent:
    """Return the row of this message; of one that came before, its row."""
    digest = hashlib.sha256(body.raw).hexdigest()
    kept = redacted(body.members)
    if session.is_forgotten:
        kept = {"sessionId": session.session_id}
    elif len(body.raw) > _LARGEST_KEPT:
        kept = {"sessionId": session.session_id, "bytes": len(body.raw)}
    try:
        with transaction.atomic():
            return ConstructorEvent.objects.create(session=session, kind=kind, digest=digest, payload=kept)
    except IntegrityError:
        return ConstructorEvent.objects.get(session=session, kind=kind, digest=digest)


def redacted(value: Any) -> Any:
    """Return a body without members that say who the learner is, or that open a record, at any level."""
    if isinstance(value, Mapping):
        return {name: redacted(member) for name, member in value.items() if name not in _PERSONAL}
    return [redacted(member) for member in value] if isinstance(value, list) else value


def _claim(event: ConstructorEvent) -> bool:
    """Return whether this process handles the message, and no other one for a while."""
    now = timezone.now()
    is_free = Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIM)
    unhandled = ConstructorEvent.objects.filter(is_free, pk=event.pk, handled_at=None)
    return bool(unhandled.update(claimed_at=now))


def _let_go(event: ConstructorEvent) -> None:
    ConstructorEvent.objects.filter(pk=event.pk).update(claimed_at=None)


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
        dates = {"scheduled_at": "start", "cancel_deadline": "cancelDeadline"}
        rows.update(**{name: date_in(session, body, member) for name, member in dates.items()})
        # Not of a session that has gone on: the message is late.
        session_states.advance(session, State.SCHEDULED, now=now)
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
    agreed = date_in(session, body, "timestamp") or timezone.now()
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
    return pages.private(JsonResponse({"status": "error", "code": code, "detail": detail or code}, status=status))


def _done() -> JsonResponse:
    return pages.private(JsonResponse({"status": "ok"}))
