"""Logs a learner in inside the vendor's frame, where the browser does not send the login. Contract:
contract/constructor#entry-login.

The token travels in a token that the learner's browser can read, hence the further conditions: the page is framed, the
vendor's server says that the session runs, and the token was used fewer than five times.
"""

import logging
from datetime import datetime, timedelta
from typing import Any, Final

import requests
from django.contrib.auth import get_user_model, load_backend, login
from django.core import signing
from django.db.models import F
from django.http import HttpRequest

from edx_proctoring.backends import call_options
from edx_proctoring.backends.constructor import ConstructorProctoringProvider, vendor
from edx_proctoring.constructor import sessions
from edx_proctoring.constructor.models import ConstructorSession

log = logging.getLogger(__name__)

SALT: Final = "edx_proctoring.constructor.entry"
LONGEST_LIFE: Final = timedelta(days=3)
MOST_USES: Final = 5
# In the session of Django: its cookies are partitioned (``middleware``).
SESSION_KEY: Final = "edx_proctoring.constructor.entry_login"
# Of an address by which our refusal page asks again: the page before it was framed by another site.
RETRY: Final = "constructor_retry"
_RETRY_SALT: Final = "edx_proctoring.constructor.entry_retry"
_LONGEST_RETRY: Final = timedelta(hours=1)
_LONGEST_TOKEN: Final = 2048
_REFUSED: Final = "login_required"


def token(session: ConstructorSession, *, auth_backend: str, ends: datetime) -> str:
    """Return the last part of the entry URL. ``ends``: when the exam can no longer be taken."""
    return signing.dumps([session.session_id, session.user_id, auth_backend, int(ends.timestamp())], salt=SALT)


def log_in(
    request: HttpRequest,
    session: ConstructorSession,
    provider: ConstructorProctoringProvider,
    given: str,
    *,
    now: datetime,
) -> str:
    """Log the learner of a session in, if all conditions hold; else return the code of a refusal.

    Codes are the keys of ``refusal_texts``.
    ``not_started`` and ``server_unavailable`` may pass: the vendor's server did not say yet that the session runs.
    """
    claims = _claims_in(given)
    code, reason = _why_not(request, session, provider, claims, now=now)
    if code or claims is None:
        log.warning("entry token refused: session=%s reason=%s", session.session_id, reason)
        return code
    used = ConstructorSession.objects.filter(pk=session.pk, entry_token_uses__lt=MOST_USES)
    if not used.update(entry_token_uses=F("entry_token_uses") + 1):
        log.warning("entry token refused: session=%s reason=used too often", session.session_id)
        return _REFUSED
    user = get_user_model()._default_manager.filter(pk=claims[1], is_active=True).first()
    if user is None:
        return _REFUSED
    login(request, user, backend=claims[2])
    request.session[SESSION_KEY] = session.session_id
    sessions.note_event(session, "entry_login", user_id=user.pk)
    return ""


def retry_marker(session: ConstructorSession) -> str:
    """Return what makes the next request count as framed by another site, which a page that loads itself is not."""
    return signing.dumps(session.session_id, salt=_RETRY_SALT)


def _is_framed(request: HttpRequest, session: ConstructorSession) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if request.headers.get("Sec-Fetch-Dest") != "iframe":
        return False
    if site != "same-origin":
        return site in ("cross-site", "same-site")
    try:
        marker = request.GET.get(RETRY, "")[:_LONGEST_TOKEN]
        return bool(signing.loads(marker, salt=_RETRY_SALT, max_age=_LONGEST_RETRY) == session.session_id)
    except signing.BadSignature:
        return False


def _why_not(
    request: HttpRequest,
    session: ConstructorSession,
    provider: ConstructorProctoringProvider,
    claims: list[Any] | None,
    *,
    now: datetime,
) -> tuple[str, str]:
    """Return the code of the refusal and, for the log, the condition that fails; two empty texts if none does."""
    if not provider.options.entry_login:
        return _REFUSED, "switched off"
    if claims is None or claims[:2] != [session.session_id, session.user_id] or session.user_id is None:
        return _REFUSED, "not of this session"
    if now.timestamp() > claims[3]:
        return _REFUSED, "expired"
    if not _is_framed(request, session):
        return _REFUSED, "not framed"
    try:
        with call_options.use(is_page_waiting=True):
            answer = provider.vendor_status(session.session_id)
    except (requests.RequestException, ValueError) as error:
        return "server_unavailable", f"vendor does not answer: {type(error).__name__}"
    if answer is not None and answer.status == vendor.FINISHED:
        return "session_reset", "finished at the vendor"
    if answer is None or answer.status != vendor.STARTED:
        return "not_started", "not started at the vendor"
    return "", ""


def _claims_in(given: str) -> list[Any] | None:
    if len(given) > _LONGEST_TOKEN:
        return None
    try:
        claims = signing.loads(given, salt=SALT, max_age=LONGEST_LIFE)
        session_id, user_id, auth_backend, ends = claims
        load_backend(auth_backend)
    except (signing.BadSignature, ValueError, TypeError, ImportError, AttributeError):
        return None
    is_whole = isinstance(session_id, str) and isinstance(user_id, int) and isinstance(ends, int)
    return list(claims) if is_whole else None
