"""One exception, one answer. Spec: rest-api.md 2.4, backends.md 10.3."""

import inspect
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.test import APIClient

from edx_proctoring import exceptions
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderOnboardingProfilesException,
    BackendProviderSentNoAttemptID,
    ProctoredBaseException,
    UserNotFoundException,
)
from edx_proctoring.views import handle_proctored_exception
from tests import factories

STATUS = {
    "ProctoredExamPermissionDenied": 403,
    "BackendProviderNotConfigured": 500,
    "BackendProviderCannotRemoveAttempt": 502,
    "BackendProviderRemovalNotConfirmed": 502,
}
PROVIDER_REPLIES = (
    BackendProviderCannotRegisterAttempt,
    BackendProviderSentNoAttemptID,
    BackendProviderOnboardingProfilesException,
)
OURS = [
    error
    for _name, error in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(error, ProctoredBaseException)
    and not error.__name__.startswith("_")
    and error not in PROVIDER_REPLIES
]


@pytest.mark.spec("backends.md", "10.2")
@pytest.mark.parametrize("error", OURS)
def test_our_own_refusal_answers_with_its_status_and_one_key(error: type[ProctoredBaseException]) -> None:
    response = handle_proctored_exception(error("the reason"), name="View")
    assert response is not None
    assert response.status_code == STATUS.get(error.__name__, 400)
    assert response.data == {"detail": "the reason"}


@pytest.mark.spec("backends.md", "10.3:status")
@pytest.mark.parametrize("error", PROVIDER_REPLIES)
@pytest.mark.parametrize(
    ("upstream", "answer"),
    [
        (200, 502),
        (201, 502),
        (302, 502),
        (400, 400),
        (401, 502),
        (403, 502),
        (404, 404),
        (407, 502),
        (409, 409),
        (422, 422),
        (429, 429),
        (500, 502),
        (502, 502),
        (503, 503),
        (504, 502),
    ],
)
def test_provider_s_failure_does_not_look_like_success_or_like_the_learner_s_login(
    error: Any, upstream: int, answer: int
) -> None:
    response = handle_proctored_exception(error(b"out of order", upstream))
    assert response is not None
    assert (response.status_code, response.data) == (answer, {"detail": "out of order"})


@pytest.mark.parametrize("exc", [ValueError("x"), NotFound()])
def test_other_exceptions_are_not_ours_to_answer(exc: Exception) -> None:
    assert handle_proctored_exception(exc) is None


@pytest.mark.parametrize(
    ("exc", "level", "has_trace"),
    [
        (UserNotFoundException("Cannot find user against ann@example.com"), logging.WARNING, False),
        (BackendProviderSentNoAttemptID("ann@example.com", 200), logging.ERROR, True),
    ],
)
def test_refusal_is_logged_with_ids_and_without_its_text(
    exc: ProctoredBaseException, level: int, has_trace: bool, caplog: pytest.LogCaptureFixture
) -> None:
    handle_proctored_exception(exc, name="View", ids={"exam_id": 3, "search_by": "ann@example.com"})
    (record,) = caplog.records
    assert (record.name, record.levelno, bool(record.exc_info)) == ("edx_proctoring_views", level, has_trace)
    assert f"view=View error={type(exc).__name__}" in record.getMessage()
    assert record.getMessage().endswith(" exam_id=3")
    assert "ann@example.com" not in record.getMessage()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["proctored_exam.attempt.collection", "proctored_exam.exam"])
def test_answers_about_people_are_not_cached(learner_client: Any, path: str) -> None:
    """Also refusals: a proxy would hand them to the next learner."""
    for response in (
        learner_client.get(reverse(f"edx_proctoring:{path}")),
        learner_client.post(reverse(f"edx_proctoring:{path}"), {}, format="json"),
    ):
        assert response["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_session_needs_a_csrf_token_to_change_anything(learner: Any) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(learner, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("edx_proctoring:proctored_exam.attempt.collection")).status_code == 200
    response = client.post(reverse("edx_proctoring:proctored_exam.attempt.collection"), {})
    assert response.status_code == 403
    assert "CSRF" in response.data["detail"]


@pytest.mark.django_db
def test_refusal_keeps_what_was_done_before_it(learner_client: Any, learner: Any, all_services: Any) -> None:
    """Domain exceptions roll nothing back: reading an attempt ended it, then the action was refused."""
    attempt = factories.make_attempt(user=learner, status="started", started_at=timezone.now() - timedelta(minutes=91))
    path = reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk])
    assert learner_client.put(path, {"action": "stop"}, format="json").status_code == 400
    attempt.refresh_from_db()
    assert attempt.status == "submitted"


@pytest.mark.parametrize("content", [b"", "", None, b"  \n"], ids=["no-bytes", "no-text", "nothing", "blanks"])
def test_a_provider_that_fails_without_a_word_is_spoken_for(
    learner_client: Any, test_backend: Any, monkeypatch: pytest.MonkeyPatch, content: Any
) -> None:
    def refuse(exam: Any, context: Any) -> None:
        raise BackendProviderCannotRegisterAttempt(content, 503)

    monkeypatch.setattr(test_backend, "register_exam_attempt", refuse)
    response = learner_client.post(
        reverse("edx_proctoring:proctored_exam.attempt.collection"),
        {"exam_id": factories.make_exam().pk, "attempt_proctored": "true"},
        format="json",
    )
    assert response.status_code == 503
    assert response.json()["detail"].startswith("The proctoring service does not answer as it should.")


def test_another_exception_without_a_word_is_spoken_for() -> None:
    response = handle_proctored_exception(UserNotFoundException())
    assert response is not None
    assert response.data["detail"]


def test_a_body_of_brackets_within_brackets_is_400(learner_client: Any) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    path = reverse("edx_proctoring:proctored_exam.attempt.collection")
    response = learner_client.post(path, deep, content_type="application/json")
    assert response.status_code == 400


def test_an_id_in_a_log_line_cannot_begin_a_line_of_its_own(
    learner_client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    forged = "course-v1:A\n2026-01-01 CRITICAL forged+B+C"
    path = reverse("edx_proctoring:proctored_exam.exam_by_content_id", kwargs={"course_id": forged, "content_id": "x"})
    assert learner_client.get(path).status_code == 400
    [line] = [record.getMessage() for record in caplog.records if "request refused" in record.getMessage()]
    assert "\n" not in line


@pytest.mark.parametrize("kind", ["ready_callback", "callback"])
def test_a_callback_in_a_form_that_the_csrf_check_has_read_is_415(learner: Any, kind: str) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(learner)
    token = "a" * 32
    client.cookies["csrftoken"] = token
    attempt = factories.make_attempt(user=learner)
    path = reverse(f"edx_proctoring:proctored_exam.attempt.{kind}", args=[attempt.external_id])
    response = client.post(path, {"status": "ready"}, format="multipart", HTTP_X_CSRFTOKEN=token)
    assert response.status_code == 415
