"""Status lines of a whole outline within one request."""

from collections.abc import Callable, Iterator
from typing import Any

import crum
import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import RequestFactory
from edx_django_utils.cache import RequestCache

from edx_proctoring import api
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import COURSE, make_attempt, make_exam, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.contract("outline-status#within-a-request")]

REQUEST_CACHE = "edx_django_utils.cache.middleware.RequestCacheMiddleware"
Count = Callable[[Callable[[], Any]], int]


@pytest.fixture
def within_a_request(settings: Any) -> Iterator[None]:
    """Run the test as if within a request of a host with the platform's request cache."""
    settings.MIDDLEWARE = [*django_settings.MIDDLEWARE, REQUEST_CACHE]
    RequestCache.clear_all_namespaces()
    with crum.impersonate(None):
        crum.set_current_request(RequestFactory().get("/"))
        yield
        crum.set_current_request(None)
    RequestCache.clear_all_namespaces()


def learner_and_exams(number: int) -> tuple[Any, list[Any]]:
    """Return a learner and that many exams, timed, onboarding and proctored. Every other one has an attempt."""
    user = make_user()
    course_exams = [make_exam(["timed", "onboarding", "proctored"][i % 3]) for i in range(number)]
    for exam in course_exams[::2]:
        make_attempt(exam, user, S.submitted)
    return user, course_exams


def one_by_one(user: Any, course_exams: list[Any]) -> list[Any]:
    return [api.get_attempt_status_summary(user.pk, exam.course_id, exam.content_id) for exam in course_exams]


@pytest.mark.parametrize("number", [6, 40])
def test_the_lines_of_an_outline_take_three_queries_at_any_size(
    within_a_request: None, credit: Any, count_queries: Count, number: int
) -> None:
    user, course_exams = learner_and_exams(number)

    assert count_queries(lambda: one_by_one(user, course_exams)) == 3
    assert len(credit.called("get_credit_state")) == 1


@pytest.mark.parametrize("number", [6, 40])
def test_the_bulk_function_takes_three_queries_without_a_request(
    credit: Any, count_queries: Count, number: int
) -> None:
    user = learner_and_exams(number)[0]

    assert count_queries(lambda: api.get_attempt_status_summaries(user.pk, COURSE)) == 3


def test_control_without_a_request_each_line_takes_queries(credit: Any, count_queries: Count) -> None:
    user, course_exams = learner_and_exams(40)

    assert count_queries(lambda: one_by_one(user, course_exams)) > 40


def test_control_without_the_middleware_nothing_is_kept(
    within_a_request: None, settings: Any, credit: Any, count_queries: Count
) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != REQUEST_CACHE]
    user, course_exams = learner_and_exams(40)

    assert count_queries(lambda: one_by_one(user, course_exams)) > 40


def test_lines_within_a_request_equal_those_without(within_a_request: None, credit: Any) -> None:
    user, course_exams = learner_and_exams(12)
    within = one_by_one(user, course_exams)
    crum.set_current_request(None)

    assert within == one_by_one(user, course_exams)
    assert [line for line in within if line] == list(api.get_attempt_status_summaries(user.pk, COURSE).values())


def test_a_line_changed_by_the_host_does_not_change_the_next_one(within_a_request: None) -> None:
    user, [exam] = learner_and_exams(1)[0], [make_exam()]
    api.get_attempt_status_summary(user.pk, COURSE, exam.content_id)["status"] = "mine"  # type: ignore[index]

    assert one_by_one(user, [exam])[0]["status"] == S.eligible


@pytest.mark.parametrize(
    ("write", "after"),
    [
        pytest.param(lambda a: api.update_attempt_status(a.pk, S.submitted), S.submitted, id="status-changed"),
        pytest.param(lambda a: ProctoredExamStudentAttempt.objects.get(pk=a.pk).delete(), S.eligible, id="deleted"),
        pytest.param(
            lambda a: ProctoredExamStudentAttempt.objects.filter(pk=a.pk).delete(), S.eligible, id="deleted-in-bulk"
        ),
        pytest.param(lambda a: make_attempt(a.proctored_exam, a.user, S.error), S.error, id="another-one"),
    ],
)
def test_a_change_within_the_request_is_seen(within_a_request: None, write: Callable[[Any], Any], after: str) -> None:
    attempt = make_attempt(make_exam("onboarding"), status=S.started)
    assert one_by_one(attempt.user, [attempt.proctored_exam])[0]["status"] == S.started

    write(attempt)

    assert one_by_one(attempt.user, [attempt.proctored_exam])[0]["status"] == after


def test_an_exam_created_within_the_request_has_a_line(within_a_request: None) -> None:
    user = make_user()
    api.get_attempt_status_summaries(user.pk, COURSE)

    assert one_by_one(user, [make_exam("timed")])[0]["short_description"] == "Timed Exam"


def test_two_learners_in_one_request_get_their_own_lines(within_a_request: None) -> None:
    attempt, other = make_attempt(status=S.verified), make_user()

    lines = [one_by_one(user, [attempt.proctored_exam])[0]["status"] for user in (attempt.user, other)]

    assert lines == [S.verified, S.eligible]


def test_an_attempt_whose_time_is_up_is_ended_and_shown_as_submitted(within_a_request: None, clock: Any) -> None:
    attempt = make_attempt(status=S.started)
    clock.tick(7200)

    assert one_by_one(attempt.user, [attempt.proctored_exam])[0]["status"] == S.submitted
    attempt.refresh_from_db()
    assert attempt.status == S.submitted


@pytest.mark.parametrize("user_id", [None, 4711], ids=["anonymous", "unknown"])
def test_an_unknown_user_gets_no_line_for_a_proctored_exam(within_a_request: None, credit: Any, user_id: Any) -> None:
    exam = make_exam()

    assert api.get_attempt_status_summary(user_id, COURSE, exam.content_id) is None


def test_an_unknown_exam_is_logged_and_has_no_line(within_a_request: None, caplog: pytest.LogCaptureFixture) -> None:
    assert api.get_attempt_status_summary(make_user().pk, COURSE, "block-v1:no+such+one") is None
    assert "exam unknown" in caplog.text


def test_the_permission_is_checked_once_per_course(
    within_a_request: None, credit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, course_exams = learner_and_exams(12)
    asked: list[Any] = []
    monkeypatch.setattr(get_user_model(), "has_perm", lambda self, perm, obj=None: bool(asked.append(obj) or True))

    one_by_one(user, course_exams)

    assert len(asked) == 1
    assert asked[0]["course_id"] == COURSE


def test_only_the_requested_lines_are_returned() -> None:
    user, course_exams = learner_and_exams(3)
    wanted = course_exams[1].content_id

    assert list(api.get_attempt_status_summaries(user.pk, COURSE, [wanted, "block-v1:a+chapter"])) == [wanted]
