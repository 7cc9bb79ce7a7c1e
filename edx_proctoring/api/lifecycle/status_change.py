"""The one place that writes the status of an attempt.

``write_change`` plans a change under the lock of the attempt, saves it once and records its effects
in the same transaction; ``Change.deliver`` delivers them afterwards. ``change_status`` does both and
ends an attempt whose time is up. What may follow what is decided by the tables of ``transitions``.
Locks: the attempt. Contract: contract/transitions#update.
"""

import copy
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from edx_proctoring import backends, conf, host, runtime
from edx_proctoring.api.effects import credit_lookup, delivery, emails, outbox
from edx_proctoring.api.effects.outbox import Recorded
from edx_proctoring.api.lifecycle import allowed_time, expiry, queries, transitions
from edx_proctoring.api.lifecycle.allowed_time import StartLimit
from edx_proctoring.api.lifecycle.transitions import Facts, Plan, Target
from edx_proctoring.exceptions import (
    ProctoredExamIllegalStatusTransition,
    ProctoredExamNoTimeLeft,
    StatusConflict,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import count_cache
from edx_proctoring.utils.datetimes import with_zone
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["update_attempt_status"]

log = logging.getLogger(__name__)

# Asked about the attempt under its lock: False leaves it as it is; it may raise instead.
Condition = Callable[[ProctoredExamStudentAttempt], bool]


@dataclass(frozen=True, slots=True)
class Change:
    """A status change that was written, with the effects that are still to be delivered."""

    attempt: ProctoredExamStudentAttempt
    requested: str
    plan: Plan
    pending: Recorded
    actor: Any = None

    def deliver(self) -> None:
        """Deliver the pending effects, after the transaction of the change. Never raises because of a receiver."""
        log.info(
            "attempt status changed: attempt_id=%s exam_id=%s user_id=%s course_id=%s from=%s to=%s requested=%s "
            "reason=%s",
            self.attempt.pk,
            self.attempt.proctored_exam_id,
            self.attempt.user_id,
            self.attempt.proctored_exam.course_id,
            self.plan.from_status,
            self.plan.to_status,
            self.requested,
            self.plan.rewrite or "requested",
        )
        if self.plan.asks_for_credit:
            # Contract (contract/host-services#credit-state): asked once per change, with or without a mail.
            credit_lookup.credit_state(
                self.attempt.user_id, self.attempt.proctored_exam.course_id, return_course_info=True
            )
        if self.pending.rows:
            delivery.deliver(self.pending, self.attempt, actor=self.actor)


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
        to_status: the requested status. A time-out, and entering a running exam again, become
            ``submitted``.
        raise_if_not_found: otherwise the answer for an unknown id is None.
        cascade_effects: whether declining closes the learner's other proctored exams.
        timeout_timestamp: when time ran out, in UTC if it has no zone; for ``timed_out`` only.
        update_attributable_to: the ``User`` who decided, or None.

    Raises ``StudentExamAttemptDoesNotExistsException``; ``ProctoredExamIllegalStatusTransition``,
    with nothing written. An effect that fails does not raise, and neither does a provider that is not
    configured: it is an effect that waits. contract/effects#provider-gone.
    Contract: contract/transitions#update, contract/effects#failure.
    """
    try:
        return change_status(
            attempt_id,
            to_status,
            cascades=cascade_effects,
            ended_at=with_zone(timeout_timestamp),
            actor=update_attributable_to,
        )
    except StudentExamAttemptDoesNotExistsException:
        if raise_if_not_found:
            raise
        return None


def change_status(
    attempt_id: int,
    to_status: str,
    *,
    condition: Condition | None = None,
    seen: ProctoredExamStudentAttempt | None = None,
    cascades: bool = True,
    ended_at: datetime | None = None,
    actor: Any = None,
    sends_mail: bool = True,
) -> int:
    """Change the status of an attempt if a condition holds under its lock, and return the attempt's id.

    ``condition``: for requests that may be sent twice or race with others. ``seen``: the attempt with
    exam and user, from callers who have read it. ``sends_mail``: False for operators who repeat effects.
    Otherwise as ``update_attempt_status``.
    """
    attempt = _change(
        attempt_id,
        to_status,
        condition=condition,
        seen=seen,
        cascades=cascades,
        ended_at=ended_at,
        actor=actor,
        sends_mail=sends_mail,
    )
    return end_if_time_is_up(attempt).pk


def end_if_time_is_up(attempt: ProctoredExamStudentAttempt) -> ProctoredExamStudentAttempt:
    """Return the attempt as it is after its time-out, if its time is up; else the same object.

    ``attempt``: loaded with exam and user. If two readers notice it together, one of them ends it.
    """
    now = timezone.now()
    if attempt.pk is None or not time_is_up(attempt, now):
        return attempt
    try:
        return _change(
            attempt.pk,
            Status.timed_out,
            condition=lambda current: time_is_up(current, now),
            seen=attempt,
            ended_at=expiry.expires_at(attempt.started_at, attempt.allowed_time_limit_mins),
        )
    except StudentExamAttemptDoesNotExistsException:
        # Removed since it was read: there is nothing to end.
        return attempt


def time_is_up(attempt: ProctoredExamStudentAttempt, now: datetime) -> bool:
    """Return whether the attempt is open although its clock has run out."""
    return expiry.has_run_out(attempt.status, attempt.started_at, attempt.allowed_time_limit_mins, now=now)


def _change(
    attempt_id: int,
    to_status: str,
    *,
    condition: Condition | None = None,
    seen: ProctoredExamStudentAttempt | None = None,
    **options: Any,
) -> ProctoredExamStudentAttempt:
    """Change the status if the condition holds; return the attempt as it is now. Options as of ``write_change``."""
    attempt, change = _change_under_lock(attempt_id, to_status, condition, seen, options)
    if change is not None:
        change.deliver()
    return attempt


@short_transaction
def _change_under_lock(
    attempt_id: int,
    to_status: str,
    condition: Condition | None,
    seen: ProctoredExamStudentAttempt | None,
    options: Mapping[str, Any],
) -> tuple[ProctoredExamStudentAttempt, Change | None]:
    seen = seen or queries.existing_attempt(attempt_id)
    attempt, others, has_leftovers = lock_seen(seen)
    if condition is not None and not condition(attempt):
        return attempt, None
    return attempt, write_change(attempt, others, to_status, has_leftovers=has_leftovers, **options)


class _LockedRow(NamedTuple):
    """What the statement that locks attempts says about each."""

    pk: int
    modified: datetime
    status: str
    is_sample_attempt: bool
    has_leftovers: bool

    def is_version_of(self, seen: ProctoredExamStudentAttempt) -> bool:
        """Return whether ``seen`` is what is stored: each save of an attempt sets ``modified``.

        Whole seconds tell nothing: there may be several saves in one. The columns of old databases have no fractions.
        """
        return (self.modified, self.status) == (seen.modified, seen.status) and bool(self.modified.microsecond)


RowT = TypeVar("RowT", ProctoredExamStudentAttempt, _LockedRow)


@cache
def _rows() -> Any:
    """Return the query for the rows to lock, a queryset of attempts without its conditions.

    Built once, because building it takes Django a third of the time of the whole query; not at import, when models may
    not be loaded yet.
    """
    return ProctoredExamStudentAttempt.objects.values_list(
        "pk", "modified", "status", "is_sample_attempt", outbox.HasLeftovers("pk")
    )


class Locked(NamedTuple):
    """An attempt that is locked in the caller's transaction, as it is now.

    ``others``: the statuses of its siblings, the learner's other attempts at the exam without those from when it was
    a practice exam: a change may depend on them, so they are locked with it. ``has_leftovers``: whether earlier changes
    may have left effects undelivered.
    """

    attempt: ProctoredExamStudentAttempt
    others: list[str]
    has_leftovers: bool = True


def lock(attempt_id: int, exam_id: int, user_id: int, /) -> Locked:
    """Lock an attempt and its siblings. Raises ``StudentExamAttemptDoesNotExistsException``."""
    rows = ProctoredExamStudentAttempt.objects.of_learner(exam_id, user_id).locked_in_order()
    return Locked(*_with_siblings(list(rows), attempt_id))


def lock_seen(seen: ProctoredExamStudentAttempt, /) -> Locked:
    """As ``lock``, for callers who have read the attempt with exam and user; ``seen`` itself stays as it is.

    The result is a copy of ``seen`` unless the attempt was saved since (docs/decisions/0020-what-a-lock-reads.rst).
    """
    rows = _rows().of_learner(seen.proctored_exam_id, seen.user_id).locked_in_order()
    row, others = _with_siblings([_LockedRow(*values) for values in rows], seen.pk)
    if row.is_version_of(seen):
        return Locked(copy.copy(seen), others, row.has_leftovers)
    attempt = ProctoredExamStudentAttempt.objects.locked(seen.pk)
    attempt.proctored_exam, attempt.user = seen.proctored_exam, seen.user
    # The statement has looked for leftovers before it waited for the lock.
    return Locked(attempt, others)


def require_status(attempt: ProctoredExamStudentAttempt, expected: str | None) -> None:
    """Raise ``StatusConflict`` if an attempt has another status than the caller has seen; None: any is right."""
    if expected not in (None, attempt.status):
        raise StatusConflict(f"attempt_id={attempt.pk} is {attempt.status} by now.", status=attempt.status)


def _with_siblings(rows: Sequence[RowT], attempt_id: int) -> tuple[RowT, list[str]]:
    """Return the attempt of these rows, and the statuses of its siblings."""
    attempt = next((row for row in rows if row.pk == attempt_id), None)
    if attempt is None:
        raise queries.does_not_exist(attempt_id)
    siblings = [row for row in rows if row.pk != attempt_id and row.is_sample_attempt == attempt.is_sample_attempt]
    return attempt, [row.status for row in siblings]


def write_change(
    attempt: ProctoredExamStudentAttempt,
    others: Sequence[str],
    to_status: str,
    *,
    has_leftovers: bool = True,
    cascades: bool = True,
    ended_at: datetime | None = None,
    actor: Any = None,
    sends_mail: bool = True,
) -> Change:
    """Save a status change and record its effects, in the caller's transaction; the caller delivers afterwards.

    ``attempt``, ``others``, ``has_leftovers``: as ``lock`` or ``lock_seen`` returned them; the attempt gets the new
    values. The options are those of ``change_status``. Every status change passes here. Raises
    ``ProctoredExamIllegalStatusTransition``, and its subclass ``ProctoredExamNoTimeLeft`` for a clock that
    would start with less than a minute, with nothing written.
    """
    now = timezone.now()
    exam = exam_dict(attempt.proctored_exam)
    target = transitions.resolve_target(
        attempt.status, to_status, allow_timed_out=_may_stay_timed_out(attempt.proctored_exam)
    )
    _refuse_if_illegal(attempt, target.status)
    facts = _gather_facts(
        attempt,
        others,
        target,
        exam,
        cascades=cascades,
        ended_at=ended_at,
        actor=actor,
        sends_mail=sends_mail,
    )
    plan = transitions.plan_transition(target, facts, now=now)
    plan.apply_to(attempt)
    if "completed_at" in plan.changes:
        # Not by ``save``: the completion is an effect of this change, and the receiver that reports the first
        # ``completed_at`` of a saved attempt must not report it a second time.
        ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(completed_at=attempt.completed_at)
    attempt.save(update_fields=[*(name for name in plan.changes if name != "completed_at"), "modified"])
    if others:
        # The attempt may be one that a later attempt of the learner has superseded.
        count_cache.forget_superseded(attempt.proctored_exam_id)
    leftovers = outbox.leftovers_of(attempt.pk) if has_leftovers else []
    statuses = {"from_status": plan.from_status, "to_status": plan.to_status}
    if not leftovers and delivery.stay_local(plan.effects):
        delivery.deliver_with_change(plan.effects, attempt, actor=actor, **statuses)
        pending = Recorded(())
    else:
        pending = outbox.record(attempt, plan.effects, leftovers, now=now, **statuses)
    return Change(attempt, to_status, plan, pending, actor)


def _may_stay_timed_out(exam: ProctoredExam) -> bool:
    """Return whether a time-out keeps its own status: a setting that a provider may have for its exams."""
    if not exam.is_proctored:
        return conf.proctoring.allow_timed_out_state
    return bool(backends.provider_setting(exam.backend, "ALLOW_TIMED_OUT_STATE"))


def _refuse_if_illegal(attempt: ProctoredExamStudentAttempt, to_status: str) -> None:
    refusal = transitions.find_refusal(attempt.status, to_status)
    if refusal is not None:
        raise ProctoredExamIllegalStatusTransition(
            f"A status transition from {attempt.status} to {to_status} was attempted on "
            f"exam_id={attempt.proctored_exam_id} for user_id={attempt.user_id} "
            f"in course_id={attempt.proctored_exam.course_id}. "
            f"This is not allowed: {refusal.hint}."
        )


def _gather_facts(
    attempt: ProctoredExamStudentAttempt,
    others: Sequence[str],
    target: Target,
    exam: Mapping[str, Any],
    *,
    cascades: bool,
    ended_at: datetime | None,
    actor: Any,
    sends_mail: bool,
) -> Facts:
    is_first_start = target.status == Status.started and attempt.started_at is None
    has_provider, supports_onboarding = _provider_facts(exam)
    if transitions.is_told_to_provider(target.status) and queries.is_taken_without_provider(attempt):
        # Its provider has not heard of it, and must not when it is back.
        has_provider = False
    return Facts(
        attempt_id=attempt.pk,
        from_status=attempt.status,
        was_completed=attempt.completed_at is not None,
        in_resume_process=queries.is_attempt_in_resume_process(attempt),
        is_proctored_exam=exam["is_proctored"],
        is_practice_exam=exam["is_practice_exam"],
        has_provider=has_provider,
        provider_supports_onboarding=supports_onboarding,
        backend=exam["backend"] or backends.default_backend_name(),
        registration=outbox.removal_of(attempt.external_id, exam) if attempt.external_id else None,
        sends_mail=sends_mail and emails.may_be_mailed_about(attempt, target.status),
        has_credit_service=runtime.get_runtime_service(host.CREDIT) is not None,
        consequences_allowed=not queries.is_left_from_practice(attempt)
        and transitions.may_have_consequences(
            [target.status, *others], target.status, is_practice_exam=exam["is_practice_exam"]
        ),
        is_first_start=is_first_start,
        allowed_minutes=_limit_at_start(attempt, exam) if is_first_start else None,
        ended_at=ended_at,
        cascades=cascades,
        actor_id=getattr(actor, "pk", None),
    )


def _provider_facts(exam: Mapping[str, Any]) -> tuple[bool, bool]:
    """Return whether the exam has a provider, and whether that provider supports onboarding.

    A provider that is not configured counts as one that supports everything: its effects are recorded
    and wait for it, so ending an exam never depends on the configuration.
    """
    try:
        provider = backends.get_backend_provider(exam)
    except (NotImplementedError, ImproperlyConfigured):
        log.warning("status changes without its provider: exam_id=%s backend=%s", exam["id"], exam["backend"])
        return True, True
    return provider is not None, bool(provider is not None and provider.supports_onboarding)


def _limit_at_start(attempt: ProctoredExamStudentAttempt, exam: Mapping[str, Any]) -> int:
    # Fixed for good by the start: never from a stale date.
    limit = allowed_time.limit_now(exam, attempt.user_id, attempt, fresh=True)
    if not limit.can_start:
        raise no_time_left(exam["id"], attempt.user_id, limit)
    return limit.minutes


def no_time_left(exam_id: int, user_id: int, limit: StartLimit) -> ProctoredExamNoTimeLeft:
    """Return the exception for a clock that would start with less than a minute; its text names the cause."""
    if allowed_time.can_start(limit.full_minutes):
        cause = "the exam is due too soon or past due; extend the due date of the learner"
    elif limit.carried_seconds is not None:
        cause = "nothing was left of the attempt that broke off; give the learner an allowance"
    else:
        cause = "the exam has no time limit to speak of; raise it, or give the learner an allowance"
    return ProctoredExamNoTimeLeft(
        f"exam_id={exam_id} cannot be started by user_id={user_id} with less than a minute: {cause}."
    )
