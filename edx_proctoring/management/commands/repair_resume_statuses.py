"""Move attempts of a former release out of two statuses that exist no more."""

import logging
from typing import Any, Final

from django.db import transaction

from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.management.batches import BatchCommand, rows_in_batches
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

log = logging.getLogger(__name__)

REASON: Final = "status of a former release became flags"

# Former status -> the flags that say the same since migration 0022.
FLAGS: Final = {
    "ready_to_resume": {"is_resumable": False, "ready_to_resume": True, "resumed": False},
    "resumed": {"is_resumable": False, "ready_to_resume": True, "resumed": True},
}


class Command(BatchCommand):
    """``manage.py repair_resume_statuses``. Spec: data-model.md 4 (release 4.4.0).

    Releases before 4.4.0 had the statuses ``ready_to_resume`` and ``resumed``; later ones do not
    know them. Such attempts become ``error`` with the flags that mean the same. Nothing happened to
    the learner today, so nobody is told: this mends data and is no transition. Each attempt gets a
    history row. May be interrupted and run again; what is mended is not found any more.
    """

    help = "Turn the former attempt statuses ready_to_resume and resumed into error with the flags that replaced them."

    def handle(self, *args: Any, **options: Any) -> None:
        """Mend the attempts one by one."""
        attempts = ProctoredExamStudentAttempt.objects.filter(status__in=FLAGS).only("pk")
        mended = 0
        for batch in rows_in_batches(attempts, batch_size=options["batch_size"], sleep_time=options["sleep_time"]):
            if options["dry_run"]:
                mended += len(batch)
            else:
                mended += sum(_mend(attempt.pk) for attempt in batch)
            self.say(f"{mended} so far, up to attempt_id={batch[-1].pk}", **options)
        self.say(f"{'Would mend' if options['dry_run'] else 'Mended'} {mended} attempts.", **options)


@transaction.atomic
def _mend(attempt_id: int) -> bool:
    """Return whether there was something to mend: since the row was found, somebody may have reset it."""
    try:
        attempt = ProctoredExamStudentAttempt.objects.locked(attempt_id)
    except StudentExamAttemptDoesNotExistsException:
        return False
    former = attempt.status
    if former not in FLAGS:
        return False
    attempt.status = Status.error
    for name, value in FLAGS[former].items():
        setattr(attempt, name, value)
    attempt._change_reason = REASON
    attempt.save()
    log.info("attempt mended: attempt_id=%s from=%s to=%s", attempt_id, former, attempt.status)
    return True
