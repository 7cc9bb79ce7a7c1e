"""Take an interrupted attempt up again: staff release it, the learner resumes it.

Contract: contract/attempts#resume-marks, contract/attempts#resume-carry-over.
"""

import logging
from collections.abc import Callable
from typing import Any

from edx_proctoring.api.audit.staff_record import Subject, record_action, requested_by
from edx_proctoring.api.lifecycle import queries
from edx_proctoring.api.lifecycle.queries import is_attempt_in_resume_process
from edx_proctoring.exceptions import ProctoredExamIllegalResumeUpdate
from edx_proctoring.models import OpenAttempt, ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict, exam_dict
from edx_proctoring.utils import emit_event
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["mark_exam_attempt_as_ready_to_resume", "mark_exam_attempt_as_resumed"]

log = logging.getLogger(__name__)


def mark_exam_attempt_as_ready_to_resume(attempt_id: int, *, by: Any = None, reason: str = "") -> int:
    """Let a learner resume an errored attempt; return its id. The status stays. Locks: the attempt.

    ``by``, ``reason``: the ``User`` of staff who decides, and why; with ``by`` it is on record.

    Raises ``StudentExamAttemptDoesNotExistsException``, ``ProctoredExamIllegalResumeUpdate``.
    """
    seen = None if by is None else queries.existing_attempt(attempt_id)
    return release_for_resumption(attempt_id, seen=seen, by=by, reason=reason)


def release_for_resumption(
    attempt_id: int,
    *,
    seen: ProctoredExamStudentAttempt | None,
    by: Any = None,
    reason: str = "",
    keep_record: Callable[[dict[str, Any]], None] | None = None,
) -> int:
    """As ``mark_exam_attempt_as_ready_to_resume``.

    ``seen``: the attempt with exam and user, needed with ``by``. ``keep_record``: called in the transaction of the
    change in place of the record of a single action, with what would be recorded; for jobs, which have a row already.
    """
    attempt = _release(attempt_id, seen, by, reason, keep_record)
    log.info(
        "attempt released for resumption: attempt_id=%s exam_id=%s user_id=%s by=%s",
        attempt_id,
        attempt.proctored_exam_id,
        attempt.user_id,
        getattr(by, "pk", None),
    )
    if seen is not None and by is not None:
        attempt.proctored_exam, attempt.user = seen.proctored_exam, seen.user
        emit_event(
            exam_dict(seen.proctored_exam),
            "ready_to_resume",
            attempt=attempt_dict(attempt),
            override_data=requested_by(by),
        )
    return attempt.pk


@short_transaction
def _release(
    attempt_id: int,
    seen: ProctoredExamStudentAttempt | None,
    by: Any,
    reason: str,
    keep_record: Callable[[dict[str, Any]], None] | None,
) -> ProctoredExamStudentAttempt:
    attempt = ProctoredExamStudentAttempt.objects.locked(attempt_id)
    if not attempt.is_resumable:
        raise ProctoredExamIllegalResumeUpdate(f"attempt_id={attempt_id} is not resumable: status={attempt.status}")
    attempt.ready_to_resume, attempt.is_resumable = True, False
    attempt.save()
    OpenAttempt.objects.release(attempt.pk)
    result = {"status": attempt.status}
    if keep_record is not None:
        keep_record(result)
    elif by is not None and seen is not None:
        record_action(
            "resume",
            Subject(attempt.proctored_exam_id, attempt.user_id, attempt.pk, result),
            course_id=seen.proctored_exam.course_id,
            by=by,
            reason=reason,
        )
    return attempt


@short_transaction
def mark_exam_attempt_as_resumed(attempt_id: int) -> int:
    """Note that the learner has resumed a released attempt; return its id. Locks: the attempt.

    Raises ``StudentExamAttemptDoesNotExistsException``, ``ProctoredExamIllegalResumeUpdate``.
    """
    attempt = ProctoredExamStudentAttempt.objects.locked(attempt_id)
    if not is_attempt_in_resume_process(attempt):
        raise ProctoredExamIllegalResumeUpdate(f"attempt_id={attempt_id} was not released for resumption")
    attempt.resumed, attempt.is_resumable = True, False
    attempt.save()
    log.info(
        "attempt resumed: attempt_id=%s exam_id=%s user_id=%s", attempt_id, attempt.proctored_exam_id, attempt.user_id
    )
    return attempt.pk
