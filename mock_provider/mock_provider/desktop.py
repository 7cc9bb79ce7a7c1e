"""``/desktop/``: the software on the learner's machine, as the browser worker talks to it. Spec: backends.md 13.2.

The state is ``null`` (closed), ``running`` or ``uploading``; kept per attempt, or once for callers that name none.
"""

from __future__ import annotations

from .store import Store
from .web import Endpoint, Reply, Request, Router, json_reply

CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Cache-Control": "no-cache",
}


class Desktop:
    """The software's answers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shared: str | None = None

    def routes(self, router: Router) -> None:
        """Add every endpoint with its preflight."""
        endpoints: dict[str, tuple[str, Endpoint]] = {
            "ping": ("GET", self.ping),
            "start": ("POST", lambda request: self._change(request, "running")),
            "stop": ("POST", lambda request: self._change(request, "uploading")),
            # Not a part of the contract: the learner closes the window in the middle of an exam.
            "quit": ("POST", lambda request: self._change(request, None)),
        }
        for name, (method, endpoint) in endpoints.items():
            router.add(method, f"/desktop/{name}", endpoint)
            router.add("OPTIONS", f"/desktop/{name}", lambda request: Reply(204, headers=dict(CROSS_ORIGIN)))

    def ping(self, request: Request) -> Reply:
        """``GET ping``: the state."""
        attempt_id = request.query.get("attempt")
        if not attempt_id:
            return self._state(self._shared)
        attempt = self._store.attempt(attempt_id)
        return self._state(attempt["desktop"] if attempt else None)

    def _change(self, request: Request, state: str | None) -> Reply:
        attempt_id = request.query.get("attempt")
        if not attempt_id:
            self._shared = state
        elif not self._store.set_desktop(attempt_id, state):
            return self._state(None)
        return self._state(state)

    @staticmethod
    def _state(state: str | None) -> Reply:
        reply = json_reply({"status": state})
        reply.headers.update(CROSS_ORIGIN)
        return reply
