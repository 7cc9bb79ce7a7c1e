"""``serve --port``: the host in a threaded server, with static files."""

from __future__ import annotations

import signal
import ssl
import sys
from types import FrameType
from typing import Any

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management.base import BaseCommand, CommandParser
from django.core.servers import basehttp
from django.core.wsgi import get_wsgi_application


class TlsServer(basehttp.WSGIServer):
    """Speaks https with the certificate that its context holds."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def server_activate(self) -> None:
        """Listen. The handshake is made in the connection's thread, so that an idle client does not delay others."""
        self.socket = self.context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        super().server_activate()

    def setup_environ(self) -> None:
        """Make requests say that they came over https, in the way in which wsgiref learns it."""
        super().setup_environ()
        self.base_environ["HTTPS"] = "on"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about browsers that refuse the certificate: each does so before its user accepts it."""
        if not isinstance(sys.exc_info()[1], ssl.SSLError):
            super().handle_error(request, client_address)


class Command(BaseCommand):
    """Serve until SIGINT or SIGTERM."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []  # `prepare` has just run them

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=18000)
        parser.add_argument("--certificate", default="", help="PEM file with key and certificate: speak https")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve with threads: a provider may call back while the request that called it still runs."""
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        application = StaticFilesHandler(get_wsgi_application())
        if options["certificate"]:
            TlsServer.context.load_cert_chain(options["certificate"])
        server = TlsServer if options["certificate"] else basehttp.WSGIServer
        basehttp.run(options["host"], options["port"], application, threading=True, server_cls=server)


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
