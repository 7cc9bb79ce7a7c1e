"""Explaining deadlines, and extending running attempts. Spec: beyond.md 5."""

import json
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
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


@pytest.mark.spec("python-api.md", "18:time")
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


def test_the_explanation_is_json(clock: FrozenDateTimeFactory) -> None:
    attempt = running(due_date=NOON + 200 * MINUTE)
    api.extend_running_attempt(attempt.pk, 5, make_staff(), "fire drill")

    explained = json.loads(json.dumps(api.explain_deadline(attempt.pk).as_json()))

    assert explained["ends_at"] == "2026-03-02T13:35:00+00:00"
    assert explained["extensions"][0]["minutes"] == 5


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


# Extending


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


def test_extensions_are_listed_in_the_explanation(clock: FrozenDateTimeFactory) -> None:
    attempt, staff = running(), make_staff()

    api.extend_running_attempt(attempt.pk, 15, staff, "fire drill")
    explained = api.extend_running_attempt(attempt.pk, 5, staff, "network: down")

    assert [(e.minutes, e.by, e.at, e.reason) for e in explained.extensions] == [
        (15, staff.pk, NOON, "fire drill"),
        (5, staff.pk, NOON, "network: down"),
    ]
    assert explained.binding == "limit"


def test_an_extended_attempt_still_runs_after_its_former_end(clock: FrozenDateTimeFactory) -> None:
    attempt = running()
    api.extend_running_attempt(attempt.pk, 15, make_staff(), "fire drill")
    clock.move_to(NOON + 104 * MINUTE)

    seen = api.get_exam_attempt_by_id(attempt.pk)

    assert seen is not None
    assert seen["status"] == S.started


@pytest.mark.parametrize("status", [S.created, S.ready_to_start, S.submitted, S.verified, S.error])
def test_an_attempt_that_is_not_running_is_not_extended(status: str) -> None:
    attempt = make_attempt(status=status)

    with pytest.raises(ProctoredExamIllegalStatusTransition):
        api.extend_running_attempt(attempt.pk, 15, make_staff(), "fire drill")


def test_an_attempt_whose_time_is_up_is_not_extended(clock: FrozenDateTimeFactory) -> None:
    attempt = running()
    clock.move_to(NOON + 91 * MINUTE)

    with pytest.raises(ProctoredExamIllegalStatusTransition, match="time is up"):
        api.extend_running_attempt(attempt.pk, 15, make_staff(), "fire drill")


def test_an_extension_past_the_due_date_is_for_global_staff_only(clock: FrozenDateTimeFactory) -> None:
    attempt = running(due_date=NOON + 100 * MINUTE)

    with pytest.raises(ProctoredExamPermissionDenied, match="due"):
        api.extend_running_attempt(attempt.pk, 15, make_staff(), "fire drill")
    with pytest.raises(ProctoredExamPermissionDenied, match="global staff"):
        api.extend_running_attempt(attempt.pk, 15, make_user(), "fire drill", past_due=True)
    assert api.extend_running_attempt(attempt.pk, 10, make_user(), "to the very minute").allowed_minutes == 100
    assert api.extend_running_attempt(attempt.pk, 5, make_staff(), "fire drill", past_due=True).allowed_minutes == 105


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
