"""Claiming effects: a lease keeps other processes from delivering the same rows.

``next_try_at`` of a leased row is the end of its lease. A process that dies lets it run out, and another one goes on.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from edx_proctoring.models import AttemptEffect
from edx_proctoring.utils.transactions import retried, short_transaction

__all__: list[str] = []


# Longer than anything that one effect waits for: a mail server that takes 70 s, a provider's reply of twice 30 s.
LEASE: Final = timedelta(minutes=5)


def is_leased(row: AttemptEffect, now: datetime) -> bool:
    """Return whether a process may be delivering a row now; otherwise it waits out its pause."""
    return row.next_try_at > now and (row.tries == 0 or row.next_try_at - row.modified == LEASE)


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
