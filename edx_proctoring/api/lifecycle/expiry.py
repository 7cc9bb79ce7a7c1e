"""When the clock of an attempt runs out, how much time is left, and whether an exam is over.

Contract: contract/timing#now, contract/timing#time-out, contract/timing#expired-read. How long the
clock runs is in ``allowed_time``. Nothing here changes an attempt.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus
from edx_proctoring.utils import get_exam_due_date, has_due_date_passed, has_end_date_passed
from edx_proctoring.utils.datetimes import later

__all__ = ["is_exam_passed_due"]

# Pure arithmetic: ``now`` comes in as a parameter.


def expires_at(started_at: datetime | None, limit_minutes: int | None) -> datetime | None:
    """Return the moment at which the clock runs out; None if it does not run or has no known limit."""
    if started_at is None or limit_minutes is None:
        return None
    return later(started_at, timedelta(minutes=limit_minutes))


def seconds_left_at(
    moment: datetime, started_at: datetime | None, limit_minutes: int | None, kept_seconds: int | None
) -> int | None:
    """Return how many seconds an attempt had left at ``moment``, at least 0; None if that is not known.

    ``kept_seconds``: what is stored with an attempt that broke off. It decides only where there is no clock: a resumed
    attempt stores the seconds with which it began.
    """
    end = expires_at(started_at, limit_minutes)
    return kept_seconds if end is None else max(int((end - moment).total_seconds()), 0)


def has_run_out(status: str, started_at: datetime | None, limit_minutes: int | None, *, now: datetime) -> bool:
    """Return whether an open attempt has used up its time. At the very moment it has not."""
    moment = expires_at(started_at, limit_minutes)
    return moment is not None and now > moment and ProctoredExamStudentAttemptStatus.is_incomplete_status(status)


def is_exam_passed_due(exam: Mapping[str, Any], user: Any = None) -> bool:
    """Return whether an exam is over for a user: id, ``User`` or None for everybody.

    The end of the course counts only for timed exams without any due date.
    """
    return is_over(exam, get_exam_due_date(exam, user))


def is_closed(exam: Mapping[str, Any], user: Any = None) -> bool:
    """As ``is_exam_passed_due``, for pages that refuse a learner.

    A date that closes the exam is read once more from the database: the date service remembers dates
    across requests, and an extension may have been granted meanwhile.
    """
    return is_exam_passed_due(exam, user) and is_over(exam, get_exam_due_date(exam, user, fresh=True), fresh=True)


def is_over(exam: Mapping[str, Any], due_date: datetime | None, *, fresh: bool = False) -> bool:
    """As ``is_exam_passed_due``, for callers who know the due date.

    ``fresh``: a course end that closes the exam is read once more from the database.
    """
    if due_date is not None:
        return has_due_date_passed(due_date)
    if exam["is_proctored"] or exam["is_practice_exam"]:
        return False
    course_id = exam["course_id"]
    return has_end_date_passed(course_id) and (not fresh or has_end_date_passed(course_id, fresh=True))


def does_time_remain(attempt: Mapping[str, Any] | None) -> bool:
    """Return whether the clock of an attempt dict is ticking and has not run out."""
    if not attempt or not ProctoredExamStudentAttemptStatus.is_incomplete_status(attempt["status"]):
        return False
    moment = expires_at(attempt["started_at"], attempt["allowed_time_limit_mins"])
    return moment is not None and timezone.now() < moment


def _was_review_status_acknowledged(is_status_acknowledged: bool, exam: Mapping[str, Any], user: Any = None) -> bool:
    """Return whether the learner put the notice about the result away, and the exam is over."""
    return is_status_acknowledged and is_exam_passed_due(exam, user=user)


# Contract name (contract/learner-pages#imported-names).
_does_time_remain = does_time_remain
