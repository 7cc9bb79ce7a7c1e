"""Limits and deadlines, and what happens when the time is up."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from edx_proctoring import api
from edx_proctoring.api.lifecycle import allowed_time, expiry, status_change
from edx_proctoring.exceptions import ProctoredExamNoTimeLeft
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.models.allowances import MAX_MINUTES
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import NOON, make_allowance, make_attempt, make_exam, make_user

MINUTE = timedelta(minutes=1)


# Arithmetic


@pytest.mark.contract("timing#due-date-cut", "timing#allowed-minutes")
@pytest.mark.parametrize(
    ("limit", "due_in", "allowed"),
    [
        pytest.param(90, None, 90, id="no-due-date"),
        pytest.param(90, 90, 90, id="due-exactly-at-the-limit"),
        pytest.param(90, 89, 89, id="due-date-cuts-the-limit"),
        pytest.param(90, 89.9, 89, id="only-whole-minutes"),
        pytest.param(90, -1, 0, id="past-due-is-never-negative"),
        pytest.param(-5, None, -5, id="negative-limit-stays"),
        pytest.param(-5, 10, -5, id="negative-limit-before-the-due-date-stays"),
    ],
)
def test_the_due_date_cuts_the_limit(limit: int, due_in: float | None, allowed: int) -> None:
    due = None if due_in is None else NOON + due_in * MINUTE
    assert allowed_time.cut_by_due_date(limit, due=due, now=NOON) == allowed


@pytest.mark.contract("timing#due-date-cut")
@given(limit=st.integers(0, 10_000), due_in=st.integers(-10_000, 10_000))
def test_the_allowed_minutes_never_exceed_limit_or_due_date(limit: int, due_in: int) -> None:
    allowed = allowed_time.cut_by_due_date(limit, due=NOON + due_in * MINUTE, now=NOON)
    assert 0 <= allowed <= min(limit, max(due_in, 0))


@pytest.mark.contract("timing#allowed-minutes", "attempts#resume-carry-over")
@pytest.mark.parametrize(
    ("extra", "carry_over", "limit"),
    [
        pytest.param(None, None, 90, id="plain"),
        pytest.param(30, None, 120, id="allowance-adds"),
        pytest.param(None, 10 * 60, 10, id="carry-over-replaces"),
        pytest.param(30, 10 * 60, 10, id="carry-over-replaces-the-allowance-too"),
        pytest.param(30, 0, 0, id="nothing-left-is-honoured"),
        pytest.param(None, 119, 1, id="whole-minutes"),
    ],
)
def test_limit_before_the_due_date(extra: int | None, carry_over: int | None, limit: int) -> None:
    assert allowed_time.limit_before_due_date(90, extra_minutes=extra, carry_over_seconds=carry_over) == limit


@pytest.mark.contract("timing#time-out")
@pytest.mark.parametrize(
    ("status", "offset", "expected"),
    [
        pytest.param(S.started, 0, False, id="at-the-last-moment"),
        pytest.param(S.started, 0.001, True, id="just-after"),
        pytest.param(S.started, -1, False, id="before"),
        pytest.param(S.ready_to_submit, 1, True, id="on-the-submit-page"),
        pytest.param(S.submitted, 1, False, id="submitted-already"),
        pytest.param(S.onboarding_reset, 1, False, id="replaced"),
    ],
)
def test_an_open_attempt_runs_out_after_its_last_moment(status: str, offset: float, expected: bool) -> None:
    assert expiry.has_run_out(status, NOON - 90 * MINUTE, 90, now=NOON + offset * MINUTE) is expected


@pytest.mark.contract("timing#no-limit")
def test_a_clock_without_a_limit_never_runs_out() -> None:
    assert not expiry.has_run_out(S.started, NOON, None, now=NOON + timedelta(days=999))


# Reading an attempt whose time is up


def readers() -> list[Any]:
    """Return each published function that reads one attempt."""
    return [
        pytest.param(lambda a: api.get_exam_attempt_by_id(a.pk), id="by-id"),
        pytest.param(lambda a: api.get_exam_attempt_by_code(a.attempt_code), id="by-code"),
        pytest.param(lambda a: api.get_exam_attempt_by_external_id(a.external_id), id="by-external-id"),
        pytest.param(lambda a: api.get_current_exam_attempt(a.proctored_exam_id, a.user_id), id="current"),
        pytest.param(lambda a: api._get_exam_attempt(a), id="of-an-object"),
        pytest.param(lambda a: api._check_for_attempt_timeout(attempt_dict(a)), id="of-a-dict"),
    ]


def running(**fields: Any) -> ProctoredExamStudentAttempt:
    return make_attempt(status=S.started, started_at=NOON, allowed_time_limit_mins=90, **fields)


@pytest.mark.contract("timing#expired-read")
@pytest.mark.django_db
@pytest.mark.parametrize("read", readers())
def test_reading_an_expired_attempt_submits_it(
    clock: FrozenDateTimeFactory, mailoutbox: list[Any], read: Callable[[Any], dict[str, Any]]
) -> None:
    attempt = running()
    clock.move_to(NOON + 200 * MINUTE)

    seen = read(attempt)

    assert (seen["status"], seen["completed_at"]) == (S.submitted, NOON + 90 * MINUTE)
    assert len(mailoutbox) == 1
    attempt.refresh_from_db()
    assert attempt.status == S.submitted


@pytest.mark.contract("timing#expired-read", "timing#allowed-minutes")
@pytest.mark.django_db
@pytest.mark.parametrize("ask", [api._calculate_allowed_mins, api.get_total_allowed_time_for_exam])
def test_asking_for_the_allowed_time_submits_an_expired_attempt(
    clock: FrozenDateTimeFactory, ask: Callable[[Any, int], Any]
) -> None:
    attempt = running()
    clock.move_to(NOON + 200 * MINUTE)

    ask(api.get_exam_by_id(attempt.proctored_exam_id), attempt.user_id)

    attempt.refresh_from_db()
    assert (attempt.status, attempt.completed_at) == (S.submitted, NOON + 90 * MINUTE)


@pytest.mark.contract("timing#time-out", "timing#expired-read")
@pytest.mark.django_db
@pytest.mark.parametrize("read", readers())
def test_reading_an_attempt_in_time_changes_nothing(
    clock: FrozenDateTimeFactory, read: Callable[[Any], dict[str, Any]]
) -> None:
    attempt = running()
    clock.move_to(NOON + 90 * MINUTE)

    assert read(attempt)["status"] == S.started
    assert attempt.history.count() == 1


@pytest.mark.contract("transitions#time-out", "statuses#meaning")
@pytest.mark.django_db
def test_where_timed_out_is_a_status_the_attempt_gets_no_completion_date(
    clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.PROCTORING_SETTINGS, "ALLOW_TIMED_OUT_STATE", True)
    attempt = running()
    clock.move_to(NOON + 91 * MINUTE)

    seen = api.get_exam_attempt_by_id(attempt.pk)

    assert seen is not None
    assert (seen["status"], seen["completed_at"]) == (S.timed_out, None)


@pytest.mark.contract("transitions#lock")
@pytest.mark.django_db
def test_an_expired_attempt_that_two_requests_have_read_is_submitted_once(
    clock: FrozenDateTimeFactory, mailoutbox: list[Any]
) -> None:
    attempt = running()
    clock.move_to(NOON + 91 * MINUTE)
    seen_by_one = api.lifecycle.queries.existing_attempt(attempt.pk)
    seen_by_other = api.lifecycle.queries.existing_attempt(attempt.pk)

    status_change.end_if_time_is_up(seen_by_one)
    after = status_change.end_if_time_is_up(seen_by_other)

    assert after.status == S.submitted
    assert len(mailoutbox) == 1
    assert attempt.history.count() == 2


@pytest.mark.django_db
def test_a_request_that_read_an_expired_attempt_before_its_verdict_does_not_undo_it(
    clock: FrozenDateTimeFactory,
) -> None:
    attempt = running()
    clock.move_to(NOON + 91 * MINUTE)
    seen_before = api.lifecycle.queries.existing_attempt(attempt.pk)
    api.update_attempt_status(attempt.pk, S.verified)

    assert status_change.end_if_time_is_up(seen_before).status == S.verified


@pytest.mark.contract("transitions#no-time-left")
@pytest.mark.django_db
@pytest.mark.parametrize("limit", [0, -5])
def test_a_start_with_no_time_left_is_refused_with_nothing_sent(
    provider: Any, events: list[Any], sent_signals: list[Any], limit: int
) -> None:
    exam = make_exam(time_limit_mins=limit)
    attempt = make_attempt(exam, status=S.ready_to_start)

    with pytest.raises(ProctoredExamNoTimeLeft):
        api.update_attempt_status(attempt.pk, S.started)

    attempt.refresh_from_db()
    assert (attempt.status, attempt.started_at, attempt.allowed_time_limit_mins) == (S.ready_to_start, None, None)
    assert (provider.calls, events, sent_signals) == ([], [], [])


@pytest.mark.contract("transitions#completion")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("from_status", "requested"),
    [
        pytest.param(S.created, S.submitted, id="never-started"),
        pytest.param(S.started, S.submitted, id="submission"),
        pytest.param(S.ready_to_submit, S.ready_to_start, id="entered-a-second-time"),
        pytest.param(S.submitted, S.submitted, id="repeated"),
        pytest.param(S.verified, S.submitted, id="after-a-verdict"),
    ],
)
def test_each_transition_to_submitted_sets_the_completion_date(
    clock: FrozenDateTimeFactory, from_status: str, requested: str
) -> None:
    attempt = make_attempt(status=from_status)
    clock.tick(MINUTE)

    api.update_attempt_status(attempt.pk, requested)

    attempt.refresh_from_db()
    assert (attempt.status, attempt.completed_at) == (S.submitted, NOON + MINUTE)


@pytest.mark.contract("transitions#time-out", "attempts#mark")
@pytest.mark.django_db
def test_marking_a_time_out_completes_the_attempt_as_of_now(clock: FrozenDateTimeFactory) -> None:
    attempt = running()
    clock.move_to(NOON + 30 * MINUTE)

    api.mark_exam_attempt_timeout(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.status, attempt.completed_at) == (S.submitted, NOON + 30 * MINUTE)


@pytest.mark.contract("timing#now")
@pytest.mark.django_db
def test_a_time_out_without_a_zone_is_taken_as_utc(clock: FrozenDateTimeFactory, settings: Any) -> None:
    settings.TIME_ZONE = "America/New_York"
    attempt = running()

    api.update_attempt_status(attempt.pk, S.timed_out, timeout_timestamp=NOON.replace(tzinfo=None))

    attempt.refresh_from_db()
    assert (attempt.status, attempt.completed_at) == (S.submitted, NOON)


@pytest.mark.contract("attempts#active")
@pytest.mark.django_db
def test_active_exams_leave_out_those_whose_time_is_up(clock: FrozenDateTimeFactory) -> None:
    user = make_user()
    expired = running(user=user)
    active = running(user=user)
    ProctoredExamStudentAttempt.objects.filter(pk=active.pk).update(allowed_time_limit_mins=300)
    make_allowance(active.proctored_exam, user)
    clock.move_to(NOON + 91 * MINUTE)

    [item] = api.get_active_exams_for_user(user.pk)

    assert item["attempt"]["id"] == active.pk
    assert item["exam"]["id"] == active.proctored_exam_id
    assert [allowance["value"] for allowance in item["allowances"]] == ["30"]
    expired.refresh_from_db()
    assert expired.status == S.submitted


# Limits of one learner


@pytest.mark.contract("transitions#first-start", "timing#allowed-minutes")
@pytest.mark.django_db
def test_a_start_fixes_the_limit_of_exam_allowance_and_due_date(clock: FrozenDateTimeFactory) -> None:
    exam, user = make_exam(due_date=NOON + 100 * MINUTE), make_user()
    make_allowance(exam, user, value="45")
    attempt = make_attempt(exam, user, S.ready_to_start)

    api.start_exam_attempt(exam.pk, user.pk)

    attempt.refresh_from_db()
    assert (attempt.started_at, attempt.allowed_time_limit_mins) == (NOON, 100)


@pytest.mark.contract("host-services#reads-never-fail", "timing#allowed-minutes")
@pytest.mark.django_db
@pytest.mark.parametrize("due", [None, NOON + 100 * MINUTE], ids=["without-a-due-date", "with-a-due-date"])
def test_an_allowance_too_large_for_the_column_still_lets_the_learner_start(
    clock: FrozenDateTimeFactory, due: datetime | None
) -> None:
    exam, user = make_exam(due_date=due), make_user()
    make_allowance(exam, user, value="9" * 40)
    attempt = make_attempt(exam, user, S.ready_to_start)

    assert api.get_total_allowed_time_for_exam(api.get_exam_by_id(exam.pk), user.pk)
    api.start_exam_attempt(exam.pk, user.pk)

    attempt.refresh_from_db()
    assert (attempt.status, attempt.allowed_time_limit_mins) == (S.started, 100 if due else MAX_MINUTES + 90)


@pytest.mark.contract("host-services#reads-never-fail")
@pytest.mark.django_db
def test_the_widest_limit_that_an_exam_can_have(clock: FrozenDateTimeFactory) -> None:
    exam, user = make_exam(time_limit_mins=2**31 - 1), make_user()
    make_allowance(exam, user, value=str(MAX_MINUTES))
    attempt = make_attempt(exam, user, S.ready_to_start)

    api.start_exam_attempt(exam.pk, user.pk)
    clock.tick()

    seen = api.get_exam_attempt_by_id(attempt.pk)
    assert seen is not None
    assert (seen["status"], seen["allowed_time_limit_mins"]) == (S.started, 2**31 - 1)


@pytest.mark.django_db
def test_the_lowest_limit_that_an_exam_can_have_starts_no_clock() -> None:
    attempt = make_attempt(make_exam(time_limit_mins=-(2**31)), status=S.ready_to_start)

    with pytest.raises(ProctoredExamNoTimeLeft):
        api.start_exam_attempt(attempt.proctored_exam_id, attempt.user_id)


@pytest.mark.contract("allowances#add")
@pytest.mark.django_db
def test_an_allowance_does_not_change_a_running_clock(clock: FrozenDateTimeFactory) -> None:
    attempt = running()

    api.add_allowance_for_user(attempt.proctored_exam_id, attempt.user_id, "additional_time_granted", "30")

    attempt.refresh_from_db()
    assert attempt.allowed_time_limit_mins == 90


@pytest.mark.contract("timing#total-time", "timing#allowed-minutes")
@pytest.mark.django_db
def test_the_total_time_includes_the_allowance_in_words(clock: FrozenDateTimeFactory) -> None:
    exam, user = make_exam(), make_user()
    make_allowance(exam, user, value="30")

    assert api.get_total_allowed_time_for_exam(api.get_exam_by_id(exam.pk), user.pk) == "2 hours"
    assert api._calculate_allowed_mins(api.get_exam_by_id(exam.pk), user.pk) == 120


@pytest.mark.contract("timing#past-due")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "due", "course_end", "expected"),
    [
        pytest.param("proctored", NOON, None, True, id="the-very-moment-is-over"),
        pytest.param("proctored", NOON + MINUTE, None, False, id="not-yet"),
        pytest.param("proctored", None, NOON - MINUTE, False, id="course-end-is-no-due-date-of-a-proctored-exam"),
        pytest.param("timed", None, NOON - MINUTE, True, id="course-end-ends-a-timed-exam"),
        pytest.param("timed", NOON + MINUTE, NOON - MINUTE, False, id="due-date-beats-course-end"),
    ],
)
def test_an_exam_is_past_due_by_its_own_date_or_the_end_of_its_course(
    clock: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    date_service: ModuleType,
    kind: str,
    due: datetime | None,
    course_end: datetime | None,
    expected: bool,
) -> None:
    monkeypatch.setattr(
        date_service, "get_dates_for_course", lambda course_id, **kwargs: {("block", "end"): course_end}
    )
    exam = api.get_exam_by_id(make_exam(kind, due_date=due).pk)

    assert api.is_exam_passed_due(exam) is expected


@pytest.mark.contract("timing#past-due", "timing#due-date")
@pytest.mark.django_db
def test_a_personal_due_date_takes_precedence_over_the_stored_one(
    clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch, date_service: ModuleType
) -> None:
    asked: list[Any] = []

    def date_for_block(course_id: str, block_id: str, name: str, user: Any = None) -> datetime | None:
        asked.append((course_id, block_id, name, user))
        return NOON + MINUTE if user else None

    monkeypatch.setattr(date_service, "get_date_for_block", date_for_block)
    exam = api.get_exam_by_id(make_exam(due_date=NOON - MINUTE).pk)

    assert api.is_exam_passed_due(exam)
    assert not api.is_exam_passed_due(exam, user=7)
    assert asked[-1] == (exam["course_id"], exam["content_id"], "due", 7)


@pytest.mark.contract("transitions#first-start")
@pytest.mark.django_db
@settings_of_hypothesis(max_examples=25, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from([S.started, S.ready_to_submit]), st.integers(0, 40)), min_size=2, max_size=6
    )
)
def test_going_back_and_forth_never_moves_the_end(steps: list[tuple[str, int]]) -> None:
    with freeze_time(NOON) as clock:
        attempt = make_attempt(status=S.ready_to_start)
        api.update_attempt_status(attempt.pk, S.started)
        for status, pause in steps:
            clock.tick(pause * MINUTE)
            seen = api.get_exam_attempt_by_id(attempt.pk)
            assert seen is not None
            if seen["status"] == S.submitted:
                assert seen["completed_at"] == NOON + 90 * MINUTE
                return
            api.update_attempt_status(attempt.pk, status)
            attempt.refresh_from_db()
            assert (attempt.started_at, attempt.allowed_time_limit_mins) == (NOON, 90)
