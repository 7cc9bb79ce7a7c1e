"""HTTP without a framework: requests, replies, a routing table and the threaded server.

Everything the provider answers is a function ``(Request) -> Reply`` in a ``Router``; this module knows no address.
"""

from __future__ import annotations

import json
import logging
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

log = logging.getLogger(__name__)

MAX_BODY = 1024 * 1024
HOST_PATTERN = re.compile(r"^[A-Za-z0-9.\-\[\]:_]{1,255}$")


@dataclass
class Request:
    """One request. ``params`` are the parts of the path that the route named."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message[str, str]
    body: bytes
    client_address: str
    server_address: str
    params: dict[str, str] = field(default_factory=dict)

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None when it is empty or not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @cached_property
    def document(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is anything else."""
        return self.json if isinstance(self.json, dict) else {}

    @cached_property
    def form(self) -> dict[str, str]:
        """The body as a URL-encoded form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def base_url(self) -> str:
        """Our own address as this client reaches it, without a trailing slash."""
        host = self.headers.get("Host", "")
        return f"http://{host if HOST_PATTERN.match(host) else self.server_address}"


@dataclass
class Reply:
    """One answer. ``drop`` closes the connection without a word."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False


def json_reply(document: Any, status: int = 200, **headers: str) -> Reply:
    """An answer in JSON. Keyword ``Cache_Control`` becomes the header ``Cache-Control``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(document).encode(), "application/json", named)


def redirect(location: str) -> Reply:
    """Sends a browser on with GET, as after a form."""
    return Reply(303, headers={"Location": location})


Endpoint = Callable[[Request], Reply]


class Router:
    """Finds the endpoint of a path. ``{name}`` stands for one part of a path, ``{name*}`` for one or more."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Endpoint]] = []

    def add(self, method: str, template: str, endpoint: Endpoint) -> None:
        """Answer ``method`` on ``template`` with ``endpoint``."""
        pattern = re.sub(r"\\\{(\w+)(\\\*)?\\\}", _named_part, re.escape(template))
        self._routes.append((method, re.compile(f"^{pattern}$"), endpoint))

    def __call__(self, request: Request) -> Reply:
        """The answer of the first route that fits; 404 or 405 when none does."""
        allowed = set()
        for method, pattern, endpoint in self._routes:
            found = pattern.match(request.path)
            if found is None:
                continue
            if method == request.method or (method == "GET" and request.method == "HEAD"):
                request.params = found.groupdict()
                return endpoint(request)
            allowed.add(method)
        if allowed:
            return json_reply({"error": "method not allowed"}, 405, Allow=", ".join(sorted(allowed)))
        return json_reply({"error": "not found"}, 404)


def _named_part(found: re.Match[str]) -> str:
    return f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})"


class Server(ThreadingHTTPServer):
    """Serves one application, a thread per connection. Port 0 takes any free one."""

    daemon_threads = True
    # Many callbacks at once are normal in a load test; five (the default) are refused too soon.
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], application: Endpoint) -> None:
        self.application = application
        super().__init__(address, Handler)

    @property
    def url(self) -> str:
        """Where the server listens, as a client on this machine writes it."""
        host, port = self.server_address[:2]
        return f"http://{'127.0.0.1' if host in ('0.0.0.0', '') else host!s}:{port}"


class Handler(BaseHTTPRequestHandler):
    """Reads a request, asks the application, writes the reply."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "MockProvider"
    timeout = 30
    # Headers and body leave in two writes; without this the second waits for an acknowledgement (40 ms).
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True
            self._write(json_reply({"error": "body too large"}, 413))
            return
        url = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=url.path,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers=self.headers,
            body=self.rfile.read(int(length)),
            client_address=self.client_address[0],
            server_address=urlsplit(self.server.url).netloc,
        )
        try:
            reply = self.server.application(request)
        except Exception:
            log.exception("request failed: method=%s path=%s", request.method, request.path)
            reply = json_reply({"error": "internal error"}, 500)
        self._write(reply)

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = do_OPTIONS = _serve

    def _write(self, reply: Reply) -> None:
        if reply.drop:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """One line per request; the query is left out, it may hold a token."""
        log.info("served: method=%s path=%s", self.command, urlsplit(self.path).path if self.path else "-")
