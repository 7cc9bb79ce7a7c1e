"""Remove and reset attempts. Spec: python-api.md 8.7.

A provider is told before the row goes: afterwards nobody would know any more what to tell it.
History rows stay, so late reviews still find what they are about.
"""

import logging
from typing import Any

from edx_proctoring import host, runtime
from edx_proctoring.api.attempts import entry
from edx_proctoring.api.lifecycle import status_change
from edx_proctoring.api.lifecycle.queries import attempt_with, existing_attempt
from edx_proctoring.backends import call_options
from edx_proctoring.backends.removal import _remove_exam_attempt_from_backend, _remove_exam_attempts_from_backend
from edx_proctoring.exceptions import (
    ProctoredExamIllegalStatusTransition,
    StudentExamAttemptDoesNotExistsException,
    StudentExamAttemptOnPastDueProctoredExam,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict, exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import emit_event
from edx_proctoring.utils.db import short_transaction

__all__ = ["remove_exam_attempt", "reset_practice_exam"]

log = logging.getLogger(__name__)


def reset_practice_exam(exam_id: int, user_id: int, requesting_user: Any) -> int:
    """Let a learner try a practice or onboarding exam again; return the id of the new attempt.

    An attempt that waits for its review is removed; any other is kept as ``onboarding_reset``. If
    the exam is past due, it stays so although there is no new attempt (contract); if the new one
    cannot be made for another reason, such as a provider that is down, the old status comes back.

    Raises ``StudentExamAttemptDoesNotExistsException``; ``ProctoredExamIllegalStatusTransition``
    if the exam is not practice or the attempt is open or verified; and as ``create_exam_attempt``.
    """
    log.info(
        "resetting practice exam: exam_id=%s user_id=%s requested_by=%s", exam_id, user_id, _id_of(requesting_user)
    )
    attempt = attempt_with(proctored_exam_id=exam_id, user_id=user_id)
    if attempt is None:
        raise StudentExamAttemptDoesNotExistsException(
            f"Cannot reset exam_id={exam_id} for user_id={user_id}: there is no attempt."
        )
    attempt = status_change.end_if_time_is_up(attempt)
    _refuse_reset_if_illegal(attempt)
    exam = exam_dict(attempt.proctored_exam)
    former_status = attempt.status
    data = attempt_dict(attempt)
    is_removed = former_status == Status.submitted and _remove(
        # A provider that is down must not keep the learner from practising.
        attempt,
        requesting_user,
        require_backend_removal=False,
        # Reviewed or broken off meanwhile, it is to be kept.
        only_as=Status.submitted,
    )
    if not is_removed:
        former_status = _mark_as_reset(attempt)
        data["status"] = Status.onboarding_reset
    emit_event(exam, "reset_practice_exam", attempt=data)
    try:
        return entry.create_exam_attempt(exam_id, user_id, taking_as_proctored=attempt.taking_as_proctored)
    except StudentExamAttemptOnPastDueProctoredExam:
        raise
    except Exception:
        if not is_removed:
            _take_reset_back(attempt.pk, former_status)
        raise


def remove_exam_attempt(attempt_id: int, requesting_user: Any, require_backend_removal: bool = True) -> None:
    """Remove an attempt, at the provider and here, with what followed from it.

    Args:
        attempt_id: id of a live attempt.
        requesting_user: handed on to the instructor service as it is.
        require_backend_removal: whether a provider that fails keeps the attempt from being
            removed here.

    Raises ``StudentExamAttemptDoesNotExistsException``; ``BackendProviderCannotRemoveAttempt`` (502)
    with nothing changed; and what the services raise, after the row is gone.
    """
    _remove(existing_attempt(attempt_id), requesting_user, require_backend_removal=require_backend_removal)


def _remove(
    attempt: ProctoredExamStudentAttempt,
    requesting_user: Any,
    *,
    require_backend_removal: bool,
    only_as: str | None = None,
) -> bool:
    """As ``remove_exam_attempt``; ``only_as``: return False, with the row kept, if the status is another by now."""
    exam = exam_dict(attempt.proctored_exam)
    data = attempt_dict(attempt)
    log.info(
        "removing attempt: attempt_id=%s exam_id=%s user_id=%s course_id=%s status=%s requested_by=%s",
        attempt.pk,
        exam["id"],
        attempt.user_id,
        exam["course_id"],
        attempt.status,
        _id_of(requesting_user),
    )
    if require_backend_removal:
        _remove_exam_attempt_from_backend(attempt)
    else:
        # Best effort, for a learner or a member of staff who looks at a page.
        with call_options.use(is_page_waiting=True):
            _remove_exam_attempts_from_backend([attempt])
    username, user_id = attempt.user.username, attempt.user_id
    status = _delete(attempt.pk, only_as=only_as)
    if status is None:
        return False
    data["status"] = status

    course_id, content_id = exam["course_id"], exam["content_id"]
    instructor: host.InstructorService | None = runtime.get_runtime_service(host.INSTRUCTOR)
    if instructor is not None:
        instructor.delete_student_attempt(username, course_id, content_id, requesting_user=requesting_user)
    grades: host.GradesService | None = runtime.get_runtime_service(host.GRADES)
    if grades is not None:
        grades.undo_override_subsection_grade(user_id=user_id, course_key_or_id=course_id, usage_key_or_id=content_id)
    credit: host.CreditService | None = runtime.get_runtime_service(host.CREDIT)
    if credit is not None and exam["is_proctored"] and Status.needs_credit_status_update(data["status"]):
        credit.remove_credit_requirement_status(
            user_id=user_id,
            course_key_or_id=course_id,
            req_namespace="proctored_exam",
            req_name=content_id,
        )
    emit_event(exam, "deleted", attempt=data)
    return True


def _refuse_reset_if_illegal(attempt: ProctoredExamStudentAttempt) -> None:
    exam = attempt.proctored_exam
    if not exam.is_practice_exam:
        raise ProctoredExamIllegalStatusTransition(
            f"exam_id={exam.pk} in course_id={exam.course_id} is no practice exam and cannot be reset "
            f"by user_id={attempt.user_id}."
        )
    if Status.is_incomplete_status(attempt.status) or attempt.status == Status.verified:
        raise ProctoredExamIllegalStatusTransition(
            f"A reset of exam_id={exam.pk} was attempted for user_id={attempt.user_id} in "
            f"course_id={exam.course_id}. This is not allowed: the attempt is {attempt.status}."
        )


@short_transaction
def _mark_as_reset(seen: ProctoredExamStudentAttempt) -> str:
    """Save ``onboarding_reset`` and return the status before; no effects: a reset is no verdict. Locks: the attempt.

    Raises ``ProctoredExamIllegalStatusTransition`` if it may not be reset any more, above all because
    somebody else has just done so.
    """
    attempt = ProctoredExamStudentAttempt.objects.locked(seen.pk)
    attempt.proctored_exam = seen.proctored_exam
    _refuse_reset_if_illegal(attempt)
    if attempt.status == Status.onboarding_reset != seen.status:
        raise ProctoredExamIllegalStatusTransition(
            f"attempt_id={attempt.pk} of exam_id={attempt.proctored_exam_id} is being reset by another request."
        )
    former_status = attempt.status
    attempt.status = Status.onboarding_reset
    attempt.save()
    return former_status


@short_transaction
def _take_reset_back(attempt_id: int, former_status: str) -> None:
    """Save the status from before the reset, unless something else has happened to it. Locks: the attempt."""
    attempt = ProctoredExamStudentAttempt.objects.locked(attempt_id)
    if attempt.status == Status.onboarding_reset:
        attempt.status = former_status
        attempt.save()


@short_transaction
def _delete(attempt_id: int, *, only_as: str | None) -> str | None:
    """Delete the row and return the status it had last; None if it is kept because that is not ``only_as``.

    Locks: the attempt, so a change is before or after.
    """
    attempt = ProctoredExamStudentAttempt.objects.locked(attempt_id)
    if only_as is not None and attempt.status != only_as:
        return None
    attempt.delete_exam_attempt()
    return attempt.status


def _id_of(user: Any) -> Any:
    return getattr(user, "pk", None)
