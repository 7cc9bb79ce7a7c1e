"""``update_attempts_for_exam``."""

import pytest
from django.core.management import CommandError

from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.contract("commands#update-attempts-for-exam"),
]


@pytest.fixture
def exam():
    exam = make_exam()
    for status in (S.submitted, S.verified, S.rejected):
        make_attempt(exam, status=status)
    make_attempt(status=S.verified)
    return exam


def sent_statuses(credit):
    return sorted(kwargs["status"] for _, kwargs in credit.called("set_credit_requirement_status"))


@pytest.mark.contract("transitions#repeat", "transitions#unknown-words")
def test_credit_is_sent_again_and_statuses_are_unchanged(run, exam, credit):
    run("update_attempts_for_exam", exam_id=exam.id, sleep_time=0)
    assert sent_statuses(credit) == ["failed", "satisfied", "submitted"]
    statuses = exam.proctoredexamstudentattempt_set.order_by("id").values_list("status", flat=True)
    assert list(statuses) == [S.submitted, S.verified, S.rejected]


@pytest.mark.parametrize(
    ("batch_size", "pauses_between"),
    [
        pytest.param(1, 2, id="three-batches"),
        pytest.param(2, 1, id="last-batch-not-full"),
        pytest.param(3, 0, id="one-full-batch"),
        pytest.param(300, 0, id="one-batch"),
    ],
)
def test_small_batches_give_the_same_result_with_pauses_between_them(
    run, exam, credit, pauses, batch_size, pauses_between
):
    run("update_attempts_for_exam", exam_id=exam.id, batch_size=batch_size, sleep_time=2)
    assert len(sent_statuses(credit)) == 3
    assert pauses == [2] * pauses_between


def test_a_sleep_time_of_0_means_no_pause(run, exam, pauses):
    run("update_attempts_for_exam", exam_id=exam.id, batch_size=1, sleep_time=0)
    assert pauses == []


def test_the_exam_is_required(run):
    with pytest.raises(CommandError, match="exam_id"):
        run("update_attempts_for_exam")


def test_a_batch_size_of_0_is_refused(run, exam):
    with pytest.raises(CommandError, match="less than 1"):
        run("update_attempts_for_exam", f"--exam_id={exam.id}", "--batch_size=0")


def test_a_dry_run_sends_nothing(run, exam, credit):
    assert "Would update 3" in run("update_attempts_for_exam", exam_id=exam.id, sleep_time=0, dry_run=True)
    assert credit.calls == []
