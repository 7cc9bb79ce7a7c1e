"""Start an attempt: its clock begins to run. Hooks that can refuse a start are in ``start_gates``."""

from edx_proctoring import backends
from edx_proctoring.api.lifecycle import queries, status_change
from edx_proctoring.api.lifecycle.status_change import Condition
from edx_proctoring.exceptions import (
    ProctoredExamIllegalStatusTransition,
    StudentExamAttemptDoesNotExistsException,
    StudentExamAttemptedAlreadyStarted,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

__all__ = ["start_exam_attempt", "start_exam_attempt_by_code"]


def start_exam_attempt(exam_id: int, user_id: int) -> int:
    """Start the learner's current attempt and return its id.

    Raises ``StudentExamAttemptDoesNotExistsException``, ``StudentExamAttemptedAlreadyStarted``,
    ``ProctoredExamIllegalStatusTransition`` and its subclass ``ProctoredExamNoTimeLeft``, and what the
    look-up of a provider that is not configured raises.
    """
    return start(current_attempt(exam_id, user_id))


def current_attempt(exam_id: int, user_id: int) -> ProctoredExamStudentAttempt:
    """Return the learner's newest attempt that counts for the exam, with exam and user.

    Raises ``StudentExamAttemptDoesNotExistsException``.
    """
    attempt = queries.counting_attempt(exam_id, user_id)
    if attempt is None:
        raise StudentExamAttemptDoesNotExistsException(
            f"Cannot start exam_id={exam_id} for user_id={user_id}: there is no attempt."
        )
    return attempt


def start_exam_attempt_by_code(attempt_code: str) -> int:
    """Start the attempt with our code and return its id; raises as ``start_exam_attempt``."""
    attempt = queries.attempt_with(attempt_code=attempt_code)
    if attempt is None:
        raise StudentExamAttemptDoesNotExistsException(
            f"Cannot start attempt_code={attempt_code}: there is no such attempt."
        )
    return start(attempt)


def start(seen: ProctoredExamStudentAttempt, *, condition: Condition | None = None) -> int:
    """Start this attempt, loaded with exam and user, and return its id; raises as ``start_exam_attempt``.

    ``condition``: asked under the lock as well, for starts that a learner requests.
    """
    if queries.is_left_from_practice(seen):
        raise ProctoredExamIllegalStatusTransition(
            f"attempt_id={seen.pk} was made when exam_id={seen.proctored_exam_id} was practice; enter the exam instead."
        )
    attempt = status_change.end_if_time_is_up(seen)
    # Raises if there is none: without its provider the exam can be ended, but not begun.
    backends.get_backend_provider(exam_dict(attempt.proctored_exam))
    return status_change.change_status(
        attempt.pk,
        Status.started,
        seen=attempt,
        condition=lambda current: _has_not_started(current) and (condition is None or condition(current)),
    )


def _has_not_started(attempt: ProctoredExamStudentAttempt) -> bool:
    # Asked under the lock: if two tabs press Start together, the second finds the clock running.
    if attempt.started_at and attempt.status == Status.started:
        raise StudentExamAttemptedAlreadyStarted(
            f"attempt_id={attempt.pk} of exam_id={attempt.proctored_exam_id} has started already."
        )
    return True
