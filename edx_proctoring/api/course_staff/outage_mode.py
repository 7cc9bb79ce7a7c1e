"""Outage mode: a provider is out of order, and staff let an exam go on without it, on record.

Contract: contract/outage#who, contract/outage#in-force.

Nothing switches itself on. An outage ends by its time, without any job. Locks: the exam.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone

from edx_proctoring import conf
from edx_proctoring.api.attempts import outage_attempts
from edx_proctoring.api.audit.staff_record import record_for_exam
from edx_proctoring.api.course_staff import measures
from edx_proctoring.api.course_staff.attempt_bulk_actions import targets_of_ids
from edx_proctoring.api.course_staff.measures import Measure
from edx_proctoring.api.effects import outbox
from edx_proctoring.api.jobs import outage_actions
from edx_proctoring.api.jobs.creating import JobOutcome, request_job
from edx_proctoring.api.jobs.kinds import Target
from edx_proctoring.api.providers import declared_outages
from edx_proctoring.exceptions import (
    MeasureInForce,
    MeasureNotInForce,
    NoProviderException,
)
from edx_proctoring.models import AttemptIncident, ExamMeasure, ProctoredExam, ProctoredExamStudentAttempt, StaffJob
from edx_proctoring.serializers import exam_dict
from edx_proctoring.utils import emit_event
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["decide_outage_attempts", "end_outage", "prolong_outage", "start_outage"]

log = logging.getLogger(__name__)

# Values of ``OUTAGE_MODE``, beside ``off``.
GLOBAL_STAFF: Final = "global_staff"
COURSE_STAFF: Final = "course_staff"

# A reason and a text for learners have at most so many characters.
LONGEST_TEXT: Final = 500


@dataclass(frozen=True, slots=True)
class OutageView:
    """What is known of outages of an exam's provider.

    ``suggested``: the provider does not answer. ``undecided``: how many attempts staff have still to decide about.
    """

    measure: Measure | None
    suggested: bool
    undecided: int


@dataclass(frozen=True, slots=True)
class ExamOutage:
    """An exam that is taken without its provider (``measure``), or in which staff have still to decide about some."""

    exam_id: int
    measure: Measure | None
    undecided: int


@dataclass(frozen=True, slots=True)
class Started:
    """An outage that was started. ``setup``: the job for learners in set-up, None without any."""

    measure: Measure
    setup: JobOutcome | None


def outage_view(exam_id: int, /, *, now: datetime) -> OutageView:
    """Return the outage of an exam, if there is one. Raises ``ProctoredExamNotFoundException``. Three queries."""
    exam = ProctoredExam.objects.existing(exam_id)
    in_force = ExamMeasure.objects.outages().in_force(now).filter(exam_id=exam_id)
    [*found] = measures.shown(in_force.order_by("id"), now=now)
    return OutageView(found[0] if found else None, declared_outages.is_suggested(exam), _undecided(exam_id).count())


def outages_of(exam_ids: Sequence[int], /, *, now: datetime) -> list[ExamOutage]:
    """Return the exams of these that people need to know of, by id. Two queries."""
    in_force = ExamMeasure.objects.outages().in_force(now).filter(exam_id__in=exam_ids)
    found = {measure.exam_id: measure for measure in measures.shown(in_force.order_by("id"), now=now)}
    waiting = AttemptIncident.objects.outages().open().filter(exam_id__in=exam_ids).values("attempt_id")
    undecided = ProctoredExamStudentAttempt.objects.filter(
        proctored_exam_id__in=exam_ids, status__in=outage_attempts.UNDECIDED, pk__in=waiting
    )
    numbers = dict(undecided.order_by().values_list("proctored_exam_id").annotate(Count("pk")))
    return [ExamOutage(pk, found.get(pk), numbers.get(pk, 0)) for pk in sorted({*found, *numbers})]


def may_change(user: Any) -> bool:
    """Return whether a member of course staff may start and end outages. Contract: contract/outage#who."""
    mode = conf.proctoring.outage_mode
    return mode == COURSE_STAFF or (mode == GLOBAL_STAFF and bool(user.is_staff))


def start_outage(
    exam_id: int, *, until: datetime, by: Any, reason: str, text: str = "", include_setup: bool = True
) -> Measure:
    """Let an exam be taken without its provider until a moment; return the measure.

    Args:
        exam_id: a proctored exam that is not for practice.
        until: aware; at most ``OUTAGE_MAX_HOURS`` ahead.
        by: the ``User`` who decides.
        reason: why, for the record; 1 to 500 characters.
        text: for learners; at most 500 characters.
        include_setup: let those start, too, who are being set up; what is not done within ``JOB_SECONDS`` the sweeper
            does.

    Raises ``ValueError``; ``MeasureInForce``; ``NoProviderException``; ``ProctoredExamNotFoundException``.
    """
    return start(exam_id, until=until, by=by, reason=reason, text=text, include_setup=include_setup).measure


def start(exam_id: int, *, until: datetime, by: Any, reason: str, text: str, include_setup: bool) -> Started:
    """As ``start_outage``, with the job."""
    reason = _checked_reason(reason)
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"a text for learners has at most {LONGEST_TEXT} characters")
    exam = ProctoredExam.objects.existing(exam_id)
    if not exam.is_proctored or exam.is_practice_exam:
        raise NoProviderException(f"exam_id={exam_id} is not taken with a proctoring provider")
    now = timezone.now()
    check_end(until, now)
    measure = _open(exam, until, by, reason, text.strip(), now)
    _announce("started", exam, measure, by)
    setup = _let_start(exam, by, reason) if include_setup else None
    return Started(_shown(measure.pk), setup)


@short_transaction
def _open(exam: ProctoredExam, until: datetime, by: Any, reason: str, text: str, now: datetime) -> ExamMeasure:
    slot = f"{ExamMeasure.KIND_OUTAGE}:{exam.pk}"
    # One whose time is over may still have it.
    ExamMeasure.objects.filter(open_slot=slot, ends_at__lte=now).update(open_slot=None, modified=now)
    try:
        with transaction.atomic():
            measure: ExamMeasure = ExamMeasure.objects.create(
                kind=ExamMeasure.KIND_OUTAGE,
                exam_id=exam.pk,
                text=text,
                reason=reason,
                starts_at=now,
                ends_at=until,
                opened_by=by.pk,
                open_slot=slot,
            )
    except IntegrityError as error:
        raise MeasureInForce(f"an outage is in force in exam_id={exam.pk}") from error
    _record("start", exam, measure, by, reason)
    return measure


def _let_start(exam: ProctoredExam, by: Any, reason: str) -> JobOutcome | None:
    waiting = ProctoredExamStudentAttempt.objects.filter(
        proctored_exam_id=exam.pk, status__in=outage_attempts.IN_SET_UP, taking_as_proctored=True
    )
    targets = [Target(*row) for row in waiting.order_by("pk").values_list("proctored_exam_id", "user_id", "pk")]
    if not targets:
        return None
    return request_job(
        outage_actions.SETUP,
        targets,
        course_id=exam.course_id,
        exam_id=exam.pk,
        by=by,
        reason=reason,
    )


def prolong_outage(exam_id: int, *, until: datetime, by: Any, reason: str) -> Measure:
    """Let the outage in force end at another moment, later or earlier; return the measure.

    Raises ``ValueError``; ``MeasureNotInForce``; ``ProctoredExamNotFoundException``.
    """
    reason = _checked_reason(reason)
    exam = ProctoredExam.objects.existing(exam_id)
    now = timezone.now()
    check_end(until, now)
    measure = _end_at(exam, until, now, by=by, reason=reason, is_closed=False)
    _announce("prolonged", exam, measure, by)
    return _shown(measure.pk)


def end_outage(exam_id: int, *, by: Any, reason: str) -> Measure:
    """End the outage in force now; return the measure.

    Raises ``ValueError``; ``MeasureNotInForce``; ``ProctoredExamNotFoundException``.
    """
    reason = _checked_reason(reason)
    exam = ProctoredExam.objects.existing(exam_id)
    now = timezone.now()
    measure = _end_at(exam, now, now, by=by, reason=reason, is_closed=True)
    _announce("ended", exam, measure, by)
    return _shown(measure.pk)


@short_transaction
def _end_at(
    exam: ProctoredExam, moment: datetime, now: datetime, *, by: Any, reason: str, is_closed: bool
) -> ExamMeasure:
    """Let the outage end at a moment. Locks: the measure."""
    in_force = ExamMeasure.objects.outages().in_force(now).filter(exam_id=exam.pk)
    measure: ExamMeasure | None = in_force.select_for_update().first()
    if measure is None or measure.ends_at is None:
        raise MeasureNotInForce(f"no outage is in force in exam_id={exam.pk}")
    outbox.move_removals(exam.pk, measure.ends_at, moment)
    measure.ends_at = moment
    if is_closed:
        measure.closed_by, measure.open_slot = by.pk, None
    measure.save()
    _record("end" if is_closed else "prolong", exam, measure, by, reason)
    return measure


def decide_outage_attempts(attempt_ids: Sequence[int], decision: str, *, by: Any, reason: str) -> StaffJob:
    """Accept, reject or reset attempts of one exam that were taken during an outage; return the job.

    ``decision``: of ``DECISIONS``. Attempts of another exam than the first one's are refused. Raises ``ValueError`` for
    another decision, without a reason, and without attempts.
    """
    attempts = ProctoredExamStudentAttempt.objects.filter(pk__in=attempt_ids).select_related("proctored_exam")
    first = attempts.order_by("pk").first()
    if first is None:
        raise ValueError("no such attempts")
    return request_decisions(first.proctored_exam, decision, by=by, reason=reason, attempt_ids=attempt_ids).job


def request_decisions(
    exam: ProctoredExam,
    decision: str,
    *,
    by: Any,
    reason: str,
    attempt_ids: Sequence[int] | None = None,
    expected_count: int | None = None,
    dry_run: bool = False,
) -> JobOutcome:
    """As ``decide_outage_attempts``; ``attempt_ids``: None for all that are undecided. Raises as ``request_job``."""
    reason = _checked_reason(reason)
    if decision not in outage_attempts.DECISIONS:
        raise ValueError(f"decision={decision}: known are {', '.join(outage_attempts.DECISIONS)}")
    targets: list[Target]
    if attempt_ids is None:
        targets = [Target(*row) for row in _undecided(exam.pk).values_list("proctored_exam_id", "user_id", "pk")]
    else:
        of_exam = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=exam.pk)
        targets = targets_of_ids(of_exam, attempt_ids)
    return request_job(
        outage_actions.DECISION,
        targets,
        course_id=exam.course_id,
        exam_id=exam.pk,
        by=by,
        reason=reason,
        parameters={"decision": decision, "all": attempt_ids is None},
        dry_run=dry_run,
        expected_count=expected_count,
    )


def find_exam(exam_id: int, /) -> ProctoredExam | None:
    """Return the exam, or None."""
    return ProctoredExam.get_exam_by_id(exam_id)


def exam_as_reviewed(exam: ProctoredExam, /) -> dict[str, Any]:
    """Return what the permission to review wants to know of an exam."""
    return {"proctored_exam": exam_dict(exam)}


def _undecided(exam_id: int) -> Any:
    """Return the attempts that staff have to decide about, by id."""
    incidents = AttemptIncident.objects.outages().open().filter(exam_id=exam_id).values("attempt_id")
    attempts = ProctoredExamStudentAttempt.objects.filter(
        proctored_exam_id=exam_id, status__in=outage_attempts.UNDECIDED, pk__in=incidents
    )
    return attempts.order_by("pk")


def _checked_reason(reason: str) -> str:
    text = reason.strip()
    if not 1 <= len(text) <= LONGEST_TEXT:
        raise ValueError(f"a reason has 1 to {LONGEST_TEXT} characters")
    return text


def check_end(until: datetime, now: datetime) -> None:
    most = conf.proctoring.outage_max_hours
    if until.tzinfo is None:
        raise ValueError("the end needs a time zone")
    if not now < until <= now + timedelta(hours=most):
        raise ValueError(f"the end must be in the future, and at most {most} hours ahead")


def _shown(measure_id: int) -> Measure:
    [measure] = measures.shown(ExamMeasure.objects.filter(pk=measure_id), now=timezone.now())
    return measure


def _record(word: str, exam: ProctoredExam, measure: ExamMeasure, by: Any, reason: str) -> None:
    parameters = {"measure_id": measure.pk, "until": measure.ends_at}
    record_for_exam(f"outage_{word}", exam.pk, course_id=exam.course_id, by=by, reason=reason, parameters=parameters)


def _announce(word: str, exam: ProctoredExam, measure: ExamMeasure, by: Any) -> None:
    log.info(
        "outage changed: change=%s measure_id=%s exam_id=%s by=%s until=%s",
        word,
        measure.pk,
        exam.pk,
        by.pk,
        measure.ends_at,
    )
    event = {"measure_id": measure.pk, "ends_at": measure.ends_at, "requesting_user_id": by.pk}
    emit_event(exam_dict(exam), f"outage.{word}", override_data=event)
