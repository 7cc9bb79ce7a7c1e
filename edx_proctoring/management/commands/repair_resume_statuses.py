"""Replace two statuses of former releases that no longer exist."""

import logging
from typing import Any, Final

from django.db import transaction

from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.management.batch_command import BatchCommand, rows_in_batches
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

log = logging.getLogger(__name__)

REASON: Final = "status of a former release became flags"

# Former status -> the flags that replaced it in migration 0022.
FLAGS: Final = {
    "ready_to_resume": {"is_resumable": False, "ready_to_resume": True, "resumed": False},
    "resumed": {"is_resumable": False, "ready_to_resume": True, "resumed": True},
}


class Command(BatchCommand):
    """``manage.py repair_resume_statuses``. Contract: contract/commands#repair-resume-statuses.

    Releases before 4.4.0 had the statuses ``ready_to_resume`` and ``resumed``; later ones do not know them. Such
    attempts become ``error`` with equivalent flags. This repairs data and is not a transition, so it has no effects.
    Each attempt gets a history row. The command may be interrupted and run again: repaired attempts are not found any
    more.
    """

    help = "Turn the former attempt statuses ready_to_resume and resumed into error with the flags that replaced them."

    def handle(self, *args: Any, **options: Any) -> None:
        """Repair the attempts one by one."""
        attempts = ProctoredExamStudentAttempt.objects.filter(status__in=FLAGS).only("pk")
        repaired = 0
        for batch in rows_in_batches(attempts, batch_size=options["batch_size"], sleep_time=options["sleep_time"]):
            if options["dry_run"]:
                repaired += len(batch)
            else:
                repaired += sum(_repair(attempt.pk) for attempt in batch)
            self.say(f"{repaired} so far, up to attempt_id={batch[-1].pk}", **options)
        self.say(f"{'Would mend' if options['dry_run'] else 'Mended'} {repaired} attempts.", **options)


@transaction.atomic
def _repair(attempt_id: int) -> bool:
    """Repair an attempt. Return False if it was removed or changed since it was found."""
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
    log.info("attempt repaired: attempt_id=%s from=%s to=%s", attempt_id, former, attempt.status)
    return True
