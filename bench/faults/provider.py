"""The provider of a fault run: it speaks the REST protocol, remembers what it heard, and fails as it is told.

Whether a call fails is drawn from the seed and from what the call is about, not from the order in which calls arrive.
So the same calls fail in each run, whatever the threads do.
"""

import json
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from bench.faults.background_server import running

# The ways in which a call fails, in the order of the run. All but the marked ones are in front of the provider: it
# never sees the call.
STATUS_500: Final = "500"
HTML_503: Final = "503 with HTML"
HALF_JSON: Final = "half JSON"  # the provider has carried the call out
LIST: Final = "200 with []"
REDIRECT: Final = "redirect"
STATUS_401: Final = "401"
STATUS_404: Final = "404"
HANG: Final = "hang"
DROPPED: Final = "dropped connection"
REPLY_LOST: Final = "reply lost"  # the provider has carried the call out
WAYS: Final = (STATUS_500, HTML_503, HALF_JSON, LIST, REDIRECT, STATUS_401, STATUS_404, HANG, DROPPED, REPLY_LOST)
MIXED: Final = "mixed"

HANG_SECONDS: Final = 5.0
# Where a redirect leads to.
ELSEWHERE: Final = "/elsewhere/"

_ATTEMPT = re.compile(r"^/api/v1/exam/([^/]+)/attempt/([^/]+)/$")
_ATTEMPTS = re.compile(r"^/api/v1/exam/([^/]+)/attempt/$")
_EXAM = re.compile(r"^/api/v1/exam/(?:[^/]+/)?$")


@dataclass
class Registration:
    """An attempt as the provider knows it. ``heard``: the statuses it was told, in order.

    ``is_said_gone``: its removal was answered with 404 in front of the provider. By the protocol that means that it is
    gone, and nothing shows that it is not.
    """

    external_id: str
    exam: str
    learner: str
    key: str
    heard: list[str] = field(default_factory=list)
    is_deleted: bool = False
    is_said_gone: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What the provider answers."""

    status: int
    body: Any


class Provider:
    """The provider and its server on a port of this machine. ``share``: of calls that fail, 0 to 1.

    ``honours_key``: whether a registration that is repeated with the same key is the same registration.
    """

    def __init__(self, *, seed: int, share: float, on_call: Callable[[], None] = lambda: None) -> None:
        self._seed = seed
        self._share = share
        self._lock = threading.Lock()
        self._tries: Counter[str] = Counter()
        self.on_call = on_call
        self.way: str | None = None
        self.honours_key = True
        # How long the provider takes for each answer.
        self.latency_seconds = 0.0
        self.is_down = False
        self.registrations: dict[str, Registration] = {}
        self._by_key: dict[str, Registration] = {}
        self._numbers: Counter[tuple[str, str]] = Counter()
        self.calls = 0
        self.connections = 0
        self.failed = 0
        self.last_call_at = 0.0
        self._exams = 0
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def serving(self) -> Iterator["Provider"]:
        """Serve while the block runs."""
        with running(self._server):
            yield self

    def count_connection(self) -> None:
        """Count a connection; a client that keeps its connections has few."""
        with self._lock:
            self.connections += 1

    def fault_for(self, method: str, path: str, body: Any) -> str | None:
        """Count a call, and return the way in which it fails, None if it does not."""
        about = body.get("email", "") if isinstance(body, dict) else ""
        call = f"{method} {path} {about}"
        with self._lock:
            self.calls += 1
            self.last_call_at = time.monotonic()
            self._tries[call] += 1
            draw = random.Random(f"{self._seed} {self.way} {call} {self._tries[call]}")
            if self.way is None or path == ELSEWHERE or draw.random() >= self._share:
                return None
            self.failed += 1
            fault = draw.choice(WAYS) if self.way == MIXED else self.way
            match = _ATTEMPT.match(path)
            if fault == STATUS_404 and method == "DELETE" and match and match[2] in self.registrations:
                self.registrations[match[2]].is_said_gone = True
            return fault

    def answer(self, method: str, path: str, body: Any, key: str) -> Reply:
        """Carry a call out."""
        with self._lock:
            if path.endswith("/access_token"):
                return Reply(200, {"access_token": f"token-{self.calls}", "expires_in": 3600})
            if match := _ATTEMPT.match(path):
                return self._about_attempt(method, match[2], body)
            if match := _ATTEMPTS.match(path):
                return self._register(match[1], body, key)
            if _EXAM.match(path):
                self._exams += 1
                return Reply(200, {"id": f"exam-{self._exams}"})
            if path == "/api/v1/config/":
                return Reply(200, {"name": "Fault run", "rules": {}, "instructions": [], "download_url": self.url})
            # Looks like success to a client that follows a redirect.
            return Reply(200, {"status": "ok"}) if path == ELSEWHERE else Reply(404, {"detail": "unknown"})

    def _register(self, exam: str, body: Any, key: str) -> Reply:
        # A repeated request with the same key is the same registration.
        known = self._by_key.get(key) if self.honours_key and key else None
        if known is not None and not known.is_deleted:
            return Reply(200, {"id": known.external_id})
        learner = str(body["email"]).partition("@")[0]
        self._numbers[exam, learner] += 1
        new = Registration(f"{exam}-{learner}-{self._numbers[exam, learner]}", exam, learner, key)
        self.registrations[new.external_id] = self._by_key[key] = new
        return Reply(200, {"id": new.external_id})

    def _about_attempt(self, method: str, external_id: str, body: Any) -> Reply:
        known = self.registrations.get(external_id)
        if known is None or known.is_deleted:
            return Reply(404, {"detail": "no such attempt"})
        if method == "DELETE":
            known.is_deleted = True
            return Reply(200, {"status": "deleted"})
        if method == "PATCH":
            status = str(body["status"])
            if known.heard and known.heard[-1] == status:
                # A strict provider: what it has heard is not taken a second time.
                return Reply(409, {"status": status})
            known.heard.append(status)
        return Reply(200, {"status": known.heard[-1] if known.heard else "created", "instructions": []})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is killed in the middle of a call is part of the run."""


def _handler_of(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def setup(self) -> None:
            super().setup()
            provider.count_connection()

        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            try:
                body = json.loads(content) if content else None
            except ValueError:
                body = None  # the form of a token request
            fault = DROPPED if provider.is_down else provider.fault_for(self.command, path, body)
            provider.on_call()
            time.sleep(provider.latency_seconds)
            if fault in (HALF_JSON, REPLY_LOST, None):
                reply = provider.answer(self.command, path, body, self.headers.get("Idempotency-Key", ""))
                text = json.dumps(reply.body)
            if fault is None:
                self._send(reply.status, text)
            elif fault == HALF_JSON:
                self._send(reply.status, text[: len(text) // 2])
            elif fault == STATUS_500:
                self._send(500, json.dumps({"detail": "error"}))
            elif fault == HTML_503:
                self._send(503, "<html><body>Service Unavailable</body></html>", "text/html")
            elif fault == LIST:
                self._send(200, "[]")
            elif fault == REDIRECT:
                self._send(302, "", location=ELSEWHERE)
            elif fault in (STATUS_401, STATUS_404):
                self._send(int(fault), json.dumps({"detail": "refused"}))
            else:
                if fault == HANG:
                    time.sleep(HANG_SECONDS)
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve

        def _send(self, status: int, text: str, kind: str = "application/json", location: str = "") -> None:
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler
