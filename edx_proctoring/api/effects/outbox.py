"""The rows of the outbox: record effects with the change that causes them.

An effect is planned as data (``Effect``) and recorded in the transaction of the change that causes
it. A delivered row is deleted, so each row that is left is an effect that has not happened yet.

- ``due``: waits for its first try or for ``next_try_at``; while a process delivers it, it is leased
  (``next_try_at`` is the end of the lease) and no other process touches it.
- ``superseded``: the attempt moved on, the effect is no longer true and is not delivered.
- ``failed``: given up, after a day or because repeating cannot help; waits for a person.
- ``acknowledged``: given up, and a person has dealt with it.

Of two effects in one lane the newer has the last word, also when a slow process still delivers the
older one: then the newer is delivered once more after that lease.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import BooleanField, Func
from django.utils import timezone

from edx_proctoring.api.effects import claiming, retrying, settling
from edx_proctoring.api.effects.routes import route, route_of
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.utils.transactions import retried, short_transaction

__all__: list[str] = []

log = logging.getLogger(__name__)


# Call of an effect that removes a registration whose attempt is gone here.
REMOVE_AT_PROVIDER: Final = "remove_exam_attempt"


@dataclass(frozen=True, slots=True)
class Effect:
    """One consequence, as plain data. ``arguments``: ids and status words only, no names."""

    kind: str
    call: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a change has to deliver, in order.

    ``repeat_at``: row id -> when to deliver it once more, because another process may still be
    delivering an older effect of the same lane.
    """

    rows: Sequence[AttemptEffect]
    repeat_at: Mapping[int, datetime] = field(default_factory=dict)


class HasLeftovers(Func):
    """Of an attempt in a query, by its key: whether ``leftovers_of`` returns something. No query more.

    In SQL: to build this subquery takes Django nearly as long as a query of its own.
    """

    output_field = BooleanField()
    template = "EXISTS(SELECT 1 FROM %(table)s e WHERE e.attempt_id = %(expressions)s AND e.state = '%(state)s')"

    def __init__(self, attempt: str) -> None:
        """``attempt``: the name of the key in the query."""
        super().__init__(attempt, table=AttemptEffect._meta.db_table, state=AttemptEffect.STATE_DUE)


def leftovers_of(attempt_id: int) -> list[AttemptEffect]:
    """Return what earlier changes of an attempt left undelivered, oldest first."""
    due = AttemptEffect.objects.filter(attempt_id=attempt_id, state=AttemptEffect.STATE_DUE)
    # Nearly always there is nothing, and to ask for that costs half as much as to read rows.
    return list(due.order_by("id")) if due.exists() else []


def record(
    attempt: ProctoredExamStudentAttempt,
    effects: Sequence[Effect],
    leftovers: Sequence[AttemptEffect],
    *,
    from_status: str,
    to_status: str,
    now: datetime,
) -> Recorded:
    """Write effects beside the change that causes them; return what to deliver now, leased.

    To be called in the transaction of the change, with the attempt locked. ``leftovers`` of earlier
    changes are superseded, or returned first if they are due.
    """
    rows = _insert(attempt, effects, from_status=from_status, to_status=to_status, now=now)
    if not leftovers:
        return Recorded(rows)
    newer_lanes = {route(effect.kind, effect.call).lane for effect in effects} - {None}

    def is_superseded(row: AttemptEffect) -> bool:
        return route_of(row).is_superseded(row.to_status, to_status, newer_lanes)

    # Looked at again under their locks: other processes deliver meanwhile.
    affected = claiming.lock_due(row.pk for row in leftovers if is_superseded(row) or row.next_try_at <= now)
    superseded = [row for row in affected if is_superseded(row)]
    due = [row for row in affected if not is_superseded(row) and row.next_try_at <= now]
    settling.settle_superseded(superseded)
    claiming.lease(due, now)
    return Recorded([*due, *rows], _repetitions(superseded, rows, now))


@short_transaction
def record_due(attempts: Sequence[ProctoredExamStudentAttempt], effect: Effect) -> list[int]:
    """Write an effect for each of several attempts, due at once; return the ids. For other causes than a change.

    It supersedes the due effects of the same call. Where another process may be delivering one of them, the new effect
    is written twice: its second row is due when that lease ends, so that the newer effect has the last word.
    """
    now = timezone.now()
    older = AttemptEffect.objects.filter(
        attempt_id__in=[attempt.pk for attempt in attempts],
        state=AttemptEffect.STATE_DUE,
        kind=effect.kind,
        call_name=effect.call,
    )
    superseded = claiming.lock_due(older.values_list("pk", flat=True))
    settling.settle_superseded(superseded)
    lease_ends = {row.attempt_id: row.next_try_at for row in superseded if claiming.is_leased(row, now)}
    rows = [
        _new_row(attempt, effect, from_status=attempt.status, to_status=attempt.status, next_try_at=moment)
        for attempt in attempts
        for moment in (now, lease_ends.get(attempt.pk))
        if moment is not None
    ]
    AttemptEffect.objects.bulk_create(rows)
    if all(row.pk for row in rows):
        return [row.pk for row in rows if row.next_try_at == now]
    # MySQL does not return the keys. No older ones are due.
    return list(older.filter(next_try_at__lte=now).order_by("pk").values_list("pk", flat=True))


def record_removal(
    attempt: ProctoredExamStudentAttempt,
    effects: Sequence[Effect],
    leftovers: Sequence[AttemptEffect],
    *,
    now: datetime,
) -> Recorded:
    """Write what undoes the effects of an attempt; return what to deliver after the commit, leased.

    To be called in the transaction that deletes the attempt, before that, with the attempt locked. ``leftovers`` of
    earlier changes are superseded, unless they outlive the attempt.
    """
    rows = _insert(attempt, effects, from_status=attempt.status, to_status=attempt.status, now=now)
    obsolete = claiming.lock_due(row.pk for row in leftovers if not route_of(row).outlives_attempt)
    settling.settle_superseded(obsolete)
    return Recorded(rows, _repetitions(obsolete, rows, now))


def _insert(
    attempt: ProctoredExamStudentAttempt,
    effects: Sequence[Effect],
    *,
    from_status: str,
    to_status: str,
    now: datetime,
) -> list[AttemptEffect]:
    rows = [
        _new_row(attempt, effect, from_status=from_status, to_status=to_status, next_try_at=now + claiming.LEASE)
        for effect in effects
    ]
    AttemptEffect.objects.bulk_create(rows)
    if not all(row.pk for row in rows):
        # MySQL does not return the keys. The attempt is locked, so its newest rows are these.
        rows = leftovers_of(attempt.pk)[-len(rows) :]
    return rows


def _repetitions(
    superseded: Sequence[AttemptEffect], rows: Sequence[AttemptEffect], now: datetime
) -> dict[int, datetime]:
    """Return which new rows to repeat, and when: those whose older effect may be in flight elsewhere."""
    in_flight = {route_of(row).lane: row.next_try_at for row in superseded if claiming.is_leased(row, now)}
    return {row.pk: in_flight[lane] for row in rows if (lane := route_of(row).lane) is not None and lane in in_flight}


def keep_failed(
    attempt: ProctoredExamStudentAttempt,
    effect: Effect,
    error: Exception,
    *,
    from_status: str | None = None,
    to_status: str | None = None,
) -> AttemptEffect:
    """Record an effect whose first delivery has just failed, so that it is tried again; statuses default to today's."""
    row = _new_row(
        attempt,
        effect,
        from_status=from_status or attempt.status,
        to_status=to_status or attempt.status,
        next_try_at=timezone.now(),
    )
    row.save()
    retrying.note_failure(row, error)
    return row


def keep_failed_of_exam(exam_id: int, effect: Effect, error: Exception, *, attempt_code: str = "") -> AttemptEffect:
    """As ``keep_failed``, for an effect without an attempt here: its ``attempt_id`` is 0.

    ``attempt_code``: of an attempt that was registered at the provider but not created here.
    """
    row = _new_row_of_exam(exam_id, effect, attempt_code)
    row.save()
    retrying.note_failure(row, error)
    return row


@retried
def record_intent(exam_id: int, effect: Effect, *, attempt_code: str) -> AttemptEffect:
    """Record, before a call to a provider, what undoes it; it is due once a lease is over. ``attempt_id`` is 0."""
    row = _new_row_of_exam(exam_id, effect, attempt_code)
    row.next_try_at += claiming.LEASE
    row.save(force_insert=True)
    return row


def settle_intent(row: AttemptEffect) -> bool:
    """Delete an intent; return False if its lease was over and another process has taken it, so that it stays."""
    ours = AttemptEffect.objects.filter(pk=row.pk, state=AttemptEffect.STATE_DUE, next_try_at=row.next_try_at)
    deleted, _ = ours.delete()
    return bool(deleted)


def record_intents_of_exams(effects: Sequence[tuple[int, Effect]]) -> list[AttemptEffect]:
    """Record, in the transaction that writes exams, what is to be done about each after it; due after a lease."""
    leased_until = timezone.now() + claiming.LEASE
    rows = [_new_row_of_exam(exam_id, effect) for exam_id, effect in effects]
    for row in rows:
        row.next_try_at = leased_until
    AttemptEffect.objects.bulk_create(rows)
    return rows


def settle_intents_of_exams(rows: Sequence[AttemptEffect]) -> None:
    """Delete what one call of ``record_intents_of_exams`` recorded, unless another process has taken it."""
    # By their lease: MySQL does not return the ids of rows that are inserted together.
    for call_name in {row.call_name for row in rows}:
        AttemptEffect.objects.filter(
            attempt_id=0,
            exam_id__in=[row.exam_id for row in rows],
            call_name=call_name,
            state=AttemptEffect.STATE_DUE,
            next_try_at=rows[0].next_try_at,
        ).delete()


def keep_failed_of_exams(failures: Sequence[tuple[int, Effect, Exception]]) -> None:
    """As ``keep_failed_of_exam``, for many at once and without a log line; an exam has one waiting effect of a call.

    One that another process is delivering does not count: what it sends may be older than this failure.
    """
    if not failures:
        return
    due = AttemptEffect.objects.filter(
        attempt_id=0,
        exam_id__in={exam_id for exam_id, _, _ in failures},
        call_name__in={effect.call for _, effect, _ in failures},
        state=AttemptEffect.STATE_DUE,
    )
    now = timezone.now()
    known = {(row.exam_id, row.call_name, row.arguments) for row in due if not claiming.is_leased(row, now)}
    rows = []
    for exam_id, effect, error in failures:
        row = _new_row_of_exam(exam_id, effect)
        if (exam_id, effect.call, row.arguments) not in known:
            retrying.set_failure(row, error, now)
            rows.append(row)
    AttemptEffect.objects.bulk_create(rows)


def record_removal_at(attempt: ProctoredExamStudentAttempt, exam: Mapping[str, Any], moment: datetime) -> None:
    """Record that a provider has to remove an attempt from ``moment`` on, in the caller's transaction.

    ``exam``: exam dict. For an attempt that goes on here without its provider.
    """
    removal = removal_of(attempt.external_id or "", exam)
    row = _new_row(attempt, removal, from_status=attempt.status, to_status=attempt.status, next_try_at=moment)
    # A day of tries counts from then.
    row.created = moment
    row.save()


def move_removals(exam_id: int, planned: datetime, moment: datetime) -> int:
    """Let the removals that ``record_removal_at`` planned for one moment happen at another; return how many."""
    waiting = AttemptEffect.objects.filter(
        exam_id=exam_id, call_name=REMOVE_AT_PROVIDER, state=AttemptEffect.STATE_DUE, tries=0, next_try_at=planned
    )
    return waiting.update(next_try_at=moment, created=moment)


def _new_row_of_exam(exam_id: int, effect: Effect, attempt_code: str = "") -> AttemptEffect:
    return AttemptEffect(
        attempt_id=0,
        attempt_code=attempt_code,
        exam_id=exam_id,
        kind=effect.kind,
        call_name=effect.call,
        arguments=json.dumps(dict(effect.arguments)),
        next_try_at=timezone.now(),
    )


def keep_removal(
    attempt: ProctoredExamStudentAttempt, external_id: str, exam: Mapping[str, Any], error: Exception
) -> AttemptEffect:
    """Record that a provider still has to remove an attempt, after it has failed to; the row here may be gone.

    ``attempt``: saved or not. ``exam``: exam dict. To be called in the transaction that deletes the attempt.
    """
    return keep_failed(attempt, removal_of(external_id, exam), error)


def removal_of(external_id: str, exam: Mapping[str, Any]) -> Effect:
    """Return the effect that the provider of an exam (dict) removes an attempt. Its arguments say everything."""
    ids = {"backend": exam["backend"], "exam_external_id": exam["external_id"], "external_id": external_id}
    return Effect(AttemptEffect.KIND_PROVIDER, REMOVE_AT_PROVIDER, ids)


def _new_row(
    attempt: ProctoredExamStudentAttempt, effect: Effect, *, from_status: str, to_status: str, next_try_at: datetime
) -> AttemptEffect:
    return AttemptEffect(
        attempt_id=attempt.pk or 0,
        attempt_code=attempt.attempt_code or "",
        exam_id=attempt.proctored_exam_id,
        kind=effect.kind,
        call_name=effect.call,
        arguments=json.dumps(dict(effect.arguments)),
        from_status=from_status,
        to_status=to_status,
        next_try_at=next_try_at,
    )
