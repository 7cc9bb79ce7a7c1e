"""Extra time that is given because of an interruption counts for the attempt that resumes."""

from datetime import timedelta

import pytest
from django.utils import timezone
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring import api
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt, RemovedAllowance
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_user

pytestmark = pytest.mark.django_db

EXTRA_TIME = "additional_time_granted"
MINUTE = timedelta(minutes=1)


def grant(attempt: ProctoredExamStudentAttempt, minutes: int) -> None:
    api.add_allowance_for_user(attempt.proctored_exam_id, attempt.user_id, EXTRA_TIME, str(minutes))


def take_away(attempt: ProctoredExamStudentAttempt) -> None:
    api.remove_allowance_for_user(attempt.proctored_exam_id, attempt.user_id, EXTRA_TIME)


def interrupted(seconds_left: int) -> ProctoredExamStudentAttempt:
    """An attempt that breaks off now and is released."""
    attempt = make_attempt(make_exam(time_limit_mins=60), make_user(), S.started)
    return break_off(attempt, seconds_left)


def break_off(attempt: ProctoredExamStudentAttempt, seconds_left: int) -> ProctoredExamStudentAttempt:
    api.update_exam_attempt(attempt.pk, time_remaining_seconds=seconds_left)
    api.update_attempt_status(attempt.pk, S.error)
    api.mark_exam_attempt_as_ready_to_resume(attempt.pk)
    attempt.refresh_from_db()
    return attempt


def resume(former: ProctoredExamStudentAttempt) -> ProctoredExamStudentAttempt:
    """Enter and start; return the running attempt."""
    attempt_id = api.create_exam_attempt(former.proctored_exam_id, former.user_id, taking_as_proctored=True)
    api.update_attempt_status(attempt_id, S.started)
    return ProctoredExamStudentAttempt.objects.get(pk=attempt_id)


def test_an_allowance_given_after_the_interruption_is_added(clock: FrozenDateTimeFactory) -> None:
    former = interrupted(25 * 60)
    clock.tick(MINUTE)
    grant(former, 20)

    exam = api.get_exam_by_id(former.proctored_exam_id)
    assert api.get_total_allowed_time_for_exam(exam, former.user_id) == "45 minutes"
    assert resume(former).allowed_time_limit_mins == 45


def test_an_allowance_given_while_the_new_attempt_is_set_up_is_added(clock: FrozenDateTimeFactory) -> None:
    former = interrupted(25 * 60)
    attempt_id = api.create_exam_attempt(former.proctored_exam_id, former.user_id, taking_as_proctored=True)
    clock.tick(MINUTE)
    grant(former, 20)
    api.update_attempt_status(attempt_id, S.started)

    assert ProctoredExamStudentAttempt.objects.get(pk=attempt_id).allowed_time_limit_mins == 45


def test_only_what_was_added_to_an_earlier_allowance_counts(clock: FrozenDateTimeFactory) -> None:
    attempt = make_attempt(make_exam(time_limit_mins=60), make_user(), S.started)
    grant(attempt, 30)
    clock.tick(MINUTE)
    former = break_off(attempt, 25 * 60)
    clock.tick(MINUTE)
    grant(former, 40)
    clock.tick(MINUTE)
    grant(former, 50)

    assert resume(former).allowed_time_limit_mins == 45


def test_an_allowance_from_before_the_interruption_is_in_what_was_left(clock: FrozenDateTimeFactory) -> None:
    attempt = make_attempt(make_exam(time_limit_mins=60), make_user(), S.started)
    grant(attempt, 30)
    clock.tick(MINUTE)
    former = break_off(attempt, 25 * 60)

    assert resume(former).allowed_time_limit_mins == 25


def test_a_lowered_allowance_takes_nothing_of_what_was_left(clock: FrozenDateTimeFactory) -> None:
    attempt = make_attempt(make_exam(time_limit_mins=60), make_user(), S.started)
    grant(attempt, 30)
    clock.tick(MINUTE)
    former = break_off(attempt, 25 * 60)
    clock.tick(MINUTE)
    grant(former, 10)

    assert resume(former).allowed_time_limit_mins == 25


def give_and_take_away(attempt: ProctoredExamStudentAttempt, clock: FrozenDateTimeFactory, *minutes: int) -> None:
    for value in minutes:
        clock.tick(MINUTE)
        grant(attempt, value)
    clock.tick(MINUTE)
    take_away(attempt)
    clock.tick(MINUTE)


def test_an_allowance_that_was_removed_and_given_again_is_added(clock: FrozenDateTimeFactory) -> None:
    former = interrupted(25 * 60)
    give_and_take_away(former, clock, 200)
    give_and_take_away(former, clock, 10, 15)
    grant(former, 20)

    assert resume(former).allowed_time_limit_mins == 45


def test_of_an_earlier_allowance_only_the_rise_counts_however_often_it_was_removed(
    clock: FrozenDateTimeFactory,
) -> None:
    attempt = make_attempt(make_exam(time_limit_mins=60), make_user(), S.started)
    grant(attempt, 5)
    clock.tick(MINUTE)
    former = break_off(attempt, 25 * 60)
    give_and_take_away(former, clock)
    give_and_take_away(former, clock, 200)
    grant(former, 20)

    assert resume(former).allowed_time_limit_mins == 40


def test_an_allowance_that_an_earlier_release_removed_counts_as_given_before(clock: FrozenDateTimeFactory) -> None:
    former = interrupted(25 * 60)
    give_and_take_away(former, clock, 20)
    RemovedAllowance.objects.all().delete()  # 6.1.4 does not know the table
    grant(former, 20)

    assert resume(former).allowed_time_limit_mins == 25


def test_an_earlier_allowance_that_was_given_again_adds_nothing(clock: FrozenDateTimeFactory) -> None:
    attempt = make_attempt(make_exam(time_limit_mins=60), make_user(), S.started)
    grant(attempt, 20)
    clock.tick(MINUTE)
    former = break_off(attempt, 25 * 60)
    clock.tick(MINUTE)
    take_away(former)
    clock.tick(MINUTE)
    grant(former, 20)

    assert resume(former).allowed_time_limit_mins == 25


def test_after_a_second_interruption_the_first_allowance_is_in_what_was_left(clock: FrozenDateTimeFactory) -> None:
    former = interrupted(25 * 60)
    clock.tick(MINUTE)
    grant(former, 20)
    second = resume(former)
    clock.tick(MINUTE)
    break_off(second, 40 * 60)
    clock.tick(MINUTE)

    assert resume(second).allowed_time_limit_mins == 40


def test_with_nothing_left_an_allowance_lets_the_learner_go_on(clock: FrozenDateTimeFactory) -> None:
    former = interrupted(0)
    clock.tick(MINUTE)
    grant(former, 5)

    assert resume(former).allowed_time_limit_mins == 5


def test_the_due_date_still_cuts_the_sum(clock: FrozenDateTimeFactory) -> None:
    former = interrupted(25 * 60)
    clock.tick(MINUTE)
    grant(former, 20)
    ProctoredExam.objects.update(due_date=timezone.now() + 30 * MINUTE)

    assert resume(former).allowed_time_limit_mins == 30
