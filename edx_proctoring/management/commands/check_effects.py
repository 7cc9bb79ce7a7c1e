"""Report what is stuck, with an exit status for alarms."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from edx_proctoring import api
from edx_proctoring.management.batch_command import days_back, whole_number


class Command(BaseCommand):
    """``manage.py check_effects``: exit status 0 if all is well, 1 if a number is above its limit.

    contract/commands#check-effects.
    """

    requires_system_checks = ()

    help = "Report effects and reviews that are stuck; exit with 1 if a number is above its limit."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the limits."""
        limits = (
            ("oldest_due_seconds", 900, "for how long the oldest effect may have been due"),
            ("failed", 0, "effects that were given up"),
            ("received", 0, "reviews whose process died"),
            ("held", 0, "reviews that wait for their provider or a person"),
            ("overdue_reviews", 0, "submitted attempts without a review"),
        )
        for name, default, text in limits:
            parser.add_argument(
                f"--max-{name.replace('_', '-')}",
                dest=f"max_{name}",
                type=whole_number,
                default=default,
                help=f"{text} (default %(default)s)",
            )
        parser.add_argument(
            "--review-days", type=days_back, default=14, help="days until a review is overdue (default %(default)s)"
        )
        parser.add_argument("--json", action="store_true", help="print the numbers as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the numbers; exit with 1 if one is above its limit."""
        numbers = asdict(api.count_stuck(review_days=options["review_days"]))
        alarms = [name for name, number in numbers.items() if number > options.get(f"max_{name}", number)]
        if options["json"]:
            self.stdout.write(json.dumps({**numbers, "alarms": alarms}))
        else:
            for name, number in numbers.items():
                self.stdout.write(f"{name}={number}{' ALARM' if name in alarms else ''}")
        if alarms:
            sys.exit(1)
