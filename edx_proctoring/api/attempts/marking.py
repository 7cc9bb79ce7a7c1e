"""Mark an attempt: ready, stopped, timed out, acknowledged.

Contract: contract/attempts#mark, contract/attempts#update.
"""

from typing import Any, Final, cast

from edx_proctoring import backends, host, runtime
from edx_proctoring.api.effects import outbox
from edx_proctoring.api.effects.outbox import Effect
from edx_proctoring.api.lifecycle import status_change
from edx_proctoring.exceptions import ProctoredExamPermissionDenied
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils.transactions import inner_savepoint, short_transaction

__all__ = [
    "mark_exam_attempt_as_ready",
    "mark_exam_attempt_timeout",
    "mark_waiting_attempt_as_ready",
    "stop_exam_attempt",
    "update_exam_attempt",
]

# The only fields that ``update_exam_attempt`` may change.
UPDATABLE_FIELDS: Final = frozenset({"is_status_acknowledged", "time_remaining_seconds"})


def stop_exam_attempt(attempt_id: int) -> int:
    """Lead the learner to the submit page, the clock still running; return the attempt's id."""
    return _change(attempt_id, Status.ready_to_submit)


def mark_exam_attempt_timeout(attempt_id: int) -> int:
    """End an attempt whose time is up, as of now; return its id."""
    return _change(attempt_id, Status.timed_out)


def mark_exam_attempt_as_ready(attempt_id: int) -> int:
    """Note that the provider has checked the learner in; return the attempt's id."""
    return _change(attempt_id, Status.ready_to_start)


def mark_waiting_attempt_as_ready(attempt_id: int, *, seen: ProctoredExamStudentAttempt | None = None) -> int:
    """As ``mark_exam_attempt_as_ready``, if the attempt still waits for the provider; return the attempt's id.

    For providers, which say so at any time and more than once: a learner who started meanwhile must
    not be taken for one who enters a running exam again, which would submit it. ``seen``: the attempt
    with exam and user, from callers who have read it. Raises ``StudentExamAttemptDoesNotExistsException``,
    and what the look-up of a provider that is not configured raises.
    """
    return status_change.change_status(attempt_id, Status.ready_to_start, seen=seen, condition=_waits_for_provider)


def _waits_for_provider(attempt: ProctoredExamStudentAttempt) -> bool:
    # Raises if there is none: without its provider the exam can be ended, but not begun.
    backends.get_backend_provider(exam_dict(attempt.proctored_exam))
    return attempt.status in (Status.created, Status.download_software_clicked)


def _change(attempt_id: int, to_status: str) -> int:
    # Never None: unknown ids raise, by default.
    return cast(int, status_change.update_attempt_status(attempt_id, to_status))


def update_exam_attempt(attempt_id: int, **kwargs: Any) -> None:
    """Change ``is_status_acknowledged`` and ``time_remaining_seconds``; no event, no signal.

    Raises ``StudentExamAttemptDoesNotExistsException``, and ``ProctoredExamPermissionDenied`` for
    any other keyword, with nothing changed. Locks: the attempt.
    """
    update_and_return(attempt_id, **kwargs)


@short_transaction
def update_and_return(attempt_id: int, **kwargs: Any) -> ProctoredExamStudentAttempt:
    """As ``update_exam_attempt``; return the attempt as it is now."""
    attempt = ProctoredExamStudentAttempt.objects.locked(attempt_id)
    forbidden = sorted(kwargs.keys() - UPDATABLE_FIELDS)
    if forbidden:
        raise ProctoredExamPermissionDenied(
            f"You do not have permission to update {', '.join(forbidden)} of attempt_id={attempt_id}"
        )
    for name, value in kwargs.items():
        setattr(attempt, name, value)
    attempt.save()
    return attempt


def report_completion(attempt: ProctoredExamStudentAttempt) -> None:
    """Report to the instructor service an attempt that was saved with its first ``completed_at``.

    Status changes report it among their effects instead. A service that fails does not keep the
    attempt from being saved; the report is tried again later.
    """
    instructor: host.InstructorService | None = runtime.get_runtime_service(host.INSTRUCTOR)
    if instructor is None:
        return
    try:
        with inner_savepoint():
            instructor.complete_student_attempt(attempt.user.username, attempt.proctored_exam.content_id)
    except Exception as error:  # pylint: disable=broad-except
        outbox.keep_failed(attempt, Effect(AttemptEffect.KIND_INSTRUCTOR, "complete_student_attempt"), error)
