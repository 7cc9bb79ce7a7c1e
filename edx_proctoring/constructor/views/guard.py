"""What the guard script asks: may this page open, and may it stay open?

Contract: contract/constructor#verify, contract/constructor#heartbeat. Exempt from CSRF checks, because in the vendor's
frame their cookie may be missing; instead each call carries a custom header with a value that our page was given.
"""

import logging
from typing import Any, Final

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from edx_proctoring.backends.constructor import ConstructorProctoringProvider
from edx_proctoring.constructor import cookies, page_verification, pages, refusal_texts, sessions
from edx_proctoring.constructor.cookies import Proof
from edx_proctoring.constructor.models import ConstructorSession
from edx_proctoring.constructor.page_verification import LONGEST_CODE, RETRY_SECONDS, Verdict, refused
from edx_proctoring.constructor.views import bodies
from edx_proctoring.constructor.views.bodies import BodyRefused

log = logging.getLogger(__name__)

PAGE_HEADER: Final = "X-Proctoring-Page-Token"
MAX_BODY_BYTES: Final = 4096
# Refusals of the request itself, not of the moment.
_FORBIDDEN: Final = frozenset({"login_required", "cookies_blocked", "wrong_user", "origin_untrusted"})


@csrf_exempt
@transaction.non_atomic_requests
@require_POST
def verify(request: HttpRequest, session_id: str) -> HttpResponseBase:
    """Confirm that the page is proctored: 200 with the content's address and the cookie that opens it."""
    session, provider = _session(session_id)
    if session is None or provider is None:
        return _unknown()
    try:
        body = bodies.read_object(request, most_bytes=MAX_BODY_BYTES).members
    except BodyRefused as refusal:
        return _answer({"state": "refused", "code": refusal.code, "detail": str(refusal)}, 400)
    verdict = _check_caller(request, session, str(body.get("origin") or ""))
    if verdict.is_open:
        code = body.get("assess_code")
        # Of a wrong type: as if it were absent.
        code = code if isinstance(code, str) and 0 < len(code) <= LONGEST_CODE else None
        verdict = page_verification.verify(session, provider, code, now=timezone.now())
    if not verdict.is_open:
        return _refusal(session, verdict)
    response = _answer(
        {"state": "open", "content_url": pages.content_url(session), "heartbeat_ms": sessions.HEARTBEAT_MS}
    )
    cookies.give(response, Proof(session.session_id, request.user.pk or 0))
    return response


@transaction.non_atomic_requests
@require_GET
def status(request: HttpRequest, session_id: str) -> HttpResponseBase:
    """Say whether the page may stay open; the page's own sign of life."""
    session, provider = _session(session_id)
    if session is None or provider is None:
        return _unknown()
    verdict = _check_caller(request, session, None)
    if verdict.is_open:
        verdict = page_verification.heartbeat(session, provider, now=timezone.now())
    if verdict.state == "refused" and verdict.code in _FORBIDDEN:
        return _refusal(session, verdict)
    answer = {"state": verdict.state, "attempt_status": verdict.attempt_status}
    return _answer({**answer, **({"code": verdict.code} if verdict.code else {})})


def _session(session_id: str) -> tuple[ConstructorSession | None, ConstructorProctoringProvider | None]:
    session = sessions.find(session_id)
    return session, None if session is None else sessions.provider_of(session)


def _check_caller(request: HttpRequest, session: ConstructorSession, origin: str | None) -> Verdict:
    """Return whether our page sent the request, for the session's learner. ``origin``: of the body, if it has one."""
    if not request.user.is_authenticated:
        return refused("login_required" if cookies.PROBE in request.COOKIES else "cookies_blocked")
    if request.user.pk != session.user_id:
        return refused("wrong_user")
    expected = pages.origin_in(request.headers.get(PAGE_HEADER, ""), session, user_id=request.user.pk or 0)
    if expected is None or expected != session.client_origin or origin not in (None, expected):
        return refused("origin_untrusted")
    return Verdict("open")


def _refusal(session: ConstructorSession, verdict: Verdict) -> HttpResponseBase:
    reason = refusal_texts.reasons()[verdict.code]
    answer: dict[str, Any] = {"state": "refused", "code": verdict.code, "detail": reason.text}
    if reason.button == refusal_texts.RESTART:
        answer["restart_url"] = pages.url("launch", sessions.newest(session))
    log.info("exam page stays covered: session=%s code=%s", session.session_id, verdict.code)
    if verdict.code == "not_started":
        answer["retry_after"] = RETRY_SECONDS
    code = 503 if verdict.code == "server_unavailable" else 403 if verdict.code in _FORBIDDEN else 409
    return _answer(answer, code)


def _unknown() -> HttpResponseBase:
    return _answer({"state": "refused", "code": "session_reset", "detail": "This session is not known."}, 404)


def _answer(body: dict[str, Any], status_code: int = 200) -> HttpResponseBase:
    return pages.private(JsonResponse(body, status=status_code))
