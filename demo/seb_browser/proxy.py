"""A forward proxy on this machine that adds Safe Exam Browser's headers to the requests of one exam.

The hash depends on the address, so it is computed for each request, also after a redirect. As in the client, only the
host of the exam gets the headers.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from demo.seb_browser.exam_file import Exam
from seb_openedx.protocol import BROWSER_EXAM_KEY_HEADER, CONFIG_KEY_HEADER, header_hash

SECONDS = 60
MOST_BYTES = 32 * 1024 * 1024
# Of one connection, not of the message that is passed on.
_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
# Depends on the build of the program. No school knows this one.
_BROWSER_EXAM_KEY = "b" * 64


class Proxy(ThreadingHTTPServer):
    """Serves until it is shut down. ``has_ended``: the browser has seen the address at which it ends."""

    daemon_threads = True

    def __init__(self, exam: Exam) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.exam = exam
        self.has_ended = threading.Event()

    @property
    def address(self) -> str:
        """``http://host:port``."""
        return f"http://127.0.0.1:{self.server_port}"

    def headers_for(self, url: str) -> dict[str, str]:
        """Return the headers that a request for an address gets."""
        exam = self.exam
        if not exam.sends_hashes or urlsplit(url).hostname != exam.host:
            return {}
        return {
            CONFIG_KEY_HEADER: header_hash(url, exam.config_key),
            BROWSER_EXAM_KEY_HEADER: header_hash(url, _BROWSER_EXAM_KEY),
        }


class _Handler(BaseHTTPRequestHandler):
    """Passes one request on."""

    protocol_version = "HTTP/1.1"
    timeout = SECONDS
    server: Proxy

    def _pass_on(self) -> None:
        url = self.path
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            self.send_error(400, "This is a proxy for http only")
            return
        try:
            length = int(self.headers.get("Content-Length", "0"))
        except ValueError:
            length = -1
        if not 0 <= length <= MOST_BYTES or "Transfer-Encoding" in self.headers:
            self.send_error(413, "This proxy passes on bodies of a known length up to 32 MB")
            return
        body = self.rfile.read(length) if length else None
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        headers |= self.server.headers_for(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=SECONDS)
        try:
            connection.request(self.command, parts._replace(scheme="", netloc="").geturl() or "/", body, headers)
            reply = connection.getresponse()
            content = reply.read(MOST_BYTES)
        except (OSError, http.client.HTTPException) as error:
            self.send_error(502, f"The server does not answer ({type(error).__name__})")
            return
        finally:
            connection.close()
        self.send_response_only(reply.status, reply.reason)
        for name, value in reply.getheaders():
            if name.lower() not in _HOP_BY_HOP and name.lower() != "content-length":
                self.send_header(name, value)
        is_head = self.command == "HEAD"
        self.send_header("Content-Length", str(reply.getheader("Content-Length", 0) if is_head else len(content)))
        self.end_headers()
        if not is_head:
            self.wfile.write(content)
        if self.server.exam.ends_at(url):
            self.server.has_ended.set()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _pass_on

    def do_CONNECT(self) -> None:
        """Refuse https: headers cannot be added to what this proxy cannot read."""
        self.send_error(501, "This proxy cannot add headers to https")

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: addresses hold tokens."""


@contextmanager
def running(exam: Exam) -> Iterator[Proxy]:
    """Serve on a free port of this machine inside this block."""
    proxy = Proxy(exam)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
