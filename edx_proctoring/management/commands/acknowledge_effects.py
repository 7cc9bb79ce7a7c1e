"""Acknowledge effects that were given up, so that they are no alarm any more."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from edx_proctoring import api
from edx_proctoring.management.batch_command import positive_int
from edx_proctoring.models import AttemptEffect

BATCH_SIZE = 300


class Command(BaseCommand):
    """``manage.py acknowledge_effects ID [ID ...]`` or ``--all``. contract/commands#acknowledge-effects."""

    requires_system_checks = ()

    help = "Acknowledge effects that were given up: they stay on record and are no alarm any more."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the choice of effects and dry run."""
        parser.add_argument("effect_ids", nargs="*", type=positive_int, metavar="ID", help="of an effect")
        parser.add_argument("--all", action="store_true", help="all effects that were given up")
        parser.add_argument("--dry-run", action="store_true", dest="dry_run", help="list them and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """List the effects and acknowledge them. Raises ``CommandError`` unless ids or ``--all`` are given."""
        if bool(options["effect_ids"]) == options["all"]:
            raise CommandError("Name the effects by id, as Django admin and --all --dry-run show them, or use --all.")
        failed = AttemptEffect.objects.filter(state=AttemptEffect.STATE_FAILED).order_by("id")
        if not options["all"]:
            failed = failed.filter(pk__in=options["effect_ids"])
        acknowledged = 0
        last_id = 0
        while rows := list(failed.filter(pk__gt=last_id)[:BATCH_SIZE]):
            last_id = rows[-1].pk
            for row in rows:
                self.stdout.write(
                    f"effect_id={row.pk} attempt_id={row.attempt_id} attempt_code={row.attempt_code} "
                    f"call={row.call_name} error={row.last_error}"
                )
            if not options["dry_run"]:
                acknowledged += api.acknowledge_effects([row.pk for row in rows])
        self.stdout.write(f"acknowledged={acknowledged}")
