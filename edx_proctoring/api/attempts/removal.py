"""Remove and reset attempts. Contract: contract/attempts#reset, contract/attempts#removal.

The provider is called before the row is deleted, because the row holds the ids that the call needs.
History rows stay, so late reviews still find what they are about. What the attempt caused is undone by
effects, recorded in the transaction that deletes the row (``removal_effects``).
"""

import logging
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from django.utils import timezone

from edx_proctoring import backends
from edx_proctoring.api.attempts import entry, removal_effects
from edx_proctoring.api.audit.staff_record import Subject, record_action, requested_by
from edx_proctoring.api.effects import delivery, outbox
from edx_proctoring.api.effects.outbox import Recorded
from edx_proctoring.api.lifecycle import queries, status_change, transitions
from edx_proctoring.api.lifecycle.queries import attempt_with, existing_attempt
from edx_proctoring.api.lifecycle.status_change import Condition
from edx_proctoring.backends import call_options
from edx_proctoring.backends.attempt_removal import _remove_exam_attempt_from_backend
from edx_proctoring.exceptions import (
    BackendProviderCannotRemoveAttempt,
    BackendProviderGone,
    ProctoredExamIllegalStatusTransition,
    StudentExamAttemptDoesNotExistsException,
    StudentExamAttemptOnPastDueProctoredExam,
    UserNotFoundException,
)
from edx_proctoring.models import AttemptIncident, ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict, exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import emit_event
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["remove_exam_attempt", "reset_practice_exam"]

log = logging.getLogger(__name__)

# What to do if the provider is not configured, or cannot remove attempts at all.
IfProviderGone = Literal["raise", "queue"]


@dataclass(frozen=True, slots=True)
class Removal:
    """An attempt that was removed here. ``waits_for_provider``: its provider is still to be told."""

    waits_for_provider: bool


@dataclass(frozen=True, slots=True)
class _Deleted:
    """A row that was deleted: the status it had last, what is to be delivered, and what services have raised."""

    status: str
    pending: Recorded = field(default_factory=lambda: Recorded(()))
    errors: Sequence[Exception] = ()


@dataclass(frozen=True, slots=True)
class StaffRequest:
    """Who of staff removes an attempt, and why. Without ``by`` it is not on record.

    ``is_forced``: also if the provider fails. ``keep_record``: called in the transaction of the removal in place of the
    record of a single action, with what would be recorded; for jobs, which have a row already.
    """

    by: Any = None
    reason: str = ""
    is_forced: bool = False
    keep_record: Callable[[dict[str, Any]], None] | None = None


_NO_STAFF: Final = StaffRequest()

# Which failures of the provider let the attempt be removed here, with the provider's part as an effect.
_NONE: Final[tuple[type[Exception], ...]] = ()
_GONE: Final = (BackendProviderGone,)
_ANY: Final = (BackendProviderCannotRemoveAttempt,)


def reset_practice_exam(exam_id: int, user_id: int, requesting_user: Any) -> int:
    """Let a learner try a practice or onboarding exam again; return the id of the new attempt.

    An attempt that waits for its review is removed; any other is kept as ``onboarding_reset``. If
    the exam is past due, it stays so although there is no new attempt (contract); if the new one
    cannot be made for another reason, such as a provider that is down, the old status comes back.

    Raises ``StudentExamAttemptDoesNotExistsException``; ``ProctoredExamIllegalStatusTransition``
    if the exam is not practice or the attempt is open or verified; ``NotImplementedError``, with nothing
    changed, if its provider is not configured; and as ``create_exam_attempt``.
    """
    log.info(
        "resetting practice exam: exam_id=%s user_id=%s requested_by=%s", exam_id, user_id, _id_of(requesting_user)
    )
    attempt = attempt_with(proctored_exam_id=exam_id, user_id=user_id)
    if attempt is None:
        raise StudentExamAttemptDoesNotExistsException(
            f"Cannot reset exam_id={exam_id} for user_id={user_id}: there is no attempt."
        )
    attempt = status_change.end_if_time_is_up(attempt)
    _refuse_reset_if_illegal(attempt)
    exam = exam_dict(attempt.proctored_exam)
    # Without its provider there will be no new attempt, so a submitted one is not given away.
    backends.get_backend_provider(exam)
    former_status = attempt.status
    data = attempt_dict(attempt)
    removal = None
    if former_status == Status.submitted:
        removal = _remove(
            attempt,
            requesting_user,
            # A provider that is down must not keep the learner from practising.
            queued_errors=_ANY,
            # Reviewed or broken off meanwhile, it is to be kept.
            only_if=lambda current: current.status == Status.submitted,
        )
    is_removed = removal is not None
    if not is_removed:
        former_status = _mark_as_reset(attempt)
        data["status"] = Status.onboarding_reset
    emit_event(exam, "reset_practice_exam", attempt=data)
    try:
        return entry.create_exam_attempt(exam_id, user_id, taking_as_proctored=attempt.taking_as_proctored)
    except StudentExamAttemptOnPastDueProctoredExam:
        raise
    except Exception:
        if not is_removed:
            _take_reset_back(attempt.pk, former_status)
        raise


def remove_exam_attempt(
    attempt_id: int,
    requesting_user: Any,
    require_backend_removal: bool = True,
    *,
    if_provider_gone: IfProviderGone = "raise",
    by: Any = None,
    reason: str = "",
) -> None:
    """Remove an attempt, at the provider and here, with what followed from it.

    Args:
        attempt_id: id of a live attempt.
        requesting_user: handed on to the instructor service as it is.
        require_backend_removal: whether a provider that fails keeps the attempt from being
            removed here. If it does not, the provider's part is an effect.
        if_provider_gone: ``"queue"`` removes the attempt here although its provider is not configured
            (the provider's part is an effect) or cannot remove attempts (that is logged and listed).
        by: the ``User`` of staff who removes it; goes on record with ``reason``.

    What followed from it is undone before this returns; a service that fails is told again later and does not raise.

    Raises ``StudentExamAttemptDoesNotExistsException``; ``BackendProviderCannotRemoveAttempt`` (502)
    with nothing changed; and ``UserNotFoundException`` if the instructor service does not know
    ``requesting_user``, with all but the learner's answers removed.
    """
    remove(
        attempt_id,
        requesting_user,
        require_backend_removal=require_backend_removal,
        if_provider_gone=if_provider_gone,
        by=by,
        reason=reason,
    )


def remove(
    attempt_id: int,
    requesting_user: Any,
    *,
    require_backend_removal: bool = True,
    if_provider_gone: IfProviderGone = "queue",
    by: Any = None,
    reason: str = "",
) -> Removal:
    """As ``remove_exam_attempt``, for callers that tell people what is still to be done."""
    queued_errors = _ANY if not require_backend_removal else _GONE if if_provider_gone == "queue" else _NONE
    removal = _remove(
        existing_attempt(attempt_id),
        requesting_user,
        queued_errors=queued_errors,
        request=StaffRequest(by, reason, is_forced=not require_backend_removal),
    )
    return removal or Removal(waits_for_provider=False)


def remove_for_staff(
    attempt_id: int,
    request: StaffRequest,
    *,
    only_if: Condition | None = None,
    seen: ProctoredExamStudentAttempt | None = None,
) -> Removal | None:
    """As ``remove``, as a member of staff ordered it; return None, with the attempt kept, if ``only_if`` says so.

    ``only_if``: asked before the provider is told, and again under the lock; it may raise instead. ``seen``: the
    attempt with exam and user, from callers who have read it.
    """
    return _remove(
        seen or existing_attempt(attempt_id),
        request.by,
        queued_errors=_ANY if request.is_forced else _GONE,
        only_if=only_if,
        request=request,
    )


def reset_for_staff(attempt_id: int, request: StaffRequest, *, only_this: bool) -> None:
    """Remove an attempt, or all attempts of its learner at its exam, as a member of staff ordered it.

    They go one by one, oldest first; after an error those removed stay removed. Raises as ``remove_exam_attempt``.
    """
    seen = existing_attempt(attempt_id)
    attempt_ids = [seen.pk]
    if not only_this:
        mine = ProctoredExamStudentAttempt.objects.of_learner(seen.proctored_exam_id, seen.user_id)
        attempt_ids = list(mine.order_by("pk").values_list("pk", flat=True))
    for one in attempt_ids:
        try:
            remove_for_staff(one, request)
        except StudentExamAttemptDoesNotExistsException:
            # Removed by a concurrent request, such as a second click: the request has succeeded.
            continue


def _remove(
    attempt: ProctoredExamStudentAttempt,
    requesting_user: Any,
    *,
    queued_errors: tuple[type[Exception], ...],
    only_if: Condition | None = None,
    request: StaffRequest = _NO_STAFF,
) -> Removal | None:
    """Remove an attempt; return None, with the row kept, if ``only_if`` is False.

    ``queued_errors``: failures of the provider after which the attempt is removed here all the same.
    """
    if only_if is not None and not only_if(attempt):
        return None
    exam = exam_dict(attempt.proctored_exam)
    data = attempt_dict(attempt)
    log.info(
        "removing attempt: attempt_id=%s exam_id=%s user_id=%s course_id=%s status=%s requested_by=%s",
        attempt.pk,
        exam["id"],
        attempt.user_id,
        exam["course_id"],
        attempt.status,
        _id_of(requesting_user),
    )
    failure: BackendProviderCannotRemoveAttempt | None = None
    try:
        # Where the call can be repeated later, the person at the page does not wait for the full limit.
        with call_options.use(is_page_waiting=queued_errors == _ANY or None):
            # The registration of an attempt that is taken without its provider is removed by an effect already.
            if not queries.is_taken_without_provider(attempt):
                _remove_exam_attempt_from_backend(attempt)
    except queued_errors as error:
        failure = error  # type: ignore[assignment]
    deleted = _delete(attempt, exam, failure, requesting_user, only_if=only_if, request=request)
    if deleted is None:
        return None
    data["status"] = deleted.status
    errors = list(deleted.errors)
    if deleted.pending.rows:
        delivery.deliver(deleted.pending, None, actor=requesting_user, on_failure=errors.append)
    emit_event(exam, "deleted", attempt=data, override_data=requested_by(request.by))
    unknown_user = next((raised for raised in errors if isinstance(raised, UserNotFoundException)), None)
    if unknown_user is not None:
        # Contract (contract/attempts#removal): it is about an argument of this call.
        raise unknown_user
    return Removal(waits_for_provider=failure is not None)


def _refuse_reset_if_illegal(attempt: ProctoredExamStudentAttempt) -> None:
    exam = attempt.proctored_exam
    if not exam.is_practice_exam:
        raise ProctoredExamIllegalStatusTransition(
            f"exam_id={exam.pk} in course_id={exam.course_id} is not a practice exam and cannot be reset "
            f"by user_id={attempt.user_id}."
        )
    if Status.is_incomplete_status(attempt.status) or attempt.status == Status.verified:
        raise ProctoredExamIllegalStatusTransition(
            f"A reset of exam_id={exam.pk} was attempted for user_id={attempt.user_id} in "
            f"course_id={exam.course_id}. This is not allowed: the attempt is {attempt.status}."
        )


@short_transaction
def _mark_as_reset(seen: ProctoredExamStudentAttempt) -> str:
    """Save ``onboarding_reset`` and return the status before; no effects: a reset is no verdict. Locks: the attempt.

    Raises ``ProctoredExamIllegalStatusTransition`` if it may not be reset any more, above all because
    somebody else has just done so.
    """
    attempt = ProctoredExamStudentAttempt.objects.locked(seen.pk)
    attempt.proctored_exam = seen.proctored_exam
    _refuse_reset_if_illegal(attempt)
    if attempt.status == Status.onboarding_reset != seen.status:
        raise ProctoredExamIllegalStatusTransition(
            f"attempt_id={attempt.pk} of exam_id={attempt.proctored_exam_id} is being reset by another request."
        )
    former_status = attempt.status
    attempt.status = Status.onboarding_reset
    attempt.save()
    return former_status


@short_transaction
def _take_reset_back(attempt_id: int, former_status: str) -> None:
    """Save the status from before the reset, unless something else has happened to it. Locks: the attempt."""
    attempt = ProctoredExamStudentAttempt.objects.locked(attempt_id)
    if attempt.status == Status.onboarding_reset:
        attempt.status = former_status
        attempt.save()


@short_transaction
def _delete(
    seen: ProctoredExamStudentAttempt,
    exam: dict[str, Any],
    failure: BackendProviderCannotRemoveAttempt | None,
    requesting_user: Any,
    *,
    only_if: Condition | None,
    request: StaffRequest,
) -> _Deleted | None:
    """Delete the row and undo its effects; None if it is kept because ``only_if`` is False.

    They are undone in this transaction, or recorded and undone after it if a process may be delivering them
    now. ``failure``: what kept the provider from removing it; its part is recorded. Locks: the learner's attempts,
    so a change is before or after.
    """
    mine = ProctoredExamStudentAttempt.objects.of_learner(seen.proctored_exam_id, seen.user_id)
    others = list(mine.locked_in_order())
    attempt = next((row for row in others if row.pk == seen.pk), None)
    if attempt is None:
        raise queries.does_not_exist(seen.pk)
    others.remove(attempt)
    if only_if is not None and not only_if(attempt):
        return None
    if failure is not None and seen.external_id:
        outbox.keep_removal(attempt, seen.external_id, exam, failure.__cause__ or failure)  # type: ignore[arg-type]
    attempt.proctored_exam, attempt.user = seen.proctored_exam, seen.user
    _record(attempt, request, waits_for_provider=failure is not None)
    if queries.is_taken_without_provider(attempt):
        AttemptIncident.objects.close_outage(attempt.pk, "reset", now=timezone.now(), by=_id_of(requesting_user))
    for other in others:
        other.proctored_exam = seen.proctored_exam
    effects = removal_effects.effects_of_removal(attempt, others, requesting_user)
    # Only these statuses have effects that contradict the ones above.
    has_contrary_effects = bool(effects) and transitions.may_have_told_credit(attempt.status)
    leftovers = outbox.leftovers_of(attempt.pk) if has_contrary_effects else []
    if leftovers:
        pending = outbox.record_removal(attempt, effects, leftovers, now=timezone.now())
        attempt.delete_exam_attempt()
        return _Deleted(attempt.status, pending)
    former = copy(attempt)
    attempt.delete_exam_attempt()
    errors = delivery.deliver_with_removal(effects, former, others=others, actor=requesting_user)
    return _Deleted(attempt.status, errors=errors)


def _record(attempt: ProctoredExamStudentAttempt, request: StaffRequest, *, waits_for_provider: bool) -> None:
    result = {
        "status": attempt.status,
        "attempt_code": attempt.attempt_code,
        "forced": request.is_forced and waits_for_provider,
        "waits_for_provider": waits_for_provider,
    }
    if request.keep_record is not None:
        request.keep_record(result)
        return
    record_action(
        "reset",
        Subject(attempt.proctored_exam_id, attempt.user_id, attempt.pk, result),
        course_id=attempt.proctored_exam.course_id,
        by=request.by,
        reason=request.reason,
    )


def _id_of(user: Any) -> Any:
    return getattr(user, "pk", None)
