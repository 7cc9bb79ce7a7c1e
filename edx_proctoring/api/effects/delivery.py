"""Delivering effects: with the change that causes them, right after it, or later.

- A change whose effects stay in this process and its database delivers them inside its transaction
  (``deliver_with_change``): both are committed together, and only what failed is recorded.
- Otherwise the effects are recorded with the change and delivered after the commit (``deliver``),
  in order; provider calls and mails by a worker if ``ASYNC_PROVIDER_CALLS`` is on.
- What is left over is retried by the next change of the attempt and by ``deliver_due_effects``.

A failing effect is logged and kept, never raised: the status stands. Receivers say what is now, not
what changed, so a repetition does no harm; a second mail is only possible if the process is killed, or the
database stays away, between the mail server's answer and the next statement
(docs/decisions/0005-when-effects-are-forgotten.rst).
"""

import json
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from edx_proctoring import conf, host, runtime
from edx_proctoring.api.effects import claiming, outbox, retrying, settling, workers
from edx_proctoring.api.effects.outbox import Effect, Recorded
from edx_proctoring.api.effects.routes import (
    AFTER_COMMIT_KINDS,
    KIND_CASCADE,
    OUTSIDE_KINDS,
    Delivery,
    NoLongerTrue,
    Scene,
    route,
    route_of,
)
from edx_proctoring.backends import call_options
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.utils.transactions import inner_savepoint

__all__ = ["DeliveryReport", "deliver_due_effects", "retry_effects"]

log = logging.getLogger(__name__)

# Kinds whose receivers run code that may change the attempt before they return, and the service that runs it.
_MAY_CHANGE_THE_ATTEMPT: Final[Mapping[str, str | None]] = {
    AttemptEffect.KIND_INSTRUCTOR: host.INSTRUCTOR,
    AttemptEffect.KIND_GRADE: host.GRADES,
    AttemptEffect.KIND_CERTIFICATE: host.CERTIFICATES,
    AttemptEffect.KIND_SIGNAL: None,
    KIND_CASCADE: None,
}

# Rows of a batch that were read longer ago than this are read once more before they are delivered.
REREAD_AFTER: Final = timedelta(seconds=10)


FailureListener = Callable[[Exception], object]


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How many effects were delivered, superseded, failed (to be tried again) and given up."""

    delivered: int = 0
    superseded: int = 0
    failed: int = 0
    given_up: int = 0

    def __add__(self, other: "DeliveryReport") -> "DeliveryReport":
        return DeliveryReport(
            self.delivered + other.delivered,
            self.superseded + other.superseded,
            self.failed + other.failed,
            self.given_up + other.given_up,
        )


def stay_local(effects: Iterable[Effect]) -> bool:
    """Return whether none of the effects talks to a provider, sends a mail or changes another attempt."""
    return all(effect.kind not in AFTER_COMMIT_KINDS for effect in effects)


def deliver_with_change(
    effects: Sequence[Effect],
    attempt: ProctoredExamStudentAttempt,
    *,
    from_status: str,
    to_status: str,
    actor: Any = None,
) -> None:
    """Deliver effects that ``stay_local`` inside the transaction of the change; record those that fail.

    ``attempt``: as it is now, with exam and user. Raises only if the database has given up the transaction.
    """
    scene = Scene(attempt, actor)
    may_have_moved_on = False
    for effect in effects:
        if may_have_moved_on and route(effect.kind, effect.call).depends_on_status and _status_of(attempt) != to_status:
            # A receiver before this one changed the attempt, and that change has delivered its own effects.
            continue
        may_have_moved_on = may_have_moved_on or effect.kind in _MAY_CHANGE_THE_ATTEMPT
        _deliver_or_keep(effect, attempt, scene, from_status=from_status, to_status=to_status)


def deliver_with_removal(
    effects: Sequence[Effect],
    attempt: ProctoredExamStudentAttempt,
    *,
    others: Sequence[ProctoredExamStudentAttempt],
    actor: Any = None,
) -> list[Exception]:
    """As ``deliver_with_change``, for effects that undo those of an attempt that is removed; return what was raised.

    ``attempt``: as it was last, with exam, user and its former id. ``others``: the learner's other attempts, locked.
    """
    scene = Scene(attempt, actor, locked_others=others)
    status = attempt.status
    errors = (_deliver_or_keep(effect, attempt, scene, from_status=status, to_status=status) for effect in effects)
    return [error for error in errors if error is not None]


def _deliver_or_keep(
    effect: Effect, attempt: ProctoredExamStudentAttempt, scene: Scene, *, from_status: str, to_status: str
) -> Exception | None:
    """Deliver an effect inside a transaction; record it and return what was raised if that fails."""
    try:
        _receive(Delivery(effect.call, to_status, effect.arguments, scene), effect.kind)
    except NoLongerTrue:
        return None
    except Exception as error:
        if connection.needs_rollback:
            raise
        outbox.keep_failed(attempt, effect, error, from_status=from_status, to_status=to_status)
        return error
    return None


def _runs_other_code(kind: str) -> bool:
    """Return whether a receiver of this kind runs code that may change the attempt; absent services do not."""
    service = _MAY_CHANGE_THE_ATTEMPT[kind]
    return service is None or runtime.get_runtime_service(service) is not None


def _status_of(attempt: ProctoredExamStudentAttempt) -> str | None:
    """Return the status as it is in the database now; None if the attempt was removed."""
    return ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).values_list("status", flat=True).first()


def deliver(
    recorded: Recorded,
    attempt: ProctoredExamStudentAttempt | None,
    *,
    actor: Any = None,
    on_failure: FailureListener | None = None,
) -> DeliveryReport:
    """Deliver what ``outbox.record`` or ``outbox.record_removal`` returned, after the transaction of the change.

    ``attempt``: as it is now, with exam and user; None if it was removed. ``actor``: the ``User`` behind
    the change, or None. ``on_failure``: is told what a receiver raised. Provider calls use ``page_timeout``;
    a call that fails is retried later with the full timeout. Never raises because of a receiver.
    """
    rows = recorded.rows
    if conf.proctoring.async_provider_calls:
        for_workers = [row.pk for row in rows if row.kind in OUTSIDE_KINDS]
        rows = [row for row in rows if row.kind not in OUTSIDE_KINDS]
        if for_workers:
            transaction.on_commit(partial(workers.hand_over, for_workers))
    with call_options.use(is_page_waiting=True):
        return _deliver_rows(rows, attempt, actor=actor, repeat_at=recorded.repeat_at, on_failure=on_failure)


def deliver_soon(effect_ids: Sequence[int], *, most: int) -> None:
    """Deliver provider calls that are due: in the process at most so many, or all by a worker if there are workers.

    What is left stays due. Never raises because of a receiver.
    """
    if conf.proctoring.async_provider_calls:
        transaction.on_commit(partial(workers.hand_over, effect_ids))
        return
    with call_options.use(is_page_waiting=True):
        deliver_due_effects(effect_ids=effect_ids[:most])


def deliver_due_effects(
    *,
    effect_ids: Collection[int] | None = None,
    now: datetime | None = None,
    limit: int = 200,
    ignore_pause: bool = False,
    kinds: Collection[str] | None = None,
    exam_ids: Collection[int] | None = None,
) -> DeliveryReport:
    """Deliver leftovers that are due; for cron, Celery and staff.

    ``effect_ids``, ``kinds``, ``exam_ids``: only these. ``ignore_pause``: also before their next try;
    what another process is delivering at this moment may then be delivered twice. ``limit``: at most
    so many at once. Safe to run on several hosts at the same time.
    """
    began = timezone.now()
    now = now or began
    rows = claiming.claim(effect_ids, now=now, limit=limit, ignore_pause=ignore_pause, kinds=kinds, exam_ids=exam_ids)
    attempts = _attempts_of(rows)
    report = DeliveryReport()
    in_order = sorted(rows, key=lambda row: (row.attempt_id, row.pk))
    # Effects without an attempt are independent of each other.
    for (attempt_id, _), group in groupby(in_order, key=lambda row: (row.attempt_id, row.attempt_id or row.pk)):
        mine, attempt = list(group), attempts.get(attempt_id)
        if timezone.now() - began > REREAD_AFTER:
            # The deliveries before took long: the lease is about to end, and the attempt may have moved on.
            mine = claiming.renew_claim(mine, leased_until=now + claiming.LEASE)
            attempt = _attempts_of(mine).get(attempt_id)
        if attempt is None:
            # The attempt was removed: what is about it is no longer true.
            obsolete = [row for row in mine if not route_of(row).outlives_attempt]
            mine = [row for row in mine if route_of(row).outlives_attempt]
            settling.settle_superseded(obsolete)
            report += DeliveryReport(superseded=len(obsolete))
        report += _deliver_rows(mine, attempt)
    if rows:
        log.info(
            "effects delivered: delivered=%s superseded=%s failed=%s given_up=%s",
            report.delivered,
            report.superseded,
            report.failed,
            report.given_up,
        )
    return report


def retry_effects(effect_ids: Collection[int]) -> DeliveryReport:
    """Try effects again at once, also those that were given up, as a member of staff asked for."""
    AttemptEffect.objects.filter(pk__in=effect_ids, state__in=AttemptEffect.GIVEN_UP_STATES).update(
        state=AttemptEffect.STATE_DUE
    )
    return deliver_due_effects(effect_ids=effect_ids, limit=len(effect_ids), ignore_pause=True)


def _deliver_rows(
    rows: Iterable[AttemptEffect],
    attempt: ProctoredExamStudentAttempt | None,
    *,
    actor: Any = None,
    repeat_at: Mapping[int, datetime] | None = None,
    on_failure: FailureListener | None = None,
) -> DeliveryReport:
    scene = Scene(attempt, actor)
    delivered: list[AttemptEffect] = []
    superseded: list[AttemptEffect] = []
    report = DeliveryReport()
    rows = list(rows)
    due: set[int] | None = {row.pk for row in rows}
    was_asked = False
    for number, row in enumerate(rows):
        its_route = route_of(row)
        if attempt is not None and its_route.is_untrue(row.to_status, attempt.status):
            superseded.append(row)
            continue
        if its_route.depends_on_status:
            # A receiver before this one may have changed the attempt, and that change superseded the row.
            if due is None:
                due, was_asked = settling.still_due(rows[number:]), True
            if row.pk not in due:
                settling.cancel_repetition(row)
                report += DeliveryReport(superseded=1)
                continue
        if row.kind in _MAY_CHANGE_THE_ATTEMPT and (not was_asked or _runs_other_code(row.kind)):
            due = None
        try:
            arguments = json.loads(row.arguments)
            _receive(Delivery(row.call_name, row.to_status, arguments, scene, row.tries == 0, row.exam_id), row.kind)
        except NoLongerTrue:
            superseded.append(row)
            continue
        except Exception as error:
            # Providers and services raise what they like, and the status stands.
            report += _REPORTS[retrying.note_failure(row, error)]
            if on_failure is not None:
                on_failure(error)
            continue
        report += DeliveryReport(delivered=1)
        if repeat_at and row.pk in repeat_at:
            settling.repeat_at(row, repeat_at[row.pk])
            continue
        delivered.append(row)
        if its_route.reaches_a_person:
            settling.forget(delivered)
            delivered = []
    settling.settle_superseded(superseded)
    settling.forget(delivered)
    return report + DeliveryReport(superseded=len(superseded))


_REPORTS: Final = {
    AttemptEffect.STATE_DUE: DeliveryReport(failed=1),
    AttemptEffect.STATE_FAILED: DeliveryReport(given_up=1),
    AttemptEffect.STATE_SUPERSEDED: DeliveryReport(superseded=1),
}


def _receive(delivery: Delivery, kind: str) -> None:
    """Call the receiver; what it wrote before it failed is rolled back, unless it has transactions of its own."""
    its_route = route(kind, delivery.call)
    with nullcontext() if its_route.own_transactions else inner_savepoint():
        its_route.receiver(delivery)


def _attempts_of(rows: Collection[AttemptEffect]) -> dict[int, ProctoredExamStudentAttempt]:
    """Return the attempts of effects as they are now, by id, with exam and user; removed ones are left out."""
    attempts = ProctoredExamStudentAttempt.objects.filter(pk__in={row.attempt_id for row in rows})
    return {attempt.pk: attempt for attempt in attempts.with_exam_and_user()}
