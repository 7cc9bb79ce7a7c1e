"""Changes the state of a session. What may follow a state is the table ``models.MAY_BECOME``.

Every change is one conditional update, or is made under the row's lock, so that a page of an ended session, or one that
was read a moment too early, cannot revive it.
"""

from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from edx_proctoring.constructor.models import (
    MAY_BECOME,
    ConstructorSession,
    FinishState,
    State,
    may_become,
)

# What is forgotten at the end of a session.
_PERSONAL: Final = ("full_name", "email")


def advance(
    session: ConstructorSession, to_state: State, *, now: datetime, may_stay: bool = True, **values: Any
) -> bool:
    """Change the state and write values, if the session may become that; return whether they were written.

    ``may_stay``: also if it is in that state already. ``session`` is as the database has it, afterwards.
    """
    rows = ConstructorSession.objects.filter(pk=session.pk, state__in=may_become(to_state))
    if not may_stay:
        rows = rows.exclude(state=to_state)
    return _write(session, rows, state=to_state, modified=now, **values)


def keep(session: ConstructorSession, *, now: datetime, **values: Any) -> bool:
    """Write values and leave the state as it is, if the session is not over; return whether they were written."""
    return _write(session, ConstructorSession.objects.filter(pk=session.pk).current(), modified=now, **values)


def end(session: ConstructorSession, state: State, *, finish_state: str | None = None) -> None:
    """End a session whose row the caller has locked. One that is over stays as it is, unless it is now removed.

    ``finish_state``: what the vendor knows of the end; None if nothing is to be told.
    """
    if state in MAY_BECOME[session.state]:
        session.state = state
    if finish_state is not None:
        session.finish_state = FinishState(finish_state)
    session.registration = {key: value for key, value in session.registration.items() if key not in _PERSONAL}
    session.save(update_fields=["state", "finish_state", "registration", "modified"])


def state_at_end(session: ConstructorSession) -> State:
    """Return how a session ends whose attempt is over: a booked one has not begun."""
    return State.CANCELED if session.state == State.SCHEDULED else State.FINISHED


def _write(session: ConstructorSession, rows: QuerySet[ConstructorSession], **values: Any) -> bool:
    if not rows.update(**values):
        session.refresh_from_db()
        return False
    for name, value in values.items():
        setattr(session, name, value)
    return True
