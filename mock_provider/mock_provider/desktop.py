"""The software on the learner's machine: what its state is, and when its window counts as closed.

The state is None (closed), ``running`` or ``uploading``; kept per attempt, or once for callers that name none.
"""

from __future__ import annotations

import secrets

from .store import Row, Store

RUNNING = "running"
UPLOADING = "uploading"


class Desktop:
    """The state of the software, as the browser worker starts and stops it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shared: str | None = None
        self._windows: dict[str, str] = {}

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

    def open_window(self, attempt: Row) -> str:
        """The learner opens the software's window, in place of an earlier one; returns the window's id.

        Opened again during the exam, for example by a reload, the software goes on.
        """
        window = secrets.token_hex(8)
        self._windows[attempt["id"]] = window
        if attempt["status"] == "started" and attempt["desktop"] is None:
            self.change(attempt["id"], RUNNING)
        return window

    def close_window(self, attempt_id: str, window: str) -> str | None:
        """The learner closes a window: software that runs in it stops. Returns the state.

        An older window has no effect: with a reload, the new window may open before the old one reports its end. Nor
        does closing stop an upload.
        """
        state = self.state(attempt_id)
        if state != RUNNING or self._windows.get(attempt_id, window) != window:
            return state
        return self.change(attempt_id, None)
