"""The launch callback, with which a secure browser opens an exam."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_services")]


def launch(attempt_code: str | None, **headers: Any) -> Any:
    path = reverse("edx_proctoring:anonymous.proctoring_launch_callback.start_exam", args=[attempt_code])
    return APIClient().get(path, **headers)


@pytest.mark.operation("GET /proctoring_launch_callback/start_exam/{attempt_code}")
def test_the_launch_cookie_lasts_for_the_exam_and_a_day() -> None:
    attempt = factories.make_attempt(factories.make_exam(time_limit_mins=90))
    cookie = launch(attempt.attempt_code, secure=True).cookies["exam"]
    assert cookie["max-age"] == (24 * 60 + 90) * 60
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)


@pytest.mark.operation("GET /proctoring_launch_callback/start_exam/{attempt_code}")
def test_launching_an_unknown_code_answers_404_as_plain_text() -> None:
    response = launch("unknown")
    assert (response.status_code, response["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert response.content.decode() == "You have entered an exam code that is not valid."


@pytest.mark.operation("GET /proctoring_launch_callback/start_exam/{attempt_code}")
@pytest.mark.parametrize(
    ("method", "code"), [("GET", 302), ("POST", 302), ("HEAD", 302), ("PUT", 405), ("DELETE", 405)]
)
def test_a_launch_needs_no_csrf_token(method: str, code: int) -> None:
    attempt = factories.make_attempt()
    path = reverse("edx_proctoring:anonymous.proctoring_launch_callback.start_exam", args=[attempt.attempt_code])
    response = Client(enforce_csrf_checks=True).generic(method, path)
    assert response.status_code == code
    assert "no-store" in response["Cache-Control"]


@pytest.mark.operation("GET /proctoring_launch_callback/start_exam/{attempt_code}")
@pytest.mark.contract("rest-rules#throttling")
def test_launches_with_unknown_codes_are_limited_per_address(proctoring_settings: Callable[..., None]) -> None:
    proctoring_settings(RATE_LIMITS={"proctoring_anonymous": "2/min"})
    answers = [launch(f"guess-{number}", REMOTE_ADDR="192.0.2.1") for number in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert int(answers[2]["Retry-After"]) > 0
    assert launch("guess-4", REMOTE_ADDR="192.0.2.2").status_code == 404


@pytest.mark.operation("GET /proctoring_launch_callback/start_exam/{attempt_code}")
@pytest.mark.contract("rest-rules#throttling")
def test_launches_with_one_unknown_code_are_limited_from_whatever_address() -> None:
    codes = [launch("guess", REMOTE_ADDR=f"192.0.2.{number}").status_code for number in range(31)]
    assert codes == [404] * 30 + [429]


@pytest.mark.operation("GET /proctoring_launch_callback/start_exam/{attempt_code}")
@pytest.mark.contract("rest-rules#throttling")
def test_launches_that_succeed_never_count(proctoring_settings: Callable[..., None]) -> None:
    proctoring_settings(RATE_LIMITS={"proctoring_anonymous": "1/min", "proctoring_anonymous_code": "1/min"})
    hall = [factories.make_attempt(status=S.ready_to_start) for _ in range(3)]
    codes = [launch(attempt.attempt_code, REMOTE_ADDR="192.0.2.1").status_code for attempt in hall * 2]
    assert codes == [302] * 6
