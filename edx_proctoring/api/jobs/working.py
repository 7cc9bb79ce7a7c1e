"""Work on a job, and stop it. Contract: contract/staff-jobs#work.

A process takes a job by its lease, ``lease_until``, and renews it before each row or batch. A process that finds the
lease changed has lost the job and stops. Even then nothing is done twice: an outcome is only written to a row that
waits, in the transaction of the change.
"""

import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from edx_proctoring import conf
from edx_proctoring.api.effects import workers
from edx_proctoring.api.jobs import kinds
from edx_proctoring.api.jobs.kinds import AlreadySettled, InBatches, Kind, OneByOne, Order, Outcome
from edx_proctoring.exceptions import JobNotFound
from edx_proctoring.models import StaffJob, StaffJobRow
from edx_proctoring.models.staff_jobs import as_json
from edx_proctoring.utils.transactions import retried, short_transaction

__all__ = ["work_on"]

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=60)
TASK_WORK: Final = "edx_proctoring.tasks.work_on_job"
# Rows that are read ahead of those that are changed one by one.
_READ_AHEAD: Final = 100


@dataclass(slots=True)
class _Lease:
    """The right to work on a job until ``until``."""

    job_id: int
    until: datetime

    @classmethod
    def take(cls, job: StaffJob) -> "_Lease | None":
        """Take a job that no process works on, or that a process left; None if another process has it."""
        now = timezone.now()
        until = now + LEASE
        free = StaffJob.objects.unfinished().filter(Q(lease_until=None) | Q(lease_until__lte=now), pk=job.pk)
        is_taken = retried(free.update)(state=StaffJob.STATE_RUNNING, lease_until=until, modified=now)
        return cls(job.pk, until) if is_taken else None

    def renew(self) -> bool:
        """Return whether the job is still this process's, and not stopped."""
        now = timezone.now()
        until = now + LEASE
        mine = StaffJob.objects.filter(pk=self.job_id, state=StaffJob.STATE_RUNNING, lease_until=self.until)
        is_mine = bool(retried(mine.update)(lease_until=until, modified=now))
        self.until = until
        return is_mine

    def give_back(self) -> None:
        """Let others go on at once."""
        retried(StaffJob.objects.filter(pk=self.job_id, lease_until=self.until).update)(lease_until=None)


def job_with(code: str) -> StaffJob:
    """Return a job. Raises ``JobNotFound``."""
    job: StaffJob | None = StaffJob.objects.filter(code=code).first()
    if job is None:
        raise JobNotFound(f"no job has the code {code}")
    return job


def order_of(job: StaffJob, *, by: Any = None) -> Order:
    """Return what the kind is told. ``by``: the ``User`` who ordered the job, looked up if None."""
    if by is None and job.created_by is not None:
        by = get_user_model()._default_manager.filter(pk=job.created_by).first()
    return Order(job.course_id, job.exam_id, by, job.reason, job.parameters_data)


def work_on(code: str, *, seconds: float | None = None, most_rows: int | None = None) -> StaffJob:
    """Work on a job and return it as it is then.

    Args:
        code: the job's public id.
        seconds: after these, no further row is begun; None: until it is finished.
        most_rows: after so many, no further one is begun.

    Does nothing if the job is finished or another process works on it. What is left is handed to a worker if there are
    workers. Raises ``JobNotFound``.
    """
    return _work_on(job_with(code), None, seconds, most_rows)


def go_on(code: str) -> StaffJob:
    """Work on a job for ``JOB_SECONDS``, for a client that watches it. Raises ``JobNotFound``."""
    return work_on(code, seconds=conf.proctoring.job_seconds)


def begin(job: StaffJob, *, by: Any) -> StaffJob:
    """As ``go_on``, for a job that was just written. ``by``: the ``User`` who ordered it."""
    return _work_on(job, by, conf.proctoring.job_seconds, None)


def _work_on(job: StaffJob, by: Any, seconds: float | None, most_rows: int | None) -> StaffJob:
    kind = kinds.kind_of(job)
    if kind is None and not job.is_finished:
        log.warning("job of an unknown kind is left: job=%s kind=%s", job.code, job.kind)
    lease = None if kind is None or job.is_finished else _Lease.take(job)
    if kind is None or lease is None:
        return job_with(job.code)
    try:
        _work(job, kind, order_of(job, by=by), lease, _Limit(seconds, most_rows))
    finally:
        # Also after an error, so that the next process need not wait for the end of the lease.
        lease.give_back()
    _finish(job)
    job = job_with(job.code)
    if not job.is_finished and seconds is not None and conf.proctoring.async_provider_calls:
        transaction.on_commit(partial(workers.send, TASK_WORK, {"code": job.code}))
    return job


def left_jobs(now: datetime, course_id: str | None) -> Any:
    """Return id and code of the jobs that no process works on, oldest first. ``course_id``: None for all courses.

    Not those from this minute: who ordered one may be about to go on with it.
    """
    left = StaffJob.objects.unfinished().filter(
        Q(lease_until=None) | Q(lease_until__lte=now), modified__lte=now - LEASE
    )
    if course_id is not None:
        left = left.filter(course_id=course_id)
    return left.order_by("id").values_list("id", "code")


def stop(code: str, *, by: Any) -> StaffJob:
    """Begin no further row of a job, and return it. A row that is being changed is finished. Raises ``JobNotFound``."""
    now = timezone.now()
    unfinished = StaffJob.objects.unfinished().filter(code=code)
    if retried(unfinished.update)(state=StaffJob.STATE_STOPPED, finished_at=now, modified=now):
        log.info("job stopped: job=%s by=%s", code, by.pk)
    return job_with(code)


class _Limit:
    """How much is done in one go."""

    def __init__(self, seconds: float | None, most_rows: int | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds
        self._rows = most_rows

    def is_reached(self) -> bool:
        """Return whether no further row is to be begun."""
        is_late = self._end is not None and time.monotonic() >= self._end
        return is_late or (self._rows is not None and self._rows <= 0)

    def at_most(self, rows: int) -> int:
        """Return how many of so many rows may be begun."""
        return rows if self._rows is None else max(min(rows, self._rows), 0)

    def count(self, rows: int) -> None:
        """Note that rows were done."""
        if self._rows is not None:
            self._rows -= rows


def _work(job: StaffJob, kind: Kind, order: Order, lease: _Lease, limit: _Limit) -> None:
    size = kind.batch_size if isinstance(kind, InBatches) else _READ_AHEAD
    position, is_more = -1, True
    while is_more and (rows := _waiting_after(job, position, limit.at_most(size))):
        position, is_more = rows[-1].position, len(rows) == size
        parts = deque([rows] if isinstance(kind, InBatches) else _each(rows))
        while parts:
            if limit.is_reached() or not lease.renew():
                return
            part = parts.popleft()
            if isinstance(kind, OneByOne):
                _do_one(job, kind, order, part[0])
            elif isinstance(kind, InBatches) and not _do_batch(job, kind, order, part):
                # Each by itself, so that only the one that fails is refused.
                parts.extendleft(reversed(_each(part)))
                continue
            limit.count(len(part))


def _each(rows: Sequence[StaffJobRow]) -> list[Sequence[StaffJobRow]]:
    return [[row] for row in rows]


def _waiting_after(job: StaffJob, position: int, size: int) -> list[StaffJobRow]:
    return list(StaffJobRow.objects.filter(job_id=job.pk).waiting().filter(position__gt=position)[:size])


def _do_one(job: StaffJob, kind: OneByOne, order: Order, row: StaffJobRow) -> None:
    settle = partial(_settle, job, row)
    try:
        outcome = kind.carry_out(order, row, settle)
    except AlreadySettled:
        return
    except Exception as error:  # pylint: disable=broad-except
        outcome = kinds.failure_of(error, job=job.code, position=row.position)
    if outcome is not None:
        try:
            short_transaction(settle)(outcome)
        except AlreadySettled:
            # It was settled with its change, and something failed afterwards; that was logged where it failed.
            log.info("job: row was settled before: job=%s position=%s", job.code, row.position)


def _settle(job: StaffJob, row: StaffJobRow, outcome: Outcome) -> None:
    """Write the outcome of a row that waits, in the caller's transaction. Raises ``AlreadySettled``."""
    give(row, outcome)
    waits = StaffJobRow.objects.filter(pk=row.pk, state=StaffJobRow.STATE_WAITING)
    if not waits.update(**{name: getattr(row, name) for name in _OUTCOME_COLUMNS}):
        raise AlreadySettled
    StaffJob.objects.filter(pk=job.pk).update(**{row.state: F(row.state) + 1})


def _do_batch(job: StaffJob, kind: InBatches, order: Order, rows: Sequence[StaffJobRow]) -> bool:
    """Carry rows out together; return False, with nothing changed, if several failed together."""
    settled: Sequence[StaffJobRow]
    try:
        settled = _carry_out_batch(job, kind, order, [row.pk for row in rows], None)
    except Exception as error:  # pylint: disable=broad-except
        if len(rows) > 1:
            return False
        failure = kinds.failure_of(error, job=job.code, position=rows[0].position)
        settled = _carry_out_batch(job, kind, order, [row.pk for row in rows], failure)
    kind.announce(order, settled)
    return True


@short_transaction
def _carry_out_batch(
    job: StaffJob, kind: InBatches, order: Order, row_ids: Sequence[int], failure: Outcome | None
) -> Sequence[StaffJobRow]:
    """Carry out the rows that still wait; with ``failure`` give them that outcome instead. Locks: rows, then job."""
    waiting = StaffJobRow.objects.select_for_update().filter(pk__in=row_ids).waiting()
    rows: list[StaffJobRow] = list(waiting)
    if not rows:
        return rows
    outcomes = kind.carry_out(order, rows) if failure is None else [failure] * len(rows)
    counts: dict[str, int] = {}
    for row, outcome in zip(rows, outcomes, strict=True):
        give(row, outcome)
        counts[row.state] = counts.get(row.state, 0) + 1
    StaffJobRow.objects.bulk_update(rows, _OUTCOME_COLUMNS)
    StaffJob.objects.filter(pk=job.pk).update(**{state: F(state) + number for state, number in counts.items()})
    return rows


_OUTCOME_COLUMNS: Final = ("state", "error_code", "message", "result", "modified")


def give(row: StaffJobRow, outcome: Outcome) -> None:
    """Give a row its outcome, unsaved."""
    row.state, row.error_code, row.message = outcome.state, outcome.code, outcome.message[:255]
    row.result = as_json({**row.result_data, **outcome.result})
    row.modified = timezone.now()


def _finish(job: StaffJob) -> None:
    """Note that no row waits any more, if that is so."""
    if not StaffJobRow.objects.filter(job_id=job.pk).waiting().exists():
        now = timezone.now()
        unfinished = StaffJob.objects.unfinished().filter(pk=job.pk)
        if retried(unfinished.update)(state=StaffJob.STATE_DONE, finished_at=now, lease_until=None, modified=now):
            log.info("job done: job=%s kind=%s", job.code, job.kind)
