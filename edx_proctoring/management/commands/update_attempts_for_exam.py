"""Repeat the effects of the current status of each attempt at an exam."""

import argparse
import logging
from typing import Any

from django.core.management.base import CommandError

from edx_proctoring.api.lifecycle import status_change
from edx_proctoring.management.batch_command import BatchCommand, rows_in_batches
from edx_proctoring.models import ProctoredExamStudentAttempt

log = logging.getLogger(__name__)


class Command(BatchCommand):
    """``manage.py update_attempts_for_exam --exam_id ID``. Contract: contract/commands#update-attempts-for-exam.

    For a credit or grades service that lost data. Statuses stay the same; e-mails are sent again unless ``--no_email``.
    An interrupted run continues with ``--start_after``.
    """

    help = "Send the status of each attempt at an exam to credit, grades, provider and learners again."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the exam, the start and the mail switch."""
        super().add_arguments(parser)
        parser.add_argument("--exam_id", type=int, required=True, help="id of the exam")
        parser.add_argument(
            "--start_after",
            type=int,
            default=0,
            metavar="ATTEMPT_ID",
            help="start after this attempt, the last one that an interrupted run reported",
        )
        parser.add_argument("--no_email", action="store_true", help="do not mail the learners again")

    def handle(self, *args: Any, **options: Any) -> None:
        """Update the attempts one by one; one that fails is logged and does not stop the rest."""
        attempts = ProctoredExamStudentAttempt.objects.filter(
            proctored_exam_id=options["exam_id"], pk__gt=options["start_after"]
        ).only("id", "status")
        done = failed = 0
        for batch in rows_in_batches(attempts, batch_size=options["batch_size"], sleep_time=options["sleep_time"]):
            for attempt in batch:
                if self._repeat_effects(attempt, **options):
                    done += 1
                else:
                    failed += 1
            self.say(f"{done + failed} so far, up to attempt_id={batch[-1].pk}", **options)
        self.say(f"{'Would update' if options['dry_run'] else 'Updated'} {done} attempts.", **options)
        if failed:
            raise CommandError(f"{failed} attempts could not be updated; the log says why")

    def _repeat_effects(self, attempt: ProctoredExamStudentAttempt, **options: Any) -> bool:
        log.info(
            "repeating effects: attempt_id=%s exam_id=%s status=%s dry_run=%s",
            attempt.pk,
            options["exam_id"],
            attempt.status,
            options["dry_run"],
        )
        if options["dry_run"]:
            return True
        try:
            status_change.change_status(attempt.pk, attempt.status, sends_mail=not options["no_email"])
        except Exception:
            log.exception("effects could not be repeated: attempt_id=%s", attempt.pk)
            return False
        return True
