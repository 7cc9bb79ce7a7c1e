"""The rows of the outbox: record effects with a change, claim them, settle them.

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
import random
import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import InterfaceError, OperationalError, connection, router
from django.db.models import BooleanField, Func
from django.utils import timezone

from edx_proctoring.api.effects.routes import AlreadyLogged, route, route_of
from edx_proctoring.backends import reply_errors
from edx_proctoring.backends.breakers import BreakerOpen
from edx_proctoring.exceptions import PROVIDER_REPLIES
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.utils.transactions import retried, short_transaction

__all__ = ["acknowledge_effects", "give_up_effects"]

log = logging.getLogger(__name__)

# Longer than anything that one effect waits for: a mail server that takes 70 s, a provider's reply of twice 30 s.
LEASE: Final = timedelta(minutes=5)
FIRST_PAUSE_SECONDS: Final = 10
LONGEST_PAUSE_SECONDS: Final = 60 * 60
GIVE_UP_AFTER: Final = timedelta(hours=24)
# For how long a process that has sent a mail waits for the database to note that. A page may be waiting with it.
AWAIT_DATABASE: Final = timedelta(seconds=8)
AWAIT_DATABASE_PAUSE_SECONDS: Final = 0.5

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


# Recording


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
    affected = lock_due(row.pk for row in leftovers if is_superseded(row) or row.next_try_at <= now)
    superseded = [row for row in affected if is_superseded(row)]
    due = [row for row in affected if not is_superseded(row) and row.next_try_at <= now]
    settle_superseded(superseded)
    lease(due, now)
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
    superseded = lock_due(older.values_list("pk", flat=True))
    settle_superseded(superseded)
    lease_ends = {row.attempt_id: row.next_try_at for row in superseded if _is_leased(row, now)}
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
    obsolete = lock_due(row.pk for row in leftovers if not route_of(row).outlives_attempt)
    settle_superseded(obsolete)
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
        _new_row(attempt, effect, from_status=from_status, to_status=to_status, next_try_at=now + LEASE)
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
    in_flight = {route_of(row).lane: row.next_try_at for row in superseded if _is_leased(row, now)}
    return {row.pk: in_flight[lane] for row in rows if (lane := route_of(row).lane) is not None and lane in in_flight}


def _is_leased(row: AttemptEffect, now: datetime) -> bool:
    """Return whether a process may be delivering a row now; otherwise it waits out its pause."""
    return row.next_try_at > now and (row.tries == 0 or row.next_try_at - row.modified == LEASE)


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
    note_failure(row, error)
    return row


def keep_failed_of_exam(exam_id: int, effect: Effect, error: Exception, *, attempt_code: str = "") -> AttemptEffect:
    """As ``keep_failed``, for an effect without an attempt here: its ``attempt_id`` is 0.

    ``attempt_code``: of an attempt that was registered at the provider but not created here.
    """
    row = _new_row_of_exam(exam_id, effect, attempt_code)
    row.save()
    note_failure(row, error)
    return row


@retried
def record_intent(exam_id: int, effect: Effect, *, attempt_code: str) -> AttemptEffect:
    """Record, before a call to a provider, what undoes it; it is due once a lease is over. ``attempt_id`` is 0."""
    row = _new_row_of_exam(exam_id, effect, attempt_code)
    row.next_try_at += LEASE
    row.save(force_insert=True)
    return row


def settle_intent(row: AttemptEffect) -> bool:
    """Delete an intent; return False if its lease was over and another process has taken it, so that it stays."""
    ours = AttemptEffect.objects.filter(pk=row.pk, state=AttemptEffect.STATE_DUE, next_try_at=row.next_try_at)
    deleted, _ = ours.delete()
    return bool(deleted)


def record_intents_of_exams(effects: Sequence[tuple[int, Effect]]) -> list[AttemptEffect]:
    """Record, in the transaction that writes exams, what is to be done about each after it; due after a lease."""
    leased_until = timezone.now() + LEASE
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
    known = {(row.exam_id, row.call_name, row.arguments) for row in due if not _is_leased(row, now)}
    rows = []
    for exam_id, effect, error in failures:
        row = _new_row_of_exam(exam_id, effect)
        if (exam_id, effect.call, row.arguments) not in known:
            _set_failure(row, error, now)
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


# Claiming


@short_transaction
def claim(
    effect_ids: Collection[int] | None,
    *,
    now: datetime,
    limit: int,
    ignore_pause: bool,
    kinds: Collection[str] | None = None,
    exam_ids: Collection[int] | None = None,
) -> list[AttemptEffect]:
    """Lease due rows to this process. ``effect_ids``, ``kinds``, ``exam_ids``: only these.

    ``ignore_pause``: also before ``next_try_at``.
    """
    due = AttemptEffect.objects.filter(state=AttemptEffect.STATE_DUE).order_by("id")
    if not ignore_pause:
        due = due.filter(next_try_at__lte=now)
    if effect_ids is not None:
        due = due.filter(pk__in=effect_ids)
    if kinds is not None:
        due = due.filter(kind__in=kinds)
    if exam_ids is not None:
        due = due.filter(exam_id__in=exam_ids)
    # A claim of certain rows waits for the moment in which another process looks through the table.
    skips = effect_ids is None and connection.features.has_select_for_update_skip_locked
    rows = list(due.select_for_update(skip_locked=skips)[:limit])
    lease(rows, now)
    return rows


@short_transaction
def renew_claim(rows: Collection[AttemptEffect], *, leased_until: datetime) -> list[AttemptEffect]:
    """Extend the lease of rows; return those that no other process has taken or settled meanwhile, in order."""
    ours = [row for row in lock_due(row.pk for row in rows) if row.next_try_at == leased_until]
    lease(ours, timezone.now())
    return ours


def lock_due(effect_ids: Iterable[int]) -> list[AttemptEffect]:
    """Return the rows of these that are still due, locked to the end of the transaction, oldest first."""
    keys = list(effect_ids)
    if not keys:
        return []
    due = AttemptEffect.objects.filter(pk__in=keys, state=AttemptEffect.STATE_DUE)
    return list(due.order_by("id").select_for_update())


def lease(rows: Collection[AttemptEffect], now: datetime) -> None:
    """Keep other processes from delivering these rows for the length of a lease."""
    if not rows:
        return
    # ``modified`` is its beginning, which tells a lease from a pause.
    AttemptEffect.objects.filter(pk__in=[row.pk for row in rows]).update(next_try_at=now + LEASE, modified=now)
    for row in rows:
        # ``cancel_repetition`` looks for rows that were to be repeated at the end of this lease.
        row.next_try_at, row.modified = now + LEASE, now


@retried
def release(effect_ids: Collection[int]) -> None:
    """Make leased rows due at once: no delivery of them has begun."""
    untouched = AttemptEffect.objects.filter(pk__in=effect_ids, state=AttemptEffect.STATE_DUE, tries=0)
    untouched.update(next_try_at=timezone.now())


# Settling


def forget(rows: Collection[AttemptEffect]) -> None:
    """Delete rows: they are delivered.

    If the database is away and one of them is a mail, which would be sent again, wait for it (``AWAIT_DATABASE``), but
    not inside a transaction, which is lost with its connection. Raises the database's error.
    """
    if not rows:
        return
    may_wait = not connection.in_atomic_block and any(route_of(row).reaches_a_person for row in rows)
    deadline = time.monotonic() + (AWAIT_DATABASE.total_seconds() if may_wait else 0)
    while True:
        try:
            _delete(rows)
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() >= deadline:
                raise
            log.warning("database away after a mail was sent: count=%s error=%s", len(rows), type(error).__name__)
            connection.close()
            time.sleep(AWAIT_DATABASE_PAUSE_SECONDS)
        else:
            return


@retried
def _delete(rows: Collection[AttemptEffect]) -> None:
    # One statement, a transaction by itself: ``delete()`` would open one around it, at three more round trips to MySQL.
    # Nothing refers to effects, and no signal is sent about them.
    effects = AttemptEffect.objects.filter(pk__in=[row.pk for row in rows])
    # Not ``effects.db``, which is the database for reading.
    effects._raw_delete(router.db_for_write(AttemptEffect))


def still_due(rows: Iterable[AttemptEffect]) -> set[int]:
    """Return the ids of those rows that no other change or process has settled meanwhile."""
    due = AttemptEffect.objects.filter(pk__in=[row.pk for row in rows], state=AttemptEffect.STATE_DUE)
    return set(due.values_list("pk", flat=True))


@retried
def repeat_at(row: AttemptEffect, moment: datetime) -> None:
    """Have a delivered row delivered once more at ``moment``."""
    AttemptEffect.objects.filter(pk=row.pk).update(next_try_at=moment)


@retried
def cancel_repetition(row: AttemptEffect) -> None:
    """Note that a superseded row was not delivered after all: what was to repeat the newer effect is done."""
    lane = route_of(row).lane
    newer = AttemptEffect.objects.of_attempt(row.attempt_id).filter(
        pk__gt=row.pk, state=AttemptEffect.STATE_DUE, tries=0, next_try_at=row.next_try_at
    )
    forget([other for other in newer if lane is not None and route_of(other).lane == lane])


@retried
def settle_superseded(rows: Collection[AttemptEffect]) -> None:
    """Mark rows as superseded: the attempt has moved on and they are not to be delivered."""
    if not rows:
        return
    AttemptEffect.objects.filter(pk__in=[row.pk for row in rows]).update(state=AttemptEffect.STATE_SUPERSEDED)
    for row in rows:
        log.info(
            "effect superseded: effect_id=%s attempt_id=%s exam_id=%s call=%s",
            row.pk,
            row.attempt_id,
            row.exam_id,
            row.call_name,
        )


def give_up_effects(effect_ids: Collection[int]) -> int:
    """Stop trying to deliver effects, as a member of staff decided; return how many."""
    return AttemptEffect.objects.filter(pk__in=effect_ids, state=AttemptEffect.STATE_DUE).update(
        state=AttemptEffect.STATE_FAILED
    )


def acknowledge_effects(effect_ids: Collection[int]) -> int:
    """Note that a person has dealt with effects that were given up; return how many.

    They stay on record until the retention, can be retried, and are no alarm any more.
    """
    failed = AttemptEffect.objects.filter(pk__in=effect_ids, state=AttemptEffect.STATE_FAILED)
    # ``modified`` is from when the retention counts.
    return failed.update(state=AttemptEffect.STATE_ACKNOWLEDGED, modified=timezone.now())


def note_failure(row: AttemptEffect, error: Exception) -> str:
    """Note a failed try and return the state of the row: due, failed, or superseded if it was settled meanwhile."""
    now = timezone.now()
    if isinstance(error, BreakerOpen):
        return _postpone(row, error, now)
    _set_failure(row, error, now)
    is_retried = row.state == AttemptEffect.STATE_DUE
    if not _save_failure(row, now):
        # Superseded, given up by staff or delivered by another process: it must not become due again.
        row.state = AttemptEffect.STATE_SUPERSEDED
        log.warning(
            "effect not delivered, settled meanwhile: effect_id=%s attempt_id=%s exam_id=%s kind=%s call=%s error=%s",
            row.pk,
            row.attempt_id,
            row.exam_id,
            row.kind,
            row.call_name,
            row.last_error,
        )
    elif not isinstance(error, AlreadyLogged) or not is_retried:
        (log.warning if is_retried else log.error)(
            "effect not delivered, %s: effect_id=%s attempt_id=%s exam_id=%s kind=%s call=%s try=%s error=%s",
            "will be tried again" if is_retried else "given up",
            row.pk,
            row.attempt_id,
            row.exam_id,
            row.kind,
            row.call_name,
            row.tries,
            row.last_error,
            # The traceback once; of a day of tries it would fill the log.
            exc_info=row.tries == 1 and not isinstance(error, (AlreadyLogged, *PROVIDER_REPLIES)),
        )
    return row.state


def _set_failure(row: AttemptEffect, error: Exception, now: datetime) -> None:
    """Set what a failed try changes, without saving it."""
    row.tries += 1
    row.next_try_at = now + pause_after(row.tries)
    row.last_error = describe_error(error)
    most = reply_errors.most_tries(error)
    is_retried = now - row.created < GIVE_UP_AFTER and (most is None or row.tries < most)
    row.state = AttemptEffect.STATE_DUE if is_retried else AttemptEffect.STATE_FAILED


def _postpone(row: AttemptEffect, error: BreakerOpen, now: datetime) -> str:
    """Note that a provider that does not answer was not asked: no try, and the next one when it may be asked."""
    row.next_try_at = now + timedelta(seconds=error.retry_after * random.uniform(1, 1.5))  # noqa: S311 - no secret
    row.last_error = describe_error(error)
    return row.state if _save_failure(row, now) else AttemptEffect.STATE_SUPERSEDED


@retried
def _save_failure(row: AttemptEffect, now: datetime) -> bool:
    """Save the noted failure; return whether the effect was still due."""
    still_due = AttemptEffect.objects.filter(pk=row.pk, state=AttemptEffect.STATE_DUE)
    return bool(
        still_due.update(
            tries=row.tries, next_try_at=row.next_try_at, last_error=row.last_error, state=row.state, modified=now
        )
    )


def pause_after(tries: int) -> timedelta:
    """Return the pause after so many tries: it doubles from 10 s to 1 h, with jitter against stampedes."""
    # The jitter adds up to half, so the base stops where both together reach the longest pause.
    base = min(FIRST_PAUSE_SECONDS * 2 ** (tries - 1), LONGEST_PAUSE_SECONDS / 1.5)
    return timedelta(seconds=base * random.uniform(1, 1.5))  # noqa: S311 - no secret


def describe_error(error: BaseException) -> str:
    """Return class and text of an error, short, without anything that looks like an e-mail address."""
    if isinstance(error, AlreadyLogged) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, PROVIDER_REPLIES):
        return f"{type(error).__name__}: upstream_status={error.upstream_status} answer={error.digest}"[:255]
    text = re.sub(r"\S+@\S+", "[address]", str(error))
    return f"{type(error).__name__}: {text}"[:255]
