"""Explaining deadlines, and extending running attempts."""

import json
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.db.models.signals import post_save
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring import api
from edx_proctoring.exceptions import (
    ProctoredExamIllegalStatusTransition,
    ProctoredExamNotFoundException,
    ProctoredExamPermissionDenied,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import NOON, make_allowance, make_attempt, make_exam, make_staff, make_user

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def running(**exam_fields: Any) -> ProctoredExamStudentAttempt:
    exam = make_exam(**exam_fields)
    return make_attempt(exam, status=S.started, started_at=NOON, allowed_time_limit_mins=90)


@pytest.mark.contract("timing#explanation")
@pytest.mark.parametrize(
    ("allowance", "due_in", "allowed", "binding"),
    [
        pytest.param(None, None, 90, "limit", id="the-limit-of-the-exam"),
        pytest.param("30", None, 120, "limit", id="with-an-allowance"),
        pytest.param("30", 100, 100, "due_date", id="cut-by-the-due-date"),
        pytest.param(None, 90, 90, "limit", id="due-exactly-at-the-limit"),
    ],
)
def test_before_the_start_the_explanation_names_what_decides(
    clock: FrozenDateTimeFactory, allowance: str | None, due_in: int | None, allowed: int, binding: str
) -> None:
    exam, user = make_exam(due_date=None if due_in is None else NOON + due_in * MINUTE), make_user()
    if allowance:
        make_allowance(exam, user, value=allowance)

    explained = api.explain_deadline(exam_id=exam.pk, user_id=user.pk)

    assert (explained.allowed_minutes, explained.binding) == (allowed, binding)
    assert (explained.base_limit_minutes, explained.allowance_minutes) == (90, int(allowance) if allowance else None)
    assert (explained.attempt_id, explained.ends_at, explained.is_running) == (None, None, False)
    assert explained.due_date_source == (None if due_in is None else "exam")


@pytest.mark.contract("timing#explanation", "timing#now")
def test_the_explanation_says_what_a_start_would_give(clock: FrozenDateTimeFactory) -> None:
    exam, user = make_exam(due_date=NOON + 50 * MINUTE), make_user()

    explained = api.explain_deadline(exam_id=exam.pk, user_id=user.pk)

    assert explained.allowed_minutes == api._calculate_allowed_mins(api.get_exam_by_id(exam.pk), user.pk)


def test_a_resuming_attempt_is_explained_by_what_was_left(clock: FrozenDateTimeFactory) -> None:
    attempt = make_attempt(time_remaining_seconds=600)

    explained = api.explain_deadline(attempt.pk)

    assert (explained.allowed_minutes, explained.binding) == (10, "carry_over")


def test_a_running_attempt_is_explained_by_its_start_and_end(clock: FrozenDateTimeFactory) -> None:
    attempt = running()

    explained = api.explain_deadline(attempt.pk)

    assert (explained.is_running, explained.started_at) == (True, NOON)
    assert explained.ends_at == NOON + 90 * MINUTE
    assert "1 hour and 30 minutes" in explained.sentence


def test_a_personal_due_date_is_explained_as_the_learners(
    clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch, date_service: ModuleType
) -> None:
    monkeypatch.setattr(
        date_service,
        "get_date_for_block",
        lambda course_id, block_id, name, user=None: NOON + (60 if user else 30) * MINUTE,
    )

    explained = api.explain_deadline(running().pk)

    assert (explained.due_date, explained.due_date_source) == (NOON + 60 * MINUTE, "learner")


@pytest.mark.contract("timing#explanation")
def test_the_explanation_is_json(clock: FrozenDateTimeFactory) -> None:
    attempt = running(due_date=NOON + 200 * MINUTE)
    api.extend_running_attempt(attempt.pk, 5, make_staff(), "fire drill")

    explained = json.loads(json.dumps(api.explain_deadline(attempt.pk).as_json()))

    assert explained["ends_at"] == "2026-03-02T13:35:00+00:00"
    assert explained["extensions"][0]["minutes"] == 5


@pytest.mark.contract("timing#explanation")
@pytest.mark.parametrize(
    ("call", "error"),
    [
        pytest.param(lambda: api.explain_deadline(4711), StudentExamAttemptDoesNotExistsException, id="attempt"),
        pytest.param(lambda: api.explain_deadline(exam_id=4711, user_id=1), ProctoredExamNotFoundException, id="exam"),
        pytest.param(lambda: api.explain_deadline(), StudentExamAttemptDoesNotExistsException, id="nothing"),
    ],
)
def test_an_explanation_of_an_unknown_subject_is_refused(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        call()


def test_an_allowance_given_after_the_start_is_explained_as_too_late(clock: FrozenDateTimeFactory) -> None:
    attempt = running()
    clock.tick(MINUTE)
    make_allowance(attempt.proctored_exam, attempt.user, value="30")

    explained = api.explain_deadline(attempt.pk)

    assert (explained.allowed_minutes, explained.limit_minutes, explained.allowance_minutes) == (90, 90, None)
    assert (explained.binding, explained.too_late_minutes) == ("limit", 30)
    assert explained.sentence == (
        "1 hour and 30 minutes: the limit of the exam. An allowance of 30 minutes was given after the start and does "
        "not count. To give more time now, extend the running attempt."
    )


@pytest.mark.contract("timing#explanation")
def test_an_allowance_from_before_the_start_is_part_of_the_explanation(clock: FrozenDateTimeFactory) -> None:
    exam, user = make_exam(), make_user()
    make_allowance(exam, user, value="30")
    clock.tick(MINUTE)
    attempt = make_attempt(exam, user, S.ready_to_start)
    api.start_exam_attempt(exam.pk, user.pk)
    clock.tick(MINUTE)
    api.remove_allowance_for_user(exam.pk, user.pk, "additional_time_granted")

    explained = api.explain_deadline(attempt.pk)

    assert (explained.allowed_minutes, explained.allowance_minutes, explained.too_late_minutes) == (120, 30, None)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"time_limit_mins": 120}, id="limit-raised"),
        pytest.param({"due_date": NOON + timedelta(days=30)}, id="due-date-moved-ahead"),
        pytest.param({"time_limit_mins": 120, "due_date": NOON + timedelta(days=30)}, id="both"),
    ],
)
def test_a_change_of_the_exam_after_the_start_is_no_reason_of_the_limit(
    clock: FrozenDateTimeFactory, change: dict[str, Any]
) -> None:
    attempt = running()
    clock.tick(MINUTE)
    exam = attempt.proctored_exam
    for name, value in change.items():
        setattr(exam, name, value)
    exam.save()

    explained = api.explain_deadline(attempt.pk)

    assert (explained.binding, explained.limit_minutes, explained.base_limit_minutes) == ("limit", 90, 90)


def test_a_limit_that_the_due_date_cut_stays_explained_so(clock: FrozenDateTimeFactory) -> None:
    exam = make_exam(due_date=NOON + 50 * MINUTE)
    attempt = make_attempt(exam, status=S.ready_to_start)
    api.start_exam_attempt(exam.pk, attempt.user_id)

    explained = api.explain_deadline(attempt.pk)

    assert (explained.allowed_minutes, explained.limit_minutes, explained.binding) == (50, 90, "due_date")


def test_a_released_attempt_is_explained_by_what_was_left(clock: FrozenDateTimeFactory) -> None:
    attempt = make_attempt(
        status=S.error,
        started_at=NOON,
        allowed_time_limit_mins=60,
        time_remaining_seconds=25 * 60,
        ready_to_resume=True,
    )

    explained = api.explain_deadline(attempt.pk)

    assert (explained.allowed_minutes, explained.binding, explained.started_at) == (25, "carry_over", None)
    assert explained.sentence == "25 minutes: what was left when the attempt was interrupted."


def test_an_allowance_since_the_interruption_is_named(clock: FrozenDateTimeFactory) -> None:
    attempt = make_attempt(status=S.error, time_remaining_seconds=25 * 60, ready_to_resume=True)
    clock.tick(MINUTE)
    make_allowance(attempt.proctored_exam, attempt.user, value="20")

    explained = api.explain_deadline(attempt.pk)

    assert (explained.allowed_minutes, explained.carry_over_seconds) == (45, 25 * 60)
    assert explained.sentence.endswith("20 minutes of it were granted since then.")


# Extending


@pytest.mark.contract("timing#extension", "allowances#running-attempts")
@pytest.mark.parametrize(
    ("status", "advice"),
    [
        pytest.param(S.ready_to_start, "Give an allowance: the attempt has not started.", id="not-started"),
        pytest.param(S.error, "Release the attempt for resumption", id="broken-off"),
        pytest.param(S.submitted, "Give an allowance and reset the attempt", id="submitted"),
        pytest.param(S.rejected, "Give an allowance and reset the attempt", id="rejected"),
    ],
)
def test_a_refused_extension_advises_what_helps(clock: FrozenDateTimeFactory, status: str, advice: str) -> None:
    attempt = make_attempt(status=status)
    with pytest.raises(ProctoredExamIllegalStatusTransition, match=advice):
        api.extend_running_attempt(attempt.pk, 5, make_staff(), "fire drill")


def test_time_that_is_up_is_refused_with_what_helps(clock: FrozenDateTimeFactory) -> None:
    attempt = running()
    clock.tick(91 * MINUTE)
    with pytest.raises(ProctoredExamIllegalStatusTransition, match="reset the attempt"):
        api.extend_running_attempt(attempt.pk, 5, make_staff(), "fire drill")


@pytest.mark.contract("timing#extension", "allowances#running-attempts")
def test_an_instance_that_is_saved_again_counts_its_extension_once(clock: FrozenDateTimeFactory) -> None:
    saved: list[ProctoredExamStudentAttempt] = []

    def remember(instance: ProctoredExamStudentAttempt, **kwargs: Any) -> None:
        saved.append(instance)

    attempt = running()
    post_save.connect(remember, sender=ProctoredExamStudentAttempt)
    try:
        api.extend_running_attempt(attempt.pk, 5, make_staff(), "fire drill")
    finally:
        post_save.disconnect(remember, sender=ProctoredExamStudentAttempt)
    saved[-1].save()

    assert [extension.minutes for extension in api.explain_deadline(attempt.pk).extensions] == [5]


@pytest.mark.contract("timing#extension", "allowances#running-attempts")
def test_an_extension_moves_the_end(clock: FrozenDateTimeFactory, events: list[Any]) -> None:
    attempt, staff = running(), make_staff()
    events.clear()

    explained = api.extend_running_attempt(attempt.pk, 15, staff, "fire drill")

    assert (explained.allowed_minutes, explained.ends_at) == (105, NOON + 105 * MINUTE)
    data = api.get_exam_attempt_data(attempt.proctored_exam_id, attempt.pk)
    assert data["time_remaining_seconds"] == 105 * 60
    [(name, payload)] = events
    assert name == "edx.special_exam.proctored.attempt.extended"
    assert payload["attempt_extended_by_mins"] == 15


@pytest.mark.contract("timing#extension", "allowances#running-attempts", "timing#explanation")
def test_extensions_are_listed_in_the_explanation(clock: FrozenDateTimeFactory) -> None:
    attempt, staff = running(), make_staff()

    api.extend_running_attempt(attempt.pk, 15, staff, "fire drill")
    explained = api.extend_running_attempt(attempt.pk, 5, staff, "network: down")

    assert [(e.minutes, e.by, e.at, e.reason) for e in explained.extensions] == [
        (15, staff.pk, NOON, "fire drill"),
        (5, staff.pk, NOON, "network: down"),
    ]
    assert explained.binding == "limit"


@pytest.mark.contract("timing#extension", "allowances#running-attempts")
def test_an_extended_attempt_still_runs_after_its_former_end(clock: FrozenDateTimeFactory) -> None:
    attempt = running()
    api.extend_running_attempt(attempt.pk, 15, make_staff(), "fire drill")
    clock.move_to(NOON + 104 * MINUTE)

    seen = api.get_exam_attempt_by_id(attempt.pk)

    assert seen is not None
    assert seen["status"] == S.started


@pytest.mark.contract("timing#extension", "allowances#running-attempts")
@pytest.mark.parametrize("status", [S.created, S.ready_to_start, S.submitted, S.verified, S.error])
def test_an_attempt_that_is_not_running_is_not_extended(status: str) -> None:
    attempt = make_attempt(status=status)

    with pytest.raises(ProctoredExamIllegalStatusTransition):
        api.extend_running_attempt(attempt.pk, 15, make_staff(), "fire drill")


@pytest.mark.contract("timing#extension", "allowances#running-attempts")
def test_an_attempt_whose_time_is_up_is_not_extended(clock: FrozenDateTimeFactory) -> None:
    attempt = running()
    clock.move_to(NOON + 91 * MINUTE)

    with pytest.raises(ProctoredExamIllegalStatusTransition, match="time is up"):
        api.extend_running_attempt(attempt.pk, 15, make_staff(), "fire drill")


@pytest.mark.contract("timing#extension", "allowances#running-attempts")
def test_an_extension_past_the_due_date_is_for_global_staff_only(clock: FrozenDateTimeFactory) -> None:
    attempt = running(due_date=NOON + 100 * MINUTE)

    with pytest.raises(ProctoredExamPermissionDenied, match="due"):
        api.extend_running_attempt(attempt.pk, 15, make_staff(), "fire drill")
    with pytest.raises(ProctoredExamPermissionDenied, match="global staff"):
        api.extend_running_attempt(attempt.pk, 15, make_user(), "fire drill", past_due=True)
    assert api.extend_running_attempt(attempt.pk, 10, make_user(), "to the very minute").allowed_minutes == 100
    assert api.extend_running_attempt(attempt.pk, 5, make_staff(), "fire drill", past_due=True).allowed_minutes == 105


@pytest.mark.contract("timing#extension", "allowances#running-attempts")
@pytest.mark.parametrize(
    ("minutes", "reason"),
    [
        pytest.param(0, "fire drill", id="no-minutes"),
        pytest.param(2**31, "fire drill", id="more-than-an-attempt-can-hold"),
        pytest.param(5, "  ", id="no-reason"),
    ],
)
def test_an_extension_without_minutes_or_a_reason_is_refused(minutes: int, reason: str) -> None:
    with pytest.raises(ValueError, match="extension"):
        api.extend_running_attempt(running().pk, minutes, make_staff(), reason)
