"""Delete what has had its time."""

import argparse
from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.db.models import Q, QuerySet
from django.utils import timezone

from seb_openedx import conf
from seb_openedx.audit_models import SebAccessLog
from seb_openedx.exam_models import SebChallenge, SebSession, SebStartToken

# Rows in one statement, so that no lock lasts long.
_BATCH: Final = 1000
# Sessions and checks that are over are of use to nobody after so long.
_OVER_DAYS: Final = 30


class Command(BaseCommand):
    """``manage.py seb_purge [--dry-run]``: meant for a daily job."""

    help = (
        "Delete rows of the audit log that are older than SEB_AUDIT_RETENTION_DAYS, and sessions, checks and start "
        f"links that ended {_OVER_DAYS} days ago."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the dry run."""
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, and print how many rows."""
        now = timezone.now()
        over = now - timedelta(days=_OVER_DAYS)
        log_end = now - timedelta(days=conf.seb.audit_retention_days)
        # A learner who has left the browser and waits to be let in again is known by the ended session.
        waits = Q(ended__isnull=False) & Q(pk__in=SebSession.objects.left().values("pk"))
        for name, rows in (
            ("audit log", SebAccessLog.objects.filter(last_seen__lt=log_end)),
            ("sessions", SebSession.objects.filter(expires__lt=over).exclude(waits)),
            ("checks", SebChallenge.objects.filter(expires__lt=over)),
            ("start links", SebStartToken.objects.filter(expires__lt=over)),
        ):
            count = rows.count() if options["dry_run"] else _delete(rows)
            self.stdout.write(f"{name}: {count}")


def _delete(rows: QuerySet[Any]) -> int:
    deleted = 0
    # MySQL takes no LIMIT in a subquery of a DELETE, so the keys are read first.
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        count, _ = rows.model._default_manager.filter(pk__in=keys).delete()
        deleted += count
    return deleted
