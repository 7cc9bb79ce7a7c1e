"""Short status lines for course outlines. Contract: contract/outline-status#line.

The host asks for every special exam of an outline. Within a request the first call loads the whole course
(``_Outline``); ``get_attempt_status_summaries`` returns the lines of a whole course at once. Nothing here may use the
learning-sequences service, because that service calls these functions.
"""

import logging
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from edx_proctoring import host, runtime
from edx_proctoring.api.effects import credit_lookup
from edx_proctoring.api.exams import exams
from edx_proctoring.api.lifecycle import queries, status_change
from edx_proctoring.exceptions import ProctoredExamNotFoundException
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import has_due_date_passed, request_scope
from edx_proctoring.utils.storable import as_id
from edx_proctoring.utils.texts import as_text

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

# Published names. Outside code matches the English descriptions; they are translated when they are returned.
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

    ``user_id``: None for an anonymous visitor of a public outline.

    Keys: ``short_description`` (translated), ``suggested_icon``, ``in_completed_state`` and, except
    for timed exams, ``status``. None: the exam is unknown, or the learner may not take it proctored.
    Within a request the first call loads the whole course, and the others need no query.
    """
    user_id = as_id(user_id)
    outline = _outline_of_request(user_id, as_text(course_id))
    try:
        exam = outline.exam(as_text(content_id)) if outline else exams.get_exam_by_content_id(course_id, content_id)
    except ProctoredExamNotFoundException:
        log.exception("no summary, exam unknown: course_id=%s content_id=%s", course_id, content_id)
        return None
    if outline:
        return outline.line(exam)
    learner = _Learner(user_id, as_text(course_id))
    if not exam["is_proctored"]:
        return _timed_summary()
    if not learner.may_see(exam):
        return None
    attempt = queries.counting_attempt(exam["id"], user_id)
    return _summary(exam, attempt, learner)


def get_attempt_status_summaries(
    user_id: int | None, course_id: Any, content_ids: Iterable[Any] | None = None
) -> dict[str, dict[str, Any]]:
    """Return ``{content id: status line}`` of all exams of a course; those without a line are absent.

    ``content_ids``: only these; ids that are not exams are ignored. Beyond the contract
    (contract/outline-status#line): one query for exams, one for attempts, one for the learner and one call of the
    credit service, however many exams there are.
    """
    user_id = as_id(user_id)
    outline = _outline_of_request(user_id, as_text(course_id)) or _Outline(user_id, as_text(course_id))
    wanted = outline.exams.keys() if content_ids is None else {as_text(content_id) for content_id in content_ids}
    lines = {content_id: outline.line(exam) for content_id, exam in outline.exams.items() if content_id in wanted}
    return {content_id: line for content_id, line in lines.items() if line is not None}


# A course within a request


class _Outline:
    """The data behind the status lines of one course for one learner; each part is loaded once."""

    def __init__(self, user_id: int | None, course_id: str) -> None:
        self._course_id = course_id
        self._learner = _Learner(user_id, course_id)

    @cached_property
    def exams(self) -> dict[str, dict[str, Any]]:
        """Exam dicts by content id."""
        found = ProctoredExam.get_all_exams_for_course(self._course_id)
        return {exam.content_id: exam_dict(exam) for exam in found}

    @cached_property
    def _attempts(self) -> dict[int, ProctoredExamStudentAttempt]:
        """The newest attempt of each exam, by the exam's id."""
        if self._learner.user_id is None:
            return {}
        newest_first = (
            ProctoredExamStudentAttempt.objects.filter(
                user_id=self._learner.user_id, proctored_exam__course_id=self._course_id
            )
            .with_exam_and_user()
            .newest_first()
        )
        # Oldest first, so that the newest attempt of an exam is the one that stays.
        return {
            attempt.proctored_exam_id: attempt
            for attempt in reversed(newest_first)
            if not queries.is_left_from_practice(attempt)
        }

    def exam(self, content_id: str) -> dict[str, Any]:
        """Return the exam dict. Raises ``ProctoredExamNotFoundException``."""
        try:
            return self.exams[content_id]
        except KeyError:
            raise ProctoredExamNotFoundException(
                f"Cannot find proctored exam in course_id={self._course_id} with content_id={content_id}"
            ) from None

    def line(self, exam: dict[str, Any]) -> dict[str, Any] | None:
        """Return the status line of an exam of the course as a new dict, or None."""
        if not exam["is_proctored"]:
            return _timed_summary()
        if not self._learner.may_see(exam):
            return None
        return _summary(exam, self._attempts.get(exam["id"]), self._learner)


def _outline_of_request(user_id: int | None, course_id: str) -> _Outline | None:
    """Return the outline kept for this request, a new one at the first call; None outside a request."""
    cache = request_scope.request_cache(request_scope.OUTLINES)
    if cache is None:
        return None
    outline: _Outline = cache.data.setdefault(f"{user_id}:{course_id}", _Outline(user_id, course_id))
    return outline


class _Learner:
    """What the status lines need to know about the learner; each part is loaded once."""

    def __init__(self, user_id: int | None, course_id: str) -> None:
        self.user_id = user_id
        self.course_id = course_id
        self._may_take: bool | None = None
        self.has_credit_service = runtime.get_runtime_service(host.CREDIT) is not None

    @cached_property
    def user(self) -> Any:
        """The learner, None for an unknown id."""
        return None if self.user_id is None else get_user_model().objects.filter(pk=self.user_id).first()

    def may_see(self, exam: Mapping[str, Any]) -> bool:
        """Return whether the learner gets a line for this proctored exam. Checked only in courses with credit."""
        if exam["is_practice_exam"]:
            return True
        if self.user_id is None:
            return False
        if not self.has_credit_service:
            return True
        if self._may_take is None:
            # The same for every exam of the course (contract/outline-status#within-a-request), and the host needs
            # queries for it.
            self._may_take = self.user is not None and bool(
                self.user.has_perm("edx_proctoring.can_take_proctored_exam", exam)
            )
        return self._may_take

    @cached_property
    def is_course_over(self) -> bool:
        """Whether the course has ended, according to the credit service."""
        if self.user_id is None:
            return False
        state = credit_lookup.credit_state(self.user_id, self.course_id, return_course_info=True) or {}
        return has_due_date_passed(state.get("course_end_date"))


def _timed_summary() -> dict[str, Any]:
    return _translated(TIMED_EXAM_STATUS_SUMMARY_MAP[_DEFAULT])


def _summary(exam: Mapping[str, Any], attempt: ProctoredExamStudentAttempt | None, learner: _Learner) -> dict[str, Any]:
    is_practice = exam["is_practice_exam"]
    if attempt is not None:
        status = status_change.end_if_time_is_up(attempt).status
    elif not is_practice and learner.is_course_over:
        status = Status.expired
    else:
        status = Status.eligible
    lines = PRACTICE_STATUS_SUMMARY_MAP if is_practice else STATUS_SUMMARY_MAP
    return {"status": status, **_translated(lines.get(status, lines[_DEFAULT]))}


def _translated(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return a translated copy, because callers change it."""
    return {**line, "short_description": _(line["short_description"])}
