"""``serve --port``: the host in a threaded server, with static files."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management.base import BaseCommand, CommandParser
from django.core.servers import basehttp
from django.core.wsgi import get_wsgi_application


class Command(BaseCommand):
    """Serve until SIGINT or SIGTERM."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []  # `prepare` has just run them

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=18000)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve with threads: a provider may call back while the request that called it still runs."""
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        basehttp.run(options["host"], options["port"], StaticFilesHandler(get_wsgi_application()), threading=True)


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
