"""Undoing what a removed attempt caused: the learner's answers, the grade, the word with the credit service.

Contract: contract/effects#undone. These effects outlive the attempt. On each try they look at the attempts that the
learner has in the exam by then: what a newer one contradicts is superseded, and credit and grade get what the
remaining ones say. A certificate needs no call: with the grade the platform decides about it again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from edx_proctoring import host, runtime
from edx_proctoring.api.effects.outbox import Effect
from edx_proctoring.api.effects.routes import Delivery, NoLongerTrue, receives
from edx_proctoring.api.lifecycle import queries, transitions
from edx_proctoring.api.lifecycle.transitions import Standing
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt

__all__: list[str] = []

DELETE_ANSWERS: Final = "delete_student_attempt"
UNDO_OVERRIDE: Final = "undo_override_of_removed_attempt"
SETTLE_CREDIT: Final = "settle_credit_of_removed_attempt"


class AttemptsChanged(Exception):
    """Another process changed the learner's attempts while a service was told about them: it is told once more."""


@dataclass(frozen=True, slots=True)
class _Removed:
    """The removed attempt, as the arguments of an effect describe it.

    ``newest_id``: of the learner's attempts at the exam when it was removed.
    """

    attempt_id: int
    newest_id: int
    exam_id: int
    user_id: int
    course_id: str
    content_id: str
    actor_id: int | None


def effects_of_removal(
    attempt: ProctoredExamStudentAttempt, others: Sequence[ProctoredExamStudentAttempt], requesting_user: Any
) -> list[Effect]:
    """Return what undoes the effects of an attempt, for the services that the host has. In order of delivery.

    ``attempt``: with its exam. ``others``: the learner's other attempts at it. ``requesting_user``: who removes it.
    """
    exam = attempt.proctored_exam
    actor_id = getattr(requesting_user, "pk", None)
    arguments = {
        "attempt_id": attempt.pk,
        "newest_id": max(row.pk for row in (attempt, *others)),
        "exam_id": exam.pk,
        "user_id": attempt.user_id,
        "course_id": exam.course_id,
        "content_id": exam.content_id,
        "actor_id": actor_id if isinstance(actor_id, int) else None,
    }
    planned = []
    if runtime.get_runtime_service(host.INSTRUCTOR) is not None:
        planned.append(Effect(AttemptEffect.KIND_INSTRUCTOR, DELETE_ANSWERS, arguments))
    if runtime.get_runtime_service(host.GRADES) is not None:
        planned.append(Effect(AttemptEffect.KIND_GRADE, UNDO_OVERRIDE, arguments))
    tells_credit = exam.is_proctored and transitions.may_have_told_credit(attempt.status)
    if tells_credit and runtime.get_runtime_service(host.CREDIT) is not None:
        planned.append(Effect(AttemptEffect.KIND_CREDIT, SETTLE_CREDIT, arguments))
    return planned


@receives(AttemptEffect.KIND_INSTRUCTOR, DELETE_ANSWERS, outlives_attempt=True)
def _delete_answers(delivery: Delivery) -> None:
    removed = _Removed(**delivery.arguments)
    instructor: host.InstructorService | None = runtime.get_runtime_service(host.INSTRUCTOR)
    if instructor is None:
        return
    attempts = _remaining(delivery, removed)
    if any(attempt.pk > removed.attempt_id and attempt.started_at is not None for attempt in attempts):
        raise NoLongerTrue("the learner works on a newer attempt, and these are its answers")
    learner = delivery.scene.learner_of(delivery.arguments)
    if learner is not None:
        instructor.delete_student_attempt(
            learner.get_username(),
            removed.course_id,
            removed.content_id,
            requesting_user=delivery.scene.actor_of(delivery.arguments),
        )


@receives(AttemptEffect.KIND_GRADE, UNDO_OVERRIDE, lane="grade", outlives_attempt=True)
def _undo_override(delivery: Delivery) -> None:
    removed = _Removed(**delivery.arguments)
    grades: host.GradesService | None = runtime.get_runtime_service(host.GRADES)
    if grades is None:
        return
    attempts = _remaining(delivery, removed)
    overridden_by = _standing(attempts).grade_overridden_by
    if overridden_by is not None:
        _raise_if_new(attempts[overridden_by], removed)
        return
    grades.undo_override_subsection_grade(
        user_id=removed.user_id, course_key_or_id=removed.course_id, usage_key_or_id=removed.content_id
    )
    _raise_if_changed(attempts, delivery, removed)


@receives(AttemptEffect.KIND_CREDIT, SETTLE_CREDIT, lane="credit", outlives_attempt=True)
def _settle_credit(delivery: Delivery) -> None:
    removed = _Removed(**delivery.arguments)
    credit: host.CreditService | None = runtime.get_runtime_service(host.CREDIT)
    if credit is None:
        return
    attempts = _remaining(delivery, removed)
    standing = _standing(attempts)
    requirement: dict[str, Any] = {
        "user_id": removed.user_id,
        "course_key_or_id": removed.course_id,
        "req_namespace": "proctored_exam",
        "req_name": removed.content_id,
    }
    if standing.credit is None or standing.credit_from is None:
        credit.remove_credit_requirement_status(**requirement)
    else:
        _raise_if_new(attempts[standing.credit_from], removed)
        credit.set_credit_requirement_status(**requirement, status=standing.credit)
    _raise_if_changed(attempts, delivery, removed)


def _remaining(delivery: Delivery, removed: _Removed) -> list[ProctoredExamStudentAttempt]:
    """Return the learner's attempts that count for the exam, oldest first, with the exam."""
    mine: Iterable[ProctoredExamStudentAttempt] | None = delivery.scene.locked_others
    if mine is None:
        attempts = ProctoredExamStudentAttempt.objects.of_learner(removed.exam_id, removed.user_id)
        mine = attempts.select_related("proctored_exam")
    in_order = sorted(mine, key=lambda attempt: (attempt.created, attempt.pk))
    return [attempt for attempt in in_order if not queries.is_left_from_practice(attempt)]


def _standing(attempts: Sequence[ProctoredExamStudentAttempt]) -> Standing:
    is_practice_exam = bool(attempts) and attempts[0].proctored_exam.is_practice_exam
    return transitions.standing_of([attempt.status for attempt in attempts], is_practice_exam=is_practice_exam)


def _raise_if_new(attempt: ProctoredExamStudentAttempt, removed: _Removed) -> None:
    """Raise ``NoLongerTrue`` if this attempt was made after the removal: its own effects tell the service."""
    if attempt.pk > removed.newest_id:
        raise NoLongerTrue(f"attempt_id={attempt.pk} is newer and says otherwise")


def _raise_if_changed(seen: Sequence[ProctoredExamStudentAttempt], delivery: Delivery, removed: _Removed) -> None:
    """Raise ``AttemptsChanged`` if the service was told about attempts that are different by now."""
    now = _remaining(delivery, removed)
    if [(attempt.pk, attempt.status) for attempt in now] != [(attempt.pk, attempt.status) for attempt in seen]:
        raise AttemptsChanged("the learner's attempts changed meanwhile")
