"""The page of a running exam and its timer agree when the due date is moved while it runs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from edx_django_utils.cache import RequestCache
from freezegun.api import FrozenDateTimeFactory
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import NOON, make_attempt, make_exam, make_staff

pytestmark = pytest.mark.django_db


def page_of(attempt: ProctoredExamStudentAttempt) -> str | None:
    exam = ProctoredExam.objects.get(pk=attempt.proctored_exam_id)
    context = {"display_name": exam.exam_name, "default_time_limit_mins": 90, "due_date": exam.due_date}
    return api.get_student_view(attempt.user_id, exam.course_id, exam.content_id, context)


def timers_of(attempt: ProctoredExamStudentAttempt) -> set[tuple[float, str | None]]:
    """Seconds left and deadline, as each of the learner's three timers has them."""
    client, exam = APIClient(), attempt.proctored_exam
    client.force_login(attempt.user)
    polled = client.get(reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])).json()
    active = client.get(reverse("edx_proctoring:proctored_exam.active_attempt")).json()
    payload = api.get_exam_attempt_data(exam.pk, attempt.pk)
    payload["expires_at"] = payload["expires_at"].isoformat().replace("+00:00", "Z")
    return {(timer["time_remaining_seconds"], timer["expires_at"]) for timer in (polled, active, payload)}


@pytest.fixture
def running(clock: FrozenDateTimeFactory, user_may_take: None) -> Callable[..., ProctoredExamStudentAttempt]:
    """Make an attempt of 90 minutes that started at noon; a quarter of an hour has passed."""

    def start(kind: str = "timed") -> ProctoredExamStudentAttempt:
        attempt = make_attempt(make_exam(kind), status=S.started, started_at=NOON, allowed_time_limit_mins=90)
        clock.tick(timedelta(minutes=15))
        return attempt

    return start


@pytest.fixture
def user_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learners may take proctored exams."""
    monkeypatch.setattr("django.contrib.auth.models.User.has_perm", lambda *args, **kwargs: True)


def due(attempt: ProctoredExamStudentAttempt, moment: datetime) -> None:
    ProctoredExam.objects.filter(pk=attempt.proctored_exam_id).update(due_date=moment)
    attempt.proctored_exam.refresh_from_db()


def is_closed(page: str | None) -> bool:
    return page is not None and "due date" in page


@pytest.mark.contract("timing#closing")
@pytest.mark.parametrize("kind", ["timed", "proctored"])
def test_a_due_date_moved_into_the_past_closes_page_and_timer(
    running: Callable[..., ProctoredExamStudentAttempt], kind: str
) -> None:
    attempt = running(kind)
    assert page_of(attempt) is None
    assert timers_of(attempt) == {(75 * 60, "2026-03-02T13:30:00Z")}

    due(attempt, NOON + timedelta(minutes=10))

    assert is_closed(page_of(attempt))
    assert timers_of(attempt) == {(0, "2026-03-02T12:10:00Z")}
    attempt.refresh_from_db()
    assert attempt.status == S.started


@pytest.mark.contract("timing#closing")
def test_the_timer_counts_to_a_due_date_that_was_moved_before_the_end(
    running: Callable[..., ProctoredExamStudentAttempt], clock: FrozenDateTimeFactory
) -> None:
    attempt = running()
    due(attempt, NOON + timedelta(minutes=20))

    assert page_of(attempt) is None
    assert timers_of(attempt) == {(5 * 60, "2026-03-02T12:20:00Z")}

    clock.tick(timedelta(minutes=5))
    assert is_closed(page_of(attempt))
    assert timers_of(attempt) == {(0, "2026-03-02T12:20:00Z")}


@pytest.mark.contract("timing#closing")
@pytest.mark.parametrize("kind", ["timed", "proctored"])
def test_an_attempt_extended_beyond_the_due_date_goes_on(
    running: Callable[..., ProctoredExamStudentAttempt], kind: str
) -> None:
    attempt = running(kind)
    due(attempt, NOON + timedelta(minutes=10))

    api.extend_running_attempt(attempt.pk, 5, make_staff(), "fire alarm", past_due=True)

    assert page_of(attempt) is None
    assert timers_of(attempt) == {(80 * 60, "2026-03-02T13:35:00Z")}


@pytest.mark.contract("timing#closing")
@pytest.mark.parametrize("kind", ["practice", "onboarding"])
def test_practice_goes_on_after_the_due_date(running: Callable[..., ProctoredExamStudentAttempt], kind: str) -> None:
    attempt = running(kind)

    due(attempt, NOON + timedelta(minutes=10))

    assert page_of(attempt) is None
    assert timers_of(attempt) == {(75 * 60, "2026-03-02T13:30:00Z")}


@pytest.mark.contract("timing#closing")
def test_a_personal_extension_keeps_page_and_timer_open(
    running: Callable[..., ProctoredExamStudentAttempt],
    date_service: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempt = running()
    due(attempt, NOON + timedelta(minutes=10))

    monkeypatch.setattr(date_service, "get_date_for_block", lambda *args, **kwargs: NOON + timedelta(days=7))

    assert page_of(attempt) is None
    assert timers_of(attempt) == {(75 * 60, "2026-03-02T13:30:00Z")}


@pytest.mark.contract("timing#closing")
@pytest.mark.parametrize("kind", ["timed", "proctored"])
def test_an_earlier_personal_date_closes_page_and_timer(
    running: Callable[..., ProctoredExamStudentAttempt],
    clock: FrozenDateTimeFactory,
    date_service: Any,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    attempt = running(kind)
    due(attempt, NOON + timedelta(days=7))
    monkeypatch.setattr(date_service, "get_date_for_block", lambda *args, **kwargs: NOON + timedelta(minutes=20))

    assert page_of(attempt) is None
    assert timers_of(attempt) == {(5 * 60, "2026-03-02T12:20:00Z")}

    clock.tick(timedelta(minutes=5))
    assert is_closed(page_of(attempt))
    assert timers_of(attempt) == {(0, "2026-03-02T12:20:00Z")}


@pytest.mark.contract("timing#closing")
@pytest.mark.parametrize(("kind", "closes"), [("timed", True), ("proctored", False), ("practice", False)])
def test_the_end_of_the_course_closes_a_timed_exam_without_a_due_date(
    running: Callable[..., ProctoredExamStudentAttempt],
    date_service: Any,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    closes: bool,
) -> None:
    attempt = running(kind)
    end = {("course", "end"): NOON + timedelta(minutes=20)}
    monkeypatch.setattr(date_service, "get_dates_for_course", lambda *args, **kwargs: end)
    monkeypatch.setattr(date_service, "get_date_for_block", lambda *args, **kwargs: None)

    assert timers_of(attempt) == {(5 * 60, "2026-03-02T12:20:00Z") if closes else (75 * 60, "2026-03-02T13:30:00Z")}


@pytest.mark.contract("timing#closing")
def test_a_cached_date_is_checked_before_the_timer_believes_it(
    running: Callable[..., ProctoredExamStudentAttempt], date_service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = running()
    cache = {"due": NOON + timedelta(minutes=5)}
    asked = []

    def reload(*_args: Any, use_cached: bool = True, **_kwargs: Any) -> dict[Any, Any]:
        asked.append(use_cached)
        if not use_cached:
            cache["due"] = NOON + timedelta(days=7)
        return {}

    monkeypatch.setattr(date_service, "get_dates_for_course", reload)
    monkeypatch.setattr(date_service, "get_date_for_block", lambda *args, **kwargs: cache["due"])

    assert timers_of(attempt) == {(75 * 60, "2026-03-02T13:30:00Z")}
    # Repaired by the first of the three timers.
    assert asked == [False]


@pytest.mark.contract("timing#closing")
def test_a_timer_costs_one_query_while_the_dates_are_cached(
    running: Callable[..., ProctoredExamStudentAttempt], count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    attempt = running()

    def poll() -> Any:
        return api.get_exam_attempt_data(attempt.proctored_exam_id, attempt.pk)

    poll()
    # With a new request the request's own cache is empty; only Django's cache is left.
    RequestCache.clear_all_namespaces()
    assert count_queries(poll) == 1
