"""The state of the software on the learner's machine.

The state is None (closed), ``running`` or ``uploading``; kept per attempt, or once for callers that name none.
"""

from __future__ import annotations

from .store import Store

RUNNING = "running"
UPLOADING = "uploading"


class Desktop:
    """The state of the software, as the browser worker starts and stops it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shared: str | None = None

    def state(self, attempt_id: str) -> str | None:
        """What the software of an attempt is doing; closed for an unknown attempt."""
        if not attempt_id:
            return self._shared
        attempt = self._store.attempt(attempt_id)
        return attempt["desktop"] if attempt else None

    def change(self, attempt_id: str, state: str | None) -> str | None:
        """Set the state; returns it. An unknown attempt stays closed."""
        if not attempt_id:
            self._shared = state
        elif not self._store.set_desktop(attempt_id, state):
            return None
        return state
