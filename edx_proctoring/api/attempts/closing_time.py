"""When a running attempt is closed to the learner: one answer for the page of the exam and its timer.

Contract: contract/timing#closing. The limit is fixed at the start, but a due date may be moved while an exam runs, and
then the page is closed from that date on. Attempts that staff have extended go on to the end of their clock, and so do
practice and onboarding.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from edx_proctoring.api.attempts.deadline_report import EXTENSION_MARK
from edx_proctoring.api.lifecycle import expiry
from edx_proctoring.models import HistoricalProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import get_exam_due_date
from edx_proctoring.utils.datetimes import with_zone
from edx_proctoring.utils.due_dates import get_course_end_date

__all__: list[str] = []


def closes_at(attempt: Mapping[str, Any]) -> datetime | None:
    """Return when the clock of an attempt dict runs out, or the exam closes if that is earlier; None without a clock.

    Every page polls this, so it asks as the page of the exam does: the date service's cache first, and the database
    only where the exam would close before the end. Then the attempt may have been extended, too.
    """
    end = expiry.expires_at(attempt["started_at"], attempt["allowed_time_limit_mins"])
    exam = attempt["proctored_exam"]
    if end is None or not Status.is_in_progress_status(attempt["status"]) or exam["is_practice_exam"]:
        return end
    learner_id = attempt["user"]["id"]
    # A stored date has usually just been moved, and the date service's cache may not know it yet.
    is_asked = _is_earlier(with_zone(exam["due_date"]), end) or _is_earlier(_closing_date(exam, learner_id), end)
    if not is_asked:
        return end
    date = _closing_date(exam, learner_id, fresh=True)
    return date if _is_earlier(date, end) and not was_extended(attempt["id"]) else end


def seconds_left(moment: datetime | None) -> float:
    """Return the seconds until an attempt closes, never negative; 0 for None."""
    return 0 if moment is None else max((moment - timezone.now()).total_seconds(), 0)


def was_extended(attempt_id: int) -> bool:
    """Return whether staff have given a running attempt more time. One query."""
    changes = HistoricalProctoredExamStudentAttempt.objects.filter(id=attempt_id)
    return bool(changes.filter(history_change_reason__startswith=f"{EXTENSION_MARK} ").exists())


def _closing_date(exam: Mapping[str, Any], learner_id: int, *, fresh: bool = False) -> datetime | None:
    """Return when the exam is due for the learner, or a timed exam without a due date ends with its course."""
    date = get_exam_due_date(exam, learner_id, fresh=fresh)
    if date is None and not exam["is_proctored"]:
        return get_course_end_date(exam["course_id"], fresh=fresh)
    return date


def _is_earlier(date: datetime | None, end: datetime) -> bool:
    return date is not None and date < end
