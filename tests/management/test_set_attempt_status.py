"""``set_attempt_status``."""

import pytest
from django.core.management import CommandError

from edx_proctoring.exceptions import (
    ProctoredExamIllegalStatusTransition,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.contract("commands#set-attempt-status"),
]


def test_the_status_changes_with_all_its_effects(run, credit):
    attempt = make_attempt(status=S.submitted)
    printed = run("set_attempt_status", attempt_id=attempt.id, to_status=S.rejected)
    attempt.refresh_from_db()
    assert attempt.status == S.rejected
    assert f"attempt_id={attempt.id}" in printed
    assert "Completed!" in printed
    assert credit.called("set_credit_requirement_status")


def test_short_option_names_are_accepted(run):
    attempt = make_attempt(status=S.submitted)
    run("set_attempt_status", "-a", str(attempt.id), "-t", S.rejected)
    attempt.refresh_from_db()
    assert attempt.status == S.rejected


@pytest.mark.parametrize("status", ["bogus", S.expired, S.onboarding_reset])
def test_a_status_that_cannot_be_requested_is_refused(run, status):
    attempt = make_attempt()
    with pytest.raises(CommandError, match="not a valid attempt status"):
        run("set_attempt_status", attempt_id=attempt.id, to_status=status)
    attempt.refresh_from_db()
    assert attempt.status == S.created


@pytest.mark.parametrize("options", [{}, {"attempt_id": 1}, {"to_status": S.rejected}])
def test_a_missing_option_is_named(run, options):
    with pytest.raises(CommandError, match="--attempt"):
        run("set_attempt_status", **options)


def test_an_unknown_attempt_raises_an_error(run):
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        run("set_attempt_status", attempt_id=12345, to_status=S.rejected)


def test_a_forbidden_transition_raises_an_error(run):
    attempt = make_attempt(status=S.verified)
    with pytest.raises(ProctoredExamIllegalStatusTransition):
        run("set_attempt_status", attempt_id=attempt.id, to_status=S.started)


def test_a_dry_run_changes_nothing(run):
    attempt = make_attempt(status=S.submitted)
    printed = run("set_attempt_status", attempt_id=attempt.id, to_status=S.rejected, dry_run=True)
    attempt.refresh_from_db()
    assert attempt.status == S.submitted
    assert "nothing was changed" in printed
