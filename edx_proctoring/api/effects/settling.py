"""Settling effects: delivered, superseded, given up or acknowledged."""

import logging
import time
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import InterfaceError, OperationalError, connection, router
from django.utils import timezone

from edx_proctoring.api.effects.routes import route_of
from edx_proctoring.models import AttemptEffect
from edx_proctoring.utils.transactions import retried

__all__ = ["acknowledge_effects", "give_up_effects"]

log = logging.getLogger(__name__)


# For how long a process that has sent a mail waits for the database to note that. A page may be waiting with it.
AWAIT_DATABASE: Final = timedelta(seconds=8)
AWAIT_DATABASE_PAUSE_SECONDS: Final = 0.5


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
