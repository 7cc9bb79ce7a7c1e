"""Deliver due effects of status changes to services, providers and learners."""

import argparse
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.db.models import Count
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.management.batch_command import positive_int
from edx_proctoring.models import AttemptEffect


class Command(BaseCommand):
    """``manage.py deliver_effects [--loop]``, for cron or as a service. Spec: beyond.md 1.

    Safe to run on several hosts at once and beside the web processes.
    """

    # A broken default provider is an error of the system checks. It must not stop deliveries to other receivers.
    requires_system_checks = ()

    help = "Deliver the effects of status changes that are due: those that failed before or were not delivered."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add batch size, loop and dry run."""
        parser.add_argument(
            "--limit", type=positive_int, default=200, help="effects claimed at once (default %(default)s)"
        )
        parser.add_argument("--loop", action="store_true", help="repeat until interrupted")
        parser.add_argument(
            "--interval",
            type=positive_int,
            default=10,
            help="with --loop: seconds to wait when nothing is due (default %(default)s)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", dest="dry_run", help="report what is due and deliver nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Deliver what is due; with ``--loop`` repeatedly."""
        if options["dry_run"]:
            self._list_due()
            return
        self._deliver(options["limit"])
        try:
            while options["loop"]:
                time.sleep(options["interval"])
                # The server may have closed the connection meanwhile.
                close_old_connections()
                self._deliver(options["limit"])
        except KeyboardInterrupt:
            self.stdout.write("Interrupted.")

    def _deliver(self, limit: int) -> None:
        """Deliver until nothing is due. A failed effect is due again later, so the loop ends."""
        while True:
            report = api.deliver_due_effects(limit=limit)
            if not (report.delivered or report.superseded or report.failed or report.given_up):
                return
            self.stdout.write(
                f"delivered={report.delivered} superseded={report.superseded} "
                f"failed={report.failed} given_up={report.given_up}"
            )

    def _list_due(self) -> None:
        due = AttemptEffect.objects.due(timezone.now()).order_by("kind", "call_name")
        for row in due.values("kind", "call_name").annotate(rows=Count("id")):
            self.stdout.write(f"due: kind={row['kind']} call={row['call_name']} effects={row['rows']}")
        self.stdout.write("Dry run: nothing was delivered.")
