"""``repair_resume_statuses``: rows with statuses of releases before 4.4.0."""

import pytest

from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt

pytestmark = [pytest.mark.django_db, pytest.mark.contract("commands#repair-resume-statuses")]


def facts(attempt):
    row = ProctoredExamStudentAttempt.objects.get(pk=attempt.pk)
    return row.status, row.is_resumable, row.ready_to_resume, row.resumed


@pytest.mark.parametrize(
    ("former", "flags"),
    [
        pytest.param("ready_to_resume", (False, True, False), id="released-but-not-resumed"),
        pytest.param("resumed", (False, True, True), id="resumed"),
    ],
)
def test_a_former_status_becomes_error_with_flags(run, former, flags):
    attempt = make_attempt(status=former, time_remaining_seconds=99)
    assert "Mended 1 attempts" in run("repair_resume_statuses", sleep_time=0)
    assert facts(attempt) == (S.error, *flags)
    assert attempt.history.latest().history_change_reason == "status of a former release became flags"


@pytest.mark.parametrize("status", [S.error, S.started, S.verified])
def test_attempts_in_other_statuses_are_unchanged(run, status):
    attempt = make_attempt(status=status, is_resumable=True)
    modified = attempt.modified
    assert "Mended 0 attempts" in run("repair_resume_statuses", sleep_time=0)
    assert facts(attempt) == (status, True, False, False)
    attempt.refresh_from_db()
    assert attempt.modified == modified
    assert attempt.history.count() == 1


def test_repairing_causes_no_effects(run, all_services, events, mailoutbox):
    make_attempt(status="resumed")
    run("repair_resume_statuses", sleep_time=0)
    assert (events, mailoutbox) == ([], [])
    assert [service.calls for service in all_services.values()] == [[], [], [], []]


def test_a_second_run_repairs_nothing(run):
    attempt = make_attempt(status="resumed")
    run("repair_resume_statuses", sleep_time=0)
    assert "Mended 0 attempts" in run("repair_resume_statuses", sleep_time=0)
    assert attempt.history.count() == 2


def test_a_dry_run_counts_without_repairing(run):
    attempt = make_attempt(status="resumed")
    assert "Would mend 1 attempts" in run("repair_resume_statuses", sleep_time=0, dry_run=True)
    assert facts(attempt)[0] == "resumed"
