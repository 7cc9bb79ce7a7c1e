"""Which status may follow which, and what entering a status changes and causes. Plain data and pure functions.

Three tables are the rules (``REWRITES``, ``REFUSALS``, ``ON_ENTRY``); ``plan_transition`` reads
them. ``status_change`` executes a plan and is the only place that writes a status.
Contract: contract/transitions#matrix, contract/transitions#update.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from edx_proctoring.api.effects.outbox import Effect
from edx_proctoring.api.effects.routes import KIND_CASCADE
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

__all__ = ["can_update_credit_grades_and_email", "is_state_transition_legal"]

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


# Statuses that only follow a submission.
_REVIEWED: Final = frozenset({Status.second_review_required, Status.verified, Status.rejected})


# The tables


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A requested status that is replaced by ``becomes``. ``from_statuses=None`` matches any status."""

    name: str
    from_statuses: Collection[str] | None
    requested: Collection[str]
    becomes: str


TIME_OUT: Final = "time-out counts as submission"
RE_ENTRY: Final = "entering a running exam again submits it"

# First match wins (contract/transitions#time-out, contract/transitions#re-entry). The first row is left out where
# ALLOW_TIMED_OUT_STATE is on.
REWRITES: Final = (
    Rewrite(TIME_OUT, from_statuses=None, requested={Status.timed_out}, becomes=Status.submitted),
    Rewrite(RE_ENTRY, from_statuses=IN_PROGRESS, requested=PRE_STARTED, becomes=Status.submitted),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A forbidden transition and the hint shown to the caller.

    ``to_statuses=None`` means every status outside ``from_statuses``.
    """

    from_statuses: Collection[str]
    to_statuses: Collection[str] | None
    hint: str

    def applies_to(self, from_status: str, to_status: str) -> bool:
        """Return whether this refuses the change."""
        if from_status not in self.from_statuses:
            return False
        return to_status not in self.from_statuses if self.to_statuses is None else to_status in self.to_statuses


# Every other transition is allowed, including statuses this package does not know. The first row is the
# published matrix; the two others go beyond it (docs/decisions/0008-two-refusals-more.rst).
REFUSALS: Final = (
    Refusal(COMPLETED, INCOMPLETE, hint="remove or resume the attempt to let the learner begin again"),
    Refusal({Status.expired}, INCOMPLETE, hint="remove the attempt to let the learner begin again"),
    # A newer attempt has replaced it: a late message or an old tab must not reopen it.
    Refusal({Status.onboarding_reset}, None, hint="go on with the attempt that replaced it, or remove this one"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What entering a status causes, besides its tracking event and signal.

    ``credit``: the word for the credit service, proctored exams only. ``grade``, ``certificate``:
    call on that service. ``cascade``: closes the learner's other proctored exams. ``provider_call``:
    only for exams with a provider. ``changes``: fields of the attempt. All but the last two wait
    for ``can_update_credit_grades_and_email``, and so does the mail (``emails.STATUS_EMAILS``).
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
    """The status to be stored for a requested one, and the name of the rewrite that led to it, if any."""

    status: str
    rewrite: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a plan depends on.

    ``registration``: the effect that removes the attempt at its provider, None if it is not registered.
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
    sends_mail: bool
    has_credit_service: bool
    consequences_allowed: bool
    attempt_id: int
    backend: str | None = None
    registration: Effect | None = None
    is_first_start: bool = False
    allowed_minutes: int | None = None
    ended_at: datetime | None = None
    cascades: bool = True
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A status change before it happens: field values to be saved, and effects in order of delivery.

    ``asks_for_credit``: the credit service is asked, once the change is committed; nothing hangs on its
    answer, so it is no effect. ``rewrite``: why ``to_status`` differs from the requested status, if it does.
    """

    from_status: str
    to_status: str
    changes: Mapping[str, Any]
    effects: Sequence[Effect]
    asks_for_credit: bool = False
    rewrite: str | None = None

    def apply_to(self, attempt: ProctoredExamStudentAttempt) -> None:
        """Set the planned values on the attempt, unsaved."""
        for name, value in self.changes.items():
            setattr(attempt, name, value)


def resolve_target(from_status: str, requested: str, *, allow_timed_out: bool) -> Target:
    """Return the status to be stored when ``requested`` is asked for."""
    for rewrite in REWRITES:
        if rewrite.name == TIME_OUT and allow_timed_out:
            continue
        from_matches = rewrite.from_statuses is None or from_status in rewrite.from_statuses
        if from_matches and requested in rewrite.requested:
            return Target(rewrite.becomes, rewrite.name)
    return Target(requested)


def find_refusal(from_status: str, to_status: str) -> Refusal | None:
    """Return why a status may not follow another, or None if it may."""
    return next((refusal for refusal in REFUSALS if refusal.applies_to(from_status, to_status)), None)


def plan_transition(target: Target, facts: Facts, *, now: datetime) -> Plan:
    """Return what entering a status changes and causes: no query, no clock, no service."""
    return Plan(
        from_status=facts.from_status,
        to_status=target.status,
        changes=_plan_changes(target, facts, now=now),
        effects=tuple(_plan_effects(target, facts)),
        # A mail asks for the name of the course.
        asks_for_credit=facts.consequences_allowed
        and facts.is_proctored_exam
        and facts.has_credit_service
        and not facts.sends_mail,
        rewrite=target.rewrite,
    )


def _plan_changes(target: Target, facts: Facts, *, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {"status": target.status, **_entry(target.status).changes}
    if facts.is_first_start:
        changes.update(started_at=now, allowed_time_limit_mins=facts.allowed_minutes)
        if not facts.is_proctored_exam:
            # The exam may have been proctored when the attempt was registered.
            changes["taking_as_proctored"] = False
    elif target.status == Status.submitted:
        # The attempt ended when its time ran out, not when a request noticed it.
        ran_out = facts.ended_at if target.rewrite == TIME_OUT else None
        changes["completed_at"] = ran_out or now
    if target.status == Status.submitted or facts.in_resume_process:
        changes["is_resumable"] = False
    elif target.status == Status.error:
        changes["is_resumable"] = True
    return changes


def _plan_effects(target: Target, facts: Facts) -> list[Effect]:
    """Effects in the contract's order of delivery."""
    entry = _entry(target.status)
    planned: list[Effect] = []
    if target.status == Status.submitted and not facts.was_completed:
        planned.append(Effect(AttemptEffect.KIND_INSTRUCTOR, "complete_student_attempt"))
    if facts.consequences_allowed:
        planned.extend(_plan_consequences(target.status, entry, facts))
    if facts.has_provider:
        # A finished onboarding reopens the exams that were refused because it was missing.
        if facts.is_practice_exam and facts.provider_supports_onboarding and target.status in COMPLETED:
            planned.append(Effect(AttemptEffect.KIND_PROVIDER, "clear_onboarding_errors", {"backend": facts.backend}))
        # Going back from ready_to_submit to started is not a start for the provider.
        is_new_to_provider = target.status != Status.started or facts.is_first_start
        if entry.provider_call and is_new_to_provider:
            planned.append(Effect(AttemptEffect.KIND_PROVIDER, entry.provider_call))
        if facts.registration is not None and "external_id" in entry.changes:
            # The id is not stored afterwards, and the provider must not wait for a learner who opted out.
            planned.append(facts.registration)
    planned.append(Effect(AttemptEffect.KIND_SIGNAL, "tracking_event"))
    # With the id, because the clean-up of an onboarding attempt may delete it before the signal is sent.
    planned.append(Effect(AttemptEffect.KIND_SIGNAL, "exam_attempt_status_signal", {"attempt_id": facts.attempt_id}))
    return planned


def _plan_consequences(to_status: str, entry: Entry, facts: Facts) -> list[Effect]:
    planned: list[Effect] = []
    if entry.credit and facts.is_proctored_exam:
        planned.append(Effect(AttemptEffect.KIND_CREDIT, "set_credit_requirement_status", {"status": entry.credit}))
    if entry.cascade and facts.cascades and facts.is_proctored_exam and not facts.is_practice_exam:
        planned.append(Effect(KIND_CASCADE, "decline_other_exams"))
    # Only an earlier rejection can have overridden the grade.
    if entry.grade and (to_status != Status.verified or facts.from_status == Status.rejected):
        planned.append(Effect(AttemptEffect.KIND_GRADE, entry.grade, {"actor_id": facts.actor_id}))
    if entry.certificate:
        planned.append(Effect(AttemptEffect.KIND_CERTIFICATE, entry.certificate))
    if facts.sends_mail:
        planned.append(Effect(AttemptEffect.KIND_MAIL, "status_email"))
    return planned


@dataclass(frozen=True, slots=True)
class Standing:
    """What a learner's attempts at one exam say together.

    ``credit``: the word for the credit service, None for none; ``credit_from``: position of the attempt that
    says it. ``grade_overridden_by``: position of the rejected attempt that keeps the grade at zero.
    """

    credit: str | None = None
    credit_from: int | None = None
    grade_overridden_by: int | None = None


def standing_of(statuses: Sequence[str], *, is_practice_exam: bool) -> Standing:
    """Return what attempts with these statuses, oldest first, say about credit and grade.

    The same as if each had ended before the next was made: the last word that was allowed to have
    consequences counts. An attempt that was reviewed has said before that it is submitted.
    """
    standing = Standing()
    for number, status in enumerate(statuses):
        for reached in (Status.submitted, status) if status in _REVIEWED else (status,):
            if not may_have_consequences([*statuses[:number], reached], reached, is_practice_exam=is_practice_exam):
                continue
            entry = _entry(reached)
            if entry.credit:
                standing = replace(standing, credit=entry.credit, credit_from=number)
            if entry.grade:
                standing = replace(standing, grade_overridden_by=number if reached == Status.rejected else None)
    return standing


def is_told_to_provider(status: str) -> bool:
    """Return whether the provider of an attempt is told that it enters a status."""
    return _entry(status).provider_call is not None


def may_have_told_credit(status: str) -> bool:
    """Return whether an attempt that ends up in this status has a word with the credit service."""
    return status in _REVIEWED or bool(_entry(status).credit)


def _entry(status: str) -> Entry:
    return ON_ENTRY.get(status, Entry())


def is_state_transition_legal(from_status: str, to_status: str) -> bool:
    """Return whether ``to_status`` may follow ``from_status``.

    An attempt that is over or expired is never reopened, and one that was reset never changes.
    """
    return find_refusal(from_status, to_status) is None


def can_update_credit_grades_and_email(
    attempts: Sequence[Mapping[str, Any]], to_status: str, exam: Mapping[str, Any]
) -> bool:
    """Return whether credit, grades and mail follow a status, given all of the learner's attempts.

    ``attempts``: attempt dicts of one learner in one exam, including the one just saved.
    """
    return may_have_consequences(
        [attempt["status"] for attempt in attempts], to_status, is_practice_exam=exam["is_practice_exam"]
    )


def may_have_consequences(statuses: Sequence[str], to_status: str, *, is_practice_exam: bool) -> bool:
    """As ``can_update_credit_grades_and_email``; ``statuses``: of all of the learner's attempts in the exam."""
    if is_practice_exam or len(statuses) == 1 or to_status in (Status.declined, Status.error):
        return True
    if to_status == Status.submitted:
        return Status.rejected not in statuses
    if to_status == Status.verified:
        return all(status == Status.verified for status in statuses)
    if to_status == Status.rejected:
        return statuses.count(Status.rejected) <= 1 and Status.declined not in statuses
    return False
