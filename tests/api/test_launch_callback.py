"""The launch callback of the secure browser."""

from typing import Any

import pytest
from django.core import signing
from django.test import RequestFactory
from django.urls import NoReverseMatch

from edx_proctoring import callbacks
from edx_proctoring.callbacks import start_exam_callback
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam

pytestmark = pytest.mark.django_db


def launch(attempt: Any, method: str = "GET", *, cookie_of: Any = None) -> Any:
    request = RequestFactory().generic(method, "/")
    if cookie_of is not None:
        request.COOKIES["exam"] = signing.get_cookie_signer(salt="exam").sign(cookie_of.attempt_code)
    return start_exam_callback(request, attempt.attempt_code)


@pytest.mark.contract("launch-callback#statuses", "launch-callback#answers", "rpnow#flow")
@pytest.mark.operation("GET /proctoring_launch_callback/start_exam/{attempt_code}")
@pytest.mark.parametrize(
    ("status", "after", "warns"),
    [
        pytest.param(S.created, S.ready_to_start, False, id="created"),
        pytest.param(S.download_software_clicked, S.ready_to_start, False, id="download-clicked"),
        pytest.param(S.started, S.submitted, False, id="entering-a-running-exam-ends-it"),
        pytest.param(S.ready_to_submit, S.submitted, False, id="or-its-submit-page"),
        pytest.param(S.ready_to_start, S.ready_to_start, True, id="ready-already"),
        pytest.param(S.verified, S.verified, True, id="over"),
    ],
)
def test_a_launch_moves_a_waiting_attempt_and_redirects_to_the_exam(
    status: str, after: str, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    attempt = make_attempt(status=status)

    response = launch(attempt, cookie_of=attempt)

    attempt.refresh_from_db()
    assert attempt.status == after
    assert response.status_code == 302
    assert attempt.proctored_exam.content_id in response["Location"]
    assert any(record.levelname == "WARNING" for record in caplog.records) is warns


@pytest.mark.contract("launch-callback#cookie", "rpnow#flow")
@pytest.mark.operation("GET /proctoring_launch_callback/start_exam/{attempt_code}")
def test_a_launch_sets_a_signed_cookie_with_the_code() -> None:
    attempt = make_attempt()

    cookie = launch(attempt).cookies["exam"]
    next_request = RequestFactory().get("/")
    next_request.COOKIES["exam"] = cookie.value

    assert next_request.get_signed_cookie("exam") == attempt.attempt_code
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/", True, "Lax")


@pytest.mark.contract("launch-callback#secure-cookie")
@pytest.mark.parametrize("secure", [True, False], ids=["https", "http"])
def test_the_cookie_of_a_launch_over_https_is_secure(secure: bool) -> None:
    attempt = make_attempt()

    response = start_exam_callback(RequestFactory().get("/", secure=secure), attempt.attempt_code)

    assert bool(response.cookies["exam"]["secure"]) is secure


@pytest.mark.contract("launch-callback#answers")
@pytest.mark.operation("GET /proctoring_launch_callback/start_exam/{attempt_code}")
def test_a_launch_without_a_request_redirects() -> None:
    attempt = make_attempt()

    assert start_exam_callback(None, attempt.attempt_code or "").status_code == 302


@pytest.mark.contract("launch-callback#answers")
def test_a_launch_with_an_unknown_code_is_not_found() -> None:
    response = start_exam_callback(None, "NO")

    assert response.status_code == 404
    assert b"not valid" in response.content


@pytest.mark.operation("GET /proctoring_launch_callback/start_exam/{attempt_code}")
def test_a_head_request_redirects_with_nothing_changed() -> None:
    attempt = make_attempt()

    response = launch(attempt, "HEAD")
    assert (response.status_code, dict(response.cookies)) == (302, {})
    attempt.refresh_from_db()
    assert attempt.status == S.created
    assert launch(attempt, "DELETE").status_code == 405


@pytest.mark.contract("launch-callback#answers", "events-and-logs#texts", "mock-provider#launch-log")
@pytest.mark.operation("GET /proctoring_launch_callback/start_exam/{attempt_code}")
def test_a_launch_on_a_host_without_course_pages_redirects_to_the_root(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_match(*args: Any, **kwargs: Any) -> str:
        raise NoReverseMatch

    monkeypatch.setattr(callbacks, "reverse", no_match)
    attempt = make_attempt()

    # Not an empty address, which is the launch again.
    assert launch(attempt)["Location"] == "/"
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.msg == "BLOCKING ERROR: Can't find course info url for course_id=%s"
    assert record.args == (attempt.proctored_exam.course_id,)


@pytest.mark.operation("GET /proctoring_launch_callback/start_exam/{attempt_code}")
def test_a_launch_is_neither_cached_nor_sent_as_a_referrer() -> None:
    response = launch(make_attempt())

    assert (response["Cache-Control"], response["Referrer-Policy"]) == ("no-store", "no-referrer")


# Every cell of the table of permitted_actions. Other cells: tests/views/test_permitted_actions.py

RUNNING = (S.started, S.ready_to_submit)
WAITING = (S.created, S.download_software_clicked)
STATUSES = [value for name, value in vars(S).items() if isinstance(value, str) and name == value]
KINDS = ["timed", "proctored", "practice", "onboarding"]


@pytest.mark.contract("launch-callback#asks", "learner-actions#table")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", STATUSES)
def test_get_ends_no_exam_without_the_cookie_of_its_attempt(status: str, kind: str) -> None:
    attempt, other = make_attempt(make_exam(kind), status=status), make_attempt()

    responses = [launch(attempt), launch(attempt, cookie_of=other)]

    attempt.refresh_from_db()
    assert attempt.status == (S.ready_to_start if status in WAITING else status)
    for response in responses:
        if status in RUNNING:
            assert (response.status_code, dict(response.cookies)) == (200, {})
            assert '<form method="post">' in response.content.decode()
            assert "End my exam" in response.content.decode()
            assert response["Referrer-Policy"] == "no-referrer"
        else:
            assert response.status_code == 302
            assert "exam" in response.cookies


@pytest.mark.contract("launch-callback#statuses", "learner-actions#table")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("way", ["post", "cookie"])
def test_post_or_cookie_of_the_attempt_ends_a_running_exam(way: str, status: str, kind: str) -> None:
    attempt = make_attempt(make_exam(kind), status=status)

    response = launch(attempt, "POST") if way == "post" else launch(attempt, cookie_of=attempt)

    attempt.refresh_from_db()
    expected = S.submitted if status in RUNNING else S.ready_to_start if status in WAITING else status
    assert attempt.status == expected
    assert response.status_code == 302
    # A click on "End my exam" does not make an ordinary browser the secure one.
    assert ("exam" in response.cookies) is (way == "cookie" or status not in RUNNING)


@pytest.mark.contract("launch-callback#statuses")
@pytest.mark.parametrize("status", STATUSES)
def test_head_changes_nothing_and_gets_no_cookie(status: str) -> None:
    attempt = make_attempt(status=status)

    response = launch(attempt, "HEAD", cookie_of=attempt)

    attempt.refresh_from_db()
    assert (attempt.status, response.status_code, dict(response.cookies)) == (status, 302, {})


@pytest.mark.contract("launch-callback#asks")
def test_forged_cookie_does_not_end_an_exam() -> None:
    attempt = make_attempt(status=S.started)
    request = RequestFactory().get("/")
    request.COOKIES["exam"] = attempt.attempt_code

    assert start_exam_callback(request, attempt.attempt_code or "").status_code == 200
    attempt.refresh_from_db()
    assert attempt.status == S.started
