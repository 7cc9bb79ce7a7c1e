"""End a running attempt for its learner, as staff do. Contract: contract/staff-jobs#end."""

import logging
from typing import Any

from edx_proctoring.api.audit.staff_record import Subject, record_action, requested_by
from edx_proctoring.api.lifecycle import queries, status_change
from edx_proctoring.api.lifecycle.status_change import Change
from edx_proctoring.exceptions import ProctoredExamIllegalStatusTransition
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict, exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import emit_event
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["end_attempt"]

log = logging.getLogger(__name__)


def end_attempt(attempt_id: int, *, by: Any, reason: str, expected_status: str | None = None) -> int:
    """Submit a running attempt for its learner, and return its id.

    Args:
        attempt_id: id of a live attempt.
        by: the ``User`` of staff who ends it; goes on record with ``reason``.
        reason: why, in the words of staff; not empty.
        expected_status: end it only if it still has this status; None: whatever it has.

    Raises, with nothing changed, ``StudentExamAttemptDoesNotExistsException``, ``StatusConflict``, and
    ``ProctoredExamIllegalStatusTransition`` if the clock does not run. Locks: the learner's attempts at the exam.
    """
    return end(queries.existing_attempt(attempt_id), by=by, reason=reason, expected_status=expected_status)


def end(seen: ProctoredExamStudentAttempt, *, by: Any, reason: str, expected_status: str | None) -> int:
    """As ``end_attempt``, for callers who have read the attempt with exam and user."""
    change = _end(seen, by, reason, expected_status)
    change.deliver()
    attempt = change.attempt
    log.info(
        "attempt ended by staff: attempt_id=%s exam_id=%s user_id=%s by=%s",
        attempt.pk,
        attempt.proctored_exam_id,
        attempt.user_id,
        by.pk,
    )
    emit_event(
        exam_dict(attempt.proctored_exam), "ended", attempt=attempt_dict(attempt), override_data=requested_by(by)
    )
    return attempt.pk


@short_transaction
def _end(seen: ProctoredExamStudentAttempt, by: Any, reason: str, expected_status: str | None) -> Change:
    attempt, others, has_leftovers = status_change.lock_seen(seen)
    status_change.require_status(attempt, expected_status)
    if not Status.is_in_progress_status(attempt.status):
        raise ProctoredExamIllegalStatusTransition(f"attempt_id={attempt.pk} is not running: status={attempt.status}.")
    former = attempt.status
    change = status_change.write_change(attempt, others, Status.submitted, has_leftovers=has_leftovers, actor=by)
    record_action(
        "end",
        Subject(attempt.proctored_exam_id, attempt.user_id, attempt.pk, {"from": former, "to": attempt.status}),
        course_id=attempt.proctored_exam.course_id,
        by=by,
        reason=reason,
    )
    return change
