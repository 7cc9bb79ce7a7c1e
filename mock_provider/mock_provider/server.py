"""Serves a WSGI application: Werkzeug's server, a thread per connection."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)

# Many callbacks at once are normal in a load test.
BACKLOG = 128
POLL_SECONDS = 0.02


class RequestHandler(WSGIRequestHandler):
    """Werkzeug's handler with a time limit for slow clients and our own log lines."""

    server_version = "MockProvider"
    timeout = 30

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One line per request, without the query: it may hold a token."""
        # A request line that cannot be read leaves neither path nor method.
        path = getattr(self, "path", "-").partition("?")[0]
        log.info("served: method=%s path=%r status=%s", self.command or "-", path, code)

    def log_error(self, format: str, *args: Any) -> None:
        """Time-outs and requests that cannot be read."""
        log.warning("request not served: %s", format % args)


class Server:
    """An application on an address of this machine. Port 0 takes any free one. Raises ``OSError``.

    ``certificate``: a PEM file with a key and its certificates; the server speaks TLS then, and answers to the name
    ``localhost`` instead of the number, which makes it another site for a browser than a host at ``127.0.0.1``.
    """

    def __init__(
        self, application: WSGIApplication, host: str = "127.0.0.1", port: int = 0, certificate: str = ""
    ) -> None:
        # We open the socket ourselves: where the port is in use, Werkzeug would end the process.
        with socket.create_server((host, port), backlog=BACKLOG) as listener:
            self._server = make_server(
                host,
                port,
                application,
                threaded=True,
                request_handler=RequestHandler,
                ssl_context=_tls(certificate) if certificate else None,
                fd=listener.fileno(),
            )
        if certificate:
            # In the connection's own thread: a client that connects and says nothing must not hold up the others.
            self._server.socket.do_handshake_on_connect = False  # type: ignore[attr-defined]
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the server listens, as a client on this machine writes it, without a trailing slash."""
        host = self._server.host
        if self._server.ssl_context is not None:
            return f"https://localhost:{self._server.port}"
        return f"http://{'127.0.0.1' if host in ('0.0.0.0', '') else host}:{self._server.port}"

    def serve(self) -> None:
        """Serve in this thread until Ctrl-C."""
        self._server.serve_forever(poll_interval=POLL_SECONDS)

    def start(self) -> None:
        """Serve in a thread of our own until ``stop``."""
        self._thread = threading.Thread(target=self.serve, name="mock-provider", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and close the socket."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


def _tls(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
