"""Commands on large tables: memory use stays constant, and an interrupted run can be continued."""

import gc
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from edx_proctoring.api.lifecycle import status_change
from edx_proctoring.api.reviews import applying
from edx_proctoring.management import batch_command
from edx_proctoring.models import (
    AttemptEffect,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.statuses import SoftwareSecureReviewStatus as R
from tests.factories import NOON, make_attempt, make_exam, make_review, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.contract("commands#batches")]

SMALL, LARGE = 200, 2000
BATCH = 100
# Allowed growth of the peak for ten times the rows: noise from caches and string pools.
NOISE_BYTES = 800_000
LONG_TEXT = "x" * 2000


def peak_of(work: Callable[[], Any]) -> int:
    """Return the peak memory, in bytes, of Python objects while ``work`` ran.

    Reference cycles count until they are collected, and collections are rarer in a process with many
    objects. Freezing the existing objects makes them as frequent as in a small process. They stay frozen,
    as after collection (``tests/conftest.py``).
    """
    gc.collect()
    gc.freeze()
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def fill(count: int, *, status: str = S.submitted, reviewed: bool = False, removed: bool = False) -> Any:
    """Insert ``count`` attempts into one exam, without signals, optionally with large reviews."""
    exam, user = make_exam(), make_user()
    codes = [f"CODE-{exam.pk}-{number}" for number in range(count)]
    if not removed:
        ProctoredExamStudentAttempt.objects.bulk_create(
            ProctoredExamStudentAttempt(
                proctored_exam=exam,
                user=user,
                attempt_code=code,
                external_id=code,
                status=status,
                taking_as_proctored=True,
            )
            for code in codes
        )
    if reviewed:
        for model in (ProctoredExamSoftwareSecureReview, ProctoredExamSoftwareSecureReviewHistory):
            model.objects.bulk_create(
                [
                    model(attempt_code=code, review_status=R.clean, raw_data=LONG_TEXT, exam=exam, student=user)
                    for code in codes
                ],
                batch_size=1000,
            )
    return exam


@pytest.fixture
def unapplied(monkeypatch):
    """Replace the status change, which is not measured here and takes a minute for so many rows; record its calls."""
    calls = []
    monkeypatch.setattr(status_change, "change_status", lambda attempt_id, *args, **kwargs: calls.append(attempt_id))
    monkeypatch.setattr(applying, "apply_review", lambda review, **kwargs: calls.append(review.pk))
    return calls


def write_ids(tmp_path, exam):
    path = tmp_path / f"{exam.pk}.txt"
    ids = ProctoredExamStudentAttempt.objects.filter(proctored_exam=exam).values_list("id", flat=True)
    path.write_text("\n".join(map(str, ids)), encoding="utf-8")
    return str(path)


@pytest.fixture
def prepare(run, tmp_path):
    """Command -> a function that inserts rows and returns a function that runs the command."""

    def update_attempts_for_exam(count):
        exam = fill(count)
        return lambda: run("update_attempts_for_exam", exam_id=exam.pk, batch_size=BATCH, verbosity=0)

    def update_attempt_status_from_review(count):
        fill(count, reviewed=True)
        return lambda: run(
            "update_attempt_status_from_review",
            start_date_time="2000-01-01 00:00:00",
            end_date_time="2100-01-01 00:00:00",
            batch_size=BATCH,
            verbosity=0,
        )

    def set_is_attempt_active(count):
        fill(count, reviewed=True, removed=True)
        return lambda: run("set_is_attempt_active", batch_size=BATCH, verbosity=0)

    def reset_attempts(count):
        path = write_ids(tmp_path, fill(count, status=S.created))
        return lambda: run("reset_attempts", file_path=path, batch_size=BATCH, verbosity=0)

    def repair_resume_statuses(count):
        fill(count, status="resumed")
        return lambda: run("repair_resume_statuses", batch_size=BATCH, verbosity=0)

    def deliver_effects(count):
        attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam=fill(count))
        AttemptEffect.objects.bulk_create(
            AttemptEffect(
                attempt_id=attempt.pk,
                attempt_code=attempt.attempt_code,
                exam_id=attempt.proctored_exam_id,
                kind=AttemptEffect.KIND_PROVIDER,
                call_name="stop_exam_attempt",
                from_status=S.started,
                to_status=S.submitted,
                next_try_at=NOON,
            )
            for attempt in attempts
        )
        return lambda: run("deliver_effects", limit=BATCH)

    return locals()


COMMANDS = [
    "update_attempts_for_exam",
    "update_attempt_status_from_review",
    "set_is_attempt_active",
    "reset_attempts",
    "repair_resume_statuses",
    "deliver_effects",
]


# Their status changes are replaced.
CHANGING_STATUSES = ("update_attempts_for_exam", "update_attempt_status_from_review")


# Each batch commits: what waits for a commit would be kept to the end of the test otherwise.
@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_memory_does_not_grow_with_the_table(prepare, unapplied, command, caplog):
    caplog.set_level("ERROR")  # pytest keeps log records in memory
    warm_up = prepare[command](BATCH)
    warm_up()
    small = peak_of(prepare[command](SMALL))
    unapplied.clear()
    large = peak_of(prepare[command](LARGE))
    assert large < small + NOISE_BYTES, f"{small} bytes for {SMALL} rows, {large} for {LARGE}"
    if command in CHANGING_STATUSES:
        assert len(unapplied) >= LARGE, "each row was reached"


@pytest.mark.slow
def test_control_loading_the_whole_table_exceeds_the_limit():
    """Shows that the limit above can be exceeded."""
    fill(SMALL, reviewed=True)
    small = peak_of(lambda: list(ProctoredExamSoftwareSecureReview.objects.all()))
    fill(LARGE, reviewed=True)
    large = peak_of(lambda: list(ProctoredExamSoftwareSecureReview.objects.all()))
    assert large > small + NOISE_BYTES


class TestContinuedAfterInterruption:
    """The command is interrupted after the first batch and started again."""

    @pytest.fixture
    def interrupted(self, run, monkeypatch):
        def interrupt_and_run_again(*args, **options):
            with monkeypatch.context() as patch:
                patch.setattr(batch_command.time, "sleep", self.interrupt)
                with pytest.raises(KeyboardInterrupt):
                    run(*args, **options, batch_size=2, sleep_time=1)
            return run(*args, **options, batch_size=2, sleep_time=0)

        return interrupt_and_run_again

    @staticmethod
    def interrupt(seconds):
        raise KeyboardInterrupt

    def test_reset_attempts_removes_the_rest(self, interrupted, tmp_path):
        exam = fill(5, status=S.created)
        assert "Removed 3 of 5" in interrupted("reset_attempts", file_path=write_ids(tmp_path, exam))
        assert not ProctoredExamStudentAttempt.objects.exists()

    def test_set_is_attempt_active_marks_the_rest(self, interrupted):
        fill(5, reviewed=True, removed=True)
        assert "3 attempts" in interrupted("set_is_attempt_active").splitlines()[-1]
        for model in (ProctoredExamSoftwareSecureReview, ProctoredExamSoftwareSecureReviewHistory):
            assert not model.objects.filter(is_attempt_active=True).exists()

    def test_repair_resume_statuses_repairs_the_rest(self, interrupted):
        fill(5, status="resumed")
        assert "Mended 3 attempts" in interrupted("repair_resume_statuses")
        assert set(ProctoredExamStudentAttempt.objects.values_list("status", flat=True)) == {S.error}

    def test_update_attempt_status_from_review_applies_each_review_once(self, interrupted):
        for _ in range(5):
            make_review(make_attempt(status=S.submitted), R.clean)
        ProctoredExamSoftwareSecureReview.objects.update(modified=datetime(2020, 1, 1, tzinfo=UTC))
        interrupted(
            "update_attempt_status_from_review",
            start_date_time="2019-12-31 00:00:00",
            end_date_time="2020-01-02 00:00:00",
        )
        archived = ProctoredExamSoftwareSecureReviewHistory.objects.values_list("attempt_code", flat=True)
        assert len(archived) == len(set(archived)) == 5

    def test_update_attempts_for_exam_continues_after_the_printed_attempt(self, run, credit, monkeypatch):
        exam = make_exam()
        attempts = [make_attempt(exam, status=S.verified) for _ in range(5)]
        printed = run("update_attempts_for_exam", exam_id=exam.pk, batch_size=2, sleep_time=0)
        assert f"2 so far, up to attempt_id={attempts[1].pk}" in printed
        credit.calls.clear()
        run("update_attempts_for_exam", exam_id=exam.pk, start_after=attempts[1].pk, sleep_time=0)
        users = [kwargs["user_id"] for _, kwargs in credit.called("set_credit_requirement_status")]
        assert users == [attempt.user_id for attempt in attempts[2:]]


class TestNoEmailOption:
    def test_update_attempts_for_exam_sends_no_mail(self, run, credit, mailoutbox):
        attempt = make_attempt(status=S.verified)
        run("update_attempts_for_exam", exam_id=attempt.proctored_exam_id, sleep_time=0, no_email=True)
        assert mailoutbox == []
        assert credit.called("set_credit_requirement_status")
        assert not AttemptEffect.objects.leftovers().exists()

    def test_control_update_attempts_for_exam_sends_mail_by_default(self, run, credit, mailoutbox):
        attempt = make_attempt(status=S.verified)
        run("update_attempts_for_exam", exam_id=attempt.proctored_exam_id, sleep_time=0)
        assert len(mailoutbox) == 1

    @pytest.mark.parametrize(("options", "mails"), [({"no_email": True}, 0), ({}, 1)], ids=["no-email", "default"])
    def test_update_attempt_status_from_review_sends_mail_unless_switched_off(self, run, mailoutbox, options, mails):
        review = make_review(make_attempt(status=S.submitted), R.clean)
        ProctoredExamSoftwareSecureReview.objects.filter(pk=review.pk).update(modified=NOON)
        mailoutbox.clear()
        run(
            "update_attempt_status_from_review",
            start_date_time="2026-03-02 00:00:00",
            end_date_time="2026-03-03 00:00:00",
            sleep_time=0,
            **options,
        )
        assert len(mailoutbox) == mails
