"""What went wrong in a course: effects that were not delivered, and reviews as they came in.

Contract: contract/rest-v2#effects-list, contract/rest-v2#inbox-list.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Q, QuerySet

from edx_proctoring.api.audit.staff_record import Subject, record_action
from edx_proctoring.api.course_staff.attempt_rows import ExamRef, Learner, exam_ref, learner_of
from edx_proctoring.api.effects.delivery import retry_effects
from edx_proctoring.api.effects.routes import KIND_CASCADE
from edx_proctoring.api.effects.settling import give_up_effects
from edx_proctoring.api.reviews.applying import find_attempt
from edx_proctoring.api.reviews.receiving import replay_review
from edx_proctoring.exceptions import ProctoredBaseException, ProctoredExamReviewAlreadyExists
from edx_proctoring.models import (
    AttemptEffect,
    HistoricalProctoredExamStudentAttempt,
    ProctoredExam,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.utils import user_names
from edx_proctoring.utils.transactions import short_transaction

__all__ = [
    "KINDS",
    "OUTCOMES",
    "STATES",
    "EffectRow",
    "EffectSettled",
    "InboxRow",
    "Settled",
    "effect_rows",
    "effects_of_course",
    "give_up_effect",
    "inbox_of_course",
    "inbox_rows",
    "receive_again",
    "retry_effect",
]

log = logging.getLogger(__name__)

KINDS: Final = (
    AttemptEffect.KIND_PROVIDER,
    AttemptEffect.KIND_CREDIT,
    AttemptEffect.KIND_GRADE,
    AttemptEffect.KIND_CERTIFICATE,
    AttemptEffect.KIND_MAIL,
    AttemptEffect.KIND_SIGNAL,
    AttemptEffect.KIND_INSTRUCTOR,
    KIND_CASCADE,
)
# ``due``: to be delivered, or to be tried again; ``failed``: given up.
STATES: Final = AttemptEffect.UNSETTLED_STATES
# Of an effect that its receiver accepted.
DELIVERED: Final = "delivered"

# First words of ``ReviewInboxEntry.outcome``; a reason may follow.
OUTCOMES: Final = (
    ReviewInboxEntry.OUTCOME_RECEIVED,
    ReviewInboxEntry.OUTCOME_APPLIED,
    ReviewInboxEntry.OUTCOME_DUPLICATE,
    ReviewInboxEntry.OUTCOME_REFUSED,
    ReviewInboxEntry.OUTCOME_HELD,
)


class EffectSettled(ProctoredBaseException):
    """The effect waits no more: it was delivered, or is no longer needed."""

    http_status = 409
    code = "not_due"


class InboxEntryGone(ProctoredBaseException):
    """The received review was deleted meanwhile."""

    http_status = 404
    code = "not_found"


@dataclass(frozen=True, slots=True)
class EffectRow:
    """An effect in a list for staff.

    ``attempt_id``: None if it is about an exam. ``user``: None if it is about an exam, or the account is gone.
    ``next_try_at``: None if it was given up. ``last_error``: class of the exception and a short text, may be empty.
    """

    id: int
    attempt_id: int | None
    exam: ExamRef
    user: Learner | None
    kind: str
    call: str
    to_status: str
    state: str
    tries: int
    next_try_at: datetime | None
    last_error: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """An effect that waits no more. ``state``: ``delivered``, or ``superseded`` because it is no longer needed."""

    id: int
    state: str


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A review as it came in, without its body."""

    id: int
    received_at: datetime
    attempt_code: str
    outcome: str
    backend: str


def effects_of_course(
    course_id: str,
    *,
    exam_ids: Collection[int] | None = None,
    attempt_ids: Collection[int] | None = None,
    kinds: Collection[str] | None = None,
    states: Collection[str] = STATES,
) -> QuerySet[AttemptEffect]:
    """Return the effects of a course that were not delivered, the oldest first; arguments: only of these."""
    effects = AttemptEffect.objects.of_course(course_id).filter(state__in=states)
    if exam_ids is not None:
        effects = effects.filter(exam_id__in=exam_ids)
    if attempt_ids is not None:
        effects = effects.filter(attempt_id__in=attempt_ids)
    if kinds is not None:
        effects = effects.filter(kind__in=kinds)
    return effects.order_by("pk")


def effect_rows(effects: Iterable[AttemptEffect]) -> list[EffectRow]:
    """Return a page of effects as rows. Three queries at the most, none without effects."""
    found = list(effects)
    if not found:
        return []
    exams = ProctoredExam.objects.in_bulk({effect.exam_id for effect in found})
    refs = {pk: exam_ref(exam) for pk, exam in exams.items()}
    learners = _learners({effect.attempt_id for effect in found if effect.attempt_id})
    return [_effect_row(effect, refs, learners) for effect in found if effect.exam_id in refs]


def retry_effect(effect_id: int, /) -> EffectRow | Settled:
    """Try to deliver an effect at once; return what became of it. Raises ``EffectSettled``."""
    open_states = (*STATES, AttemptEffect.STATE_ACKNOWLEDGED)
    if not AttemptEffect.objects.filter(pk=effect_id, state__in=open_states).exists():
        raise EffectSettled(f"effect_id={effect_id} waits no more.")
    retry_effects([effect_id])
    effect = AttemptEffect.objects.filter(pk=effect_id).first()
    if effect is None or effect.state == AttemptEffect.STATE_DONE:
        return Settled(effect_id, DELIVERED)
    if effect.state == AttemptEffect.STATE_SUPERSEDED:
        return Settled(effect_id, effect.state)
    [row] = effect_rows([effect])
    return row


def give_up_effect(effect_id: int, /, *, by: Any, reason: str) -> EffectRow:
    """Stop trying to deliver an effect, on record; return it. Raises ``EffectSettled``.

    ``by``: the ``User`` of staff; ``reason``: in the words of staff.
    """
    effect = _given_up(effect_id, by, reason)
    log.info(
        "effect given up: effect_id=%s attempt_id=%s exam_id=%s by=%s",
        effect.pk,
        effect.attempt_id,
        effect.exam_id,
        by.pk,
    )
    [row] = effect_rows([effect])
    return row


@short_transaction
def _given_up(effect_id: int, by: Any, reason: str) -> AttemptEffect:
    if not give_up_effects([effect_id]):
        raise EffectSettled(f"effect_id={effect_id} waits no more.")
    effect: AttemptEffect = AttemptEffect.objects.get(pk=effect_id)
    learner = _learners({effect.attempt_id} if effect.attempt_id else ()).get(effect.attempt_id)
    record_action(
        "effect_give_up",
        Subject(
            effect.exam_id,
            None if learner is None else learner.id,
            effect.attempt_id or None,
            {"effect_id": effect.pk, "kind": effect.kind, "call": effect.call_name, "to_status": effect.to_status},
        ),
        course_id=ProctoredExam.objects.get(pk=effect.exam_id).course_id,
        by=by,
        reason=reason,
    )
    return effect


def inbox_of_course(course_id: str, *, outcomes: Sequence[str] | None = None) -> QuerySet[ReviewInboxEntry]:
    """Return the reviews that came in for a course, the newest first; ``outcomes``: only these of ``OUTCOMES``."""
    entries = ReviewInboxEntry.objects.of_course(course_id).defer("body")
    if outcomes is not None:
        entries = entries.filter(reduce(or_, (Q(outcome__startswith=word) for word in outcomes)))
    return entries.order_by("-pk")


def inbox_rows(entries: Iterable[ReviewInboxEntry]) -> list[InboxRow]:
    """Return a page of received reviews as rows. No query if they are loaded."""
    return [InboxRow(row.pk, row.created, row.attempt_code, row.outcome, row.backend) for row in entries]


def receive_again(inbox_id: int, *, by: Any) -> str:
    """Receive a review once more on behalf of ``by``, a ``User``; return what became of it, one of ``OUTCOMES``.

    The words of the provider stay in the inbox. Raises ``InboxEntryGone``; ``NotImplementedError`` if its provider
    is not configured.
    """
    try:
        receipt = replay_review(inbox_id)
    except ReviewInboxEntry.DoesNotExist as exc:
        raise InboxEntryGone(f"inbox_id={inbox_id}") from exc
    except ProctoredExamReviewAlreadyExists:
        outcome = ReviewInboxEntry.OUTCOME_DUPLICATE
    except ProctoredBaseException:
        outcome = ReviewInboxEntry.OUTCOME_REFUSED
    else:
        accepted = ReviewInboxEntry.OUTCOME_APPLIED if receipt.is_accepted else ReviewInboxEntry.OUTCOME_REFUSED
        outcome = ReviewInboxEntry.OUTCOME_HELD if receipt.is_held else accepted
    _record_replay(inbox_id, outcome, by)
    log.info("review received again: inbox_id=%s by=%s outcome=%s", inbox_id, by.pk, outcome)
    return outcome


def _record_replay(inbox_id: int, outcome: str, by: Any) -> None:
    code = ReviewInboxEntry.objects.values_list("attempt_code", flat=True).get(pk=inbox_id)
    found = find_attempt(code)
    if found is None:
        return
    attempt, is_archived = found
    record_action(
        "review_replay",
        Subject(
            attempt.proctored_exam_id,
            attempt.user_id,
            None if is_archived else attempt.pk,
            {"inbox_id": inbox_id, "outcome": outcome},
        ),
        course_id=attempt.proctored_exam.course_id,
        by=by,
    )


def _learners(attempt_ids: Collection[int]) -> dict[int, Learner]:
    """Return the learners of attempts by attempt id, also of removed ones. Two queries at the most."""
    live = ProctoredExamStudentAttempt.objects.filter(pk__in=attempt_ids).select_related(*user_names.profile_join())
    learners = {attempt.pk: learner_of(attempt.user) for attempt in live}
    removed = set(attempt_ids) - learners.keys()
    if not removed:
        return learners
    last_states = HistoricalProctoredExamStudentAttempt.objects.filter(id__in=removed, history_type="-")
    for state in last_states.select_related(*user_names.profile_join()):
        if state.user is not None:
            learners[state.id] = learner_of(state.user)
    return learners


def _effect_row(effect: AttemptEffect, refs: Mapping[int, ExamRef], learners: Mapping[int, Learner]) -> EffectRow:
    return EffectRow(
        id=effect.pk,
        attempt_id=effect.attempt_id or None,
        exam=refs[effect.exam_id],
        user=learners.get(effect.attempt_id),
        kind=effect.kind,
        call=effect.call_name,
        to_status=effect.to_status,
        state=effect.state,
        tries=effect.tries,
        next_try_at=effect.next_try_at if effect.state == AttemptEffect.STATE_DUE else None,
        last_error=effect.last_error,
        created_at=effect.created,
    )
