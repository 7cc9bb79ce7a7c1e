"""Jobs: what staff order for many learners, and how it is finished whatever happens meanwhile."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from freezegun import freeze_time

from edx_proctoring import api
from edx_proctoring.api.attempts import extension
from edx_proctoring.api.course_staff import attempt_bulk_actions
from edx_proctoring.api.course_staff.attempt_bulk_actions import Selection
from edx_proctoring.api.course_staff.attempt_search import AttemptFilter
from edx_proctoring.api.effects import workers
from edx_proctoring.api.jobs import creating, kinds, working
from edx_proctoring.api.jobs.kinds import Order, Outcome, Settle, Target
from edx_proctoring.exceptions import ProctoredExamPermissionDenied, SelectionChanged, TooManyRows
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAttempt,
    RetiredLearner,
    StaffJob,
    StaffJobRow,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_staff, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.contract("staff-jobs#order")]


class Killed(BaseException):
    """The process is killed: nothing of ours handles it."""


@pytest.fixture
def boss() -> User:
    return make_staff()


@pytest.fixture
def exam() -> ProctoredExam:
    return make_exam("timed")


def running(exam: ProctoredExam, count: int) -> list[ProctoredExamStudentAttempt]:
    start = timezone.now() - timedelta(minutes=10)
    return [
        make_attempt(exam, make_user(), status=S.started, started_at=start, allowed_time_limit_mins=60)
        for _ in range(count)
    ]


def limits(attempts: Sequence[ProctoredExamStudentAttempt]) -> list[int | None]:
    ids = [attempt.pk for attempt in attempts]
    by_id = dict(ProctoredExamStudentAttempt.objects.filter(pk__in=ids).values_list("pk", "allowed_time_limit_mins"))
    return [by_id[pk] for pk in ids]


def reset(exam: ProctoredExam, boss: User, **selection: Any) -> Any:
    return attempt_bulk_actions.request_for_attempts(
        "reset", exam.course_id, Selection(**selection), by=boss, reason="began too early"
    )


def extend(exam: ProctoredExam, boss: User, minutes: int = 10, **options: Any) -> Any:
    return attempt_bulk_actions.request_extension(exam.pk, minutes, by=boss, reason="fire alarm", **options)


@pytest.mark.contract("staff-jobs#record")
def test_of_a_reason_500_characters_are_kept(exam: ProctoredExam, boss: User) -> None:
    extend(exam, boss, attempt_ids=[running(exam, 1)[0].pk])
    attempt_bulk_actions.request_for_attempts(
        "resume", exam.course_id, Selection(attempt_ids=[4711]), by=boss, reason=f" {'x' * 600} "
    )
    assert [job.reason for job in StaffJob.objects.order_by("pk")] == ["fire alarm", "x" * 500]


def counts(job: StaffJob) -> tuple[int, int, int, int]:
    job.refresh_from_db()
    return job.total, job.done, job.skipped, job.failed


# Extensions


@pytest.mark.contract("staff-jobs#extend")
class TestExtend:
    def test_all_who_are_in_the_exam(self, exam: ProctoredExam, boss: User, events: Any) -> None:
        attempts = running(exam, 3)
        over = make_attempt(exam, make_user(), status=S.submitted, allowed_time_limit_mins=60)
        elsewhere = running(make_exam("timed"), 1)

        job = extend(exam, boss).job

        assert (job.state, *counts(job)) == (StaffJob.STATE_DONE, 3, 3, 0, 0)
        assert limits(attempts) == [70] * 3
        assert limits([over, *elsewhere]) == [60, 60]
        assert [name for name, _data in events if name.endswith(".extended")] == [
            "edx.special_exam.timed.attempt.extended"
        ] * 3
        assert {data["requesting_user_id"] for name, data in events if name.endswith(".extended")} == {boss.pk}

    def test_the_history_says_who_and_why(self, exam: ProctoredExam, boss: User) -> None:
        [attempt] = running(exam, 1)
        extend(exam, boss)
        last = attempt.history.order_by("-history_id").first()
        assert (last.history_user_id, last.history_change_reason) == (boss.pk, "extended 10: fire alarm")
        assert last.allowed_time_limit_mins == 70
        [extension] = api.explain_deadline(attempt.pk).extensions
        assert (extension.minutes, extension.by) == (10, boss.pk)

    def test_each_row_says_what_was_given(self, exam: ProctoredExam, boss: User) -> None:
        [attempt] = running(exam, 1)
        row = extend(exam, boss).job.rows.get()
        assert row.result_data["minutes"] == 10
        assert row.result_data["expires_at"].startswith(
            (attempt.started_at + timedelta(minutes=70)).strftime("%Y-%m-%dT%H:%M")
        )

    def test_what_fits_before_the_due_date(self, boss: User) -> None:
        exam = make_exam("timed", due_date=timezone.now() + timedelta(minutes=54, seconds=30))
        attempts = running(exam, 2)
        job = extend(exam, boss).job
        assert counts(job) == (2, 2, 0, 0)
        assert limits(attempts) == [64, 64]
        assert {row.result_data["minutes"] for row in job.rows.all()} == {4}
        job = extend(exam, boss).job
        assert counts(job) == (2, 0, 2, 0)
        assert {row.error_code for row in job.rows.all()} == {"past_due"}

    def test_without_trimming_nothing_is_given_past_due(self, boss: User) -> None:
        exam = make_exam("timed", due_date=timezone.now() + timedelta(minutes=54))
        attempts = running(exam, 2)
        job = extend(exam, boss, trim=False).job
        assert counts(job) == (2, 0, 0, 2)
        assert {row.error_code for row in job.rows.all()} == {"past_due"}
        assert limits(attempts) == [60, 60]
        extend(exam, boss, past_due=True)
        assert limits(attempts) == [70, 70]

    def test_past_due_is_for_global_staff(self, exam: ProctoredExam) -> None:
        with pytest.raises(ProctoredExamPermissionDenied):
            extend(exam, make_user(), past_due=True)
        assert not StaffJob.objects.exists()

    def test_less_time_leaves_a_minute(self, exam: ProctoredExam, boss: User) -> None:
        attempts = running(exam, 1)
        assert counts(extend(exam, boss, minutes=-50).job) == (1, 0, 0, 1)
        assert StaffJobRow.objects.get().error_code == "too_short"
        extend(exam, boss, minutes=-40)
        assert limits(attempts) == [20]

    def test_selected_attempts(self, exam: ProctoredExam, boss: User) -> None:
        attempts = running(exam, 3)
        over = make_attempt(exam, make_user(), status=S.submitted, allowed_time_limit_mins=60)
        [foreign] = running(make_exam("timed"), 1)
        chosen = [attempts[0].pk, attempts[0].pk, over.pk, foreign.pk, 987_654]

        job = extend(exam, boss, attempt_ids=chosen).job

        assert counts(job) == (4, 1, 0, 3)
        assert limits([*attempts, foreign]) == [70, 60, 60, 60]
        codes = dict(job.rows.values_list("attempt_id", "error_code"))
        assert codes == {
            attempts[0].pk: "",
            over.pk: "illegal_transition",
            foreign.pk: "not_found",
            987_654: "not_found",
        }

    def test_those_who_have_left_since_are_skipped(
        self, exam: ProctoredExam, boss: User, proctoring_settings: Any
    ) -> None:
        attempts = running(exam, 2)
        original = working.begin

        def later(job: StaffJob, by: User) -> StaffJob:
            ProctoredExamStudentAttempt.objects.filter(pk=attempts[0].pk).update(status=S.submitted)
            return original(job, by=by)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(working, "begin", later)
            job = extend(exam, boss).job
        assert counts(job) == (2, 1, 1, 0)

    @pytest.mark.parametrize("options", [{"minutes": 0}, {"minutes": 10**10}])
    def test_minutes_that_make_no_sense(self, exam: ProctoredExam, boss: User, options: Any) -> None:
        with pytest.raises(ValueError, match="minutes"):
            extend(exam, boss, **options)

    @pytest.mark.usefixtures("date_service")
    def test_queries_do_not_grow(self, boss: User) -> None:
        used = []
        for size in (2, 25):
            exam = make_exam("timed")
            running(exam, size)
            extend(exam, boss, dry_run=True)
            with CaptureQueriesContext(connection) as captured:
                extend(exam, boss)
            used.append(sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries))
        # Ordering, taking and finishing it, and the batch.
        assert used[0] == used[1] <= 28, used

    @pytest.mark.usefixtures("date_service")
    def test_queries_do_not_grow_with_different_minutes(self, boss: User) -> None:
        """The due date leaves a different number to each; the history says which."""
        used = []
        for size in (2, 25):
            exam = make_exam("timed", due_date=timezone.now() + timedelta(minutes=100, seconds=30))
            attempts = running(exam, size)
            for number, attempt in enumerate(attempts):
                attempt.started_at = attempt.started_at - timedelta(minutes=number)
                attempt.save()
            extend(exam, boss, minutes=90, dry_run=True)
            with CaptureQueriesContext(connection) as captured:
                extend(exam, boss, minutes=90)
            used.append(sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries))
            assert limits(attempts) == [110 + number for number in range(size)]
            for number, attempt in enumerate(attempts):
                newest = attempt.history.latest("history_id")
                assert newest.history_change_reason == f"extended {50 + number}: fire alarm"
                assert (newest.history_user, newest.allowed_time_limit_mins) == (boss, 110 + number)
        assert used[0] == used[1], used

    def test_by_the_api(self, exam: ProctoredExam, boss: User) -> None:
        attempts = running(exam, 2)
        job = api.extend_running_attempts(exam.pk, 5, boss, "noise", attempt_ids=[attempts[1].pk])
        assert limits(attempts) == [60, 65]
        assert job.kind == "extend"


# Resets and releases


@pytest.mark.contract("staff-jobs#reset")
class TestReset:
    def test_all_attempts_of_each_learner(self, boss: User) -> None:
        exam = make_exam()
        learners = [make_user() for _ in range(3)]
        for learner in learners:
            make_attempt(exam, learner, status=S.error)
            make_attempt(exam, learner, status=S.submitted)
        other = make_attempt(make_exam(), learners[0], status=S.submitted)

        job = reset(exam, boss, wanted=AttemptFilter(exam_ids=[exam.pk])).job

        assert (job.state, *counts(job)) == (StaffJob.STATE_DONE, 3, 3, 0, 0)
        assert list(ProctoredExamStudentAttempt.objects.all()) == [other]
        assert {row.result_data["attempts"] for row in job.rows.all()} == {2}
        # The row is the record: there is no job beside it.
        assert StaffJob.objects.count() == 1

    def test_only_the_selected_attempt(self, boss: User) -> None:
        exam, learner = make_exam(), make_user()
        first = make_attempt(exam, learner, status=S.error)
        second = make_attempt(exam, learner, status=S.submitted)
        job = attempt_bulk_actions.request_for_attempts(
            "reset", exam.course_id, Selection([first.pk]), by=boss, reason="x", only_this=True
        ).job
        assert counts(job) == (1, 1, 0, 0)
        assert list(ProctoredExamStudentAttempt.objects.all()) == [second]

    def test_300_resets_with_every_tenth_call_failing(
        self, boss: User, test_backend: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        exam = make_exam()
        attempts = [make_attempt(exam, make_user(), status=S.submitted) for _ in range(300)]
        calls = []

        def remove(*_args: Any) -> bool:
            calls.append(1)
            if len(calls) % 10 == 0:
                raise ConnectionError
            return True

        monkeypatch.setattr(test_backend, "remove_exam_attempt", remove)
        job = reset(exam, boss, attempt_ids=[attempt.pk for attempt in attempts]).job
        for _ in range(20):
            if job.is_finished:
                break
            job = api.work_on(job.code, seconds=10)

        assert counts(job) == (300, 270, 0, 30)
        failed = job.rows.filter(state="failed")
        assert {row.error_code for row in failed} == {"provider_unavailable"}
        # What was refused is still there, and nothing else.
        left = set(ProctoredExamStudentAttempt.objects.values_list("pk", flat=True))
        assert left == set(failed.values_list("attempt_id", flat=True))
        retried = reset(exam, boss, attempt_ids=sorted(left)).job
        assert counts(retried)[0] == 30

    def test_where_the_provider_fails_global_staff_can_insist(
        self, boss: User, test_backend: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(test_backend, "remove_exam_attempt", lambda *_args: False)
        attempt = make_attempt(status=S.submitted)
        course_id = attempt.proctored_exam.course_id
        order = {"by": boss, "reason": "x", "force_local": True}
        job = attempt_bulk_actions.request_for_attempts("reset", course_id, Selection([attempt.pk]), **order).job
        assert counts(job) == (1, 1, 0, 0)
        assert job.rows.get().result_data["forced"] is True
        with pytest.raises(ProctoredExamPermissionDenied):
            attempt_bulk_actions.request_for_attempts(
                "reset", course_id, Selection([1]), **{**order, "by": make_user()}
            )

    def test_what_is_gone_is_skipped(self, boss: User) -> None:
        exam = make_exam()
        gone = make_attempt(exam, make_user(), status=S.submitted)
        target = Target(exam.pk, gone.user_id, gone.pk)
        gone.delete()
        job = creating.request_job("reset", [target], course_id=exam.course_id, by=boss, reason="x").job
        assert counts(job) == (1, 0, 1, 0)
        assert job.rows.get().error_code == "gone"

    def test_an_attempt_of_another_course_is_not_found(self, exam: ProctoredExam, boss: User) -> None:
        foreign = make_attempt(make_exam(course_id="course-v1:Other+1+1"), status=S.submitted)
        job = reset(exam, boss, attempt_ids=[foreign.pk]).job
        assert counts(job) == (1, 0, 0, 1)
        assert ProctoredExamStudentAttempt.objects.filter(pk=foreign.pk).exists()


@pytest.mark.contract("staff-jobs#resume")
def test_resume(boss: User, exam: ProctoredExam) -> None:
    broken = [make_attempt(exam, make_user(), status=S.error, is_resumable=True) for _ in range(2)]
    other = make_attempt(exam, make_user(), status=S.submitted)
    job = attempt_bulk_actions.request_for_attempts(
        "resume", exam.course_id, Selection([*(one.pk for one in broken), other.pk]), by=boss, reason="power cut"
    ).job
    assert counts(job) == (3, 2, 0, 1)
    assert job.rows.get(attempt_id=other.pk).error_code == "not_resumable"
    assert ProctoredExamStudentAttempt.objects.filter(ready_to_resume=True).count() == 2
    assert StaffJob.objects.count() == 1


# The protocol


@pytest.mark.contract("staff-jobs#dry-run")
class TestDryRun:
    @pytest.mark.parametrize("kind", ["reset", "resume"])
    def test_writes_nothing(self, exam: ProctoredExam, boss: User, kind: str) -> None:
        make_attempt(exam, make_user(), status=S.error, is_resumable=True)
        make_attempt(exam, make_user(), status=S.submitted)
        with CaptureQueriesContext(connection) as captured:
            ordered = attempt_bulk_actions.request_for_attempts(
                kind, exam.course_id, Selection(dry_run=True), by=boss, reason="x"
            )
        assert all(query["sql"].lstrip("( ").startswith("SELECT") for query in captured.captured_queries)
        assert (ordered.job.done, ordered.job.failed) == ((2, 0) if kind == "reset" else (1, 1))
        assert ordered.rows is not None
        assert len(ordered.rows) == 2
        assert not StaffJob.objects.exists()

    def test_of_an_extension(self, exam: ProctoredExam, boss: User) -> None:
        attempts = running(exam, 2)
        with CaptureQueriesContext(connection) as captured:
            ordered = extend(exam, boss, dry_run=True)
        assert all("UPDATE" not in query["sql"] and "INSERT" not in query["sql"] for query in captured.captured_queries)
        assert ordered.job.done == 2
        assert limits(attempts) == [60, 60]

    def test_shows_the_first_200_and_counts_all(self, exam: ProctoredExam, boss: User) -> None:
        targets = [Target(exam.pk, number, number) for number in range(1, 1201)]
        with CaptureQueriesContext(connection) as captured:
            ordered = creating.request_job(
                "resume", targets, course_id=exam.course_id, by=boss, reason="x", dry_run=True
            )
        assert ordered.rows is not None
        assert (len(ordered.rows), ordered.job.skipped) == (200, 1200)
        assert len(captured) == 3


@pytest.mark.contract("staff-jobs#selection")
class TestSelection:
    def test_that_changed_is_refused_with_the_number(self, exam: ProctoredExam, boss: User) -> None:
        running(exam, 2)
        with pytest.raises(SelectionChanged) as refusal:
            extend(exam, boss, expected_count=1)
        assert refusal.value.count == 2
        assert not StaffJob.objects.exists()
        assert extend(exam, boss, expected_count=2).job.done == 2

    def test_that_is_too_large_is_refused(self, exam: ProctoredExam, boss: User, proctoring_settings: Any) -> None:
        proctoring_settings(JOB_MAX_ROWS=1)
        running(exam, 2)
        with pytest.raises(TooManyRows):
            extend(exam, boss)
        assert not StaffJob.objects.exists()

    def test_the_text_of_a_search_is_not_kept(self, exam: ProctoredExam, boss: User) -> None:
        job = reset(exam, boss, wanted=AttemptFilter(search="ann@example.com")).job
        assert "ann" not in job.parameters

    @pytest.mark.contract("staff-jobs#retired")
    def test_no_reason_about_a_retired_learner(self, exam: ProctoredExam, boss: User) -> None:
        [attempt] = running(exam, 1)
        RetiredLearner.objects.remember(attempt.user_id)
        assert extend(exam, boss).job.reason == ""


@kinds.register
class Counting(kinds.OneByOne):
    """Counts, and does what a test says."""

    name = "counting"
    seen: list[int] = []
    before: Callable[[int], None] | None = None

    def plan(self, order: Order, rows: Sequence[StaffJobRow]) -> Sequence[Outcome]:
        return [Outcome.done() for _row in rows]

    def carry_out(self, order: Order, row: StaffJobRow, settle: Settle) -> Outcome | None:
        if Counting.before is not None:
            Counting.before(row.position)
        Counting.seen.append(row.position)
        return Outcome.done({"position": row.position})


@pytest.fixture
def counting(boss: User) -> Any:
    """Order a job of that many rows; nothing is done yet."""
    Counting.seen, Counting.before = [], None

    def order(size: int = 5) -> StaffJob:
        targets = [Target(1, number, number, data={"line": number}) for number in range(size)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(working, "begin", lambda job, by: job)
            return creating.request_job("counting", targets, course_id="c", by=boss, reason="x").job

    yield order
    Counting.before = None


@pytest.mark.contract("staff-jobs#work")
class TestWork:
    def test_in_parts(self, counting: Any) -> None:
        job = counting()
        assert job.state == StaffJob.STATE_QUEUED
        job = api.work_on(job.code, most_rows=2)
        assert (job.state, Counting.seen, job.done) == (StaffJob.STATE_RUNNING, [0, 1], 2)
        job = api.work_on(job.code)
        assert (job.state, Counting.seen) == (StaffJob.STATE_DONE, [0, 1, 2, 3, 4])
        assert job.finished_at is not None
        assert job.rows.first().result_data == {"line": 0, "position": 0}

    def test_stops_when_its_time_is_up(self, counting: Any) -> None:
        assert api.work_on(counting().code, seconds=0).done == 0
        assert Counting.seen == []

    def test_one_process_at_a_time(self, counting: Any) -> None:
        job = counting()

        def other_process(position: int) -> None:
            if position == 1:
                Counting.before = None
                assert api.work_on(job.code).done == 1

        Counting.before = other_process
        assert api.work_on(job.code).done == 5
        assert Counting.seen == [0, 1, 2, 3, 4]

    def test_a_process_that_lost_the_job_stops(self, counting: Any) -> None:
        job = counting()

        def slow(position: int) -> None:
            if position == 1:
                Counting.before = None
                StaffJob.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
                api.work_on(job.code)

        Counting.before = slow
        api.work_on(job.code)
        job.refresh_from_db()
        # The other process did all, row 1 included; this one finds it settled and stops.
        assert (job.state, job.done) == (StaffJob.STATE_DONE, 5)
        assert Counting.seen == [0, 1, 2, 3, 4, 1]

    def test_a_failing_row_does_not_stop_the_others(self, counting: Any) -> None:
        job = counting(3)

        def fails(position: int) -> None:
            if position == 1:
                raise RuntimeError("odd")

        Counting.before = fails
        job = api.work_on(job.code)
        assert (job.done, job.failed) == (2, 1)
        assert job.rows.get(state="failed").error_code == "internal_error"

    @pytest.mark.contract("staff-jobs#stop")
    def test_stop(self, counting: Any, boss: User) -> None:
        job = counting()

        def stop(position: int) -> None:
            if position == 2:
                working.stop(job.code, by=boss)

        Counting.before = stop
        job = api.work_on(job.code)
        assert (job.state, Counting.seen, job.done) == (StaffJob.STATE_STOPPED, [0, 1, 2], 3)
        assert job.rows.filter(state="waiting").count() == 2
        assert api.work_on(job.code).state == StaffJob.STATE_STOPPED
        assert working.stop(job.code, by=boss).finished_at == job.finished_at

    @pytest.mark.contract("staff-jobs#sweeper")
    def test_a_tab_is_closed_and_the_sweeper_finishes(self, counting: Any) -> None:
        job = api.work_on(counting().code, most_rows=2)
        assert api.sweep(kinds=["jobs"]).actions == ()
        with freeze_time(timezone.now() + timedelta(seconds=61)):
            report = api.sweep(kinds=["jobs"], dry_run=True)
            assert len(report.actions) == 1
            assert Counting.seen == [0, 1]
            report = api.sweep(kinds=["jobs"])
        assert [action.error for action in report.actions] == [""]
        job.refresh_from_db()
        assert (job.state, Counting.seen) == (StaffJob.STATE_DONE, [0, 1, 2, 3, 4])
        with freeze_time(timezone.now() + timedelta(hours=1)):
            assert api.sweep(kinds=["jobs"]).actions == ()

    @pytest.mark.contract("staff-jobs#sweeper")
    def test_the_sweeper_leaves_other_courses(self, counting: Any) -> None:
        counting()
        with freeze_time(timezone.now() + timedelta(seconds=61)):
            assert api.sweep(kinds=["jobs"], course_id="another").actions == ()
            assert len(api.sweep(kinds=["jobs"], course_id="c").actions) == 1

    @pytest.mark.contract("staff-jobs#workers")
    def test_with_workers_a_task_goes_on(
        self, counting: Any, proctoring_settings: Any, monkeypatch: Any, django_capture_on_commit_callbacks: Any
    ) -> None:
        sent: list[Any] = []
        monkeypatch.setattr(workers, "send", lambda *args: sent.append(args))
        job = counting()
        with django_capture_on_commit_callbacks(execute=True):
            api.work_on(job.code, seconds=0)
        assert sent == []
        proctoring_settings(ASYNC_PROVIDER_CALLS=True)
        with django_capture_on_commit_callbacks(execute=True):
            api.work_on(job.code, seconds=0)
        assert sent == [("edx_proctoring.tasks.work_on_job", {"code": job.code})]

    def test_a_job_of_an_unknown_kind_is_left(self, counting: Any) -> None:
        job = counting()
        StaffJob.objects.filter(pk=job.pk).update(kind="of-another-release")
        assert api.work_on(job.code).state == StaffJob.STATE_QUEUED
        with pytest.raises(ValueError, match="unknown kind"):
            creating.request_job("of-another-release", [], course_id="c", by=make_staff(), reason="x")


@pytest.mark.contract("staff-jobs#once")
def test_a_killed_process_repeats_no_extension(
    exam: ProctoredExam, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies right after the first batch; the lease runs out, and the sweeper does the rest."""
    attempts = running(exam, 3)
    monkeypatch.setattr("edx_proctoring.api.jobs.extending.Extend.batch_size", 1)
    done = []

    def die(*_args: Any) -> None:
        done.append(1)
        if len(done) == 2:
            raise Killed

    monkeypatch.setattr("edx_proctoring.api.jobs.extending.Extend.announce", die)
    with monkeypatch.context() as dying:
        dying.setattr(working._Lease, "give_back", lambda self: None)
        with pytest.raises(Killed):
            extend(exam, boss)
    assert limits(attempts) == [70, 70, 60]
    with freeze_time(timezone.now() + timedelta(seconds=30)):
        assert api.work_on(StaffJob.objects.get().code).done == 2
    with freeze_time(timezone.now() + timedelta(seconds=130)):
        api.sweep(kinds=["jobs"])
    assert limits(attempts) == [70, 70, 70]
    assert StaffJob.objects.get().state == StaffJob.STATE_DONE


@pytest.mark.contract("staff-jobs#once")
def test_a_process_killed_inside_a_batch_leaves_nothing_half_done(
    exam: ProctoredExam, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = running(exam, 2)

    def die(*_args: Any, **_kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(StaffJobRow.objects, "bulk_update", die)
        dying.setattr(working, "give", die)
        with pytest.raises(Killed):
            extend(exam, boss)
    assert limits(attempts) == [60, 60]
    job = api.work_on(StaffJob.objects.get().code)
    assert (job.done, limits(attempts)) == (2, [70, 70])


@pytest.mark.contract("staff-jobs#once")
def test_a_reset_that_died_after_the_provider_is_repeated(
    boss: User, test_backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt(status=S.submitted)
    calls: list[Any] = []

    def remove(*args: Any) -> bool:
        calls.append(args)
        if len(calls) == 1:
            raise Killed
        return True

    monkeypatch.setattr(test_backend, "remove_exam_attempt", remove)
    with pytest.raises(Killed):
        reset(attempt.proctored_exam, boss, attempt_ids=[attempt.pk])
    job = api.work_on(StaffJob.objects.get().code)
    assert (job.done, len(calls)) == (1, 2)
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.contract("staff-jobs#once")
def test_one_bad_row_of_a_batch_fails_alone(exam: ProctoredExam, boss: User, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = running(exam, 3)
    odd = attempts[1].pk
    original = extension.save_extensions

    def fails(found: Any, *args: Any, **kwargs: Any) -> None:
        if odd in [attempt.pk for attempt in found]:
            raise RuntimeError("odd")
        original(found, *args, **kwargs)

    monkeypatch.setattr(extension, "save_extensions", fails)
    job = extend(exam, boss).job
    assert counts(job) == (3, 2, 0, 1)
    assert limits(attempts) == [70, 60, 70]
    assert job.rows.get(state="failed").error_code == "internal_error"


class TestRowsOfAFailedBatch:
    """They come one by one, under the same limits."""

    @pytest.fixture
    def job(self, exam: ProctoredExam, boss: User, monkeypatch: pytest.MonkeyPatch) -> StaffJob:
        """A job for four running attempts, which fail together."""
        running(exam, 4)
        with monkeypatch.context() as later:
            later.setattr(working, "begin", lambda job, by: job)
            job: StaffJob = extend(exam, boss).job
        original = extension.save_extensions

        def fails(found: Any, *args: Any, **kwargs: Any) -> None:
            if len(found) > 1:
                raise RuntimeError("odd")
            original(found, *args, **kwargs)

        monkeypatch.setattr(extension, "save_extensions", fails)
        return job

    @staticmethod
    def after_each(monkeypatch: pytest.MonkeyPatch, action: Callable[[], Any]) -> None:
        def announce(self: Any, order: Order, rows: Sequence[StaffJobRow]) -> None:
            action()

        monkeypatch.setattr("edx_proctoring.api.jobs.extending.Extend.announce", announce)

    def test_as_many_as_wanted(self, job: StaffJob) -> None:
        assert [api.work_on(job.code, most_rows=3).done for _ in range(2)] == [3, 4]

    def test_until_the_time_is_up(self, job: StaffJob, monkeypatch: pytest.MonkeyPatch) -> None:
        moment = time.monotonic()
        monkeypatch.setattr(working.time, "monotonic", lambda: moment)

        def pass_time() -> None:
            nonlocal moment
            moment += 6

        self.after_each(monkeypatch, pass_time)
        assert api.work_on(job.code, seconds=10).done == 2

    def test_until_the_job_is_stopped(self, job: StaffJob, boss: User, monkeypatch: pytest.MonkeyPatch) -> None:
        self.after_each(monkeypatch, lambda: working.stop(job.code, by=boss))
        stopped = api.work_on(job.code)
        assert (stopped.state, stopped.done) == (StaffJob.STATE_STOPPED, 1)

    def test_until_another_process_has_the_job(self, job: StaffJob, monkeypatch: pytest.MonkeyPatch) -> None:
        later = timezone.now() + timedelta(hours=1)
        self.after_each(monkeypatch, lambda: StaffJob.objects.update(lease_until=later))
        assert api.work_on(job.code).done == 1


@pytest.mark.contract("staff-jobs#work")
def test_a_batch_has_as_many_rows_as_wanted(exam: ProctoredExam, boss: User, monkeypatch: pytest.MonkeyPatch) -> None:
    running(exam, 3)
    with monkeypatch.context() as later:
        later.setattr(working, "begin", lambda job, by: job)
        code = extend(exam, boss).job.code
    assert [api.work_on(code, most_rows=2).done for _ in range(2)] == [2, 3]


def test_a_job_of_nobody_is_done(exam: ProctoredExam, boss: User) -> None:
    job = extend(exam, boss).job
    assert (job.state, job.total) == (StaffJob.STATE_DONE, 0)


def test_parameters_hold_no_text(exam: ProctoredExam, boss: User) -> None:
    running(exam, 1)
    job = extend(exam, boss).job
    assert json.loads(job.parameters) == {"minutes": 10, "past_due": False, "trim": True, "all": True}
