"""Two members of staff at once, and two processes at one job."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from edx_proctoring.api.attempts import extension
from edx_proctoring.api.course_staff import attempt_bulk_actions
from edx_proctoring.api.jobs import creating, kinds, working
from edx_proctoring.api.jobs.kinds import OneByOne, Order, Outcome, Settle, Target
from edx_proctoring.models import ProctoredExamStudentAttempt, StaffJob, StaffJobRow
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_staff, make_user

from .conftest import at_the_same_time

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not connection.features.has_select_for_update,
        reason="SQLite has no row locks: it lets one writer in at a time",
    ),
]


@pytest.mark.contract("staff-jobs#extend")
@pytest.mark.parametrize("is_locked", [True, False], ids=["with-locks", "control-without-locks"])
def test_the_minutes_of_two_members_of_staff_both_count(
    is_locked: bool, without_locks: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    exam = make_exam("timed")
    fields = {"status": S.started, "started_at": timezone.now(), "allowed_time_limit_mins": 60}
    for _ in range(3):
        make_attempt(exam, make_user(), **fields)
    staff = [make_staff(), make_staff()]
    barrier = threading.Barrier(2)
    original = extension.save_extensions

    def save(*args: Any, **kwargs: Any) -> None:
        # Both have read. Under the lock the second never arrives, and the first goes on alone.
        with suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=2)
        original(*args, **kwargs)

    monkeypatch.setattr(extension, "save_extensions", save)
    if not is_locked:
        without_locks()
    outcomes = at_the_same_time(
        *(
            lambda boss=boss: attempt_bulk_actions.request_extension(exam.pk, 10, by=boss, reason="noise")
            for boss in staff
        )
    )
    assert [type(outcome).__name__ for outcome in outcomes] == ["JobOutcome", "JobOutcome"], outcomes
    limits = {one.allowed_time_limit_mins for one in ProctoredExamStudentAttempt.objects.all()}
    assert limits == ({80} if is_locked else {70})
    assert set(StaffJob.objects.values_list("done", flat=True)) == {3}


@kinds.register
class Counted(OneByOne):
    """Notes which rows were carried out, by two processes together if there are two."""

    name = "counted"
    seen: list[int] = []
    together = threading.Barrier(2)

    def plan(self, order: Order, rows: Any) -> list[Outcome]:
        return [Outcome.done() for _row in rows]

    def carry_out(self, order: Order, row: StaffJobRow, settle: Settle) -> Outcome | None:
        with suppress(threading.BrokenBarrierError):
            Counted.together.wait(timeout=2)
        Counted.seen.append(row.position)
        return Outcome.done()


@pytest.mark.contract("staff-jobs#work")
@pytest.mark.parametrize("has_lease", [True, False], ids=["with-the-lease", "control-without-it-rows-are-done-twice"])
def test_of_two_processes_one_works_on_a_job(has_lease: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    Counted.seen, Counted.together = [], threading.Barrier(2)
    if not has_lease:
        monkeypatch.setattr(working._Lease, "take", classmethod(lambda cls, job: cls(job.pk, timezone.now())))
        monkeypatch.setattr(working._Lease, "renew", lambda lease: True)
    with monkeypatch.context() as patch:
        patch.setattr(working, "begin", lambda job, by: job)
        targets = [Target(1, number, number) for number in range(20)]
        job = creating.request_job("counted", targets, course_id="c", by=make_staff(), reason="x").job
    at_the_same_time(lambda: working.work_on(job.code), lambda: working.work_on(job.code))
    job.refresh_from_db()
    assert (job.state, job.done) == (StaffJob.STATE_DONE, 20)
    assert (sorted(Counted.seen) == list(range(20))) is has_lease, Counted.seen
