"""The effects of a course that were not delivered: list, retry, give up. Contract: contract/rest-v2#effects-list."""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from edx_proctoring.api.audit.staff_record import Subject, record_action
from edx_proctoring.api.course_staff.attempt_rows import ExamRef, Learner, exam_ref, learner_of
from edx_proctoring.api.effects.delivery import retry_effects
from edx_proctoring.api.effects.routes import KIND_CASCADE
from edx_proctoring.api.effects.settling import give_up_effects
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import (
    AttemptEffect,
    HistoricalProctoredExamStudentAttempt,
    ProctoredExam,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.utils import user_names
from edx_proctoring.utils.transactions import short_transaction

__all__ = [
    "KINDS",
    "STATES",
    "EffectRow",
    "EffectSettled",
    "Settled",
    "effect_rows",
    "effects_of_course",
    "give_up_effect",
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


class EffectSettled(ProctoredBaseException):
    """The effect waits no more: it was delivered, or is no longer needed."""

    http_status = 409
    code = "not_due"


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
