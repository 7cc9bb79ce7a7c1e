"""``/_control/``: what tests and demonstrations use to see and steer the provider. Spec: backends.md 13.4."""

from __future__ import annotations

import hmac
import ipaddress
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl

from .scenario import BadScenario, Scenario
from .web import Endpoint, Reply, Request, Router, json_reply

PREFIX = "/_control/"
JOURNAL_LENGTH = 500
SECRET_HEADERS = frozenset(("authorization", "cookie", "x-control-token"))
SECRET_FIELDS = frozenset(("client_secret",))


class Control:
    """The journal of requests and the scenario in force.

    ``initial`` makes the scenario of a fresh start; ``empty_store`` deletes the provider's data. With a ``token`` the
    header ``X-Control-Token`` opens the doors from anywhere; without one only this machine may come in.
    """

    def __init__(self, initial: Callable[[], Scenario], empty_store: Callable[[], None], token: str = "") -> None:
        self._initial = initial
        self._empty_store = empty_store
        self._token = token
        self._lock = threading.Lock()
        self._journal: deque[dict[str, Any]] = deque(maxlen=JOURNAL_LENGTH)
        self.scenario = initial()

    def routes(self, router: Router) -> None:
        """Add every endpoint."""
        for method, path, endpoint in (
            ("GET", "requests", self.requests),
            ("POST", "reset", self.reset),
            ("GET", "scenario", self.show_scenario),
            ("POST", "scenario", self.change_scenario),
        ):
            router.add(method, PREFIX + path, self._guarded(endpoint))

    def note(self, request: Request) -> None:
        """Write a request into the journal, without its secrets."""
        headers = {name: value for name, value in request.headers.items() if name.lower() not in SECRET_HEADERS}
        entry = {"method": request.method, "path": request.path, "query": _masked(request.query), "headers": headers}
        entry["body"] = _readable(request)
        with self._lock:
            self._journal.append(entry)

    def requests(self, request: Request) -> Reply:
        """``GET requests``: the journal, oldest first."""
        with self._lock:
            return json_reply(list(self._journal))

    def reset(self, request: Request) -> Reply:
        """``POST reset``: empty journal, healthy scenario; with ``{"data": true}`` an empty database too."""
        with self._lock:
            self._journal.clear()
        self.scenario = self._initial()
        if request.document.get("data"):
            self._empty_store()
        return json_reply(asdict(self.scenario))

    def show_scenario(self, request: Request) -> Reply:
        """``GET scenario``: the one in force."""
        return json_reply(asdict(self.scenario))

    def change_scenario(self, request: Request) -> Reply:
        """``POST scenario``: take over the given keys, leave the others; 400 says what is wrong."""
        if not isinstance(request.json, dict):
            return json_reply({"error": "a JSON object is needed"}, 400)
        try:
            self.scenario.change(request.json)
        except BadScenario as error:
            return json_reply({"error": str(error)}, 400)
        return json_reply(asdict(self.scenario))

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        def guarded(request: Request) -> Reply:
            if self._token:
                given = request.headers.get("X-Control-Token", "")
                allowed = hmac.compare_digest(given.encode(), self._token.encode())
            else:
                # A page in the developer's browser is on this machine too, but it always names its origin.
                allowed = ipaddress.ip_address(request.client_address).is_loopback and "Origin" not in request.headers
            return endpoint(request) if allowed else json_reply({"error": "forbidden"}, 403)

        return guarded


def _masked(pairs: dict[str, str]) -> dict[str, str]:
    return {name: "***" if name in SECRET_FIELDS or name == "jwt" else value for name, value in pairs.items()}


def _readable(request: Request) -> Any:
    """The body as a person wants to see it: JSON, a form without secrets, or text."""
    if request.json is not None:
        return request.json
    text = request.body.decode("utf-8", "replace")
    if request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return _masked(dict(parse_qsl(text, keep_blank_values=True)))
    return text


def load_seed(path: str) -> dict[str, Any]:
    """The seed file: JSON with ``clients`` (id to secret) and ``scenario``; raises ``ValueError``."""
    with open(path, encoding="utf-8") as file:
        seed = json.load(file)
    if not isinstance(seed, dict) or not isinstance(seed.get("clients", {}), dict):
        raise ValueError("the seed must be a JSON object, its 'clients' an object of id and secret")
    accounts = seed.get("rpnow", {})
    keys = {"secret_key", "crypto_key"}
    if not isinstance(accounts, dict) or not all(
        isinstance(account, dict) and set(account) == keys for account in accounts.values()
    ):
        raise ValueError('the seed\'s \'rpnow\' must be an object of key id and {"secret_key", "crypto_key"}')
    Scenario().change(seed.get("scenario", {}))
    return seed
