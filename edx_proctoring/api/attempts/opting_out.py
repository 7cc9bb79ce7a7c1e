"""Opting out of proctoring, and the other exams of the course that close with it."""

import logging

from edx_proctoring import host, runtime
from edx_proctoring.api.attempts import entry, entry_check
from edx_proctoring.api.effects.routes import KIND_CASCADE, Delivery, receives
from edx_proctoring.api.lifecycle import status_change
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils.transactions import inner_savepoint

__all__: list[str] = []

log = logging.getLogger(__name__)


def is_allowed(course_id: str) -> bool:
    """Return whether the host lets learners of a course take proctored exams without proctoring.

    True where the host has no such method. False if the method fails: opting out cannot be undone by
    the learner, and the request can be repeated.
    """
    service = runtime.get_runtime_service(host.INSTRUCTOR)
    method = getattr(service, "is_proctoring_opt_out_allowed", None)
    if method is None:
        return True
    try:
        return bool(method(course_id))
    except Exception:
        log.exception("host does not say whether learners may opt out of proctoring: course_id=%s", course_id)
        return False


def create_and_decline_attempt(exam_id: int, user_id: int) -> None:
    """Record the learner's opt-out: an attempt that is declined, with all that follows.

    An attempt that an earlier call left undeclined is declined now. Raises as ``create_exam_attempt``.
    """
    asked = entry_check.look_up(exam_id, user_id)
    attempt = asked.unfinished if asked.exam.is_proctored else None
    attempt = attempt or entry.enter(asked, taking_as_proctored=False)
    status_change.update_attempt_status(attempt.pk, Status.declined, raise_if_not_found=False)


# The published name, used by the prerequisites and the learner's page.
_create_and_decline_attempt = create_and_decline_attempt


@receives(KIND_CASCADE, "decline_other_exams", status_must_hold=True, own_transactions=True)
def _decline_other_exams(delivery: Delivery) -> None:
    """Close the learner's other proctored exams of the course: credit needs all of them.

    Contract: contract/effects#cascade.
    """
    exam, user_id = delivery.attempt.proctored_exam, delivery.attempt.user_id
    others = [
        other
        for other in ProctoredExam.get_all_exams_for_course(exam.course_id, active_only=True, proctored_exams_only=True)
        if other.content_id != exam.content_id
    ]
    newest_first = (
        ProctoredExamStudentAttempt.objects.filter(user_id=user_id, proctored_exam__in=others)
        .with_exam_and_user()
        .newest_first()
    )
    # Oldest first, so that the newest attempt of an exam is the one that stays in the dict.
    current = {attempt.proctored_exam_id: attempt for attempt in reversed(newest_first)}
    failures: list[Exception] = []
    for other in others:
        try:
            with inner_savepoint():
                _decline_exam(other, user_id, current.get(other.pk))
        except Exception as error:  # pylint: disable=broad-except
            # One exam with a problem does not keep the others open; the cascade is tried again.
            failures.append(error)
    if failures:
        raise failures[0]


def _decline_exam(exam: ProctoredExam, user_id: int, attempt: ProctoredExamStudentAttempt | None) -> None:
    if attempt is not None:
        attempt = status_change.end_if_time_is_up(attempt)
        if Status.is_completed_status(attempt.status):
            return
        attempt_id = attempt.pk
    else:
        attempt_id = entry.create_exam_attempt(exam.pk, user_id, taking_as_proctored=False)
    status_change.update_attempt_status(attempt_id, Status.declined, cascade_effects=False)
