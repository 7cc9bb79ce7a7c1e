"""The state machine: what may follow what, what a status brings with it, and the one function that changes it.

Spec: python-api.md 7. Three tables are the rules (``REWRITES``, ``REFUSALS``, ``ON_ENTRY``). A
change is planned from them as plain data (``plan_transition``, pure), then applied: the row is
locked, saved once and its effects are written beside it, in one short transaction; then the effects
are delivered. Locks: the attempt.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.utils import timezone

from edx_proctoring import backends, conf, host, runtime
from edx_proctoring.api.effects import emails, outbox
from edx_proctoring.api.effects.outbox import KIND_CASCADE, Effect
from edx_proctoring.api.exams import exams
from edx_proctoring.api.lifecycle import queries, timing
from edx_proctoring.exceptions import (
    ProctoredExamIllegalStatusTransition,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import AttemptEffect, ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils.db import short_transaction
from edx_proctoring.utils.time import with_zone

__all__ = [
    "can_update_credit_grades_and_email",
    "is_state_transition_legal",
    "update_attempt_status",
]

log = logging.getLogger(__name__)

PRE_STARTED: Final = frozenset({Status.created, Status.download_software_clicked, Status.ready_to_start})
IN_PROGRESS: Final = frozenset({Status.started, Status.ready_to_submit})
INCOMPLETE: Final = PRE_STARTED | IN_PROGRESS | {Status.eligible}
COMPLETED: Final = frozenset(
    {
        Status.declined,
        Status.timed_out,
        Status.submitted,
        Status.second_review_required,
        Status.verified,
        Status.rejected,
        Status.error,
        *Status.onboarding_errors,
    }
)


# The tables


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A wish that is granted as ``becomes`` instead. ``from_statuses`` None: from any status."""

    name: str
    from_statuses: Collection[str] | None
    wanted: Collection[str]
    becomes: str


TIME_OUT: Final = "time-out counts as submission"
RE_ENTRY: Final = "entering a running exam again submits it"

# First match wins (7.3 steps 3 and 4). The first row is left out where ALLOW_TIMED_OUT_STATE is on.
REWRITES: Final = (
    Rewrite(TIME_OUT, from_statuses=None, wanted={Status.timed_out}, becomes=Status.submitted),
    Rewrite(RE_ENTRY, from_statuses=IN_PROGRESS, wanted=PRE_STARTED, becomes=Status.submitted),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is not done, and what the caller may do instead. ``wanted`` None: anything but ``from_statuses``."""

    from_statuses: Collection[str]
    wanted: Collection[str] | None
    way_on: str

    def concerns(self, from_status: str, to_status: str) -> bool:
        """Return whether this is the refusal of a change."""
        if from_status not in self.from_statuses:
            return False
        return to_status not in self.from_statuses if self.wanted is None else to_status in self.wanted


# Everything else is performed, also words this package does not know (7.2). The first row is the published
# matrix; the two others are what 7.2 allows beyond it (docs/decisions/0008-two-refusals-more.rst).
REFUSALS: Final = (
    Refusal(COMPLETED, INCOMPLETE, way_on="remove or resume the attempt to let the learner begin again"),
    Refusal({Status.expired}, INCOMPLETE, way_on="remove the attempt to let the learner begin again"),
    # A newer attempt has replaced it: a late message or an old tab must not wake it.
    Refusal({Status.onboarding_reset}, None, way_on="go on with the attempt that replaced it, or remove this one"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What entering a status brings with it, besides its tracking event and signal (7.5).

    ``credit``: the word for the credit service, proctored exams only. ``grade``, ``certificate``:
    call on that service. ``cascade``: closes the learner's other proctored exams. ``provider_call``:
    only for exams with a provider. ``changes``: fields of the attempt. All but the last two wait
    for ``can_update_credit_grades_and_email``; so does the mail, see ``emails.STATUS_EMAILS``.
    """

    credit: str | None = None
    grade: str | None = None
    certificate: str | None = None
    cascade: bool = False
    provider_call: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


# Absent means Entry().
ON_ENTRY: Final[Mapping[str, Entry]] = {
    Status.started: Entry(provider_call="start_exam_attempt"),
    Status.submitted: Entry(credit="submitted", provider_call="stop_exam_attempt"),
    Status.verified: Entry(credit="satisfied", grade="undo_override_subsection_grade"),
    Status.rejected: Entry(credit="failed", grade="override_subsection_grade", certificate="invalidate_certificate"),
    Status.error: Entry(credit="failed", provider_call="mark_erroneous_exam_attempt"),
    Status.declined: Entry(
        credit="declined", cascade=True, changes={"taking_as_proctored": False, "external_id": None}
    ),
}


# The plan


@dataclass(frozen=True, slots=True)
class Target:
    """Where a wish leads: the status to be stored, and the rewrite on the way, if any."""

    status: str
    rewrite: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a plan depends on.

    ``is_first_start`` with ``allowed_minutes``: the clock starts with this change.
    ``consequences_allowed``: answer of ``can_update_credit_grades_and_email``. ``ended_at``: when
    time ran out, if that is why the attempt ends. ``cascades``: a decline may close other exams.
    """

    from_status: str
    was_completed: bool
    in_resume_process: bool
    is_proctored_exam: bool
    is_practice_exam: bool
    has_provider: bool
    provider_supports_onboarding: bool
    is_mailed_about: bool
    has_credit_service: bool
    consequences_allowed: bool
    attempt_id: int
    backend: str | None = None
    is_first_start: bool = False
    allowed_minutes: int | None = None
    ended_at: datetime | None = None
    cascades: bool = True
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A status change before it happens: field values to be saved, and effects in order of delivery.

    ``rewrite``: why ``to_status`` is not what was asked for, if so.
    """

    from_status: str
    to_status: str
    changes: Mapping[str, Any]
    effects: Sequence[Effect]
    rewrite: str | None = None

    def apply_to(self, attempt: ProctoredExamStudentAttempt) -> None:
        """Set the planned values on the attempt, unsaved."""
        for name, value in self.changes.items():
            setattr(attempt, name, value)


def resolve_target(from_status: str, wanted: str, *, allow_timed_out: bool) -> Target:
    """Return where a wish leads. Pure."""
    for rewrite in REWRITES:
        if rewrite.name == TIME_OUT and allow_timed_out:
            continue
        from_matches = rewrite.from_statuses is None or from_status in rewrite.from_statuses
        if from_matches and wanted in rewrite.wanted:
            return Target(rewrite.becomes, rewrite.name)
    return Target(wanted)


def find_refusal(from_status: str, to_status: str) -> Refusal | None:
    """Return why a status may not follow another, or None if it may. Pure."""
    return next((refusal for refusal in REFUSALS if refusal.concerns(from_status, to_status)), None)


def plan_transition(target: Target, facts: Facts, *, now: datetime) -> Plan:
    """Return what entering a status changes and causes. Pure: no query, no clock, no service."""
    return Plan(
        from_status=facts.from_status,
        to_status=target.status,
        changes=_plan_changes(target, facts, now=now),
        effects=tuple(_plan_effects(target, facts)),
        rewrite=target.rewrite,
    )


def _plan_changes(target: Target, facts: Facts, *, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {"status": target.status, **_entry(target.status).changes}
    if facts.is_first_start:
        changes.update(started_at=now, allowed_time_limit_mins=facts.allowed_minutes)
    elif target.status == Status.submitted:
        # Time that ran out ended the attempt then, not when somebody noticed.
        ran_out = facts.ended_at if target.rewrite == TIME_OUT else None
        changes["completed_at"] = ran_out or now
    if target.status == Status.submitted or facts.in_resume_process:
        changes["is_resumable"] = False
    elif target.status == Status.error:
        changes["is_resumable"] = True
    return changes


def _plan_effects(target: Target, facts: Facts) -> list[Effect]:
    """Effects in the contract's order (7.3 steps 8 to 13)."""
    entry = _entry(target.status)
    planned: list[Effect] = []
    if target.status == Status.submitted and not facts.was_completed:
        planned.append(Effect(AttemptEffect.KIND_INSTRUCTOR, "complete_student_attempt"))
    if facts.consequences_allowed:
        planned.extend(_plan_consequences(target.status, entry, facts))
    if facts.has_provider:
        # An onboarding that is over opens the exams that were closed for want of it.
        if facts.is_practice_exam and facts.provider_supports_onboarding and target.status in COMPLETED:
            planned.append(Effect(AttemptEffect.KIND_PROVIDER, "clear_onboarding_errors", {"backend": facts.backend}))
        # Back from ready_to_submit, the provider knows already that the exam runs.
        is_news = target.status != Status.started or facts.is_first_start
        if entry.provider_call and is_news:
            planned.append(Effect(AttemptEffect.KIND_PROVIDER, entry.provider_call))
    planned.append(Effect(AttemptEffect.KIND_SIGNAL, "tracking_event"))
    # The id goes along: an onboarding attempt may be deleted by its own clean-up before.
    planned.append(Effect(AttemptEffect.KIND_SIGNAL, "exam_attempt_status_signal", {"attempt_id": facts.attempt_id}))
    return planned


def _plan_consequences(to_status: str, entry: Entry, facts: Facts) -> list[Effect]:
    planned: list[Effect] = []
    if entry.credit and facts.is_proctored_exam:
        planned.append(Effect(AttemptEffect.KIND_CREDIT, "set_credit_requirement_status", {"status": entry.credit}))
    if entry.cascade and facts.cascades and facts.is_proctored_exam and not facts.is_practice_exam:
        planned.append(Effect(KIND_CASCADE, "decline_other_exams"))
    # Only a former rejection can have overridden the grade.
    if entry.grade and (to_status != Status.verified or facts.from_status == Status.rejected):
        planned.append(Effect(AttemptEffect.KIND_GRADE, entry.grade, {"actor_id": facts.actor_id}))
    if entry.certificate:
        planned.append(Effect(AttemptEffect.KIND_CERTIFICATE, entry.certificate))
    if facts.is_mailed_about:
        # Its receiver asks the credit service for the name of the course.
        planned.append(Effect(AttemptEffect.KIND_MAIL, "status_email"))
    elif facts.is_proctored_exam and facts.has_credit_service:
        planned.append(Effect(AttemptEffect.KIND_CREDIT, "get_credit_state"))
    return planned


def _entry(status: str) -> Entry:
    return ON_ENTRY.get(status, Entry())


# Published


def is_state_transition_legal(from_status: str, to_status: str) -> bool:
    """Return whether ``to_status`` may follow (7.2).

    Not if that would open an attempt that is over or expired, nor if the attempt was reset.
    """
    return find_refusal(from_status, to_status) is None


def can_update_credit_grades_and_email(
    attempts: Sequence[Mapping[str, Any]], to_status: str, exam: Mapping[str, Any]
) -> bool:
    """Return whether credit, grades and mail follow a status, given all of the learner's attempts (7.4).

    ``attempts``: attempt dicts of one learner in one exam, including the one just saved.
    """
    return _may_have_consequences(
        [attempt["status"] for attempt in attempts], to_status, is_practice_exam=exam["is_practice_exam"]
    )


def update_attempt_status(
    attempt_id: int,
    to_status: str,
    raise_if_not_found: bool = True,
    cascade_effects: bool = True,
    timeout_timestamp: datetime | None = None,
    update_attributable_to: Any = None,
) -> int | None:
    """Change the status of an attempt, with all that follows, and return the attempt's id.

    Args:
        attempt_id: id of a live attempt.
        to_status: the wanted status. A time-out, and entering a running exam again, become
            ``submitted``.
        raise_if_not_found: otherwise the answer for an unknown id is None.
        cascade_effects: whether declining closes the learner's other proctored exams.
        timeout_timestamp: when time ran out, in UTC if it has no zone; for ``timed_out`` only.
        update_attributable_to: the ``User`` who decided, or None.

    Raises ``StudentExamAttemptDoesNotExistsException``; ``ProctoredExamIllegalStatusTransition``,
    with nothing written; whatever the look-up of an unknown provider raises, likewise. An effect
    that fails does not raise (cross-cutting C3). Spec: python-api.md 7.3.
    """
    try:
        return change_status(
            attempt_id,
            to_status,
            condition=_taken_proviso(),
            cascades=cascade_effects,
            ended_at=with_zone(timeout_timestamp),
            actor=update_attributable_to,
        )
    except StudentExamAttemptDoesNotExistsException:
        if raise_if_not_found:
            raise
        return None


# For sister rooms


# Asked about the attempt as it is under the lock: False leaves it as it is; it may raise instead.
Condition = Callable[[ProctoredExamStudentAttempt], bool]

_proviso: ContextVar[Condition | None] = ContextVar("proviso_of_status_change", default=None)


@contextmanager
def provided_that(condition: Condition) -> Iterator[None]:
    """Let the next ``update_attempt_status`` in this block change nothing unless the condition holds under the lock.

    For rooms that decide by what they saw and must call that function, as it is the seam that hosts replace and its
    signature is contract. Changes that follow from that one are free.
    """
    token = _proviso.set(condition)
    try:
        yield
    finally:
        _proviso.reset(token)


def _taken_proviso() -> Condition | None:
    condition = _proviso.get()
    _proviso.set(None)
    return condition


def change_status(
    attempt_id: int,
    to_status: str,
    *,
    condition: Condition | None,
    seen: ProctoredExamStudentAttempt | None = None,
    cascades: bool = True,
    ended_at: datetime | None = None,
    actor: Any = None,
) -> int:
    """Change the status of an attempt if a condition holds, and return the attempt's id.

    For requests that a person may send twice, or that race with somebody else's: what they saw may be
    over when their turn comes. ``seen``: the attempt with exam and user, maybe outdated, from callers who
    have read it; else it is read once, under the lock. Otherwise as ``update_attempt_status``.
    """
    changed = _change_status(
        attempt_id, to_status, seen=seen, condition=condition, cascades=cascades, ended_at=ended_at, actor=actor
    )
    # A clock that starts with no time left ends at once: the provider hears of the start, then of the end.
    return end_if_time_is_up(changed).pk


def end_if_time_is_up(attempt: ProctoredExamStudentAttempt) -> ProctoredExamStudentAttempt:
    """Return the attempt as it is after its time-out, if its time is up; else the same object (7.6).

    ``attempt``: loaded with exam and user. Of two readers who notice together, one ends it.
    """
    now = timezone.now()
    if attempt.pk is None or not time_is_up(attempt, now):
        return attempt
    moment = timing.expires_at(attempt.started_at, attempt.allowed_time_limit_mins)
    try:
        return _change_status(
            attempt.pk,
            Status.timed_out,
            seen=attempt,
            ended_at=moment,
            condition=lambda current: time_is_up(current, now),
        )
    except StudentExamAttemptDoesNotExistsException:
        # Removed since it was read: there is nothing to end.
        return attempt


def time_is_up(attempt: ProctoredExamStudentAttempt, now: datetime) -> bool:
    """Return whether the attempt is open although its clock has run out."""
    return timing.has_run_out(attempt.status, attempt.started_at, attempt.allowed_time_limit_mins, now=now)


# The change


def _change_status(
    attempt_id: int,
    wanted: str,
    *,
    seen: ProctoredExamStudentAttempt | None = None,
    condition: Condition | None = None,
    cascades: bool = True,
    ended_at: datetime | None = None,
    actor: Any = None,
) -> ProctoredExamStudentAttempt:
    """Change the status; return the attempt as it is now. ``seen``: where the caller has loaded it already."""
    if seen is not None:
        # Raises for an exam whose provider is not configured, before anything is locked.
        backends.get_backend_provider(exams.exam_dict(seen.proctored_exam))
    attempt, plan, due = _write_change(
        attempt_id,
        seen,
        wanted,
        condition,
        partial(_gather_facts, cascades=cascades, ended_at=ended_at, actor=actor),
        now=timezone.now(),
    )
    if plan is None:
        return attempt
    log.info(
        "attempt status changed: attempt_id=%s exam_id=%s user_id=%s course_id=%s from=%s to=%s wanted=%s reason=%s",
        attempt.pk,
        attempt.proctored_exam_id,
        attempt.user_id,
        attempt.proctored_exam.course_id,
        plan.from_status,
        plan.to_status,
        wanted,
        plan.rewrite or "wanted",
    )
    outbox.deliver(due, attempt, actor=actor)
    return attempt


@short_transaction
def _write_change(
    attempt_id: int,
    seen: ProctoredExamStudentAttempt | None,
    wanted: str,
    condition: Condition | None,
    gather_facts: Callable[..., Facts],
    *,
    now: datetime,
) -> tuple[ProctoredExamStudentAttempt, Plan | None, list[AttemptEffect]]:
    """Plan and save under the lock; return attempt, plan and effects. No plan: the condition did not hold."""
    attempt = _locked(attempt_id, seen)
    if condition is not None and not condition(attempt):
        return attempt, None, []
    exam = exams.exam_dict(attempt.proctored_exam)
    provider = backends.get_backend_provider(exam)
    target = resolve_target(attempt.status, wanted, allow_timed_out=_may_stay_timed_out(attempt.proctored_exam))
    _refuse_if_illegal(attempt, target.status)
    plan = plan_transition(target, gather_facts(attempt, target, exam, provider), now=now)
    # Whoever had the lock before us may have left effects that our first look was too early for.
    others_wait = attempt.has_effects or attempt.modified != attempt.modified_before_lock
    plan.apply_to(attempt)
    with outbox.completion_planned_for(attempt.pk):
        attempt.save()
    due = outbox.record(
        attempt,
        plan.effects,
        from_status=plan.from_status,
        to_status=plan.to_status,
        now=now,
        others_wait=others_wait,
    )
    return attempt, plan, due


def _locked(attempt_id: int, seen: ProctoredExamStudentAttempt | None) -> Any:
    """Return the attempt under its lock, with exam, user and surroundings."""
    attempts = ProctoredExamStudentAttempt.objects.knowing_surroundings()
    if seen is None:
        return attempts.locked_with_exam_and_user(attempt_id)
    # Looked at again: since the caller saw it, it may have moved on. Its exam and its user are the same.
    attempt = attempts.locked(attempt_id)
    attempt.proctored_exam, attempt.user = seen.proctored_exam, seen.user
    return attempt


def _may_stay_timed_out(exam: ProctoredExam) -> bool:
    """Return whether a time-out keeps its own status: a setting that a provider may have for its exams."""
    if not exam.is_proctored:
        return conf.proctoring.allow_timed_out_state
    return bool(backends.provider_setting(exam.backend, "ALLOW_TIMED_OUT_STATE"))


def _refuse_if_illegal(attempt: ProctoredExamStudentAttempt, to_status: str) -> None:
    refusal = find_refusal(attempt.status, to_status)
    if refusal is not None:
        raise ProctoredExamIllegalStatusTransition(
            f"A status transition from {attempt.status} to {to_status} was attempted on "
            f"exam_id={attempt.proctored_exam_id} for user_id={attempt.user_id} "
            f"in course_id={attempt.proctored_exam.course_id}. "
            f"This is not allowed: {refusal.way_on}."
        )


def _gather_facts(
    attempt: Any,
    target: Target,
    exam: Mapping[str, Any],
    provider: Any,
    *,
    cascades: bool,
    ended_at: datetime | None,
    actor: Any,
) -> Facts:
    """``attempt``: as ``knowing_surroundings`` reads it."""
    is_first_start = target.status == Status.started and attempt.started_at is None
    return Facts(
        attempt_id=attempt.pk,
        from_status=attempt.status,
        was_completed=attempt.completed_at is not None,
        in_resume_process=queries.is_attempt_in_resume_process(attempt),
        is_proctored_exam=exam["is_proctored"],
        is_practice_exam=exam["is_practice_exam"],
        has_provider=provider is not None,
        provider_supports_onboarding=bool(provider is not None and provider.supports_onboarding),
        backend=exam["backend"] or backends.default_backend_name(),
        is_mailed_about=emails.is_to_be_mailed_about(attempt, target.status),
        has_credit_service=runtime.get_runtime_service(host.CREDIT) is not None,
        consequences_allowed=_consequences_allowed(attempt, target.status),
        is_first_start=is_first_start,
        allowed_minutes=_limit_at_start(attempt, exam) if is_first_start else None,
        ended_at=ended_at,
        cascades=cascades,
        actor_id=getattr(actor, "pk", None),
    )


def _limit_at_start(attempt: Any, exam: Mapping[str, Any]) -> int:
    """``attempt``: as ``knowing_surroundings`` reads it."""
    return timing.calculate_allowed_minutes(
        exam,
        attempt.user_id,
        carry_over_seconds=attempt.time_remaining_seconds,
        extra_minutes=timing.minutes_granted(attempt.additional_time, exam_id=exam["id"], user_id=attempt.user_id),
    )


def _consequences_allowed(attempt: Any, to_status: str) -> bool:
    """Answer ``can_update_credit_grades_and_email``; other attempts are looked up only if it hangs on them.

    ``attempt``: as ``knowing_surroundings`` reads it.
    """
    if attempt.proctored_exam.is_practice_exam or not attempt.has_others:
        return True
    if not Status.needs_credit_status_update(to_status):
        return False
    others = (
        ProctoredExamStudentAttempt.objects.filter(user_id=attempt.user_id, proctored_exam_id=attempt.proctored_exam_id)
        .exclude(pk=attempt.pk)
        .values_list("status", flat=True)
    )
    return _may_have_consequences([to_status, *others], to_status, is_practice_exam=False)


def _may_have_consequences(statuses: Sequence[str], to_status: str, *, is_practice_exam: bool) -> bool:
    if is_practice_exam or len(statuses) == 1 or to_status in (Status.declined, Status.error):
        return True
    if to_status == Status.submitted:
        return Status.rejected not in statuses
    if to_status == Status.verified:
        return all(status == Status.verified for status in statuses)
    if to_status == Status.rejected:
        return statuses.count(Status.rejected) <= 1 and Status.declined not in statuses
    return False
