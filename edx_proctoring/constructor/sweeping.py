"""Does what no request is there to do; for cron, beside the core's sweeper. Contract: contract/constructor#sweep."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from edx_proctoring.constructor import received_reviews, sessions
from edx_proctoring.constructor.models import ConstructorSession, FinishState
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.utils.transactions import in_batches

log = logging.getLogger(__name__)

# A request that is about to do the same may still be on its way.
LEFT_AFTER: Final = timedelta(minutes=10)
_BATCH: Final = 200
_END_CALLS: Final = ("stop_exam_attempt", "mark_erroneous_exam_attempt")


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that was done. ``error``: why it was not."""

    session_id: str
    text: str
    error: str = ""


def sweep(*, now: datetime, limit: int, dry_run: bool) -> Iterator[Done]:
    """Yield what is done, at most ``limit`` sessions of each kind. Never raises because of one session.

    - Sessions end whose attempt is over or was removed.
    - Reviews are handed over whose attempt was submitted: their provider was away then, or a process has died.
    - Ends that the vendor was to be told, and that the outbox has given up, are marked for a person.
    """
    yield from _end_left(now, limit, dry_run=dry_run)
    yield from _hand_over(now, limit, dry_run=dry_run)
    yield from _give_up(now, limit, dry_run=dry_run)


def _left(rows: QuerySet[ConstructorSession], now: datetime) -> QuerySet[ConstructorSession]:
    return rows.filter(modified__lt=now - LEFT_AFTER)


def _end_left(now: datetime, limit: int, *, dry_run: bool) -> Iterator[Done]:
    done = 0
    rows = _left(ConstructorSession.objects.current(), now)
    for batch in _batches(rows):
        codes = [session.attempt_code for session in batch]
        # Asked by codes, not joined: the tables of two apps may have different collations.
        live = ProctoredExamStudentAttempt.objects.filter(attempt_code__in=codes)
        statuses = dict(live.values_list("attempt_code", "status"))
        for session in batch:
            status = statuses.get(session.attempt_code)
            if status in sessions.OPEN_STATUSES:
                continue
            if done >= limit:
                return
            done += 1
            if not dry_run:
                sessions.end_of_attempt(session.attempt_code, is_removed=status is None)
            yield Done(session.session_id, "session ended, its attempt is over")


def _hand_over(now: datetime, limit: int, *, dry_run: bool) -> Iterator[Done]:
    done = 0
    waiting = ConstructorSession.objects.with_waiting_review().filter(draft_at__lt=now - LEFT_AFTER)
    for session in in_batches(waiting, _BATCH):
        if done >= limit:
            return
        provider = sessions.provider_of(session)
        if provider is None or not received_reviews.can_be_handed_over(session):
            continue
        done += 1
        error = ""
        try:
            if not dry_run:
                received_reviews.hand_over(session, provider)
        except Exception as failure:
            log.exception("sweep: review not handed over: session=%s", session.session_id)
            error = type(failure).__name__
        yield Done(session.session_id, "review handed over", error)


def _give_up(now: datetime, limit: int, *, dry_run: bool) -> Iterator[Done]:
    done = 0
    rows = _left(ConstructorSession.objects.filter(finish_state=FinishState.PENDING), now)
    for batch in _batches(rows):
        codes = [session.attempt_code for session in batch]
        due = set(
            AttemptEffect.objects.filter(
                attempt_code__in=codes, call_name__in=_END_CALLS, state=AttemptEffect.STATE_DUE
            ).values_list("attempt_code", flat=True)
        )
        for session in batch:
            if session.attempt_code in due:
                continue
            if done >= limit:
                return
            done += 1
            if not dry_run:
                pending = ConstructorSession.objects.filter(pk=session.pk, finish_state=FinishState.PENDING)
                pending.update(finish_state=FinishState.FAILED, modified=now)
                log.error("vendor was not told of the end of a session: session=%s", session.session_id)
            yield Done(session.session_id, "vendor not told of the end, given up")


def _batches(rows: QuerySet[ConstructorSession]) -> Iterator[list[ConstructorSession]]:
    """Yield rows in lists. Only what is asked for here: a row may hold a review."""
    rows = rows.only("session_id", "attempt_code").order_by("id")
    batch = list(rows[:_BATCH])
    while batch:
        yield batch
        batch = list(rows.filter(id__gt=batch[-1].pk)[:_BATCH])
