"""Where sessions are kept, as the provider sees it: the app ``edx_proctoring.constructor`` registers itself.

The provider class stands below the service layer and is importable without the app's tables. ``register`` is called by
the app's ``ready()``; without it every registration is refused, and a system check names the missing app.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Registration:
    """What is known of a session when the attempt is registered.

    ``values``: what the start token needs later; names and e-mail address are forgotten at the end of the session.
    """

    session_id: str
    backend: str
    attempt_code: str
    user_subject: str
    course_id: str
    content_id: str
    exam_external_id: str
    values: Mapping[str, Any]


class SessionStore(Protocol):
    """Sessions by their id, which is the external id of the attempt."""

    def create(self, registration: Registration) -> str:
        """Keep a new session and return its id; sessions that it replaces are over.

        An attempt that is being registered by another request, too, has one session.
        """

    def note_start(self, session_id: str) -> None:
        """Note that the exam began; says in the log if the session was not proctored."""

    def note_end(self, session_id: str, *, finish_state: str) -> None:
        """Note the end of the exam. ``finish_state``: does the vendor know it, ``done``, ``pending`` or ``failed``."""

    def note_removal(self, session_id: str) -> None:
        """Note that the attempt was removed."""

    def shows_content(self, provider: Any, request: HttpRequest, session_id: str | None = None) -> bool:
        """Return whether a request comes from a proctored page. ``session_id``: of which session, if that is known."""

    def retire(self, subjects: Collection[str]) -> bool:
        """Forget learners, by the ids that the vendor knows; return whether there was anything."""


_stores: list[SessionStore] = []


def register(store: SessionStore) -> None:
    """Use this store from now on."""
    _stores[:] = [store]


def current() -> SessionStore | None:
    """Return the store, None if the app is not installed."""
    return _stores[0] if _stores else None
