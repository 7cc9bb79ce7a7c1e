"""``constructor_sweep``: end what is over, hand over waiting reviews. Contract: contract/constructor#sweep."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from edx_proctoring.constructor import sweeping


class Command(BaseCommand):
    """Do what no request is there to do; for cron. Exit status 1 if something failed."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """How many sessions at most, and whether only to tell."""
        parser.add_argument("--limit", type=int, default=500, help="sessions of each kind, at least 1; default 500")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *args: Any, limit: int, dry_run: bool, **options: Any) -> None:
        """Sweep and say what was done."""
        if limit < 1:
            raise CommandError("--limit must be at least 1.")
        failures = 0
        for done in sweeping.sweep(now=timezone.now(), limit=limit, dry_run=dry_run):
            failures += bool(done.error)
            self.stdout.write(f"{done.text}: session={done.session_id}{f' error={done.error}' if done.error else ''}")
        if failures:
            raise CommandError(f"failed: {failures}")
