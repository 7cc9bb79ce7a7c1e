"""Exam and attempt for the learning micro-frontend.

Contract: GET /v1/proctored_exam/attempt/course_id/{course_id}, GET /v1/proctored_exam/active_attempt. Reading may
also write: an attempt whose time is up is ended, and a declined prerequisite declines the exam.
"""

from typing import Any, TypedDict

from edx_proctoring import backends
from edx_proctoring.api.attempts import closing_time, entry_check
from edx_proctoring.api.exams import exams
from edx_proctoring.api.learner import prerequisites, timer_payload
from edx_proctoring.api.lifecycle import allowed_time, expiry, queries
from edx_proctoring.api.onboarding import onboarding_exams
from edx_proctoring.exceptions import ProctoredExamNotFoundException
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus
from edx_proctoring.utils import get_exam_type, humanized_time

__all__ = ["active_attempt_data", "exam_and_active_attempt"]


class ExamAndActiveAttempt(TypedDict):
    """``exam`` is empty for an unknown exam, ``active_attempt`` if no attempt is running."""

    exam: dict[str, Any]
    active_attempt: dict[str, Any]


def active_attempt_data(user: Any, /, *, is_learning_mfe: bool) -> dict[str, Any]:
    """Return the data of the learner's running attempt, in any course, or an empty dict."""
    running = _running_attempt(user)
    return {} if running is None else _attempt_data(running, is_learning_mfe)


def exam_and_active_attempt(
    course_id: str, content_id: str | None, user: Any, /, *, is_learning_mfe: bool
) -> ExamAndActiveAttempt:
    """Return one exam as the learner sees it, and the learner's running attempt, if any.

    Args:
        course_id: course of the exam.
        content_id: usage key of the exam; None to ask for the running exam only. A space is read as
            the ``+`` that some clients do not encode.
        user: the learner.
        is_learning_mfe: URLs lead to the micro-frontend, else to the legacy pages.
    """
    running = _running_attempt(user)
    active_data = {} if running is None else _attempt_data(running, is_learning_mfe)
    answer = ExamAndActiveAttempt(exam={}, active_attempt=active_data)
    if not content_id:
        return answer
    is_this_exam = running is not None and _has_ids(running.proctored_exam, course_id, content_id)
    if running is not None and is_this_exam and not queries.is_left_from_practice(running):
        exam = exam_dict(running.proctored_exam)
        exam["attempt"] = active_data
    else:
        found = _find_exam(course_id, content_id)
        if found is None:
            return answer
        exam = found
        exam["attempt"] = _newest_attempt_data(exam, user, is_learning_mfe)
    if exam["is_proctored"] and exam["attempt"].get("attempt_status") in (
        ProctoredExamStudentAttemptStatus.onboarding_errors
    ):
        exam["onboarding_link"] = onboarding_exams.get_onboarding_exam_link(course_id, user, is_learning_mfe)
    exam["type"] = get_exam_type(exam, backends.find_backend_provider(exam))["type"]
    exam["passed_due_date"] = expiry.is_closed(exam, user=user) and not (
        running is not None and is_this_exam and closing_time.was_extended(running.pk)
    )
    exam["use_legacy_attempt_api"] = True
    answer["exam"] = exam
    return answer


def _running_attempt(user: Any) -> ProctoredExamStudentAttempt | None:
    """Return the learner's newest attempt whose clock is running, even if its time has just run out.

    ``get_active_exams_for_user`` would leave such an attempt out, but the timer must report once that it ended, with
    no seconds left, to lead the learner out of the exam.
    """
    attempts = ProctoredExamStudentAttempt.objects.filter(user_id=user.pk).running().select_related("proctored_exam")
    running = queries.newest_of(attempts)
    if running is not None:
        running.user = user
    return running


def _attempt_data(attempt: ProctoredExamStudentAttempt, is_learning_mfe: bool) -> dict[str, Any]:
    return timer_payload.data_of_attempt(attempt, is_learning_mfe=is_learning_mfe, is_for_learner=True)


def _has_ids(exam: ProctoredExam, course_id: str, content_id: str) -> bool:
    return exam.course_id == course_id and exam.content_id in (content_id, content_id.replace(" ", "+"))


def _find_exam(course_id: str, content_id: str) -> dict[str, Any] | None:
    for spelling in dict.fromkeys((content_id, content_id.replace(" ", "+"))):
        try:
            return exams.get_exam_by_content_id(course_id, spelling)
        except ProctoredExamNotFoundException:
            continue
    return None


def _newest_attempt_data(exam: dict[str, Any], user: Any, is_learning_mfe: bool) -> dict[str, Any]:
    """Return the data of the learner's newest attempt. Without one, add time and prerequisites to ``exam``."""
    newest = queries.counting_attempt(exam["id"], user.id)
    if newest is not None and not _is_hidden(newest):
        return _attempt_data(newest, is_learning_mfe)
    exam["total_time"] = humanized_time(allowed_time.limit_now(exam, user.id, newest).minutes)
    if exam["is_proctored"] and not exam["is_practice_exam"]:
        prerequisites.check_prerequisites(exam, user.id)
        if exam.get("prerequisite_status", {}).get("declined_prerequisites"):
            # The check declined the exam and so created an attempt.
            newest = queries.counting_attempt(exam["id"], user.id)
            return {} if newest is None or _is_hidden(newest) else _attempt_data(newest, is_learning_mfe)
    return {}


def _is_hidden(attempt: ProctoredExamStudentAttempt) -> bool:
    """Return whether the exam is shown without its attempt; the React client then offers to enter the exam.

    It has no page for an attempt that waits for the learner to enter, except for what creating an attempt at a
    timed exam leaves, which the contract shows.
    """
    is_new = attempt.status == ProctoredExamStudentAttemptStatus.created and not attempt.taking_as_proctored
    is_new_and_timed = is_new and not attempt.proctored_exam.is_proctored
    return entry_check.waits_for_entry(attempt) and not is_new_and_timed
