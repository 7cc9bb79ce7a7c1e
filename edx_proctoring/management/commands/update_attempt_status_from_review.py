"""Make attempts follow their reviews once more."""

import argparse
import logging
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError

from edx_proctoring.api.reviews import receiving
from edx_proctoring.management.batches import BatchCommand, rows_in_batches
from edx_proctoring.models import ProctoredExamSoftwareSecureReview

log = logging.getLogger(__name__)

TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


def utc_time(text: str) -> datetime:
    """Parse an option as an instant in UTC."""
    try:
        return datetime.strptime(text, TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form 2026-12-31 23:59:59 (UTC)") from error


class Command(BatchCommand):
    """``manage.py update_attempt_status_from_review``. Spec: data-model.md 9.3.

    Saves each review again: that archives it, moves its ``modified`` to now and runs the review
    workflow, which sends e-mails again unless ``--no_email``. A range that lies in the past can be
    run again after an interruption: what was applied has left it.
    """

    help = "Save the reviews last modified in a range of time again, so that their attempts follow the verdicts."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the range, and who is not to hear of it."""
        super().add_arguments(parser)
        for name, meaning in (("--start_date_time", "first"), ("--end_date_time", "last")):
            parser.add_argument(
                name, type=utc_time, required=True, help=f"{meaning} moment, in UTC, as 2026-12-31 23:59:59"
            )

        parser.add_argument("--no_email", action="store_true", help="do not mail the learners again")

    def handle(self, *args: Any, **options: Any) -> None:
        """Save the reviews one by one; one that fails is logged and does not stop the rest."""
        # ``call_command`` hands keyword arguments on as they are, past the parser.
        start, end = (
            utc_time(value) if isinstance(value, str) else value
            for value in (options["start_date_time"], options["end_date_time"])
        )
        reviews = ProctoredExamSoftwareSecureReview.objects.filter(modified__range=(start, end))
        done = failed = 0
        for batch in rows_in_batches(reviews, batch_size=options["batch_size"], sleep_time=options["sleep_time"]):
            for review in batch:
                if self._apply(review, **options):
                    done += 1
                else:
                    failed += 1
            self.say(f"{done + failed} so far, up to review_id={batch[-1].pk}", **options)
        self.say(f"{'Would apply' if options['dry_run'] else 'Applied'} {done} reviews.", **options)
        if failed:
            raise CommandError(f"{failed} reviews could not be applied; the log says why")

    def _apply(self, review: ProctoredExamSoftwareSecureReview, **options: Any) -> bool:
        log.info(
            "applying review again: review_id=%s attempt_code=%s dry_run=%s",
            review.pk,
            review.attempt_code,
            options["dry_run"],
        )
        if options["dry_run"]:
            return True
        try:
            receiving.apply_review_again(review, sends_mail=not options["no_email"])
        except Exception:
            log.exception("review could not be applied: review_id=%s", review.pk)
            return False
        return True
