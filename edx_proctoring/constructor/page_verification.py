"""Decides whether a page of a session is proctored: when it opens, and at each heartbeat afterwards.

Contract: contract/constructor#verify, contract/constructor#heartbeat, contract/constructor#assess-code. The vendor's
message in the browser can be forged by a learner with developer tools; what is decided here cannot.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import requests
from django.core.exceptions import ImproperlyConfigured
from django.utils.crypto import constant_time_compare

from edx_proctoring import api
from edx_proctoring.api.lifecycle import status_change
from edx_proctoring.backends import call_options
from edx_proctoring.backends.constructor import ConstructorProctoringProvider, vendor
from edx_proctoring.constructor import session_states, sessions
from edx_proctoring.constructor.models import ConstructorSession, State
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils.transactions import short_transaction

log = logging.getLogger(__name__)

# For so long the vendor's last "started" counts while its server does not answer.
GRACE: Final = timedelta(minutes=10)
# So many other answers in a row interrupt a session.
MOST_MISSES: Final = 3
RETRY_SECONDS: Final = 2
LONGEST_CODE: Final = 230


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a page may do. ``state``: ``open``, ``lost`` or ``refused``; ``code``: a key of ``refusal_texts``."""

    state: str
    code: str = ""
    attempt_status: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the content may be shown."""
        return self.state == "open"


def refused(code: str, attempt_status: str = "") -> Verdict:
    """Return a refusal."""
    return Verdict("refused", code, attempt_status)


def check_session(session: ConstructorSession) -> Verdict:
    """Return whether the pages of a session may open at all: it is current, and its attempt is not over."""
    attempt = sessions.attempt_of(session)
    if attempt is not None and attempt.status not in sessions.OPEN_STATUSES:
        return refused("attempt_not_active", attempt.status)
    if session.is_over or attempt is None:
        return refused("session_reset")
    return Verdict("open", attempt_status=attempt.status)


def verify(
    session: ConstructorSession, provider: ConstructorProctoringProvider, assess_code: str | None, *, now: datetime
) -> Verdict:
    """Confirm that a page is proctored, and note it; the attempt becomes ready to start.

    ``assess_code``: of the vendor's message, None if it had none.
    """
    verdict = check_session(session)
    if not verdict.is_open:
        return verdict
    code = _check_code(session, assess_code) or _confirm(session, provider, now=now)
    if code:
        return refused(code, verdict.attempt_status)
    was_proctored = session.state == State.PROCTORED
    if not _note_proctored(session, assess_code, now=now):
        # Another page brought another code, or the session ended at the same moment.
        session.refresh_from_db()
        return refused("session_reset" if session.is_over else "session_mismatch", verdict.attempt_status)
    attempt = sessions.attempt_of(session)
    try:
        if attempt is None:
            return refused("session_reset")
        api.mark_waiting_attempt_as_ready(attempt.pk, seen=attempt)
    except (ProctoredBaseException, NotImplementedError, ImproperlyConfigured) as error:
        # Removed at the same moment, or its exam has got another provider.
        log.warning("attempt not ready: session=%s error=%s", session.session_id, type(error).__name__)
        return refused("session_reset")
    if not was_proctored:
        sessions.note_event(session, "proctored", assess_code=bool(assess_code))
    return Verdict("open", attempt_status=attempt.status)


def heartbeat(session: ConstructorSession, provider: ConstructorProctoringProvider, *, now: datetime) -> Verdict:
    """Say whether an open page may stay open, and note that it is there."""
    verdict = check_session(session)
    if not verdict.is_open:
        return verdict
    if session.state != State.PROCTORED:
        # The page has to prove it again.
        return Verdict("lost" if session.state == State.LOST else "refused", "not_started", verdict.attempt_status)
    code = _confirm(session, provider, now=now)
    if code == "not_started" and session.status_misses < MOST_MISSES:
        code = ""
    if code:
        _note_lost(session, provider, code, now=now)
        return Verdict("lost", code, verdict.attempt_status)
    if ConstructorSession.objects.filter(pk=session.pk, state=State.PROCTORED).update(heartbeat_at=now):
        return verdict
    # Interrupted or ended while the vendor was asked.
    session.refresh_from_db()
    if session.is_over:
        return refused("session_reset", verdict.attempt_status)
    return Verdict("lost", "not_started", verdict.attempt_status)


def _check_code(session: ConstructorSession, assess_code: str | None) -> str:
    """Return why the code of the message does not fit the session, "" if it does.

    Valid when first seen, or equal to the stored one. Without a code the session in the page's URL stands for it. A
    code that is the id of another session of ours was never seen *here*: it belongs to another exam, or to a session
    that was replaced.
    """
    if assess_code is None:
        return ""
    if session.assess_code:
        return "" if constant_time_compare(session.assess_code, assess_code) else "session_mismatch"
    other = sessions.find(assess_code) if assess_code != session.session_id and assess_code.isalnum() else None
    if other is None:
        return ""
    is_same_exam = (other.user_subject, other.course_id, other.content_id) == (
        session.user_subject,
        session.course_id,
        session.content_id,
    )
    return "session_reset" if is_same_exam else "session_mismatch"


def _confirm(session: ConstructorSession, provider: ConstructorProctoringProvider, *, now: datetime) -> str:
    """Ask the vendor's server, at most every ``status_ttl_seconds``; return why it does not confirm, or ""."""
    options = provider.options
    if not options.require_server_confirmation:
        return ""
    if _is_fresh(session, options.status_ttl_seconds, now=now):
        return _code_of(session.vendor_status)
    try:
        with call_options.use(is_page_waiting=True):
            answer = provider.vendor_status(session.session_id)
    except (requests.RequestException, ValueError) as error:
        is_recent = session.confirmed_at is not None and timedelta() <= now - session.confirmed_at <= GRACE
        log.warning(
            "vendor does not say whether a session runs: session=%s error=%s goes_on=%s",
            session.session_id,
            type(error).__name__,
            is_recent,
        )
        return "" if is_recent else "server_unavailable"
    status = "" if answer is None else answer.status
    is_started = status == vendor.STARTED
    session.status_misses = 0 if is_started else min(session.status_misses + 1, MOST_MISSES)
    session.vendor_status, session.vendor_status_at = status[:64], now
    if is_started:
        session.confirmed_at = now
    elif status == vendor.FINISHED or session.status_misses >= MOST_MISSES:
        # Contradicted: it must not stand in for an answer any more.
        session.confirmed_at = None
    ConstructorSession.objects.filter(pk=session.pk).update(
        status_misses=session.status_misses,
        vendor_status=session.vendor_status,
        vendor_status_at=now,
        confirmed_at=session.confirmed_at,
    )
    return _code_of(status)


def _is_fresh(session: ConstructorSession, ttl_seconds: int, *, now: datetime) -> bool:
    """Return whether the vendor's last answer still counts.

    One other than "started" counts until the page asks again only: the learner waits for it to change.
    """
    if session.vendor_status_at is None:
        return False
    seconds = ttl_seconds if session.vendor_status == vendor.STARTED else min(ttl_seconds, RETRY_SECONDS)
    return timedelta() <= now - session.vendor_status_at < timedelta(seconds=seconds)


def _code_of(status: str) -> str:
    """Return why a status of the vendor does not confirm a session, or ""."""
    if status == vendor.STARTED:
        return ""
    return "session_reset" if status == vendor.FINISHED else "not_started"


@short_transaction
def _note_proctored(session: ConstructorSession, assess_code: str | None, *, now: datetime) -> bool:
    """Store what was confirmed, if nothing has changed meanwhile. Locks: the session."""
    locked = ConstructorSession.objects.select_for_update().current().filter(pk=session.pk).first()
    if locked is None:
        return False
    if assess_code is not None and locked.assess_code and not constant_time_compare(locked.assess_code, assess_code):
        return False
    session.assess_code = locked.assess_code or assess_code or ""
    return session_states.advance(
        session,
        State.PROCTORED,
        now=now,
        assess_code=session.assess_code,
        verified_at=now,
        heartbeat_at=now,
        status_misses=0,
    )


def _note_lost(
    session: ConstructorSession, provider: ConstructorProctoringProvider, code: str, *, now: datetime
) -> None:
    if not session_states.advance(session, State.LOST, now=now, may_stay=False):
        return
    sessions.note_event(session, "lost", code=code, vendor_status=session.vendor_status)
    if provider.options.on_lost == "error" and code != "server_unavailable":
        attempt = sessions.attempt_of(session)
        try:
            if attempt is not None:
                status_change.change_status(attempt.pk, Status.error, condition=_is_open)
        except ProctoredBaseException as error:
            # Removed at the same moment.
            log.warning("attempt not ended: session=%s error=%s", session.session_id, type(error).__name__)


def _is_open(attempt: ProctoredExamStudentAttempt) -> bool:
    """Whether it was not submitted at the same moment: a submission stands."""
    return attempt.status in sessions.OPEN_STATUSES
