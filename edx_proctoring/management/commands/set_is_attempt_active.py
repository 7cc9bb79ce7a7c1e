"""Mark the reviews of removed attempts, in rows that are older than the flag."""

import logging
from collections.abc import Iterable
from typing import Any

from edx_proctoring.management.batch_command import BatchCommand, rows_in_batches
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
)

log = logging.getLogger(__name__)


class Command(BatchCommand):
    """``manage.py set_is_attempt_active``. Contract: contract/commands#set-is-attempt-active.

    Updates rows by queryset, so no receiver runs and nothing is archived. May be interrupted and run again.
    """

    help = "Set is_attempt_active to False on the reviews and archived reviews whose attempt was removed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Mark reviews first, then archived reviews without a current review."""
        batches = {"batch_size": options["batch_size"], "sleep_time": options["sleep_time"]}
        marked = 0
        for model in (ProctoredExamSoftwareSecureReview, ProctoredExamSoftwareSecureReviewHistory):
            rows = model._default_manager.filter(is_attempt_active=True).only("pk", "attempt_code")
            for batch in rows_in_batches(rows, **batches):
                gone = _codes_without_attempt(review.attempt_code for review in batch)
                if gone and not options["dry_run"]:
                    _mark(gone)
                marked += len(gone)
                log.info(
                    "reviews of removed attempts: table=%s up_to_id=%s removed=%s dry_run=%s",
                    model._meta.db_table,
                    batch[-1].pk,
                    len(gone),
                    options["dry_run"],
                )
                self.say(f"{model._meta.db_table}: up to id={batch[-1].pk}, {marked} attempts so far", **options)
        self.say(f"{'Would mark' if options['dry_run'] else 'Marked'} the reviews of {marked} attempts.", **options)


def _codes_without_attempt(attempt_codes: Iterable[str]) -> set[str]:
    codes = set(attempt_codes)
    live = ProctoredExamStudentAttempt.objects.filter(attempt_code__in=codes).values_list("attempt_code", flat=True)
    return codes - set(live)


def _mark(codes: set[str]) -> None:
    for model in (ProctoredExamSoftwareSecureReviewHistory, ProctoredExamSoftwareSecureReview):
        model._default_manager.filter(attempt_code__in=codes, is_attempt_active=True).update(is_attempt_active=False)
