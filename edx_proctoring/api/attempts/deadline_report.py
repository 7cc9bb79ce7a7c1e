"""Why a learner's time ends when it ends, explained for people.

The arithmetic is in ``lifecycle.timing``; more time is given in ``extension``. Spec: beyond.md 5.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from edx_proctoring.api.lifecycle import timing
from edx_proctoring.api.lifecycle.queries import attempt_with, existing_attempt
from edx_proctoring.exceptions import (
    ProctoredExamNotFoundException,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import get_course_end_date, get_exam_due_date, humanized_time
from edx_proctoring.utils.storable import as_id

__all__ = ["DeadlineExplanation", "Extension", "explain_deadline"]

# The reason kept in the history row of an extension begins with this word.
EXTENSION_MARK: Final = "extended"

BOUND_BY_LIMIT: Final = "limit"
BOUND_BY_CARRY_OVER: Final = "carry_over"
BOUND_BY_DUE_DATE: Final = "due_date"


@dataclass(frozen=True, slots=True)
class Extension:
    """Minutes that staff added while the clock ran. ``by``: User.id or None."""

    minutes: int
    by: int | None
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class DeadlineExplanation:
    """Where a learner's limit and deadline come from. Minutes and seconds as named, datetimes in UTC.

    ``due_date_source``: ``exam`` (stored with the exam), ``course`` (the date service, for
    everybody), ``learner`` (the date service, for this learner: an individual extension or a
    self-paced schedule), or None. ``binding``: what decides, ``limit``, ``carry_over`` or
    ``due_date``. ``ends_at``: when the clock runs out; None before the start. ``is_running``: the
    limit is fixed, later allowances do not change it. ``sentence``: for people, translated.
    """

    exam_id: int
    user_id: int
    attempt_id: int | None
    base_limit_minutes: int
    allowance_minutes: int | None
    carry_over_seconds: int | None
    limit_minutes: int
    due_date: datetime | None
    due_date_source: str | None
    course_end: datetime | None
    allowed_minutes: int
    started_at: datetime | None
    ends_at: datetime | None
    is_running: bool
    extensions: Sequence[Extension]
    binding: str
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """Return the same as JSON-safe values; datetimes as ISO strings."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self), default=lambda instant: instant.isoformat()))
        return values


def explain_deadline(
    attempt_id: int | None = None, *, exam_id: int | None = None, user_id: int | None = None
) -> DeadlineExplanation:
    """Explain how much time a learner has, and why.

    Either ``attempt_id``, or ``exam_id`` and ``user_id``: then the learner's current attempt is
    explained, or what would be the limit of one that starts now. Changes nothing. Raises
    ``StudentExamAttemptDoesNotExistsException``, ``ProctoredExamNotFoundException``.
    """
    attempt, exam_obj, user_id = _subject(attempt_id, exam_id, user_id)
    exam = exam_dict(exam_obj)
    now = timezone.now()
    carry_over_seconds = None if attempt is None else attempt.time_remaining_seconds
    allowance_minutes = timing.grants_for(exam["id"], user_id).extra_minutes
    limit = timing.limit_before_due_date(
        exam["time_limit_mins"], extra_minutes=allowance_minutes, carry_over_seconds=carry_over_seconds
    )
    due_date, due_date_source = _due_date_with_source(exam, user_id)
    started_at = None if attempt is None else attempt.started_at
    extensions: Sequence[Extension] = ()
    if attempt is not None and started_at is not None and attempt.allowed_time_limit_mins is not None:
        allowed = attempt.allowed_time_limit_mins
        extensions = _extensions_of(attempt)
        granted_at_start = allowed - sum(extension.minutes for extension in extensions)
        was_cut = granted_at_start < limit and due_date is not None
    else:
        allowed = timing.cut_by_due_date(limit, due=due_date, now=now)
        was_cut = allowed != limit
    if was_cut:
        binding = BOUND_BY_DUE_DATE
    else:
        binding = BOUND_BY_LIMIT if carry_over_seconds is None else BOUND_BY_CARRY_OVER
    return DeadlineExplanation(
        exam_id=exam["id"],
        user_id=user_id,
        attempt_id=None if attempt is None else attempt.pk,
        base_limit_minutes=exam["time_limit_mins"],
        allowance_minutes=allowance_minutes,
        carry_over_seconds=carry_over_seconds,
        limit_minutes=limit,
        due_date=due_date,
        due_date_source=due_date_source,
        course_end=get_course_end_date(exam["course_id"]),
        allowed_minutes=allowed,
        started_at=started_at,
        ends_at=timing.expires_at(started_at, allowed),
        is_running=attempt is not None and Status.is_in_progress_status(attempt.status),
        extensions=extensions,
        binding=binding,
        sentence=_sentence(allowed, binding, allowance_minutes, extensions),
    )


def _extensions_of(attempt: ProctoredExamStudentAttempt) -> list[Extension]:
    rows = (
        attempt.history.filter(history_change_reason__startswith=f"{EXTENSION_MARK} ")
        .order_by("history_id")
        .values_list("history_change_reason", "history_user_id", "history_date")
    )
    extensions = []
    for text, user_id, at in rows:
        minutes, _separator, reason = text.removeprefix(f"{EXTENSION_MARK} ").partition(": ")
        extensions.append(Extension(int(minutes), user_id, at, reason))
    return extensions


def _subject(
    attempt_id: int | None, exam_id: int | None, user_id: int | None
) -> tuple[ProctoredExamStudentAttempt | None, ProctoredExam, int]:
    if attempt_id is not None:
        attempt = existing_attempt(attempt_id)
        return attempt, attempt.proctored_exam, attempt.user_id
    exam_number, learner_id = as_id(exam_id), as_id(user_id)
    if exam_number is None or learner_id is None:
        raise StudentExamAttemptDoesNotExistsException("Name an attempt, or an exam and a user.")
    current = attempt_with(proctored_exam_id=exam_number, user_id=learner_id)
    if current is not None:
        return current, current.proctored_exam, learner_id
    exam = ProctoredExam.get_exam_by_id(exam_number)
    if exam is None:
        raise ProctoredExamNotFoundException(f"Attempted to get exam_id={exam_id}, but this exam does not exist.")
    return None, exam, learner_id


def _due_date_with_source(exam: dict[str, Any], user_id: int) -> tuple[datetime | None, str | None]:
    for_learner = get_exam_due_date(exam, user_id)
    if for_learner is None:
        return None, None
    for_everybody = get_exam_due_date(exam)
    if for_learner != for_everybody:
        return for_learner, "learner"
    return for_learner, "exam" if for_everybody == exam["due_date"] else "course"


def _sentence(allowed: int, binding: str, allowance_minutes: int | None, extensions: Sequence[Extension]) -> str:
    time = humanized_time(allowed)
    extended_by = sum(extension.minutes for extension in extensions)
    if binding == BOUND_BY_DUE_DATE:
        sentence = _("{time}: the due date of the exam cuts the limit.").format(time=time)
    elif binding == BOUND_BY_CARRY_OVER:
        sentence = _("{time}: what was left when the attempt was interrupted.").format(time=time)
    elif allowance_minutes:
        sentence = _("{time}: the limit of the exam and an allowance of {extra}.").format(
            time=time, extra=humanized_time(allowance_minutes)
        )
    else:
        sentence = _("{time}: the limit of the exam.").format(time=time)
    if extended_by:
        sentence += " " + _("Added during the exam: {extra}.").format(extra=humanized_time(extended_by))
    return sentence
