"""Due dates are read fresh wherever they decide, whatever the date service has cached.

With the real ``edx_when`` package, which answers from the cache of the host for minutes after an extension was stored.
The page that shows a date fills that cache first, as it does for every learner.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.cache import cache
from django.urls import reverse
from edx_django_utils.cache import RequestCache
from freezegun.api import FrozenDateTimeFactory
from rest_framework.test import APIClient

from edx_proctoring import api, utils
from edx_proctoring.api.attempts import entry_check
from edx_proctoring.api.lifecycle import allowed_time, expiry
from edx_proctoring.exceptions import ProctoredExamPermissionDenied
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils import get_exam_due_date
from tests.factories import NOON, make_attempt, make_exam, make_staff, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.contract("timing#fresh-dates")]

MINUTE = timedelta(minutes=1)
WEEK = timedelta(days=7)


@pytest.fixture
def when() -> ModuleType:
    """The real date service."""
    if not apps.is_installed("edx_when"):
        pytest.skip("edx_when is not among the apps of the settings for this database")
    from edx_when import api as when_api  # defines models: not importable without the app

    return when_api  # type: ignore[no-any-return]


@pytest.fixture
def stale(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """For control runs: the cache of the date service is believed."""

    def from_the_cache(exam: Any, user: Any = None, *, fresh: bool = False) -> datetime | None:
        return get_exam_due_date(exam, user, fresh=False)

    def believe() -> None:
        for module in (allowed_time, entry_check, expiry, utils):
            monkeypatch.setattr(module, "get_exam_due_date", from_the_cache)

    return believe


class Learner:
    """A learner of an exam, with the requests of the exam's pages."""

    def __init__(self, exam: ProctoredExam) -> None:
        self.exam = exam
        self.user: User = make_user()
        self._client = APIClient()
        self._client.force_authenticate(self.user)

    def look_at_the_page(self) -> Any:
        """Read the exam as its page does; the date service fills its cache."""
        path = reverse("edx_proctoring:proctored_exam.exam_attempts", args=[self.exam.course_id])
        return self._send(self._client.get, path, {"content_id": self.exam.content_id, "is_learning_mfe": "true"})

    def enter(self, **body: str) -> Any:
        """Press the button that creates an attempt."""
        path = reverse("edx_proctoring:proctored_exam.attempt.collection")
        return self._send(self._client.post, path, {"exam_id": self.exam.pk, **body}, format="json")

    def act(self, attempt: ProctoredExamStudentAttempt, action: str) -> Any:
        """Press a button of an attempt."""
        path = reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])
        return self._send(self._client.put, path, {"action": action}, format="json")

    @staticmethod
    def _send(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        # What a host's middleware does for each request; the cache of the host stays.
        RequestCache.clear_all_namespaces()
        return method(*args, **kwargs)


def due_at(when: ModuleType, exam: ProctoredExam, due: datetime, user: User | None = None) -> None:
    """Store a due date as the host does: for everybody, or for one learner as staff grant an extension."""
    when.set_date_for_block(exam.course_id, exam.content_id, "due", due, user=user)


# Who gets the new date, and how: an extension of one learner, or a new date of the exam.
GRANTED = [pytest.param(True, id="extension"), pytest.param(False, id="new-date-of-the-exam")]
CONTROLLED = [
    pytest.param(False, id="control-with-the-cached-date"),
    pytest.param(True, id="with-the-fresh-date"),
]


@pytest.mark.parametrize("is_fresh", CONTROLLED)
@pytest.mark.parametrize("is_personal", GRANTED)
@pytest.mark.parametrize("kind", ["proctored", "timed"])
def test_a_start_after_an_extension_gets_the_full_time(
    when: ModuleType, clock: FrozenDateTimeFactory, stale: Any, kind: str, is_personal: bool, is_fresh: bool
) -> None:
    if not is_fresh:
        stale()
    exam = make_exam(kind, time_limit_mins=90)
    learner = Learner(exam)
    due_at(when, exam, NOON + 10 * MINUTE)
    attempt = make_attempt(exam, learner.user, S.ready_to_start if kind == "proctored" else S.created)
    assert learner.look_at_the_page().status_code == 200

    due_at(when, exam, NOON + WEEK, learner.user if is_personal else None)
    assert learner.act(attempt, "start").status_code == 200

    attempt.refresh_from_db()
    assert attempt.allowed_time_limit_mins == (90 if is_fresh else 10)


@pytest.mark.parametrize("is_fresh", CONTROLLED)
@pytest.mark.parametrize("is_personal", GRANTED)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param("proctored", {"attempt_proctored": "true"}, id="proctored"),
        pytest.param("timed", {"start_clock": "true"}, id="timed"),
    ],
)
def test_an_exam_that_was_over_can_be_entered_after_an_extension(
    when: ModuleType,
    clock: FrozenDateTimeFactory,
    stale: Any,
    provider: Any,
    kind: str,
    body: dict[str, str],
    is_personal: bool,
    is_fresh: bool,
) -> None:
    if not is_fresh:
        stale()
    exam = make_exam(kind, time_limit_mins=90)
    learner = Learner(exam)
    due_at(when, exam, NOON - MINUTE)
    assert learner.look_at_the_page().status_code == 200

    due_at(when, exam, NOON + WEEK, learner.user if is_personal else None)
    reply = learner.enter(**body)

    assert reply.status_code == (200 if is_fresh else 403)
    if is_fresh and kind == "proctored":
        assert [context["time_limit_mins"] for context in provider.contexts] == [90]
    if is_fresh and kind == "timed":
        assert ProctoredExamStudentAttempt.objects.get().allowed_time_limit_mins == 90


@pytest.mark.parametrize("is_fresh", CONTROLLED)
def test_an_exam_whose_date_was_moved_into_the_past_is_refused(
    when: ModuleType, clock: FrozenDateTimeFactory, stale: Any, is_fresh: bool
) -> None:
    if not is_fresh:
        stale()
    exam = make_exam()
    learner = Learner(exam)
    due_at(when, exam, NOON + WEEK)
    learner.look_at_the_page()

    due_at(when, exam, NOON - MINUTE)

    assert learner.enter(attempt_proctored="true").status_code == (403 if is_fresh else 200)


@pytest.mark.parametrize("is_fresh", CONTROLLED)
def test_an_interrupted_attempt_can_be_resumed_after_an_extension(
    when: ModuleType, clock: FrozenDateTimeFactory, stale: Any, provider: Any, is_fresh: bool
) -> None:
    if not is_fresh:
        stale()
    exam = make_exam()
    learner = Learner(exam)
    due_at(when, exam, NOON - MINUTE)
    make_attempt(exam, learner.user, S.error, ready_to_resume=True, time_remaining_seconds=25 * 60)
    learner.look_at_the_page()

    due_at(when, exam, NOON + WEEK, learner.user)
    reply = learner.enter(attempt_proctored="true")

    assert reply.status_code == (200 if is_fresh else 403)
    assert [context["time_limit_mins"] for context in provider.contexts] == ([25] if is_fresh else [])


@pytest.mark.parametrize("is_fresh", CONTROLLED)
@pytest.mark.parametrize("kind", ["timed", "proctored", "onboarding"])
def test_the_page_of_an_exam_that_was_over_offers_it_after_an_extension(
    when: ModuleType, clock: FrozenDateTimeFactory, stale: Any, kind: str, is_fresh: bool
) -> None:
    if not is_fresh:
        stale()
    exam, user = make_exam(kind), make_user()
    due_at(when, exam, NOON - MINUTE)

    def page() -> str:
        RequestCache.clear_all_namespaces()
        return api.get_student_view(user.pk, exam.course_id, exam.content_id, {}) or ""

    assert "start-timed-exam" not in page()
    due_at(when, exam, NOON + WEEK, user)

    assert ("start-timed-exam" in page()) is is_fresh


@pytest.mark.parametrize("is_fresh", CONTROLLED)
def test_the_page_without_time_offers_the_exam_after_an_extension(
    when: ModuleType, clock: FrozenDateTimeFactory, stale: Any, is_fresh: bool
) -> None:
    if not is_fresh:
        stale()
    exam, user = make_exam("timed"), make_user()
    due_at(when, exam, NOON + timedelta(seconds=50))

    def page() -> str:
        RequestCache.clear_all_namespaces()
        return api.get_student_view(user.pk, exam.course_id, exam.content_id, {}) or ""

    assert "You have no time left" in page()
    due_at(when, exam, NOON + WEEK, user)

    assert ("start-timed-exam" in page()) is is_fresh


@pytest.mark.parametrize("is_fresh", CONTROLLED)
def test_the_learning_client_shows_an_extended_exam_as_open(
    when: ModuleType, clock: FrozenDateTimeFactory, stale: Any, is_fresh: bool
) -> None:
    if not is_fresh:
        stale()
    exam = make_exam()
    learner = Learner(exam)
    due_at(when, exam, NOON - MINUTE)
    assert learner.look_at_the_page().json()["exam"]["passed_due_date"] is True
    due_at(when, exam, NOON + WEEK, learner.user)

    assert learner.look_at_the_page().json()["exam"]["passed_due_date"] is not is_fresh


def test_a_practice_exam_that_was_over_can_be_reset_after_an_extension(
    when: ModuleType, clock: FrozenDateTimeFactory
) -> None:
    exam = make_exam("onboarding")
    learner = Learner(exam)
    due_at(when, exam, NOON - MINUTE)
    attempt = make_attempt(exam, learner.user, S.rejected)
    learner.look_at_the_page()

    due_at(when, exam, NOON + WEEK, learner.user)

    assert learner.act(attempt, "reset_attempt").status_code == 200


def test_a_running_attempt_can_be_extended_up_to_a_due_date_that_was_just_moved(
    when: ModuleType, clock: FrozenDateTimeFactory
) -> None:
    exam = make_exam()
    learner, staff = Learner(exam), make_staff()
    due_at(when, exam, NOON + 100 * MINUTE)
    attempt = make_attempt(exam, learner.user, S.started, started_at=NOON, allowed_time_limit_mins=90)
    learner.look_at_the_page()
    extend = partial(api.extend_running_attempt, attempt.pk, 30, staff, "fire drill")
    with pytest.raises(ProctoredExamPermissionDenied):
        extend()

    due_at(when, exam, NOON + WEEK, learner.user)

    assert extend().allowed_minutes == 120


def test_a_start_leaves_the_fresh_date_in_the_cache_for_the_pages(
    when: ModuleType, clock: FrozenDateTimeFactory
) -> None:
    exam = make_exam("timed")
    learner = Learner(exam)
    due_at(when, exam, NOON - MINUTE)
    learner.look_at_the_page()
    due_at(when, exam, NOON + WEEK, learner.user)
    exam_dict = api.get_exam_by_id(exam.pk)
    RequestCache.clear_all_namespaces()
    assert api.is_exam_passed_due(exam_dict, learner.user.pk), "the page still shows the cached date"

    learner.enter(start_clock="true")

    RequestCache.clear_all_namespaces()
    assert not api.is_exam_passed_due(exam_dict, learner.user.pk)
    assert cache.get(f"course_dates.{exam.course_id}.{learner.user.pk}"), "the entry of edx_when itself"
