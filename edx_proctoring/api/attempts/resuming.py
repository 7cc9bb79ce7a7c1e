"""Take an interrupted attempt up again: staff release it, the learner resumes it.

Contract: contract/attempts#resume-marks, contract/attempts#resume-carry-over.
"""

import logging

from edx_proctoring.api.lifecycle.queries import is_attempt_in_resume_process
from edx_proctoring.exceptions import ProctoredExamIllegalResumeUpdate
from edx_proctoring.models import OpenAttempt, ProctoredExamStudentAttempt
from edx_proctoring.utils.db import short_transaction

__all__ = ["mark_exam_attempt_as_ready_to_resume", "mark_exam_attempt_as_resumed"]

log = logging.getLogger(__name__)


@short_transaction
def mark_exam_attempt_as_ready_to_resume(attempt_id: int) -> int:
    """Let a learner resume an errored attempt; return its id. The status stays. Locks: the attempt.

    Raises ``StudentExamAttemptDoesNotExistsException``, ``ProctoredExamIllegalResumeUpdate``.
    """
    attempt = ProctoredExamStudentAttempt.objects.locked(attempt_id)
    if not attempt.is_resumable:
        raise ProctoredExamIllegalResumeUpdate(f"attempt_id={attempt_id} is not resumable: status={attempt.status}")
    attempt.ready_to_resume, attempt.is_resumable = True, False
    attempt.save()
    OpenAttempt.objects.release(attempt.pk)
    log.info(
        "attempt released for resumption: attempt_id=%s exam_id=%s user_id=%s",
        attempt_id,
        attempt.proctored_exam_id,
        attempt.user_id,
    )
    return attempt.pk


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
