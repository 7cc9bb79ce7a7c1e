"""How long a proof is good for requests without one. Contract: contract/seb-exams#session.

Frames, requests of scripts and modern web views of Apple's systems carry no hashes. They refer to an earlier proof by a
cookie that is good for the same learner, login, browser and exam only.
"""

import logging
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError
from django.db.models import F

from seb_openedx import conf
from seb_openedx.access import audit
from seb_openedx.exam_models import EXPIRED, SebSession
from seb_openedx.exams.proofs import Checked
from seb_openedx.exams.requirements import Requirement
from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)

COOKIE: Final = "seb_session"
_SALT: Final = "seb_openedx.session"
# So many wrong hashes end a session.
MOST_MISMATCHES: Final = 3
PREFIX_LENGTH: Final = 8
# One browser may go from the course to several exams.
_MOST_SESSIONS: Final = 4
_SEPARATOR: Final = "."
# A proof is old after so many times the age after which a page is checked again.
_OLD: Final = 4


def user_of(request: Any) -> Any:
    """Return the logged-in user, or None."""
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated is True else None


def login_hash(request: Any) -> str:
    """Return what stands for the login, the session of Django, in the tables; empty without one."""
    key = getattr(getattr(request, "session", None), "session_key", None)
    return _hash(key) if isinstance(key, str) and key else ""


def _user_agent_hash(request: Any) -> str:
    return _hash(str(request.META.get("HTTP_USER_AGENT", "")))


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def current(request: Any, requirement: Requirement, *, now: datetime) -> SebSession | None:
    """Return the session that a request may refer to, or None. Costs one query if there is a cookie.

    A course accepts also the session of one of its exams, if the key that was proved there is one of the course.
    """
    if not conf.seb.sessions_enabled:
        return None
    ids, login, user = _ids_in(request), login_hash(request), user_of(request)
    if not ids or not login or user is None:
        return None
    try:
        found = list(SebSession.objects.open().filter(pk__in=ids))
    except DatabaseError as error:
        if first_time("seb session", type(error).__name__):
            log.exception("sessions of Safe Exam Browser cannot be read and do not count")
        return None
    own = [
        session
        for session in found
        if session.user_id == user.pk
        and session.session_hash == login
        and session.user_agent_hash == _user_agent_hash(request)
        and str(session.course_id) == requirement.course_id
        # A proof from the future: a clock is wrong, and nobody knows how old the proof is.
        and session.last_proof <= now
        and _is_good_for(session, requirement)
    ]
    if any(now >= session.expires for session in own):
        over = [session.pk for session in own if now >= session.expires]
        SebSession.objects.filter(pk__in=over).end(EXPIRED, now=now)
    open_ones = [session for session in own if now < session.expires]
    return max(open_ones, key=lambda session: session.last_proof, default=None)


def _is_good_for(session: SebSession, requirement: Requirement) -> bool:
    if not requirement.is_course and session.content_id != requirement.content_id:
        return False
    if requirement.accepts_name_only:
        return True
    # Keys also change without telling, in settings and in the database: a key that is gone proves nothing. An earlier
    # one of an exam is good for those who have begun with it.
    earlier = (key for key, _valid_until in requirement.earlier_keys)
    keys = (*requirement.config_keys, *requirement.browser_keys, *earlier)
    return session.key_prefix in {key[:PREFIX_LENGTH] for key in keys}


def is_fresh(session: SebSession, *, now: datetime) -> bool:
    """Whether the latest proof is young enough to show a page without a new one."""
    return now - session.last_proof < timedelta(seconds=conf.seb.recheck_seconds)


def is_old(session: SebSession, *, now: datetime) -> bool:
    """Return whether the latest proof is so old that also a front end has to lead through a new check."""
    return now - session.last_proof >= _OLD * timedelta(seconds=conf.seb.recheck_seconds)


def start(
    request: Any,
    requirement: Requirement,
    checked: Checked,
    *,
    version: str,
    now: datetime,
    replayable: bool = False,
) -> SebSession:
    """Return a session for a proof: the one that the browser has, renewed, or a new one.

    A renewed one still ends when it was to end at first. ``replayable``: the proof is a weaker one, which renews no
    session of a stronger one.
    """
    proof = {
        "proof": str(checked.proof),
        "is_replayable": replayable,
        "key_prefix": checked.key[:PREFIX_LENGTH],
        "seb_version": version[:100],
        "last_proof": now,
        "last_seen": now,
    }
    session = current(request, requirement, now=now)
    if session is not None and session.content_id == requirement.content_id:
        is_weaker = replayable and not session.is_replayable
        if is_weaker and is_fresh(session, now=now):
            return session
        if not is_weaker and SebSession.objects.open().filter(pk=session.pk).update(mismatches=0, **proof):
            session.refresh_from_db()
            return session
    user = user_of(request)
    created: SebSession = SebSession.objects.create(
        user_id=user.pk,
        username=user.username,
        course_id=requirement.course_id,
        content_id=requirement.content_id,
        session_hash=login_hash(request),
        user_agent_hash=_user_agent_hash(request),
        created=now,
        expires=now + timedelta(seconds=conf.seb.session_seconds),
        **proof,
    )
    audit.granted(request, created.course_id, content_id=requirement.content_id)
    return created


def count_mismatch(session: SebSession, *, now: datetime) -> None:
    """Count a wrong hash; the third one ends the session."""
    rows = SebSession.objects.open().filter(pk=session.pk)
    rows.update(mismatches=F("mismatches") + 1)
    rows.filter(mismatches__gte=MOST_MISMATCHES).end("mismatch", now=now)


def set_cookie(request: Any, response: Any, session: SebSession, *, now: datetime) -> None:
    """Give the browser the cookie of a session. It keeps those of other exams and courses."""
    others = [str(pk) for pk in _ids_in(request) if pk != session.pk]
    response.set_signed_cookie(
        COOKIE,
        _SEPARATOR.join([str(session.pk), *others][:_MOST_SESSIONS]),
        salt=_SALT,
        max_age=max(int((session.expires - now).total_seconds()), 0),
        path="/",
        secure=request.is_secure(),
        httponly=True,
        samesite=conf.seb.session_cookie_samesite,
    )


def _ids_in(request: Any) -> list[UUID]:
    """Return the sessions that the browser's cookie names."""
    cookies = getattr(request, "COOKIES", None)
    if not isinstance(cookies, dict) or COOKIE not in cookies:
        return []
    try:
        named = request.get_signed_cookie(COOKIE, default="", salt=_SALT).split(_SEPARATOR)
        return [UUID(name) for name in named[:_MOST_SESSIONS]]
    except ValueError:
        return []
