"""Do what no request is there to do: overdue attempts, due effects, waiting reviews, old rows."""

import argparse
import json
import sys
import time
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from edx_proctoring import api
from edx_proctoring.management.batch_command import positive_int
from edx_proctoring.models import ProctoredExam


class Command(BaseCommand):
    """``manage.py sweep_attempts``, for cron or as a service. Safe to run on several hosts at once.

    contract/commands#sweep-attempts.
    """

    requires_system_checks = ()

    help = "End overdue attempts, deliver due effects, receive waiting reviews, delete old rows."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add kinds, limit and loop."""
        known = ", ".join(api.SWEEP_KINDS)
        parser.add_argument("--course", metavar="COURSE_ID", help="only in this course (default: all courses)")
        parser.add_argument("--kinds", help=f"separated by commas, of {known} (default: all but abandoned)")
        parser.add_argument(
            "--limit", type=positive_int, default=500, help="rows of each kind at once (default %(default)s)"
        )
        parser.add_argument("--loop", type=positive_int, metavar="SECONDS", help="repeat, with such pauses")
        parser.add_argument("--dry-run", action="store_true", dest="dry_run", help="report and do nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object per action")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep; exit with 1 if an action failed."""
        kinds = options["kinds"].split(",") if options["kinds"] else None
        course = options["course"]
        if course and not ProctoredExam.objects.filter(course_id=course).exists():
            raise CommandError(f"no exam in course_id={course}: check the id")
        try:
            failures = self._sweep(kinds, options)
        except ValueError as error:
            raise CommandError(str(error)) from error
        try:
            while options["loop"]:
                time.sleep(options["loop"])
                # The server may have closed the connection meanwhile.
                close_old_connections()
                self._sweep(kinds, options)
        except KeyboardInterrupt:
            self.stdout.write("Interrupted.")
        if failures:
            sys.exit(1)

    def _sweep(self, kinds: list[str] | None, options: dict[str, Any]) -> int:
        """Sweep until nothing is left, print what was done, and return how many actions failed."""
        failures, is_more = 0, True
        while is_more:
            report = api.sweep(
                course_id=options["course"], kinds=kinds, limit=options["limit"], dry_run=options["dry_run"]
            )
            for action in report.actions:
                subject = "" if action.subject_id is None else f" id={action.subject_id}"
                error = f" error={action.error}" if action.error else ""
                line = f"{action.kind}:{subject} {action.text}{error}"
                self.stdout.write(json.dumps(asdict(action)) if options["json"] else line)
            failures += report.failures
            # A kind of which all failed would be full again at once.
            is_more = report.is_more and not report.failures and not options["dry_run"]
        return failures
