"""Give a learner whose clock is running more time. Contract: contract/timing#extension."""

import logging
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from edx_proctoring.api.attempts.deadline_report import EXTENSION_MARK, DeadlineExplanation, explain_deadline
from edx_proctoring.api.lifecycle import timing
from edx_proctoring.api.lifecycle.queries import existing_attempt
from edx_proctoring.exceptions import ProctoredExamIllegalStatusTransition, ProctoredExamPermissionDenied
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.models.allowances import MAX_MINUTES
from edx_proctoring.serializers import attempt_dict, exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import emit_event, get_exam_due_date

__all__ = ["extend_running_attempt"]

log = logging.getLogger(__name__)

# The column of the history table for the reason of a change.
_REASON_LENGTH: Final = 100


def extend_running_attempt(
    attempt_id: int, minutes: int, by: Any, reason: str, *, past_due: bool = False
) -> DeadlineExplanation:
    """Give a learner whose clock is ticking more time; return the deadline as it is then.

    Args:
        attempt_id: id of a live attempt that is in progress.
        minutes: how many to add, at least 1.
        by: the ``User`` who decides; kept in the history with ``reason``.
        reason: why, in the words of staff; not empty.
        past_due: also beyond the due date; for global staff only.

    The learner's clock follows at its next poll. Locks: the attempt. Raises ``ValueError`` for
    minutes or a reason that make no sense; ``StudentExamAttemptDoesNotExistsException``;
    ``ProctoredExamIllegalStatusTransition`` if the attempt is not running or its time is up;
    ``ProctoredExamPermissionDenied`` if the new end is past the due date.
    """
    if not 1 <= minutes <= MAX_MINUTES:
        raise ValueError(f"minutes={minutes}: an extension adds at least one minute, and at most {MAX_MINUTES}")
    if not reason.strip():
        raise ValueError("an extension needs a reason")
    if past_due and not by.is_staff:
        raise ProctoredExamPermissionDenied("Only global staff may extend an attempt beyond the due date.")
    seen = existing_attempt(attempt_id)
    exam = exam_dict(seen.proctored_exam)
    # It decides whether the extension is allowed, so never from a stale entry of a cache.
    due_date = get_exam_due_date(exam, seen.user_id, fresh=True)
    now = timezone.now()
    with transaction.atomic():
        attempt = ProctoredExamStudentAttempt.objects.locked(attempt_id)
        attempt.proctored_exam, attempt.user = seen.proctored_exam, seen.user
        new_limit = _extended_limit(attempt, minutes, now=now)
        new_end = timing.expires_at(attempt.started_at, new_limit)
        if not past_due and due_date is not None and new_end is not None and new_end > due_date:
            raise ProctoredExamPermissionDenied(
                f"attempt_id={attempt_id} cannot be extended to {new_end.isoformat()}: "
                f"the exam is due at {due_date.isoformat()}."
            )
        attempt.allowed_time_limit_mins = new_limit
        _save_with_reason(attempt, minutes, by=by, reason=reason)
    log.info(
        "attempt extended: attempt_id=%s exam_id=%s user_id=%s course_id=%s minutes=%s by=%s past_due=%s",
        attempt.pk,
        exam["id"],
        attempt.user_id,
        exam["course_id"],
        minutes,
        by.pk,
        past_due,
    )
    emit_event(
        exam,
        "extended",
        attempt=attempt_dict(attempt),
        override_data={"attempt_extended_by_mins": minutes, "attempt_extended_by_user_id": by.pk},
    )
    return explain_deadline(attempt.pk)


# What helps a learner whose clock does not run.
_HELP_BEFORE_START: Final = "Give an allowance: the attempt has not started."
_HELP_AFTER_ERROR: Final = "Release the attempt for resumption, and give an allowance if what was left is too little."
_HELP_WHEN_OVER: Final = "Give an allowance and reset the attempt: the learner then begins again."


def _extended_limit(attempt: ProctoredExamStudentAttempt, minutes: int, *, now: datetime) -> int:
    limit = attempt.allowed_time_limit_mins
    is_running = Status.is_in_progress_status(attempt.status) and attempt.started_at is not None
    if not is_running or limit is None:
        raise ProctoredExamIllegalStatusTransition(
            f"attempt_id={attempt.pk} is not running: status={attempt.status}. {_help_for(attempt.status)}"
        )
    if timing.has_run_out(attempt.status, attempt.started_at, limit, now=now):
        raise ProctoredExamIllegalStatusTransition(
            f"attempt_id={attempt.pk} cannot be extended: its time is up. {_HELP_WHEN_OVER}"
        )
    return limit + minutes


def _help_for(status: str) -> str:
    if status == Status.error:
        return _HELP_AFTER_ERROR
    return _HELP_BEFORE_START if Status.is_pre_started_status(status) else _HELP_WHEN_OVER


def _save_with_reason(attempt: ProctoredExamStudentAttempt, minutes: int, *, by: Any, reason: str) -> None:
    # simple-history takes both from the instance at each save, so they are cleared after this one.
    in_history = {
        "_change_reason": f"{EXTENSION_MARK} {minutes}: {reason.strip()}"[:_REASON_LENGTH],
        "_history_user": by,
    }
    attempt.__dict__.update(in_history)
    try:
        attempt.save()
    finally:
        for name in in_history:
            attempt.__dict__.pop(name, None)
