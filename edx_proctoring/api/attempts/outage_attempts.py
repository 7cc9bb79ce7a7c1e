"""Attempts that are taken while their provider is out of order. Contract: contract/outage.

Staff let those go on that were being set up, and decide about each one afterwards. Locks: the attempt.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from edx_proctoring.api.attempts import removal
from edx_proctoring.api.attempts.removal import StaffRequest
from edx_proctoring.api.effects import outbox
from edx_proctoring.api.lifecycle import queries, status_change
from edx_proctoring.exceptions import ProctoredExamIllegalStatusTransition
from edx_proctoring.models import AttemptIncident, ProctoredExamStudentAttempt
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils.transactions import short_transaction

__all__: list[str] = []

ACCEPT: Final = "accept"
REJECT: Final = "reject"
RESET: Final = "reset"
DECISIONS: Final = (ACCEPT, REJECT, RESET)
VERDICTS: Final = {ACCEPT: Status.verified, REJECT: Status.rejected}

# The learner waits for the provider in these.
IN_SET_UP: Final = (Status.created, Status.download_software_clicked)
AFTER_SET_UP: Final = Status.ready_to_start
# About these, staff decide.
UNDECIDED: Final = (Status.submitted, Status.timed_out)

# Called in the transaction of a change, with what it did.
KeepRecord = Callable[[dict[str, Any]], None]


def let_start(attempt_id: int, *, removal_at: datetime, by: Any, keep_record: KeepRecord) -> bool:
    """Let a learner start whose set-up the provider keeps from going on; return False if there is nothing to do.

    The attempt becomes ``ready_to_start`` and is taken without the provider, which is told to remove it at
    ``removal_at``. Raises ``StudentExamAttemptDoesNotExistsException``.
    """
    change = _let_start(queries.existing_attempt(attempt_id), removal_at, by, keep_record)
    if change is None:
        return False
    change.deliver()
    return True


@short_transaction
def _let_start(
    seen: ProctoredExamStudentAttempt, removal_at: datetime, by: Any, keep_record: KeepRecord
) -> status_change.Change | None:
    # Whether effects were left is not used: ``record_removal_at`` adds one.
    attempt, others, _ = status_change.lock_seen(seen)
    if attempt.status not in IN_SET_UP or not attempt.taking_as_proctored:
        return None
    attempt.taking_as_proctored = False
    # The status change saves what it changes itself, and archives the rest with it.
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(taking_as_proctored=False)
    AttemptIncident.objects.open_outage(attempt, now=timezone.now(), by=getattr(by, "pk", None))
    if attempt.external_id:
        outbox.record_removal_at(attempt, exam_dict(attempt.proctored_exam), removal_at)
    keep_record({"status": AFTER_SET_UP})
    return status_change.write_change(attempt, others, AFTER_SET_UP, actor=by)


def decide(seen: ProctoredExamStudentAttempt, decision: str, *, by: Any, reason: str, keep_record: KeepRecord) -> bool:
    """Accept, reject or reset an attempt that was taken during an outage; return False if that was decided already.

    ``seen``: the attempt with exam and user. Raises ``StudentExamAttemptDoesNotExistsException``;
    ``ProctoredExamIllegalStatusTransition`` for an attempt that is not handed in.
    """
    if decision == RESET:
        request = StaffRequest(by, reason, is_forced=True, keep_record=keep_record)
        return removal.remove_for_staff(seen.pk, request, only_if=_is_undecided, seen=seen) is not None
    change = _give_verdict(seen, decision, by, keep_record)
    if change is None:
        return False
    change.deliver()
    return True


@short_transaction
def _give_verdict(
    seen: ProctoredExamStudentAttempt, decision: str, by: Any, keep_record: KeepRecord
) -> status_change.Change | None:
    attempt, others, has_leftovers = status_change.lock_seen(seen)
    if attempt.status not in UNDECIDED:
        # Raises unless it was decided already.
        _is_undecided(attempt)
        return None
    if not AttemptIncident.objects.close_outage(attempt.pk, decision, now=timezone.now(), by=getattr(by, "pk", None)):
        return None
    status = VERDICTS[decision]
    keep_record({"status": status})
    return status_change.write_change(attempt, others, status, has_leftovers=has_leftovers, actor=by)


def _is_undecided(attempt: ProctoredExamStudentAttempt) -> bool:
    """Return whether staff have to decide about an attempt. Raises for one that is not handed in."""
    if not AttemptIncident.objects.outages().open().filter(attempt_id=attempt.pk).exists():
        return False
    if attempt.status not in UNDECIDED:
        raise _not_handed_in(attempt)
    return True


def _not_handed_in(attempt: ProctoredExamStudentAttempt) -> ProctoredExamIllegalStatusTransition:
    return ProctoredExamIllegalStatusTransition(
        f"attempt_id={attempt.pk} is {attempt.status}; staff decide about an attempt once it is submitted."
    )
