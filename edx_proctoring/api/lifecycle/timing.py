"""The one place that knows deadlines: limit, allowance, due date, remaining time, expiry.

Contract: contract/timing#now, contract/timing#time-out, contract/timing#expired-read,
contract/timing#allowed-minutes. Answers "why did this learner get 45 minutes?" in figures;
``attempts.deadline_report`` answers it in words. Nothing here changes an attempt.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from edx_proctoring.models import ProctoredExamStudentAllowance
from edx_proctoring.models.allowances import MAX_MINUTES
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus
from edx_proctoring.utils import get_exam_due_date, has_due_date_passed, has_end_date_passed
from edx_proctoring.utils.datetimes import later

__all__ = ["is_exam_passed_due"]

log = logging.getLogger(__name__)

# What the column of an attempt holds.
LONGEST_LIMIT: Final = 2**31 - 1


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


def cut_by_due_date(minutes: int, *, due: datetime | None, now: datetime) -> int:
    """Return how many whole minutes are left of a limit when the exam is due at ``due``.

    A limit that ends before the due date stays as it is, also a negative one.
    """
    if due is None or later(now, timedelta(minutes=minutes)) <= due:
        return minutes
    return max(int((due - now).total_seconds() / 60), 0)


def limit_before_due_date(base_minutes: int, *, extra_minutes: int | None, carry_over_seconds: int | None) -> int:
    """Return the limit that exam, allowance and resumption give together.

    ``carry_over_seconds``, from ``allowed_time.carried_seconds``, *replaces* limit and allowance. It includes the
    allowance.
    """
    if carry_over_seconds is not None:
        return int(carry_over_seconds / 60)
    return min(base_minutes + (extra_minutes or 0), LONGEST_LIMIT)


def allowed_minutes(
    base_minutes: int,
    *,
    extra_minutes: int | None,
    carry_over_seconds: int | None,
    due: datetime | None,
    now: datetime,
) -> int:
    """Return the whole minutes a learner gets if the clock starts at ``now``."""
    limit = limit_before_due_date(base_minutes, extra_minutes=extra_minutes, carry_over_seconds=carry_over_seconds)
    return cut_by_due_date(limit, due=due, now=now)


def can_start(minutes: int) -> bool:
    """Return whether a clock with so many minutes may start. Under a minute it would only end the attempt."""
    return minutes >= 1


@dataclass(frozen=True, slots=True)
class Grants:
    """What one learner was granted in one exam beyond its rules."""

    extra_minutes: int | None
    review_policy_exception: str | None


def grants_for(exam_id: int, user_id: int | None) -> Grants:
    """Return the learner's allowances that have a meaning to us. One query."""
    allowances = ProctoredExamStudentAllowance
    values = dict(allowances.objects.filter(proctored_exam_id=exam_id, user_id=user_id).values_list("key", "value"))
    return grants_of(
        values.get(allowances.ADDITIONAL_TIME_GRANTED[0]),
        values.get(allowances.REVIEW_POLICY_EXCEPTION[0]),
        exam_id=exam_id,
        user_id=user_id,
    )


def grants_of(
    extra_time: str | None, review_policy_exception: str | None, *, exam_id: int, user_id: int | None
) -> Grants:
    """Return what these values of allowances mean; None: not given."""
    return Grants(minutes_granted(extra_time, exam_id=exam_id, user_id=user_id), review_policy_exception)


def minutes_granted(value: str | None, *, exam_id: int, user_id: int | None) -> int | None:
    """Return the minutes of an allowance; None without one, and for a text of 6.1.4 that is not a number, as ``²``."""
    if value is None:
        return None
    if value.isascii() and value.strip().isdigit():
        return min(int(value), MAX_MINUTES)
    log.warning("allowance is not a number of minutes and does not count: exam_id=%s user_id=%s", exam_id, user_id)
    return None


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
