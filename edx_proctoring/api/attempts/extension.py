"""Give a learner whose clock is running more time, or less. Contract: contract/timing#extension."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from edx_proctoring.api.attempts.deadline_report import EXTENSION_MARK, DeadlineExplanation, explain_deadline
from edx_proctoring.api.audit.staff_record import Subject, record_action, requested_by
from edx_proctoring.api.lifecycle import allowed_time, expiry
from edx_proctoring.api.lifecycle.queries import existing_attempt
from edx_proctoring.exceptions import (
    ExtensionPastDue,
    ExtensionTooShort,
    ProctoredExamIllegalStatusTransition,
    ProctoredExamPermissionDenied,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.models.allowances import MAX_MINUTES
from edx_proctoring.serializers import attempt_dict, exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import emit_event, get_exam_due_date

__all__ = ["extend_running_attempt"]

log = logging.getLogger(__name__)

# What a learner whose time is cut has at least.
_LEAST_LEFT: Final = timedelta(seconds=60)
# The column of the history table for the reason of a change.
_REASON_LENGTH: Final = 100


def extend_running_attempt(
    attempt_id: int, minutes: int, by: Any, reason: str, *, past_due: bool = False
) -> DeadlineExplanation:
    """Give a learner whose clock is ticking more time, or less; return the deadline as it is then.

    Args:
        attempt_id: id of a live attempt that is in progress.
        minutes: how many to add; negative to take some away.
        by: the ``User`` who decides; kept in the history with ``reason``.
        reason: why, in the words of staff; not empty.
        past_due: also beyond the due date; for global staff only.

    The learner's clock follows at its next poll. Locks: the attempt. Raises ``ValueError`` for
    minutes or a reason that make no sense; ``StudentExamAttemptDoesNotExistsException``;
    ``ProctoredExamIllegalStatusTransition`` if the attempt is not running or its time is up;
    ``ExtensionTooShort`` if less than a minute would be left; ``ExtensionPastDue`` if more time would
    end after the due date, and ``ProctoredExamPermissionDenied`` if ``by`` may not allow that.
    """
    return extend(existing_attempt(attempt_id), minutes, by, reason, past_due=past_due)


def extend(
    seen: ProctoredExamStudentAttempt, minutes: int, by: Any, reason: str, *, past_due: bool
) -> DeadlineExplanation:
    """As ``extend_running_attempt``, for callers who have read the attempt with exam and user."""
    check_order(minutes, by=by, reason=reason, past_due=past_due)
    exam = exam_dict(seen.proctored_exam)
    # It decides whether the extension is allowed, so never from a stale entry of a cache.
    due_date = get_exam_due_date(exam, seen.user_id, fresh=True)
    now = timezone.now()
    with transaction.atomic():
        attempt = ProctoredExamStudentAttempt.objects.locked(seen.pk)
        attempt.proctored_exam, attempt.user = seen.proctored_exam, seen.user
        extended = extension_of(attempt, minutes, due_date=None if past_due else due_date, now=now)
        attempt.allowed_time_limit_mins = extended.limit
        with _in_history([attempt], {attempt.pk: _history_reason(minutes, reason)}, by=by):
            attempt.save()
        record_action(
            "extend",
            Subject(exam["id"], attempt.user_id, attempt.pk, {"minutes": minutes, "expires_at": extended.ends_at}),
            course_id=exam["course_id"],
            by=by,
            reason=reason,
            parameters={"minutes": minutes, "past_due": past_due},
        )
    announce_extension(attempt, exam, minutes, by=by, past_due=past_due)
    return explain_deadline(attempt.pk)


# For jobs, which extend many at once


def check_order(minutes: int, *, by: Any, reason: str, past_due: bool) -> None:
    """Raise ``ValueError`` or ``ProctoredExamPermissionDenied`` for an extension that no attempt can get."""
    if not 1 <= abs(minutes) <= MAX_MINUTES:
        raise ValueError(f"minutes={minutes}: an extension changes at least one minute, and at most {MAX_MINUTES}")
    if not reason.strip():
        raise ValueError("an extension needs a reason")
    if past_due and not by.is_staff:
        raise ProctoredExamPermissionDenied("Only global staff may extend an attempt beyond the due date.")


@dataclass(frozen=True, slots=True)
class Extended:
    """What an extension makes of an attempt. ``minutes``: those added; ``limit``: the new one, in minutes."""

    minutes: int
    limit: int
    ends_at: datetime


def extension_of(
    attempt: ProctoredExamStudentAttempt, minutes: int, *, due_date: datetime | None, now: datetime
) -> Extended:
    """Return what so many minutes make of an attempt, and change nothing.

    ``due_date``: the learner's, None if the attempt may end after it. Raises as ``extend_running_attempt``.
    """
    limit = _extended_limit(attempt, minutes, now=now)
    ends_at = expiry.expires_at(attempt.started_at, limit)
    if ends_at is None:
        raise _not_running(attempt)
    _check_end(attempt, minutes, ends_at, due_date=due_date, now=now)
    return Extended(minutes, limit, ends_at)


def most_that_fits(
    attempt: ProctoredExamStudentAttempt, minutes: int, *, due_date: datetime | None, now: datetime
) -> Extended | None:
    """As ``extension_of``, with fewer minutes where the due date leaves no more; None if it leaves none."""
    try:
        return extension_of(attempt, minutes, due_date=due_date, now=now)
    except ExtensionPastDue as error:
        if error.max_minutes == 0:
            return None
        return extension_of(attempt, error.max_minutes, due_date=due_date, now=now)


def save_extensions(
    attempts: Sequence[ProctoredExamStudentAttempt], extended: Mapping[int, Extended], *, by: Any, reason: str
) -> None:
    """Write new limits, and the reason into the history. A constant number of queries for up to 500.

    ``attempts``: locked, in the caller's transaction. ``extended``: by attempt id, for each of them.
    """
    now = timezone.now()
    reasons = {}
    for attempt in attempts:
        new = extended[attempt.pk]
        attempt.allowed_time_limit_mins, attempt.modified = new.limit, now
        reasons[attempt.pk] = _history_reason(new.minutes, reason)
    with _in_history(attempts, reasons, by=by):
        bulk_update_with_history(
            attempts, ProctoredExamStudentAttempt, ["allowed_time_limit_mins", "modified"], default_date=now
        )


def announce_extension(
    attempt: ProctoredExamStudentAttempt, exam: Mapping[str, Any], minutes: int, *, by: Any, past_due: bool
) -> None:
    """Log an extension, and emit its event; after the transaction. ``attempt``: with exam and user."""
    log.info(
        "attempt extended: attempt_id=%s exam_id=%s user_id=%s course_id=%s minutes=%s by=%s past_due=%s",
        attempt.pk,
        exam["id"],
        attempt.user_id,
        exam["course_id"],
        minutes,
        getattr(by, "pk", None),
        past_due,
    )
    emit_event(
        exam,
        "extended",
        attempt=attempt_dict(attempt),
        override_data={
            "attempt_extended_by_mins": minutes,
            "attempt_extended_by_user_id": getattr(by, "pk", None),
            **requested_by(by),
        },
    )


def _check_end(
    attempt: ProctoredExamStudentAttempt, minutes: int, new_end: datetime, *, due_date: datetime | None, now: datetime
) -> None:
    """Raise for an end that is too soon or, if there is a due date to keep, too late."""
    if minutes < 0 and new_end < now + _LEAST_LEFT:
        raise ExtensionTooShort(f"attempt_id={attempt.pk} would end at {new_end.isoformat()}, in less than a minute.")
    if minutes > 0 and due_date is not None and new_end > due_date:
        too_many = ceil((new_end - due_date) / timedelta(minutes=1))
        raise ExtensionPastDue(
            f"attempt_id={attempt.pk} cannot be extended to {new_end.isoformat()}: "
            f"the exam is due at {due_date.isoformat()}.",
            max_minutes=max(minutes - too_many, 0),
        )


# What helps a learner whose clock does not run.
_HELP_BEFORE_START: Final = "Give an allowance: the attempt has not started."
_HELP_AFTER_ERROR: Final = "Release the attempt for resumption, and give an allowance if what was left is too little."
_HELP_WHEN_OVER: Final = "Give an allowance and reset the attempt: the learner then begins again."


def _extended_limit(attempt: ProctoredExamStudentAttempt, minutes: int, *, now: datetime) -> int:
    limit = attempt.allowed_time_limit_mins
    is_running = Status.is_in_progress_status(attempt.status) and attempt.started_at is not None
    if not is_running or limit is None:
        raise _not_running(attempt)
    if expiry.has_run_out(attempt.status, attempt.started_at, limit, now=now):
        raise ProctoredExamIllegalStatusTransition(
            f"attempt_id={attempt.pk} cannot be extended: its time is up. {_HELP_WHEN_OVER}"
        )
    return min(limit + minutes, allowed_time.LONGEST_LIMIT)


def _not_running(attempt: ProctoredExamStudentAttempt) -> ProctoredExamIllegalStatusTransition:
    return ProctoredExamIllegalStatusTransition(
        f"attempt_id={attempt.pk} is not running: status={attempt.status}. {_help_for(attempt.status)}"
    )


def _help_for(status: str) -> str:
    if status == Status.error:
        return _HELP_AFTER_ERROR
    return _HELP_BEFORE_START if Status.is_pre_started_status(status) else _HELP_WHEN_OVER


def _history_reason(minutes: int, reason: str) -> str:
    return f"{EXTENSION_MARK} {minutes}: {reason.strip()}"[:_REASON_LENGTH]


@contextmanager
def _in_history(
    attempts: Sequence[ProctoredExamStudentAttempt], reasons: Mapping[int, str], *, by: Any
) -> Iterator[None]:
    """Give the history rows that are written inside a reason, by attempt id, and a person."""
    for attempt in attempts:
        attempt.__dict__.update(_change_reason=reasons[attempt.pk], _history_user=by)
    try:
        yield
    finally:
        # simple-history would take both from the instance at each later save.
        for attempt in attempts:
            for name in ("_change_reason", "_history_user"):
                attempt.__dict__.pop(name, None)
