"""What the pages of a session share: headers, the configuration of the guard, refusals."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from edx_proctoring.backends.constructor import ConstructorProctoringProvider, configuration, origins
from edx_proctoring.backends.constructor.origins import Choice
from edx_proctoring.backends.constructor.provider import URL_NAMESPACE
from edx_proctoring.constructor import frame_ancestors, refusal_texts, session_states, sessions
from edx_proctoring.constructor.models import ConstructorSession
from edx_proctoring.constructor.sessions import HEARTBEAT_MS
from edx_proctoring.utils import get_exam_url

ResponseT = TypeVar("ResponseT", bound=HttpResponseBase)

RETRY_MS: Final = 2000
TOKEN_LIFE: Final = timedelta(hours=12)

_PAGE_SALT: Final = "edx_proctoring.constructor.page"
_LONGEST_TOKEN: Final = 2048


def guard_config(
    session: ConstructorSession, provider: ConstructorProctoringProvider, choice: Choice, *, user_id: int
) -> dict[str, Any]:
    """Return the configuration that the guard script reads from the page. Contract: contract/constructor#guard."""
    options = provider.options
    return {
        "expectedOrigin": choice.origin or None,
        "sessionId": session.session_id,
        "verifyUrl": url("verify", session),
        "statusUrl": url("status", session),
        "pageToken": page_token(session, user_id=user_id, origin=choice.origin),
        "restartUrl": url("launch", session),
        "courseUrl": content_url(session),
        "messageTimeoutMs": options.message_timeout_ms,
        "retryMs": RETRY_MS,
        "heartbeatMs": HEARTBEAT_MS,
        "messageForms": list(options.message_forms),
        "contentUrl": content_url(session),
        "contentMode": options.content_mode,
        "autoRedirect": options.auto_redirect,
        "refusal": choice.refusal or None,
        "strings": refusal_texts.strings(),
    }


def choose_origin(request: HttpRequest, session: ConstructorSession, provider: ConstructorProctoringProvider) -> Choice:
    """Return from which origin a page of the session takes messages."""
    return origins.choose(
        request.META.get("QUERY_STRING", ""),
        provider.options.trusted_origins,
        stored=session.client_origin,
        allows_http=configuration.allows_http(),
    )


def note_origin(session: ConstructorSession, origin: str, *, now: datetime) -> None:
    """Keep the origin that a page selected: it is that of later pages and calls of this session."""
    if origin == session.client_origin:
        return
    if session.client_origin:
        sessions.note_event(session, "origin_changed", origin=origin)
    session_states.keep(session, now=now, client_origin=origin)


def content_url(session: ConstructorSession) -> str:
    """Return where the exam is. Made here only: no address of a request or of the vendor is ever followed."""
    return get_exam_url(session.course_id, session.content_id, is_learning_mfe=True)


def url(name: str, session: ConstructorSession) -> str:
    """Return the path of one of our addresses about a session."""
    return reverse(f"{URL_NAMESPACE}:{name}", args=[session.session_id])


def page_token(session: ConstructorSession, *, user_id: int, origin: str) -> str:
    """Return what the script sends with each call: it proves that our page made it, for this user and origin."""
    return signing.dumps([session.session_id, user_id, origin], salt=_PAGE_SALT)


def origin_in(token: str, session: ConstructorSession, *, user_id: int) -> str | None:
    """Return the origin of a page token, None if the token is not of this session and user, or too old."""
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    try:
        session_id, token_user, origin = signing.loads(token, salt=_PAGE_SALT, max_age=TOKEN_LIFE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(origin) if (session_id, token_user) == (session.session_id, user_id) else None


def refusal_page(
    request: HttpRequest,
    code: str,
    session: ConstructorSession | None = None,
    *,
    framed_by: Iterable[str] = (),
    restart: ConstructorSession | None = None,
    retry: str = "",
) -> HttpResponse:
    """Return a page that says why the exam does not open, and what to do.

    With status 200: browsers may replace an error page in a frame by one of their own. ``restart``: the session that
    the button starts, if it is not ``session``. ``retry``: the path that the page opens by itself after a moment.
    """
    reason = refusal_texts.reasons()[code]
    target = restart or session
    button = reason.button
    if code == "session_reset" and target == session:
        # Nothing has replaced it: only the course leads on.
        button = refusal_texts.COURSE
    addresses: Mapping[str, str] = (
        {}
        if target is None
        else {
            refusal_texts.RESTART: url("launch", target),
            refusal_texts.COURSE: content_url(target),
            refusal_texts.RELOAD: "",
        }
    )
    context = {
        "code": code,
        "reason": reason,
        "address": addresses.get(button, ""),
        "button": button,
        "session_id": "" if session is None else session.session_id,
        "retry": retry,
    }
    response = render(request, "proctoring_constructor/refusal.html", context)
    return private(response, framed_by)


def private(response: ResponseT, framed_by: Iterable[str] = ()) -> ResponseT:
    """Keep a response out of caches and referrers; let only these origins and the site itself frame it."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Content-Type-Options"] = "nosniff"
    frame_ancestors.allow(response, framed_by)
    return response
