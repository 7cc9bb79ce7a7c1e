"""Why a learner's time ends when it ends, explained for people.

The arithmetic is in ``lifecycle.allowed_time``; more time is given in ``extension``.
Contract: contract/timing#explanation.
"""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, QuerySet
from django.utils.translation import gettext as _

from edx_proctoring.api.lifecycle import allowed_time, expiry
from edx_proctoring.api.lifecycle.queries import attempt_with, existing_attempt, is_attempt_ready_to_resume
from edx_proctoring.exceptions import (
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import HistoricalProctoredExamStudentAttempt, ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict, exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import get_course_end_date, get_exam_due_date, humanized_time
from edx_proctoring.utils.storable import as_id

__all__ = ["DeadlineExplanation", "Extension", "exists_extension", "explain_deadline", "extended_minutes"]

# The reason kept in the history row of an extension begins with this word.
EXTENSION_MARK: Final = "extended"

BOUND_BY_LIMIT: Final = "limit"
BOUND_BY_CARRY_OVER: Final = "carry_over"
BOUND_BY_DUE_DATE: Final = "due_date"


@dataclass(frozen=True, slots=True)
class Extension:
    """Minutes that staff added while the clock ran, or took away if negative. ``by``: User.id or None."""

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

    After a start, limit, allowance and carry-over are those of the start, and ``too_late_minutes`` is
    the allowance that was given afterwards and does not count. An attempt that was released for
    resumption is explained by what a new start would give.
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
    too_late_minutes: int | None = None

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
    due_date, due_date_source = _due_date_with_source(exam, user_id)
    now_granted = allowed_time.grants_for(exam["id"], user_id).extra_minutes
    started_at = None if attempt is None or is_attempt_ready_to_resume(attempt_dict(attempt)) else attempt.started_at
    extensions: Sequence[Extension] = ()
    if attempt is not None and started_at is not None and attempt.allowed_time_limit_mins is not None:
        allowed = attempt.allowed_time_limit_mins
        extensions = _extensions_of(attempt)
        parts = _parts_at_start(
            attempt, exam, started_at, granted=allowed - sum(extension.minutes for extension in extensions)
        )
    else:
        limit = allowed_time.limit_now(exam, user_id, attempt, fresh=True)
        allowed = limit.minutes
        inherited = None if attempt is None else attempt.time_remaining_seconds
        parts = _Parts(
            exam["time_limit_mins"], limit.extra_minutes, inherited, limit.full_minutes, limit.minutes, is_fixed=False
        )
    is_running = attempt is not None and Status.is_in_progress_status(attempt.status)
    too_late = (now_granted or 0) - (parts.extra_minutes or 0) if parts.is_fixed else 0
    return DeadlineExplanation(
        exam_id=exam["id"],
        user_id=user_id,
        attempt_id=None if attempt is None else attempt.pk,
        base_limit_minutes=parts.base_minutes,
        allowance_minutes=parts.extra_minutes,
        carry_over_seconds=parts.carried_seconds,
        limit_minutes=parts.full_minutes,
        due_date=due_date,
        due_date_source=due_date_source,
        course_end=get_course_end_date(exam["course_id"]),
        allowed_minutes=allowed,
        started_at=started_at,
        ends_at=expiry.expires_at(started_at, allowed),
        is_running=is_running,
        extensions=extensions,
        binding=parts.binding,
        sentence=_sentence(allowed, parts, extensions, too_late=max(too_late, 0), is_running=is_running),
        too_late_minutes=max(too_late, 0) or None,
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a limit is made of. ``is_fixed``: by a start, so later changes of exam, allowance and due date do not count.

    ``carried_seconds``: what was left at the interruption. ``full_minutes``: the limit without the due
    date. ``minutes``: with it, and without extensions.
    """

    base_minutes: int
    extra_minutes: int | None
    carried_seconds: int | None
    full_minutes: int
    minutes: int
    is_fixed: bool

    @property
    def binding(self) -> str:
        """What decides."""
        if self.minutes < self.full_minutes:
            return BOUND_BY_DUE_DATE
        return BOUND_BY_LIMIT if self.carried_seconds is None else BOUND_BY_CARRY_OVER

    @property
    def gained_minutes(self) -> int:
        """What an allowance added to the time that was left at the interruption."""
        return 0 if self.carried_seconds is None else max(self.full_minutes - self.carried_seconds // 60, 0)


def _parts_at_start(
    attempt: ProctoredExamStudentAttempt, exam: dict[str, Any], started_at: datetime, *, granted: int
) -> _Parts:
    """Return the parts of a limit as they were when the attempt started, from the histories."""
    exam_then = ProctoredExam.history.filter(id=exam["id"], history_date__lte=started_at)
    base = exam_then.order_by("-history_date", "-history_id").values_list("time_limit_mins", flat=True).first()
    base = exam["time_limit_mins"] if base is None else base
    extra = allowed_time.extra_minutes_at(exam["id"], attempt.user_id, started_at)
    started = attempt.history.filter(started_at__isnull=False).order_by("history_date", "history_id")
    # Later, an interruption puts what is left then in its place.
    carried = started.values_list("time_remaining_seconds", flat=True).first()
    if carried is None:
        full = allowed_time.limit_before_due_date(base, extra_minutes=extra, carry_over_seconds=None)
    else:
        full = max(carried // 60, granted)
    return _Parts(base, extra, carried, full, granted, is_fixed=True)


def extended_minutes(attempt_ids: Collection[int], /) -> dict[int, int]:
    """Return ``{attempt id: minutes}`` that staff added while the clocks ran, without attempts that got none.

    One query, none without ids.
    """
    if not attempt_ids:
        return {}
    minutes: Counter[int] = Counter()
    archive = HistoricalProctoredExamStudentAttempt.objects.filter(id__in=attempt_ids)
    for attempt_id, text in _extended(archive).values_list("id", "history_change_reason"):
        minutes[attempt_id] += _parsed(text)[0]
    return dict(minutes)


def exists_extension(attempt: Any) -> Exists:
    """Return the condition that staff extended an attempt while its clock ran. ``attempt``: an ``OuterRef``."""
    return Exists(_extended(HistoricalProctoredExamStudentAttempt.objects.filter(id=attempt)))


def _extensions_of(attempt: ProctoredExamStudentAttempt) -> list[Extension]:
    rows = (
        _extended(attempt.history.all())
        .order_by("history_id")
        .values_list("history_change_reason", "history_user_id", "history_date")
    )
    extensions = []
    for text, user_id, at in rows:
        minutes, reason = _parsed(text)
        extensions.append(Extension(minutes, user_id, at, reason))
    return extensions


def _extended(archive: QuerySet) -> QuerySet:
    """Return those rows of the history that extended an attempt."""
    return archive.filter(history_change_reason__startswith=f"{EXTENSION_MARK} ")


def _parsed(text: str) -> tuple[int, str]:
    """Return minutes and reason of a row of the history."""
    minutes, _separator, reason = text.removeprefix(f"{EXTENSION_MARK} ").partition(": ")
    return int(minutes), reason


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
    return None, ProctoredExam.objects.existing(exam_number), learner_id


def _due_date_with_source(exam: dict[str, Any], user_id: int) -> tuple[datetime | None, str | None]:
    for_learner = get_exam_due_date(exam, user_id, fresh=True)
    if for_learner is None:
        return None, None
    for_everybody = get_exam_due_date(exam)
    if for_learner != for_everybody:
        return for_learner, "learner"
    return for_learner, "exam" if for_everybody == exam["due_date"] else "course"


def _sentence(allowed: int, parts: _Parts, extensions: Sequence[Extension], *, too_late: int, is_running: bool) -> str:
    time = humanized_time(allowed)
    extended_by = sum(extension.minutes for extension in extensions)
    if parts.binding == BOUND_BY_DUE_DATE:
        sentence = _("{time}: limited by the due date of the exam.").format(time=time)
    elif parts.binding == BOUND_BY_CARRY_OVER:
        sentence = _("{time}: what was left when the attempt was interrupted.").format(time=time)
        if parts.gained_minutes:
            sentence += " " + _("{extra} of it were granted since then.").format(
                extra=humanized_time(parts.gained_minutes)
            )
    elif parts.extra_minutes:
        sentence = _("{time}: the limit of the exam and an allowance of {extra}.").format(
            time=time, extra=humanized_time(parts.extra_minutes)
        )
    else:
        sentence = _("{time}: the limit of the exam.").format(time=time)
    if extended_by < 0:
        sentence += " " + _("Taken away during the exam: {extra}.").format(extra=humanized_time(-extended_by))
    elif extended_by:
        sentence += " " + _("Added during the exam: {extra}.").format(extra=humanized_time(extended_by))
    if too_late:
        late = _("An allowance of {extra} was given after the start and does not count.").format(
            extra=humanized_time(too_late)
        )
        advice = (
            _("To give more time now, extend the running attempt.")
            if is_running
            else _("To let the learner use it, reset the attempt.")
        )
        sentence += f" {late} {advice}"
    return sentence
