"""Small functions about exams and attempts that hosts import.

Contract: contract/helpers#exam-type, contract/helpers#locate-attempt.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final, TypedDict

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus

__all__ = ["ExamType", "get_exam_type", "is_reattempting_exam", "locate_attempt_by_attempt_code"]

log = logging.getLogger(__name__)

# Outside code matches the English text (contract/rest-clients#words); people see it translated.
_HUMANIZED: Final = {
    "timed": gettext_noop("a timed exam"),
    "practice": gettext_noop("a practice exam"),
    "onboarding": gettext_noop("an onboarding exam"),
    "proctored": gettext_noop("a proctored exam"),
}


class ExamType(TypedDict):
    """The kind of an exam: a word for programs and a translated phrase for people."""

    type: str
    humanized_type: str


def get_exam_type(exam: Mapping[str, Any], provider: Any) -> ExamType:
    """Return the kind of an exam. ``provider``: the exam's, None for a timed exam."""
    if not exam["is_proctored"] and not exam["is_practice_exam"]:
        kind = "timed"
    elif exam["is_proctored"] and exam["is_practice_exam"]:
        kind = "onboarding" if provider is not None and provider.supports_onboarding else "practice"
    else:
        # Contract: an unproctored practice exam counts as proctored here.
        kind = "proctored"
    return ExamType(type=kind, humanized_type=_(_HUMANIZED[kind]))


def is_reattempting_exam(from_status: str, to_status: str) -> bool:
    """Return whether a learner whose clock is running enters the exam again."""
    return ProctoredExamStudentAttemptStatus.is_in_progress_status(
        from_status
    ) and ProctoredExamStudentAttemptStatus.is_pre_started_status(to_status)


def locate_attempt_by_attempt_code(
    attempt_code: str,
) -> tuple[ProctoredExamStudentAttempt | None, bool | None]:
    """Find an attempt by our code, live or removed.

    Returns ``(attempt, False)`` for a live attempt, ``(attempt, True)`` for one rebuilt from its
    history, ``(None, None)`` for an unknown code.
    """
    attempt = ProctoredExamStudentAttempt.objects.get_exam_attempt_by_code(attempt_code)
    if attempt is not None:
        return attempt, False
    attempt = ProctoredExamStudentAttempt.get_historic_attempt_by_code(attempt_code)
    if attempt is not None:
        return attempt, True
    log.error("no live or archived attempt has this code: attempt_code=%s", attempt_code)
    return None, None
