"""``constructor_purge --days N``: delete old sessions with their events. Contract: contract/constructor#command."""

from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from edx_proctoring.constructor.models import ConstructorSession

_BATCH: Final = 500


class Command(BaseCommand):
    """Delete sessions that have ended and that nothing has changed for some days; ``constructor_sweep`` ends them."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """How old, and whether only to count."""
        parser.add_argument("--days", type=int, required=True, help="at least 1")
        parser.add_argument("--dry-run", action="store_true", help="only say how many")

    def handle(self, *args: Any, days: int, dry_run: bool, **options: Any) -> None:
        """Delete and say how many."""
        if days < 1:
            raise CommandError("--days must be at least 1.")
        old = ConstructorSession.objects.older_than(timezone.now() - timedelta(days=days))
        number = old.count()
        # In batches, so that no statement locks a large part of the table.
        while not dry_run and (keys := list(old.order_by("pk").values_list("pk", flat=True)[:_BATCH])):
            ConstructorSession.objects.filter(pk__in=keys).delete()
        self.stdout.write(f"{'would delete' if dry_run else 'deleted'}: {number} sessions")
