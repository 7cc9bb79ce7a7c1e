"""The launch callback of the secure browser. Spec: python-api.md 10, rest-api.md 6.1."""

from typing import Any

import pytest
from django.test import RequestFactory
from django.urls import NoReverseMatch

from edx_proctoring import callbacks
from edx_proctoring.callbacks import start_exam_callback
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt

pytestmark = pytest.mark.django_db


def launch(attempt: Any, method: str = "GET") -> Any:
    return start_exam_callback(RequestFactory().generic(method, "/"), attempt.attempt_code)


@pytest.mark.spec("rest-api.md", "6.1:statuses")
@pytest.mark.spec("python-api.md", "10:statuses", "10:answers")
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

    response = launch(attempt)

    attempt.refresh_from_db()
    assert attempt.status == after
    assert response.status_code == 302
    assert attempt.proctored_exam.content_id in response["Location"]
    assert any(record.levelname == "WARNING" for record in caplog.records) is warns


@pytest.mark.spec("rest-api.md", "6.1:cookie")
@pytest.mark.spec("python-api.md", "10:cookie")
def test_a_launch_sets_a_signed_cookie_with_the_code() -> None:
    attempt = make_attempt()

    cookie = launch(attempt).cookies["exam"]
    next_request = RequestFactory().get("/")
    next_request.COOKIES["exam"] = cookie.value

    assert next_request.get_signed_cookie("exam") == attempt.attempt_code
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/", True, "Lax")


@pytest.mark.spec("python-api.md", "10:secure")
@pytest.mark.parametrize("secure", [True, False], ids=["https", "http"])
def test_the_cookie_of_a_launch_over_https_is_secure(secure: bool) -> None:
    attempt = make_attempt()

    response = start_exam_callback(RequestFactory().get("/", secure=secure), attempt.attempt_code)

    assert bool(response.cookies["exam"]["secure"]) is secure


@pytest.mark.spec("rest-api.md", "6.1:answers")
@pytest.mark.spec("python-api.md", "10:answers")
def test_a_launch_without_a_request_redirects() -> None:
    attempt = make_attempt()

    assert start_exam_callback(None, attempt.attempt_code or "").status_code == 302


@pytest.mark.spec("python-api.md", "10:answers")
def test_a_launch_with_an_unknown_code_is_not_found() -> None:
    response = start_exam_callback(None, "NO")

    assert response.status_code == 404
    assert b"not valid" in response.content


@pytest.mark.spec("rest-api.md", "6.1:careful", "10:8")
def test_a_head_request_redirects_with_nothing_changed() -> None:
    attempt = make_attempt()

    assert launch(attempt, "HEAD").status_code == 302
    attempt.refresh_from_db()
    assert attempt.status == S.created
    assert launch(attempt, "DELETE").status_code == 405


@pytest.mark.spec("rest-api.md", "6.1:answers")
@pytest.mark.spec("python-api.md", "10:answers", "15:texts")
@pytest.mark.spec("backends.md", "8:launch-log")
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


@pytest.mark.spec("rest-api.md", "6.1:careful", "10:8")
def test_a_launch_is_neither_cached_nor_sent_as_a_referrer() -> None:
    response = launch(make_attempt())

    assert (response["Cache-Control"], response["Referrer-Policy"]) == ("no-store", "no-referrer")
