"""Look attempts up. Reading an attempt whose time is up ends it.

Look-ups that change nothing are in ``lifecycle.queries``. Contract: contract/timing#expired-read,
contract/attempts#read.
"""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from edx_proctoring.api.lifecycle import allowed_time, expiry, queries, status_change
from edx_proctoring.models import ProctoredExamStudentAllowance, ProctoredExamStudentAttempt
from edx_proctoring.serializers import allowance_dict, attempt_dict, exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import humanized_time
from edx_proctoring.utils.storable import as_id
from edx_proctoring.utils.texts import as_text

__all__ = [
    "get_active_exams_for_user",
    "get_current_exam_attempt",
    "get_exam_attempt_by_code",
    "get_exam_attempt_by_external_id",
    "get_exam_attempt_by_id",
    "get_total_allowed_time_for_exam",
]


def find_attempt(**criteria: Any) -> ProctoredExamStudentAttempt | None:
    """Return the newest attempt that matches, with exam and user, after its time-out if its time is up, or None."""
    found = queries.attempt_with(**criteria)
    return None if found is None else status_change.end_if_time_is_up(found)


def find_for(caller: Any, attempt_id: int) -> ProctoredExamStudentAttempt:
    """Return an attempt that ``caller``, a ``User``, acts on, after its time-out if its time is up.

    Most callers act on their own attempt, whose user need not be read again. Raises
    ``StudentExamAttemptDoesNotExistsException``.
    """
    attempt = queries.attempt_by_id(attempt_id)
    if attempt.user_id == caller.pk:
        attempt.user = caller
    return status_change.end_if_time_is_up(attempt)


def get_current_exam_attempt(exam_id: int, user_id: int) -> dict[str, Any] | None:
    """Return the dict of the learner's newest attempt at the exam, or None."""
    return _get_exam_attempt(queries.attempt_with(proctored_exam_id=exam_id, user_id=user_id))


def get_exam_attempt_by_id(attempt_id: int) -> dict[str, Any] | None:
    """Return the attempt dict, or None."""
    return _get_exam_attempt(queries.attempt_with(pk=attempt_id))


def get_exam_attempt_by_external_id(external_id: str) -> dict[str, Any] | None:
    """Return the dict of the attempt with the provider's id, or None; the newest of several."""
    return _get_exam_attempt(queries.attempt_with(external_id=external_id))


def get_exam_attempt_by_code(attempt_code: str) -> dict[str, Any] | None:
    """Return the dict of the attempt with our code, or None."""
    return _get_exam_attempt(queries.attempt_with(attempt_code=attempt_code))


def get_active_exams_for_user(user_id: int, course_id: Any = None) -> list[dict[str, Any]]:
    """Return the exams in which the learner's clock is ticking, newest attempt first.

    Each item: ``exam`` and ``attempt`` dicts, and ``allowances``, a list of dicts. Two queries.
    """
    learner = as_id(user_id)
    if learner is None:
        return []
    course = None if course_id is None else as_text(course_id)
    found = ProctoredExamStudentAttempt.objects.get_active_student_attempts(learner, course)
    running = [
        attempt
        for attempt in (status_change.end_if_time_is_up(attempt) for attempt in found)
        if Status.is_in_progress_status(attempt.status)
    ]
    if not running:
        return []
    allowances = list(
        ProctoredExamStudentAllowance.objects.filter(
            user_id=learner, proctored_exam_id__in={attempt.proctored_exam_id for attempt in running}
        ).select_related("user", "proctored_exam")
    )
    return [
        {
            "exam": exam_dict(attempt.proctored_exam),
            "attempt": attempt_dict(attempt),
            "allowances": [
                allowance_dict(allowance)
                for allowance in allowances
                if allowance.proctored_exam_id == attempt.proctored_exam_id
            ],
        }
        for attempt in running
    ]


def _get_exam_attempt(exam_attempt_obj: ProctoredExamStudentAttempt | None) -> dict[str, Any] | None:
    """Return the dict of a loaded attempt, after its time-out if its time is up. Published name."""
    if exam_attempt_obj is None:
        return None
    return attempt_dict(status_change.end_if_time_is_up(exam_attempt_obj))


def _check_for_attempt_timeout(attempt: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the attempt dict, read again if its time was up and this call ended it. Published name."""
    if attempt is None or not expiry.has_run_out(
        attempt["status"], attempt["started_at"], attempt["allowed_time_limit_mins"], now=timezone.now()
    ):
        return attempt
    current = queries.attempt_with(pk=attempt["id"])
    return attempt if current is None else attempt_dict(status_change.end_if_time_is_up(current))


def get_total_allowed_time_for_exam(exam: Mapping[str, Any], user_id: int) -> str:
    """Return in words how long the learner may work if the clock starts now."""
    return humanized_time(_calculate_allowed_mins(exam, user_id))


def _calculate_allowed_mins(exam: Mapping[str, Any], user_id: int) -> int:
    """Return the whole minutes the learner gets if the clock starts now; may be negative. Published name.

    Reads the learner's current attempt, and so ends it if its time is up.
    """
    learner = as_id(user_id)
    current = find_attempt(proctored_exam_id=exam["id"], user_id=learner)
    return allowed_time.limit_now(exam, learner, current).minutes
