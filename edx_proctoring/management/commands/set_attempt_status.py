"""Move one attempt to another status, with all effects of a status change."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from edx_proctoring import api
from edx_proctoring.models import AttemptEffect
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus


class Command(BaseCommand):
    """``manage.py set_attempt_status -a ATTEMPT_ID -t STATUS``. Contract: contract/commands#set-attempt-status."""

    help = "Move one attempt to another status, with all effects of a status change: credit, grade, e-mail and others."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the attempt and the status."""
        parser.add_argument("-a", "--attempt", dest="attempt_id", help="id of the attempt")
        parser.add_argument("-t", "--to", dest="to_status", help="the status to move it to")
        parser.add_argument("--dry-run", action="store_true", dest="dry_run", help="only check the arguments")

    def handle(self, *args: Any, **options: Any) -> None:
        """Move the attempt. An illegal transition and an unknown attempt raise the API's exceptions."""
        attempt_id = options["attempt_id"]
        to_status = options["to_status"]
        if not attempt_id or not to_status:
            raise CommandError("name the attempt (--attempt ID) and the status (--to STATUS)")
        self.stdout.write(f"Updating attempt_id={attempt_id} to status={to_status}")
        if not ProctoredExamStudentAttemptStatus.is_valid_status(to_status):
            raise CommandError(f"{to_status} is not a valid attempt status!")
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing was changed.")
            return
        api.update_attempt_status(attempt_id, to_status)
        if (
            AttemptEffect.objects.of_attempt(int(attempt_id))
            .leftovers()
            .filter(kind=AttemptEffect.KIND_PROVIDER)
            .exists()
        ):
            self.stdout.write("The provider could not be told yet; deliver_effects tries again.")
        self.stdout.write("Completed!")
