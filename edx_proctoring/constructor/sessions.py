"""Keeps sessions: the provider's store, and what pages and webhooks do to a session.

Every change of a state is one conditional update or is made under the row's lock, so that a page of an ended session
cannot revive it.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from edx_proctoring import backends
from edx_proctoring.backends.constructor import ConstructorProctoringProvider, store
from edx_proctoring.backends.constructor.store import Registration
from edx_proctoring.constructor import cookies
from edx_proctoring.constructor.models import ConstructorEvent, ConstructorSession, FinishState, State

log = logging.getLogger(__name__)

HEARTBEAT_MS: Final = 30_000
# A page that has been silent for longer is not there any more.
SILENCE: Final = timedelta(milliseconds=4 * HEARTBEAT_MS)
# A booked time that was missed by more can be booked again.
MISSED_AFTER: Final = timedelta(minutes=15)
# What is forgotten at the end of a session.
_PERSONAL: Final = ("full_name", "email")


class DatabaseStore:
    """The store of the provider, see ``store.SessionStore``."""

    def create(self, registration: Registration) -> None:
        """Keep a new session; a session of the same learner and exam that is not over becomes ``reset``."""
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
        with transaction.atomic():
            for former in ConstructorSession.objects.of_exam_of(session).current().select_for_update():
                _end(former, State.RESET)
            session.save()
        log.info("session registered: session=%s course_id=%s", session.session_id, session.course_id)

    def note_start(self, session_id: str) -> None:
        """Say in the log if the exam began without proctoring: a start without a request is not gated."""
        session = find(session_id)
        if session is not None and session.state != State.PROCTORED:
            log.warning("exam started without proctoring: session=%s state=%s", session_id, session.state)

    @transaction.atomic
    def note_end(self, session_id: str, *, finish_state: str) -> None:
        """Note the end of the exam; a session that was reset stays so."""
        session = _locked(session_id)
        if session is None:
            return
        session.finish_state = FinishState(finish_state)
        _end(session, session.state if session.is_over else State.FINISHED)

    @transaction.atomic
    def note_removal(self, session_id: str) -> None:
        """Note that the attempt was removed."""
        session = _locked(session_id)
        if session is not None:
            session.finish_state = FinishState.DONE
            _end(session, State.RESET)

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

    @transaction.atomic
    def retire(self, subjects: Collection[str]) -> bool:
        """Delete events, blank links, drafts and names of learners."""
        ids = list(ConstructorSession.objects.filter(user_subject__in=subjects).values_list("pk", flat=True))
        ConstructorEvent.objects.filter(session_id__in=ids).delete()
        ConstructorSession.objects.filter(pk__in=ids).update(
            registration={}, report_url="", archive_url="", draft_review="", user_subject=""
        )
        return bool(ids)


def register() -> None:
    """Give the provider class its store."""
    store.register(DatabaseStore())


def find(session_id: str) -> ConstructorSession | None:
    """Return a session, None for an unknown id."""
    return ConstructorSession.objects.filter(session_id=session_id).first()


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
    return ConstructorSession.objects.of_exam_of(session).order_by("-pk").first() or session


@transaction.atomic
def claim(session: ConstructorSession, *, user_id: int, attempt_id: int) -> None:
    """Note whose session it is, which the registration could not know."""
    ConstructorSession.objects.filter(pk=session.pk).update(user_id=user_id, attempt_id=attempt_id)
    session.user_id, session.attempt_id = user_id, attempt_id


def advance(session: ConstructorSession, to_state: State, *, now: datetime, **values: Any) -> bool:
    """Change the state of a session unless it is over; return whether it was changed."""
    rows = ConstructorSession.objects.filter(pk=session.pk).current()
    if not rows.update(state=to_state, modified=now, **values):
        session.refresh_from_db()
        return False
    for name, value in {"state": to_state, **values}.items():
        setattr(session, name, value)
    return True


def state_at_launch(session: ConstructorSession, *, now: datetime) -> State:
    """Return the state that a launch leads to: a booked time that was missed is open for booking again."""
    missed = session.scheduled_at is not None and session.scheduled_at + MISSED_AFTER < now
    if session.state in (State.NEW, State.LAUNCHED) or (session.state == State.SCHEDULED and missed):
        return State.LAUNCHED
    return State(session.state)


def note_event(session: ConstructorSession, kind: str, **payload: Any) -> None:
    """Add to the audit trail what a page of the session saw. ``payload``: ids and codes only."""
    # Each is one of its own, unlike the messages of the vendor.
    ConstructorEvent.objects.create(
        session=session, kind=kind, digest=uuid4().hex, payload=payload, handled_at=timezone.now()
    )
    log.info("session event: session=%s kind=%s %s", session.session_id, kind, payload)


def _locked(session_id: str) -> ConstructorSession | None:
    return ConstructorSession.objects.select_for_update().filter(session_id=session_id).first()


def _end(session: ConstructorSession, state: str) -> None:
    session.state = state
    session.registration = {key: value for key, value in session.registration.items() if key not in _PERSONAL}
    session.save()


def _is_opened_alone(request: HttpRequest) -> bool:
    """Return whether the browser says that a whole page is opened outside of a frame."""
    return bool(request.headers.get("Sec-Fetch-Dest") == "document")


def _is_about_another_exam(request: HttpRequest, session: ConstructorSession) -> bool:
    """Return whether the URL names another section than the exam's: one proof opens one exam."""
    match = getattr(request, "resolver_match", None)
    named = (value for value in match.kwargs.values() if isinstance(value, str)) if match else ()
    return any("+type@sequential+" in value and value != session.content_id for value in named)
