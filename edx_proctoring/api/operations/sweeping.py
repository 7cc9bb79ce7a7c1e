"""The sweeper: does what no request is there to do. For cron, a loop or Celery beat.

Each kind takes rows in id order, each row in a short transaction of its own, so several hosts may sweep
at the same time. contract/commands#sweep-attempts.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import models
from django.utils import timezone

from edx_proctoring import conf
from edx_proctoring.api.effects import lanes
from edx_proctoring.api.lifecycle import queries, status_change
from edx_proctoring.api.reviews import receiving
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt, ReviewInboxEntry

__all__ = ["SWEEP_KINDS", "SweepAction", "SweepReport", "sweep"]

log = logging.getLogger(__name__)

# A learner's own request may still be on its way.
EXPIRE_AFTER: Final = timedelta(seconds=60)

# The request that wrote an inbox entry settles it within seconds.
RECEIVED_IS_LEFT_AFTER: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SweepAction:
    """One thing that was done. ``subject_id``: of the row, None for several; ``error``: why it was not done."""

    kind: str
    subject_id: int | None
    text: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep did. ``is_more``: a kind reached its limit, so another sweep would find more."""

    actions: tuple[SweepAction, ...]
    is_more: bool

    @property
    def failures(self) -> int:
        """How many actions failed."""
        return sum(1 for action in self.actions if action.error)


def sweep(
    *,
    now: datetime | None = None,
    kinds: Collection[str] | None = None,
    limit: int = 500,
    dry_run: bool = False,
) -> SweepReport:
    """Do what is due, at most ``limit`` rows of each kind. ``kinds``: of ``SWEEP_KINDS``; None for all.

    - ``expire``: end attempts whose time is up.
    - ``effects``: deliver recorded effects that are due.
    - ``inbox``: receive reviews that are held or whose process died.
    - ``retention``: delete settled inbox entries, and effects that are superseded or failed, by age.

    Never raises because of one row. Raises ``ValueError`` for an unknown kind.
    """
    now = now or timezone.now()
    wanted = SWEEP_KINDS if kinds is None else tuple(kinds)
    if unknown := set(wanted) - set(SWEEP_KINDS):
        raise ValueError(f"unknown kinds: {', '.join(sorted(unknown))}; known are {', '.join(SWEEP_KINDS)}")
    actions: list[SweepAction] = []
    is_more = False
    for kind in wanted:
        done = list(_KINDS[kind](now, limit, dry_run))
        is_more = is_more or len(done) >= limit
        actions += done
    return SweepReport(tuple(actions), is_more)


def _expire(now: datetime, limit: int, dry_run: bool) -> Iterator[SweepAction]:
    for attempt_id in _overdue_attempts(now - EXPIRE_AFTER)[:limit]:
        failure = ""
        try:
            if not dry_run:
                status_change.end_if_time_is_up(queries.attempt_by_id(attempt_id))
        except Exception as error:
            log.exception("sweep: action failed: kind=expire subject_id=%s", attempt_id)
            failure = type(error).__name__
        yield SweepAction("expire", attempt_id, "attempt ended, its time is up", failure)


def _overdue_attempts(moment: datetime) -> list[int]:
    """Return the ids of the open attempts whose time was up at ``moment``."""
    running = ProctoredExamStudentAttempt.objects.all().running().order_by("id")
    columns = ("id", "started_at", "allowed_time_limit_mins")
    return [
        attempt_id
        for attempt_id, started_at, minutes in running.values_list(*columns)
        if started_at is not None and minutes is not None and started_at + timedelta(minutes=minutes) < moment
    ]


def _effects(now: datetime, limit: int, dry_run: bool) -> Iterator[SweepAction]:
    if dry_run:
        for effect_id in AttemptEffect.objects.due(now).values_list("id", flat=True)[:limit]:
            yield SweepAction("effects", effect_id, "effect is due")
        return
    report = lanes.deliver_in_lanes(limit=limit)
    for count, text, error in (
        (report.delivered, "delivered", ""),
        (report.superseded, "superseded", ""),
        (report.failed, "not delivered", "will be tried again"),
        (report.given_up, "not delivered", "given up"),
    ):
        if count:
            yield SweepAction("effects", None, f"{text}: {count}", error)


def _inbox(now: datetime, limit: int, dry_run: bool) -> Iterator[SweepAction]:
    left = models.Q(outcome=ReviewInboxEntry.OUTCOME_RECEIVED, modified__lt=now - RECEIVED_IS_LEFT_AFTER)
    held = models.Q(outcome=ReviewInboxEntry.OUTCOME_HELD_WITHOUT_PROVIDER)
    for entry in ReviewInboxEntry.objects.filter(left | held).order_by("id")[:limit]:
        if dry_run:
            yield SweepAction("inbox", entry.pk, f"review is {entry.outcome}")
        elif (action := _receive(entry)) is not None:
            yield action


def _receive(entry: ReviewInboxEntry) -> SweepAction | None:
    """Receive a waiting review; None if it goes on waiting, or another process has it."""
    claimed = ReviewInboxEntry.objects.filter(pk=entry.pk, outcome=entry.outcome, modified=entry.modified)
    if not claimed.update(modified=timezone.now()):
        return None
    try:
        receipt = receiving.receive_waiting_review(entry)
    except Exception as error:
        # Refused, and settled with the reason; or a fault, which the next sweep meets again.
        log.warning("waiting review not received: inbox_id=%s error=%s", entry.pk, type(error).__name__)
        return SweepAction("inbox", entry.pk, "review not received", type(error).__name__)
    return None if receipt is None or receipt.is_held else SweepAction("inbox", entry.pk, "review received")


def _retention(now: datetime, limit: int, dry_run: bool) -> Iterator[SweepAction]:
    old_reviews = ReviewInboxEntry.objects.received_before(now - timedelta(days=conf.proctoring.inbox_days))
    settled = (AttemptEffect.STATE_SUPERSEDED, AttemptEffect.STATE_FAILED, AttemptEffect.STATE_DONE)
    old_effects = AttemptEffect.objects.filter(
        state__in=settled, modified__lt=now - timedelta(days=conf.proctoring.effect_days)
    )
    tables: tuple[tuple[str, models.QuerySet[Any]], ...] = (
        ("inbox entries", old_reviews.exclude(outcome__in=ReviewInboxEntry.OPEN_OUTCOMES)),
        ("effects", old_effects),
    )
    for name, rows in tables:
        # In batches, so that no statement locks a large part of the table.
        while keys := list(rows.order_by("id").values_list("id", flat=True)[:limit]):
            if not dry_run:
                rows.model._default_manager.filter(pk__in=keys).delete()
            yield SweepAction("retention", None, f"{name} too old: {len(keys)}")
            if dry_run:
                break


_KINDS: Final[Mapping[str, Callable[[datetime, int, bool], Iterator[SweepAction]]]] = {
    "expire": _expire,
    "effects": _effects,
    "inbox": _inbox,
    "retention": _retention,
}
SWEEP_KINDS: Final = tuple(_KINDS)
