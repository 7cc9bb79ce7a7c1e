"""Short status lines for course outlines. Spec: python-api.md 8.10.

The host asks for every special exam of an outline; ``get_attempt_status_summaries`` answers for a
whole course at once. Both must stay away from the learning-sequences service, which calls back here.
"""

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from edx_proctoring import host, runtime
from edx_proctoring.api import credit_state, exams, transitions
from edx_proctoring.api.attempts_read import attempt_with
from edx_proctoring.exceptions import ProctoredExamNotFoundException
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import has_due_date_passed

__all__ = [
    "PRACTICE_STATUS_SUMMARY_MAP",
    "STATUS_SUMMARY_MAP",
    "TIMED_EXAM_STATUS_SUMMARY_MAP",
    "get_attempt_status_summaries",
    "get_attempt_status_summary",
]

log = logging.getLogger(__name__)

_DEFAULT: Final = "_default"


def _line(short_description: str, suggested_icon: str, *, in_completed_state: bool) -> dict[str, Any]:
    return {
        "short_description": short_description,
        "suggested_icon": suggested_icon,
        "in_completed_state": in_completed_state,
    }


_PENDING: Final = _line(gettext_noop("Pending Session Review"), "fa-spinner fa-spin", in_completed_state=True)
_FAILED: Final = _line(gettext_noop("Failed Proctoring"), "fa-exclamation-triangle", in_completed_state=True)

# Contract names. Descriptions are matched in English and translated when they are handed out.
STATUS_SUMMARY_MAP: Final[dict[str, dict[str, Any]]] = {
    _DEFAULT: _line(gettext_noop("Taking As Proctored Exam"), "fa-pencil-square-o", in_completed_state=False),
    Status.eligible: _line(gettext_noop("Proctored Option Available"), "fa-pencil-square-o", in_completed_state=False),
    Status.declined: _line(gettext_noop("Taking As Open Exam"), "fa-pencil-square-o", in_completed_state=False),
    Status.submitted: _PENDING,
    Status.second_review_required: _PENDING,
    Status.verified: _line(gettext_noop("Passed Proctoring"), "fa-check", in_completed_state=True),
    Status.rejected: _FAILED,
    Status.error: _FAILED,
    Status.expired: _line(
        gettext_noop("Proctored Option No Longer Available"), "fa-times-circle", in_completed_state=False
    ),
}
PRACTICE_STATUS_SUMMARY_MAP: Final[dict[str, dict[str, Any]]] = {
    _DEFAULT: _line(gettext_noop("Ungraded Practice Exam"), "", in_completed_state=False),
    Status.submitted: _line(gettext_noop("Practice Exam Completed"), "fa-check", in_completed_state=True),
    Status.error: _line(gettext_noop("Practice Exam Failed"), "fa-exclamation-triangle", in_completed_state=True),
}
TIMED_EXAM_STATUS_SUMMARY_MAP: Final[dict[str, dict[str, Any]]] = {
    _DEFAULT: _line(gettext_noop("Timed Exam"), "fa-clock-o", in_completed_state=False),
}


def get_attempt_status_summary(user_id: int | None, course_id: Any, content_id: Any) -> dict[str, Any] | None:
    """Return the status line of one exam for one learner, or None.

    ``user_id``: None for somebody who is not signed in, as in a public outline.

    Keys: ``short_description`` (translated), ``suggested_icon``, ``in_completed_state`` and, except
    for timed exams, ``status``. None: the exam is unknown, or the learner may not take it proctored.
    """
    try:
        exam = exams.get_exam_by_content_id(course_id, content_id)
    except ProctoredExamNotFoundException:
        log.exception("no summary, exam unknown: course_id=%s content_id=%s", course_id, content_id)
        return None
    learner = _Learner(user_id, str(course_id))
    if not exam["is_proctored"]:
        return _timed_summary()
    if not learner.may_see(exam):
        return None
    attempt = None if user_id is None else attempt_with(proctored_exam_id=exam["id"], user_id=user_id)
    return _summary(exam, attempt, learner)


def get_attempt_status_summaries(user_id: int | None, course_id: Any) -> dict[str, dict[str, Any]]:
    """Return ``{content id: status line}`` of all exams of a course; those without a line are absent.

    Additive (python-api.md 8.10): one query for exams, one for attempts, one credit call, however
    many exams there are.
    """
    course = str(course_id)
    learner = _Learner(user_id, course)
    all_exams = [exams.exam_dict(exam) for exam in ProctoredExam.get_all_exams_for_course(course)]
    newest_first = (
        ProctoredExamStudentAttempt.objects.filter(user_id=user_id, proctored_exam__course_id=course)
        .with_exam_and_user()
        .newest_first()
    )
    # Read from the oldest on, so that the newest of an exam stays.
    current = {attempt.proctored_exam_id: attempt for attempt in reversed(newest_first)}
    summaries: dict[str, dict[str, Any]] = {}
    for exam in all_exams:
        if not exam["is_proctored"]:
            summaries[exam["content_id"]] = _timed_summary()
        elif learner.may_see(exam):
            summaries[exam["content_id"]] = _summary(exam, current.get(exam["id"]), learner)
    return summaries


class _Learner:
    """What is asked about the learner, at most once per course."""

    def __init__(self, user_id: int | None, course_id: str) -> None:
        self.user_id = user_id
        self.course_id = course_id
        self.has_credit_service = runtime.get_runtime_service(host.CREDIT) is not None

    @cached_property
    def user(self) -> Any:
        """The learner, None if nobody has this id."""
        return None if self.user_id is None else get_user_model().objects.filter(pk=self.user_id).first()

    def may_see(self, exam: Mapping[str, Any]) -> bool:
        """Return whether the exam's line is for this learner. Only asked where credit is at stake."""
        if exam["is_practice_exam"]:
            return True
        if self.user_id is None:
            return False
        if not self.has_credit_service:
            return True
        return self.user is not None and bool(self.user.has_perm("edx_proctoring.can_take_proctored_exam", exam))

    @cached_property
    def is_course_over(self) -> bool:
        """Whether the course has ended, by the credit service's account."""
        if self.user_id is None:
            return False
        state = credit_state.credit_state(self.user_id, self.course_id, return_course_info=True) or {}
        return has_due_date_passed(state.get("course_end_date"))


def _timed_summary() -> dict[str, Any]:
    return _translated(TIMED_EXAM_STATUS_SUMMARY_MAP[_DEFAULT])


def _summary(exam: Mapping[str, Any], attempt: ProctoredExamStudentAttempt | None, learner: _Learner) -> dict[str, Any]:
    is_practice = exam["is_practice_exam"]
    if attempt is not None:
        status = transitions.end_if_time_is_up(attempt).status
    elif not is_practice and learner.is_course_over:
        status = Status.expired
    else:
        status = Status.eligible
    lines = PRACTICE_STATUS_SUMMARY_MAP if is_practice else STATUS_SUMMARY_MAP
    return {"status": status, **_translated(lines.get(status, lines[_DEFAULT]))}


def _translated(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy fit to be handed out: callers change it."""
    return {**line, "short_description": _(line["short_description"])}
