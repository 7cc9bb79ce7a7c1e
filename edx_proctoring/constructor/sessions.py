"""Keeps sessions: the provider's store, and how pages and webhooks find one."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from edx_proctoring import backends
from edx_proctoring.api.attempts import lookup
from edx_proctoring.backends.constructor import ConstructorProctoringProvider, store
from edx_proctoring.backends.constructor.store import Registration
from edx_proctoring.constructor import cookies, session_states
from edx_proctoring.constructor.models import ConstructorEvent, ConstructorSession, FinishState, State
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils.storable import storable
from edx_proctoring.utils.transactions import short_transaction

log = logging.getLogger(__name__)

HEARTBEAT_MS: Final = 30_000
# A page that has been silent for longer is not there any more.
SILENCE: Final = timedelta(milliseconds=4 * HEARTBEAT_MS)
# A booked time that was missed by more can be booked again.
MISSED_AFTER: Final = timedelta(minutes=15)
# Of an attempt, in which the exam page may open.
OPEN_STATUSES: Final = frozenset(
    {
        *(Status.created, Status.download_software_clicked, Status.ready_to_start),
        *(Status.started, Status.ready_to_submit),
    }
)


class DatabaseStore:
    """The store of the provider, see ``store.SessionStore``."""

    def create(self, registration: Registration) -> str:
        """Keep a new session and return its id; sessions that it replaces become ``reset``.

        An attempt that is registered twice, by two requests, gets one session.
        """
        try:
            return _create(registration)
        except IntegrityError:
            # The other request was faster; its row is there now.
            return _create(registration)

    def note_start(self, session_id: str) -> None:
        """Say in the log if the exam began without proctoring: a start without a request is not gated."""
        session = find(session_id)
        if session is not None and session.state != State.PROCTORED:
            log.warning("exam started without proctoring: session=%s state=%s", session_id, session.state)

    @short_transaction
    def note_end(self, session_id: str, *, finish_state: str) -> None:
        """Note the end of the exam; a session that was reset stays so."""
        session = _locked(session_id)
        if session is not None:
            session_states.end(session, session_states.state_at_end(session), finish_state=finish_state)

    @short_transaction
    def note_removal(self, session_id: str) -> None:
        """Note that the attempt was removed."""
        session = _locked(session_id)
        if session is not None:
            session_states.end(session, State.RESET, finish_state=FinishState.DONE)

    def shows_content(self, provider: Any, request: HttpRequest, session_id: str | None = None) -> bool:
        """Return whether a request comes from a page that is proctored now. Costs one query if there is a cookie."""
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated or _is_opened_alone(request):
            return False
        proof = cookies.read(request)
        if proof is None or proof.user_id != user.pk or (session_id is not None and proof.session_id != session_id):
            return False
        session = find(proof.session_id)
        now = timezone.now()
        return (
            session is not None
            and session.backend == getattr(provider, "backend_name", session.backend)
            and session.user_id == user.pk
            and session.state == State.PROCTORED
            and session.heartbeat_at is not None
            and now - SILENCE <= session.heartbeat_at <= now + SILENCE
            and not _is_about_another_exam(request, session)
        )

    @short_transaction
    def retire(self, subjects: Collection[str]) -> bool:
        """Delete events, blank links, drafts and names of learners."""
        ids = list(ConstructorSession.objects.filter(user_subject__in=subjects).values_list("pk", flat=True))
        ConstructorEvent.objects.filter(session_id__in=ids).delete()
        ConstructorSession.objects.filter(pk__in=ids).update(
            registration={}, report_url="", archive_url="", draft_review="", draft_at=None, user_subject=""
        )
        return bool(ids)


def register() -> None:
    """Give the provider class its store."""
    store.register(DatabaseStore())


def find(session_id: str) -> ConstructorSession | None:
    """Return a session, None for an unknown id. Exactly: some databases find ids in capitals, too."""
    found = ConstructorSession.objects.filter(session_id=session_id).first()
    return found if found is not None and found.session_id == session_id else None


def attempt_of(session: ConstructorSession) -> ProctoredExamStudentAttempt | None:
    """Return the live attempt of a session, after its time-out if its time is up.

    None if another session proctors it by now. A declined attempt has no external id any more.
    """
    found = lookup.find_attempt(attempt_code=session.attempt_code)
    if found is None or (found.external_id != session.session_id and found.status in OPEN_STATUSES):
        return None
    return found


def provider_of(session: ConstructorSession) -> ConstructorProctoringProvider | None:
    """Return the provider of a session, None if it is not configured any more, or as something else."""
    return provider_named(session.backend)


def provider_named(name: str) -> ConstructorProctoringProvider | None:
    """Return a configured backend of our class, None for any other name."""
    try:
        provider = backends.get_backend_provider(name=name)
    except (NotImplementedError, ImproperlyConfigured):
        return None
    return provider if isinstance(provider, ConstructorProctoringProvider) else None


def newest(session: ConstructorSession) -> ConstructorSession:
    """Return the session that replaced this one; itself if none did."""
    rows = ConstructorSession.objects.of_exam_of(session).order_by("-pk")
    return rows.current().first() or rows.first() or session


def claim(session: ConstructorSession, *, user_id: int, attempt_id: int) -> None:
    """Note whose session it is, which the registration could not know."""
    ConstructorSession.objects.filter(pk=session.pk).update(user_id=user_id, attempt_id=attempt_id)
    session.user_id, session.attempt_id = user_id, attempt_id


def note_attempt_over(attempt_id: int) -> None:
    """End the sessions of a live attempt that is over: none of their pages opens any more, and names are forgotten."""
    code = ProctoredExamStudentAttempt.objects.filter(pk=attempt_id).values_list("attempt_code", flat=True).first()
    if code:
        end_of_attempt(code)


@short_transaction
def end_of_attempt(attempt_code: str, *, is_removed: bool = False) -> None:
    """End the session of an attempt that is over or was removed. Locks: the session."""
    for session in ConstructorSession.objects.current().filter(attempt_code=attempt_code).select_for_update():
        session_states.end(session, State.RESET if is_removed else session_states.state_at_end(session))


def note_launch(session: ConstructorSession, *, now: datetime) -> None:
    """Note that the learner was sent to the vendor. A booking stays, unless its time was missed."""
    missed = session.scheduled_at is not None and session.scheduled_at + MISSED_AFTER < now
    if session.state in (State.NEW, State.LAUNCHED) or (session.state == State.SCHEDULED and missed):
        session_states.advance(session, State.LAUNCHED, now=now)


def note_event(session: ConstructorSession, kind: str, **payload: Any) -> None:
    """Add to the audit trail what happened on a page of the session. ``payload``: ids and codes only."""
    # Each is one of its own, unlike the messages of the vendor.
    ConstructorEvent.objects.create(
        session=session, kind=kind, digest=uuid4().hex, payload=storable(payload), handled_at=timezone.now()
    )
    log.info("session event: session=%s kind=%s %s", session.session_id, kind, payload)


def note_refusal(session: ConstructorSession, code: str, *, origin: str) -> None:
    """Note that a page was not opened, and from where it was tried last.

    One row for each code: everyone who has the address can cause it, as often as they like.
    """
    ConstructorEvent.objects.update_or_create(
        session=session,
        kind=code,
        digest=code,
        defaults={"payload": {"origin": storable(origin)}, "handled_at": timezone.now()},
    )
    log.warning("exam page refused: session=%s code=%s origin=%r", session.session_id, code, origin)


def _locked(session_id: str) -> ConstructorSession | None:
    return ConstructorSession.objects.select_for_update().filter(session_id=session_id).first()


def _locked_former(session: ConstructorSession) -> list[ConstructorSession]:
    """Return the sessions of the same learner and exam that are not over, and the one of the same attempt; locked."""
    mine = ConstructorSession.objects.of_exam_of(session).current()
    same = ConstructorSession.objects.filter(attempt_code=session.attempt_code)
    return list((mine | same).select_for_update().order_by("pk"))


@transaction.atomic
def _create(registration: Registration) -> str:
    session = ConstructorSession(
        session_id=registration.session_id,
        backend=registration.backend,
        attempt_code=registration.attempt_code or registration.session_id,
        user_subject=registration.user_subject,
        course_id=registration.course_id,
        content_id=registration.content_id,
        exam_external_id=registration.exam_external_id,
        registration={**registration.values, "registered_at": timezone.now().isoformat()},
    )
    for former in _locked_former(session):
        if former.attempt_code != session.attempt_code:
            if _is_left(former):
                session_states.end(former, State.RESET)
        elif former.is_over:
            # Withdrawn, because the attempt could not be saved then. The code is now another session's.
            ConstructorSession.objects.filter(pk=former.pk).update(attempt_code=former.session_id)
        else:
            log.info("session registered again: session=%s", former.session_id)
            return former.session_id
    session.save()
    log.info("session registered: session=%s course_id=%s", session.session_id, session.course_id)
    return session.session_id


def _is_left(session: ConstructorSession) -> bool:
    """Return whether the learner has left a session: its attempt is over or was removed.

    One whose attempt is open, or is about to be made, stays: of two registrations at once only one becomes an attempt,
    and it is not known here which.
    """
    code = session.attempt_code
    status = ProctoredExamStudentAttempt.objects.filter(attempt_code=code).values_list("status", flat=True).first()
    if status is not None:
        return status not in OPEN_STATUSES
    return ProctoredExamStudentAttempt.get_historic_attempt_by_code(code) is not None


def _is_opened_alone(request: HttpRequest) -> bool:
    """Return whether the browser says that a whole page is opened outside of a frame."""
    return bool(request.headers.get("Sec-Fetch-Dest") == "document")


def _is_about_another_exam(request: HttpRequest, session: ConstructorSession) -> bool:
    """Return whether the URL names another section than the exam's: one proof opens one exam."""
    match = getattr(request, "resolver_match", None)
    named = (value for value in match.kwargs.values() if isinstance(value, str)) if match else ()
    return any("+type@sequential+" in value and value != session.content_id for value in named)
