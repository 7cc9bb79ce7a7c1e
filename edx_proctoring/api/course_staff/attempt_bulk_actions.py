"""Bulk actions on selected attempts: reset, resume, extend. Contract: contract/staff-jobs#selection."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from edx_proctoring.api.attempts.extension import check_order
from edx_proctoring.api.audit.staff_record import filter_on_record
from edx_proctoring.api.course_staff import attempt_search
from edx_proctoring.api.course_staff.attempt_search import AttemptFilter
from edx_proctoring.api.jobs.creating import JobOutcome, request_job
from edx_proctoring.api.jobs.kinds import Outcome, Target
from edx_proctoring.exceptions import ProctoredExamPermissionDenied
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt, StaffJob
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

__all__ = ["extend_running_attempts"]

RESET: Final = "reset"
RESUME: Final = "resume"
EXTEND: Final = "extend"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which attempts of a course are meant: these ids, or those of a filter (an empty one for all).

    ``expected_count``: how many the caller saw. ``dry_run``: only say what would happen.
    """

    attempt_ids: Sequence[int] | None = None
    wanted: AttemptFilter = field(default_factory=AttemptFilter)
    expected_count: int | None = None
    dry_run: bool = False

    @property
    def on_record(self) -> dict[str, Any]:
        """The selection as parameters of a job."""
        if self.attempt_ids is not None:
            return {"selected": "attempt_ids"}
        asked = {entry.name: getattr(self.wanted, entry.name) for entry in fields(self.wanted)}
        return {"selected": "filter", "filter": filter_on_record(asked)}


def request_for_attempts(
    kind: str,
    course_id: str,
    selection: Selection,
    *,
    by: Any,
    reason: str,
    only_this: bool = False,
    force_local: bool = False,
) -> JobOutcome:
    """Order a ``reset`` or a ``resume``.

    ``only_this``: reset the selected attempts only, not all that the learner has in the exam. ``force_local``: for
    global staff, reset here also where a provider fails. Raises as ``request_job``; ``ProctoredExamPermissionDenied``.
    """
    if force_local and not by.is_staff:
        raise ProctoredExamPermissionDenied("Only global staff may reset an attempt without its provider.")
    selected = _select(course_id, selection)
    targets = [target for target in selected if target.outcome is None]
    missing = [target for target in selected if target.outcome is not None]
    if kind == RESET and not only_this:
        # The attempts of a learner in an exam go together.
        targets = list({(target.exam_id, target.user_id): target for target in reversed(targets)}.values())[::-1]
    parameters = {"only_this": only_this, "force_local": force_local} if kind == RESET else {}
    return request_job(
        kind,
        [*targets, *missing],
        course_id=course_id,
        by=by,
        reason=reason,
        parameters={**parameters, **selection.on_record},
        dry_run=selection.dry_run,
        expected_count=selection.expected_count,
        count=len(selected),
    )


def request_extension(
    exam_id: int,
    minutes: int,
    *,
    by: Any,
    reason: str,
    attempt_ids: Sequence[int] | None = None,
    past_due: bool = False,
    trim: bool = True,
    expected_count: int | None = None,
    dry_run: bool = False,
) -> JobOutcome:
    """Give more time, or less, to many learners of one exam.

    Args:
        exam_id: the exam.
        minutes: how many to add; negative to take some away.
        by: the ``User`` who decides.
        reason: why, in the words of staff; not empty.
        attempt_ids: running attempts at the exam; None for all that run now.
        past_due: also beyond the due date; for global staff only.
        trim: give those who are due earlier what fits.
        expected_count, dry_run: as in ``Selection``.

    Raises as ``request_job``; ``ValueError`` for minutes or a reason that make no sense;
    ``ProctoredExamPermissionDenied``; ``ProctoredExamNotFoundException``.
    """
    check_order(minutes, by=by, reason=reason, past_due=past_due)
    exam = ProctoredExam.objects.existing(exam_id)
    of_exam = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=exam_id)
    if attempt_ids is None:
        running = of_exam.filter(status__in=(Status.started, Status.ready_to_submit)).order_by("pk")
        targets = [Target(*row) for row in running.values_list("proctored_exam_id", "user_id", "pk")]
    else:
        targets = targets_of_ids(of_exam, attempt_ids)
    return request_job(
        EXTEND,
        targets,
        course_id=exam.course_id,
        exam_id=exam_id,
        by=by,
        reason=reason,
        parameters={"minutes": minutes, "past_due": past_due, "trim": trim, "all": attempt_ids is None},
        dry_run=dry_run,
        expected_count=expected_count,
    )


def extend_running_attempts(
    exam_id: int,
    minutes: int,
    by: Any,
    reason: str,
    *,
    attempt_ids: Sequence[int] | None = None,
    past_due: bool = False,
    trim: bool = False,
    dry_run: bool = False,
) -> StaffJob:
    """As ``request_extension``; return the job. What it has not done within ``JOB_SECONDS``, the sweeper does."""
    return request_extension(
        exam_id,
        minutes,
        by=by,
        reason=reason,
        attempt_ids=attempt_ids,
        past_due=past_due,
        trim=trim,
        dry_run=dry_run,
    ).job


def _select(course_id: str, selection: Selection) -> list[Target]:
    if selection.attempt_ids is not None:
        of_course = ProctoredExamStudentAttempt.objects.filter(proctored_exam__course_id=course_id)
        return targets_of_ids(of_course, selection.attempt_ids)
    exams = attempt_search.exams_of(course_id, selection.wanted)
    attempts = attempt_search.matching(exams, selection.wanted).order_by("pk")
    return [Target(*row) for row in attempts.values_list("proctored_exam_id", "user_id", "pk")]


def targets_of_ids(attempts: Any, attempt_ids: Sequence[int]) -> list[Target]:
    """Return a target for each id, in their order; those that are not among the attempts are refused.

    An attempt of another course is not found, as if it did not exist.
    """
    rows = attempts.filter(pk__in=attempt_ids).values_list("proctored_exam_id", "user_id", "pk")
    found = {row[2]: Target(*row) for row in rows}
    return [
        found.get(attempt_id) or Target(None, None, attempt_id, outcome=Outcome.failed("not_found"))
        for attempt_id in dict.fromkeys(attempt_ids)
    ]
