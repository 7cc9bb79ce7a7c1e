"""Apply reviews to their attempts again."""

import argparse
import logging
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError

from edx_proctoring.api.reviews import receiving
from edx_proctoring.management.batch_command import BatchCommand, rows_in_batches
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
    """``manage.py update_attempt_status_from_review``. Contract: contract/commands#update-attempt-status-from-review.

    Saves each review again: that archives it, sets ``modified`` to now and applies the verdict, with e-mails unless
    ``--no_email``. After an interruption, a range in the past can be run again: reviews that were applied are no longer
    in it.
    """

    help = "Save the reviews last modified in a range of time again, to apply the verdicts to their attempts."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the range and the mail switch."""
        super().add_arguments(parser)
        for name, meaning in (("--start_date_time", "first"), ("--end_date_time", "last")):
            parser.add_argument(
                name, type=utc_time, required=True, help=f"{meaning} moment, in UTC, as 2026-12-31 23:59:59"
            )

        parser.add_argument("--no_email", action="store_true", help="do not mail the learners again")

    def handle(self, *args: Any, **options: Any) -> None:
        """Save the reviews one by one; one that fails is logged and does not stop the rest."""
        # ``call_command`` passes keyword arguments without parsing them.
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
