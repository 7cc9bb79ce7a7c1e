"""Puts the rooms together: one ``MockProvider`` is one running provider. Spec: backends.md 13.2."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from .auth import Authority
from .callbacks import Lms, Messenger
from .control import PREFIX, Control
from .desktop import Desktop
from .pages import Pages
from .protocol import Protocol
from .rpnow import Rpnow
from .rpnow_wire import Account
from .scenario import Faults, Scenario
from .store import Store
from .web import Reply, Request, Router, Server


class MockProvider:
    """A provider: its store, its rules and, once started, its server.

    ``client_id`` and ``client_secret`` are the provider's own at ``lms_host``; ``clients`` are LMSs with secrets of
    their own; ``rpnow_accounts`` are those of RPNow mode by key id, instead of the development account; ``initial``
    makes the scenario that a start or a reset begins with. As a context manager it serves in
    a thread, which is what tests want::

        with MockProvider("mock", "secret", "http://127.0.0.1:8000") as provider:
            requests.get(provider.url)
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        lms_host: str,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        db: str = ":memory:",
        clients: Mapping[str, str] | None = None,
        rpnow_accounts: Mapping[str, Account] | None = None,
        initial: Callable[[], Scenario] = Scenario,
        control_token: str = "",
        quirks: bool = False,
    ) -> None:
        self.store = Store(db)
        self.control = Control(initial, self.store.forget_everything, control_token)
        self.authority = Authority(self.store.signing_key(), clients)
        self.messenger = Messenger(
            self.store, Lms(lms_host, client_id, client_secret), lambda: self.control.scenario.rpnow
        )

        self._faulty = Router()
        for path in ("/oauth2/access_token", "/edx/oauth2/access_token"):
            self._faulty.add("POST", path, self.authority.access_token)
        Pages(self.store, self.control, self.messenger, self.authority).routes(self._faulty)
        Protocol(self.store, self.control, self.messenger, quirks=quirks).routes(self._faulty, self.authority)
        Rpnow(self.store, self.control, self.messenger, rpnow_accounts).routes(self._faulty)
        Desktop(self.store).routes(self._faulty)
        self._steering = Router()
        self.control.routes(self._steering)
        self._behind_faults = Faults(self._faulty, lambda: self.control.scenario)

        self._server = Server((host, port), self._answer)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the provider answers, without a trailing slash."""
        return self._server.url

    def _answer(self, request: Request) -> Reply:
        # Steering is out of reach of the faults it sets, and leaves no trace in the journal.
        if request.path.startswith(PREFIX):
            return self._steering(request)
        self.control.note(request)
        return self._behind_faults(request)

    def serve(self) -> None:
        """Serve until ``stop`` is called from another thread."""
        self._server.serve_forever(poll_interval=0.02)

    def start(self) -> None:
        """Serve in a thread of our own."""
        self._thread = threading.Thread(target=self.serve, name="mock-provider", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and forget what was still to be sent."""
        self.messenger.stop()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self.store.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        self.stop()
