"""How long a learner may work if the clock starts now: exam, allowance, resumption and due date together.

The attempt that resumes another inherits the seconds that were left. An allowance that was raised
after the interruption is added to them; one that was lowered takes nothing away. Only resumed
attempts cost further queries, and only while the learner has an allowance. ``expiry`` says when a
clock that runs ends. Contract: contract/timing#allowed-minutes.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from edx_proctoring.api.lifecycle import queries
from edx_proctoring.models import (
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAllowanceHistory,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.models.allowances import MAX_MINUTES
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import get_exam_due_date
from edx_proctoring.utils.datetimes import later

__all__: list[str] = []

log = logging.getLogger(__name__)

_EXTRA_TIME: Final = ProctoredExamStudentAllowance.ADDITIONAL_TIME_GRANTED[0]
# What the column of an attempt holds.
LONGEST_LIMIT: Final = 2**31 - 1


# Pure arithmetic: ``now`` comes in as a parameter.


def cut_by_due_date(minutes: int, *, due: datetime | None, now: datetime) -> int:
    """Return how many whole minutes are left of a limit when the exam is due at ``due``.

    A limit that ends before the due date stays as it is, also a negative one.
    """
    if due is None or later(now, timedelta(minutes=minutes)) <= due:
        return minutes
    return max(int((due - now).total_seconds() / 60), 0)


def limit_before_due_date(base_minutes: int, *, extra_minutes: int | None, carry_over_seconds: int | None) -> int:
    """Return the limit that exam, allowance and resumption give together.

    ``carry_over_seconds``, from ``carried_seconds``, *replaces* limit and allowance. It includes the allowance.
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


# What the learner was granted


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


# What a start gives


@dataclass(frozen=True, slots=True)
class StartLimit:
    """What a start at this moment would give.

    ``minutes``: the limit of the clock. ``full_minutes``: the same before the due date cuts it.
    ``carried_seconds``: what replaces the exam's limit, None if that counts. ``extra_minutes``: the
    learner's allowance, whether it counts or not.
    """

    minutes: int
    full_minutes: int
    carried_seconds: int | None
    extra_minutes: int | None
    due: datetime | None

    @property
    def can_start(self) -> bool:
        """Whether the clock may start."""
        return can_start(self.minutes)


def limit_now(
    exam: Mapping[str, Any],
    user_id: int | None,
    attempt: ProctoredExamStudentAttempt | None,
    *,
    grants: Grants | None = None,
    fresh: bool = False,
) -> StartLimit:
    """Return what a start would give the learner now.

    Args:
        exam: exam dict; its ``time_limit_mins`` may be negative, and so may then be the answer.
        attempt: the attempt to be started or resumed, None if there is none.
        grants: the learner's, from callers who have looked them up.
        fresh: read the due date from the database: wherever something is decided by it.
    """
    due = get_exam_due_date(exam, user_id, fresh=fresh)
    return limit_until(due, exam, user_id, attempt, grants=grants)


def limit_until(
    due: datetime | None,
    exam: Mapping[str, Any],
    user_id: int | None,
    attempt: ProctoredExamStudentAttempt | None,
    *,
    grants: Grants | None = None,
) -> StartLimit:
    """As ``limit_now``, for callers who know when the exam is due for the learner."""
    extra_minutes = (grants or grants_for(exam["id"], user_id)).extra_minutes
    carried = carried_seconds(attempt, extra_minutes=extra_minutes)
    full = limit_before_due_date(exam["time_limit_mins"], extra_minutes=extra_minutes, carry_over_seconds=carried)
    minutes = cut_by_due_date(full, due=due, now=timezone.now())
    return StartLimit(minutes, full, carried, extra_minutes, due)


def carried_seconds(attempt: ProctoredExamStudentAttempt | None, *, extra_minutes: int | None) -> int | None:
    """Return the seconds that replace the exam's limit, None if the exam's limit counts.

    ``attempt``: the one that broke off, or the one that resumes it. ``extra_minutes``: the learner's
    allowance at the moment in question.
    """
    if attempt is None or attempt.time_remaining_seconds is None:
        return None
    return attempt.time_remaining_seconds + 60 * minutes_gained(attempt, extra_minutes=extra_minutes)


def minutes_gained(attempt: ProctoredExamStudentAttempt, *, extra_minutes: int | None) -> int:
    """Return by how much the allowance was raised since the interruption, never negative."""
    if not extra_minutes:
        return 0
    broke_off_at = _broke_off_at(attempt)
    if broke_off_at is None:
        # What the allowance was then is unknown, so none of it counts as new.
        return 0
    before = extra_minutes_at(attempt.proctored_exam_id, attempt.user_id, broke_off_at) or 0
    return max(extra_minutes - before, 0)


def _broke_off_at(attempt: ProctoredExamStudentAttempt) -> datetime | None:
    broken: ProctoredExamStudentAttempt | None = attempt
    if attempt.status != Status.error and not queries.is_attempt_in_resume_process(attempt):
        siblings = ProctoredExamStudentAttempt.objects.of_learner(attempt.proctored_exam_id, attempt.user_id)
        broken = siblings.filter(pk__lt=attempt.pk, resumed=True).order_by("-pk").first()
    return None if broken is None else queries.error_reported_at(broken)


def extra_minutes_at(exam_id: int, user_id: int, moment: datetime) -> int | None:
    """Return the learner's allowance of extra time as it was at a past moment, None if there was none.

    A state is archived when it ends, so the state of that moment is the first one archived after it,
    else the live row; states of allowances that were given later are left out. Of an allowance that
    6.1.4 removed it is not known when it was given: it counts as given before.
    """
    mine = {"proctored_exam_id": exam_id, "user_id": user_id, "key": _EXTRA_TIME}
    live = ProctoredExamStudentAllowance.objects.filter(**mine).first()
    is_newer = live is not None and live.created > moment
    archived = ProctoredExamStudentAllowanceHistory.objects.filter(**mine, created__gt=moment)
    ended_later = list(archived.order_by("created", "pk").values_list("value", "allowance_id", "removal__given"))
    given_later = {allowance_id for _, allowance_id, given in ended_later if given is not None and given > moment}
    if is_newer and live is not None:
        given_later.add(live.pk)
    for value, allowance_id, _ in ended_later:
        if allowance_id not in given_later:
            return minutes_granted(value, exam_id=exam_id, user_id=user_id)
    still_valid = live.value if live is not None and not is_newer else None
    return minutes_granted(still_valid, exam_id=exam_id, user_id=user_id)
