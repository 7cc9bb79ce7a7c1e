"""Deliver due effects of status changes to services, providers and learners."""

import argparse
import logging
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections, connections
from django.db.models import Count
from django.utils import timezone

from edx_proctoring.api.effects.delivery import DeliveryReport
from edx_proctoring.api.effects.lanes import Deliverer
from edx_proctoring.management.batch_command import positive_int
from edx_proctoring.models import AttemptEffect

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """``manage.py deliver_effects [--loop]``, for cron or as a service. Contract: contract/commands#deliver-effects.

    Safe to run on several hosts at once and beside the web processes. Mails, each provider and
    the platform's own services are delivered side by side. A loop survives a restart of the database.
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
        deliverer = Deliverer(limit=options["limit"], on_report=self._print, is_loop=options["loop"])
        if not options["loop"]:
            deliverer.start_due()
            deliverer.wait()
            return
        is_database_away = False
        try:
            while True:
                is_database_away = self._start_due(deliverer, is_database_away)
                time.sleep(options["interval"])
                # The server may have closed the connection meanwhile.
                close_old_connections()
        except KeyboardInterrupt:
            self.stdout.write("Interrupted.")

    def _start_due(self, deliverer: Deliverer, is_database_away: bool) -> bool:
        """Start what is due; return whether the database is away, which is said once."""
        try:
            deliverer.start_due()
        except (OperationalError, InterfaceError) as error:
            if not is_database_away:
                log.error("database not available, trying again: error=%s", type(error).__name__)
                self.stderr.write("The database is not available; trying again.")
            # A broken connection is of no use to the next try.
            connections.close_all()
            return True
        if is_database_away:
            self.stdout.write("The database is available again.")
        return False

    def _print(self, report: DeliveryReport) -> None:
        self.stdout.write(
            f"delivered={report.delivered} superseded={report.superseded} "
            f"failed={report.failed} given_up={report.given_up}"
        )

    def _list_due(self) -> None:
        due = AttemptEffect.objects.due(timezone.now()).order_by("kind", "call_name")
        for row in due.values("kind", "call_name").annotate(rows=Count("id")):
            self.stdout.write(f"due: kind={row['kind']} call={row['call_name']} effects={row['rows']}")
        self.stdout.write("Dry run: nothing was delivered.")
