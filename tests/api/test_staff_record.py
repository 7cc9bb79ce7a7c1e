"""What staff do is on record: one job with one row per learner, in the transaction of the change."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from edx_proctoring import api
from edx_proctoring.api.attempts import removal
from edx_proctoring.api.audit.staff_record import Subject, record_action, record_actions
from edx_proctoring.api.reviews.deciding import decide_review
from edx_proctoring.exceptions import BackendProviderCannotRemoveAttempt, ProctoredExamIllegalResumeUpdate
from edx_proctoring.models import ProctoredExamStudentAllowance, RetiredLearner, StaffJob, StaffJobRow
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_allowance, make_attempt, make_exam, make_review, make_staff, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.contract("staff-jobs#record")]

TIME = "additional_time_granted"
POLICY = "review_policy_exception"


def the_job() -> tuple[StaffJob, StaffJobRow]:
    """The only job, with its only row."""
    job = StaffJob.objects.get()
    assert (job.state, job.total, job.done) == (StaffJob.STATE_DONE, 1, 1)
    assert job.finished_at is not None
    return job, job.rows.get()


@pytest.mark.contract("events-and-logs#staff")
def test_an_extension(events: Any) -> None:
    attempt, boss = make_attempt(status=S.started), make_staff()

    api.extend_running_attempt(attempt.pk, 10, boss, "fire alarm")

    job, row = the_job()
    assert (job.kind, job.reason, job.created_by) == ("extend", "fire alarm", boss.pk)
    assert (job.course_id, job.exam_id) == (attempt.proctored_exam.course_id, attempt.proctored_exam_id)
    assert (row.user_id, row.attempt_id, row.state) == (attempt.user_id, attempt.pk, StaffJobRow.STATE_DONE)
    assert row.result_data["minutes"] == 10
    assert events[-1][1]["requesting_user_id"] == boss.pk


def test_a_refused_extension_is_not_on_record() -> None:
    attempt = make_attempt(status=S.submitted)
    with pytest.raises(Exception, match="not running"):
        api.extend_running_attempt(attempt.pk, 10, make_staff(), "fire alarm")
    assert not StaffJob.objects.exists()


@pytest.mark.contract("events-and-logs#staff")
def test_a_release_for_resumption(events: Any) -> None:
    attempt, boss = make_attempt(status=S.error, is_resumable=True), make_staff()

    api.mark_exam_attempt_as_ready_to_resume(attempt.pk, by=boss, reason="power cut")

    job, row = the_job()
    assert (job.kind, job.reason, row.attempt_id) == ("resume", "power cut", attempt.pk)
    assert events[-1][0].endswith(".attempt.ready_to_resume")
    assert events[-1][1]["requesting_user_id"] == boss.pk


@pytest.mark.contract("staff-jobs#by")
def test_without_a_person_there_is_neither_record_nor_event(events: Any) -> None:
    attempt = make_attempt(status=S.error, is_resumable=True)
    events.clear()
    api.mark_exam_attempt_as_ready_to_resume(attempt.pk)
    api.add_allowance_for_user(attempt.proctored_exam_id, attempt.user_id, TIME, "5")
    api.remove_allowance_for_user(attempt.proctored_exam_id, attempt.user_id, TIME)
    api.remove_exam_attempt(attempt.pk, requesting_user=make_staff())
    assert not StaffJob.objects.exists()
    assert [name.rpartition(".")[2] for name, _data in events] == ["created", "deleted", "deleted"]
    assert all("requesting_user_id" not in data for _name, data in events)


def test_a_second_release_is_not_on_record() -> None:
    attempt, boss = make_attempt(status=S.error, is_resumable=True), make_staff()
    api.mark_exam_attempt_as_ready_to_resume(attempt.pk, by=boss)
    with pytest.raises(ProctoredExamIllegalResumeUpdate):
        api.mark_exam_attempt_as_ready_to_resume(attempt.pk, by=boss)
    assert StaffJob.objects.count() == 1


@pytest.mark.contract("events-and-logs#staff")
def test_a_removal(events: Any) -> None:
    attempt, boss = make_attempt(status=S.submitted), make_staff()

    api.remove_exam_attempt(attempt.pk, requesting_user=boss, by=boss, reason="began by mistake")

    job, row = the_job()
    assert (job.kind, job.reason) == ("reset", "began by mistake")
    assert row.result_data == {
        "status": S.submitted,
        "attempt_code": attempt.attempt_code,
        "forced": False,
        "waits_for_provider": False,
    }
    assert events[-1][0].endswith(".attempt.deleted")
    assert events[-1][1]["requesting_user_id"] == boss.pk


def test_a_removal_that_the_provider_refuses_is_not_on_record(test_backend: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(test_backend, "remove_exam_attempt", lambda *_args: False)
    attempt, boss = make_attempt(status=S.submitted), make_staff()
    with pytest.raises(BackendProviderCannotRemoveAttempt):
        removal.remove(attempt.pk, boss, by=boss)
    assert not StaffJob.objects.exists()
    removal.remove(attempt.pk, boss, by=boss, require_backend_removal=False)
    assert the_job()[1].result_data["forced"] is True


@pytest.mark.contract("events-and-logs#staff")
def test_a_decision_on_a_review(events: Any) -> None:
    attempt, boss = make_attempt(status=S.second_review_required), make_staff()
    make_review(attempt)

    decide_review(attempt.pk, S.rejected, by=boss, comment="a second person")

    job, row = the_job()
    assert (job.kind, job.created_by) == ("review_decision", boss.pk)
    assert row.result_data["to"] == S.rejected
    assert events[-1][0].endswith(".attempt.review_decided")


def test_allowances_with_their_values_before_and_after() -> None:
    exam, learner, boss = make_exam(), make_user(), make_staff()

    api.add_allowance_for_user(exam.pk, learner.pk, TIME, "5", by=boss)
    api.add_allowance_for_user(exam.pk, learner.pk, TIME, "7", by=boss, reason="more")
    api.remove_allowance_for_user(exam.pk, learner.pk, TIME, by=boss)

    changes = [row.result_data for row in StaffJobRow.objects.about(exam.pk, learner.pk)]
    assert changes == [
        {"status": "created", "type": TIME, "before": None, "after": "5"},
        {"status": "updated", "type": TIME, "before": "5", "after": "7"},
        {"status": "removed", "type": TIME, "before": "7", "after": None},
    ]
    assert {job.kind for job in StaffJob.objects.all()} == {"allowances"}


def test_allowances_in_bulk_are_one_job_per_course() -> None:
    exams = [make_exam(), make_exam(), make_exam(course_id="course-v1:Other+1+1")]
    learners, boss = [make_user() for _ in range(3)], make_staff()
    make_allowance(exams[0], learners[0], value="3")

    api.add_bulk_allowances(
        [exam.pk for exam in exams], [*(user.pk for user in learners), "unknown"], TIME, "9", by=boss
    )

    jobs = {job.course_id: job for job in StaffJob.objects.all()}
    assert {course: job.total for course, job in jobs.items()} == {exams[0].course_id: 6, exams[2].course_id: 3}
    assert (jobs[exams[0].course_id].exam_id, jobs[exams[2].course_id].exam_id) == (None, exams[2].pk)
    changed = StaffJobRow.objects.about(exams[0].pk, learners[0].pk).get()
    assert changed.result_data == {"status": "updated", "type": TIME, "before": "3", "after": "9"}


def test_a_change_that_is_rolled_back_leaves_no_record() -> None:
    exam, learner, boss = make_exam(), make_user(), make_staff()
    with transaction.atomic():
        api.add_allowance_for_user(exam.pk, learner.pk, TIME, "5", by=boss)
        transaction.set_rollback(True)
    assert not StaffJob.objects.exists()
    assert not ProctoredExamStudentAllowance.objects.exists()


@pytest.mark.contract("staff-jobs#retired")
def test_no_text_about_a_retired_learner() -> None:
    exam, retired, other, boss = make_exam(), make_user(), make_user(), make_staff()
    RetiredLearner.objects.remember(retired.pk)

    api.add_allowance_for_user(exam.pk, retired.pk, POLICY, "reads lips", by=boss, reason="see file 7")
    api.add_bulk_allowances([exam.pk], [retired.pk, other.pk], POLICY, "needs a break", by=boss, reason="see file 8")

    assert {job.reason for job in StaffJob.objects.all()} == {""}
    assert {row.result for row in StaffJobRow.objects.filter(user_id=retired.pk)} == {"{}"}
    assert StaffJobRow.objects.get(user_id=other.pk).result_data["after"] == "needs a break"


def test_a_long_reason_is_cut() -> None:
    boss = make_staff()
    record_action("reset", Subject(1, 2), course_id="c", by=boss, reason="x" * 600)
    assert len(StaffJob.objects.get().reason) == 500


@pytest.mark.parametrize("size", [1, 400])
def test_many_are_recorded_in_a_constant_number_of_queries(
    size: int, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    # SQLite takes some 90 rows per statement.
    subjects = [Subject(1, number) for number in range(size)]
    boss = make_staff()
    with django_assert_max_num_queries(8):
        job = record_actions("resume", subjects, course_id="c", by=boss, reason="power cut")
    assert job is not None
    assert job.total == job.rows.count() == size


def test_nothing_is_recorded_for_no_learner() -> None:
    assert record_actions("resume", [], course_id="c", by=make_staff()) is None
    assert not StaffJob.objects.exists()
