"""Create a job, or see what it would do. Contract: contract/staff-jobs#order."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from edx_proctoring import conf
from edx_proctoring.api.jobs import kinds, working
from edx_proctoring.api.jobs.kinds import Kind, Order, Outcome, Target
from edx_proctoring.exceptions import SelectionChanged, TooManyRows
from edx_proctoring.models import RetiredLearner, StaffJob, StaffJobRow
from edx_proctoring.models.staff_jobs import as_json
from edx_proctoring.utils.texts import as_reason
from edx_proctoring.utils.transactions import in_parts, retried

__all__: list[str] = []

log = logging.getLogger(__name__)

# Rows per statement, and of a dry run per call of ``plan``.
BATCH_SIZE: Final = 500
# Rows of a dry run that are shown.
MOST_ROWS_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """A job and what has become of it so far, or what would become of it.

    ``rows``: of a dry run the first 200, None otherwise; nothing of a dry run is in the database.
    """

    job: StaffJob
    rows: Sequence[StaffJobRow] | None = None

    @property
    def is_dry_run(self) -> bool:
        """Whether the job was only planned."""
        return self.rows is not None


def request_job(
    kind: str,
    targets: Sequence[Target],
    *,
    course_id: str,
    by: Any,
    reason: str,
    parameters: Mapping[str, Any] | None = None,
    exam_id: int | None = None,
    dry_run: bool = False,
    expected_count: int | None = None,
    count: int | None = None,
) -> JobOutcome:
    """Write a job and work on it for up to ``JOB_SECONDS``; with ``dry_run`` only plan it.

    Args:
        kind: name of a registered kind.
        targets: what is to be done, in the order of the rows.
        course_id: the course of all targets, whose staff may see the job.
        by: the ``User`` who orders it.
        reason: in the words of staff; 500 characters are kept, none if a learner among the targets was retired.
        parameters: what all rows need; ids, numbers and words of ours, no text about a learner.
        exam_id: if all targets are in one exam.
        dry_run: write nothing, and return what would become of the rows.
        expected_count: how many the caller saw.
        count: how many were selected, if that is another number than that of the targets.

    Raises ``TooManyRows``; ``SelectionChanged`` if the selection is not what the caller saw; ``ValueError`` for an
    unknown kind.
    """
    job = StaffJob(
        kind=kind,
        course_id=course_id,
        exam_id=exam_id,
        created_by=by.pk,
        reason=as_reason(reason),
        parameters=as_json(parameters or {}),
        total=len(targets),
    )
    found = kinds.kind_of(job)
    if found is None:
        raise ValueError(f"unknown kind of job: {kind}")
    most = conf.proctoring.job_max_rows
    if len(targets) > most:
        raise TooManyRows(f"{len(targets)} rows, at most {most} are possible", most=most)
    selected = len(targets) if count is None else count
    if expected_count not in (None, selected):
        raise SelectionChanged(f"expected {expected_count}, found {selected}", count=selected)
    if dry_run:
        return JobOutcome(job, _planned(job, found, targets, working.order_of(job, by=by)))
    _write(job, targets)
    log.info(
        "job ordered: job=%s kind=%s course_id=%s exam_id=%s rows=%s by=%s",
        job.code,
        kind,
        course_id,
        exam_id,
        len(targets),
        by.pk,
    )
    return JobOutcome(working.begin(job, by=by))


def _planned(job: StaffJob, kind: Kind, targets: Sequence[Target], order: Order) -> list[StaffJobRow]:
    """Count the outcomes in the job, and return the rows that are shown."""
    shown: list[StaffJobRow] = []
    counts = dict.fromkeys((StaffJobRow.STATE_DONE, StaffJobRow.STATE_SKIPPED, StaffJobRow.STATE_FAILED), 0)
    for batch in in_parts(_rows(job, targets), kind.batch_size):
        open_rows = [row for row in batch if row.state == StaffJobRow.STATE_WAITING]
        for row, outcome in zip(open_rows, kind.plan(order, open_rows) if open_rows else (), strict=True):
            working.give(row, outcome)
        for row in batch:
            counts[row.state] += 1
        shown += batch[: MOST_ROWS_SHOWN - len(shown)]
    job.code, job.state = "", StaffJob.STATE_DONE
    job.done, job.skipped, job.failed = counts.values()
    return shown


def _rows(job: StaffJob, targets: Sequence[Target]) -> Iterator[StaffJobRow]:
    for position, target in enumerate(targets):
        row = StaffJobRow(
            job=job,
            position=position,
            exam_id=target.exam_id,
            user_id=target.user_id,
            attempt_id=target.attempt_id,
            result=as_json(target.data),
        )
        if target.outcome is not None:
            working.give(row, target.outcome)
        yield row


@retried
def _write(job: StaffJob, targets: Sequence[Target]) -> None:
    settled: list[Outcome] = [target.outcome for target in targets if target.outcome is not None]
    job.skipped = sum(outcome.state == StaffJobRow.STATE_SKIPPED for outcome in settled)
    job.failed = len(settled) - job.skipped
    if _include_retired(targets):
        job.reason = ""
    with transaction.atomic():
        job.pk = None
        job.save(force_insert=True)
        for batch in in_parts(_rows(job, targets), BATCH_SIZE):
            StaffJobRow.objects.bulk_create(batch)


def _include_retired(targets: Sequence[Target]) -> bool:
    user_ids = {target.user_id for target in targets if target.user_id is not None}
    return any(RetiredLearner.objects.among(part) for part in in_parts(user_ids, BATCH_SIZE))
