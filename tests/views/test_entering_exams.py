"""The collection of attempts over REST: the running exam, entering an exam."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from edx_proctoring import api
from edx_proctoring.api.attempts import start_gates
from edx_proctoring.api.attempts.start_gates import StartRefusal
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.attempt_requests import ATTEMPT_DATA_KEYS, COLLECTION, put, status_of, url

pytestmark = pytest.mark.django_db

# The running exam


@pytest.mark.operation("GET /v1/proctored_exam/attempt")
def test_without_a_running_exam_the_collection_has_two_falses(learner_client: Any) -> None:
    assert learner_client.get(COLLECTION).json() == {"in_timed_exam": False, "is_proctored": False}


@pytest.mark.operation("GET /v1/proctored_exam/attempt")
def test_a_running_exam_has_the_values_that_the_timer_needs(learner_client: Any, learner: User, credit: Any) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started)
    data = learner_client.get(COLLECTION).json()
    assert set(data) >= ATTEMPT_DATA_KEYS
    assert "software_download_url" not in data
    assert (data["in_timed_exam"], data["attempt_id"]) == (True, attempt.pk)
    assert (data["low_threshold_sec"], data["critically_low_threshold_sec"]) == (1080, 270)
    assert data["exam_type"] == "a proctored exam"
    assert data["exam_started_poll_url"] == url(attempt.pk)


@pytest.mark.operation("GET /v1/proctored_exam/attempt")
def test_the_link_of_the_running_exam_leads_to_the_legacy_page_for_any_query(
    learner_client: Any, learner: User, credit: Any
) -> None:
    exam = factories.make_exam("timed")
    factories.make_attempt(exam, learner, status=S.started)
    data = learner_client.get(COLLECTION, {"is_learning_mfe": "true", "user_id": "99999"}).json()
    assert data["exam_url_path"] == reverse("jump_to", args=[exam.course_id, exam.content_id])


@pytest.mark.operation("GET /v1/proctored_exam/attempt")
def test_a_running_exam_past_its_deadline_is_submitted_with_no_remaining_time(
    learner_client: Any, learner: User, all_services: Any
) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started, started_at=timezone.now() - timedelta(minutes=91))
    data = learner_client.get(COLLECTION).json()
    assert data.get("time_remaining_seconds", 0) == 0
    assert status_of(attempt) == S.submitted


# Entering an exam


def enter(client: Any, exam: Any, format_: str = "json", **body: Any) -> Any:
    return client.post(COLLECTION, {"exam_id": exam.pk, **body}, format=format_)


def newest(user: User) -> ProctoredExamStudentAttempt:
    return ProctoredExamStudentAttempt.objects.filter(user=user).latest("id")


@pytest.mark.operation("POST /v1/proctored_exam/attempt")
@pytest.mark.parametrize(
    ("kind", "body", "status", "proctored"),
    [
        pytest.param("timed", {"start_clock": "true"}, S.started, False, id="timed"),
        pytest.param("timed", {"start_clock": "false"}, S.created, False, id="timed-not-started"),
        pytest.param("timed", {"start_clock": "true", "attempt_proctored": "true"}, S.started, False, id="timed-mfe"),
        pytest.param("proctored", {"attempt_proctored": "true"}, S.created, True, id="proctored"),
        pytest.param("proctored", {"start_clock": "false", "attempt_proctored": True}, S.created, True, id="boolean"),
        pytest.param("proctored", {"start_clock": "true"}, S.declined, False, id="opt-out"),
        pytest.param("practice", {"attempt_proctored": "true"}, S.created, True, id="practice"),
        pytest.param("timed", {"start_clock": True}, S.started, False, id="json-boolean"),
        pytest.param("timed", {"start_clock": "TRUE"}, S.started, False, id="capitals"),
        pytest.param("timed", {"start_clock": 1}, S.started, False, id="number"),
        pytest.param("timed", {"start_clock": None}, S.created, False, id="null"),
    ],
)
def test_entering_an_exam_creates_an_attempt_in_the_requested_mode(
    learner_client: Any,
    learner: User,
    all_services: Any,
    kind: str,
    body: dict[str, Any],
    status: str,
    proctored: bool,
) -> None:
    response = enter(learner_client, factories.make_exam(kind), **body)
    attempt = newest(learner)
    assert (response.status_code, response.json()) == (200, {"exam_attempt_id": attempt.pk})
    assert (attempt.status, attempt.taking_as_proctored) == (status, proctored)


@pytest.mark.contract("rest-rules#bodies")
@pytest.mark.operation("POST /v1/proctored_exam/attempt")
def test_a_form_is_accepted_for_entering(learner_client: Any, learner: User, all_services: Any) -> None:
    assert enter(learner_client, factories.make_exam("timed"), "multipart", start_clock="true").status_code == 200
    assert newest(learner).status == S.started


@pytest.mark.operation("POST /v1/proctored_exam/attempt")
def test_entering_ignores_a_user_in_the_body(learner_client: Any, learner: User, all_services: Any) -> None:
    other = factories.make_user()
    enter(learner_client, factories.make_exam("timed"), user_id=other.pk, external_id="mine")
    assert (newest(learner).user, newest(learner).external_id) == (learner, None)


@pytest.mark.contract("rest-rules#matched-texts")
@pytest.mark.operation("POST /v1/proctored_exam/attempt")
def test_a_second_attempt_answers_400_with_the_text_that_clients_compare(
    learner_client: Any, learner: User, all_services: Any
) -> None:
    exam = factories.make_exam("timed", course_id="a/b/c")
    enter(learner_client, exam)
    response = enter(learner_client, exam)
    assert response.status_code == 400
    assert response.data == {
        "detail": f"Cannot create new exam attempt for exam_id={exam.pk} and user_id={learner.pk} "
        "in course_id=a/b/c because it already exists!"
    }


@pytest.mark.operation("POST /v1/proctored_exam/attempt")
@pytest.mark.parametrize(("kind", "code"), [("timed", 403), ("proctored", 403), ("onboarding", 400)])
def test_entering_after_the_due_date_is_refused(
    learner_client: Any, learner: User, all_services: Any, kind: str, code: int
) -> None:
    exam = factories.make_exam(kind, due_date=timezone.now() - timedelta(days=1))
    response = enter(learner_client, exam, attempt_proctored="true")
    assert (response.status_code, list(response.data)) == (code, ["detail"])
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.operation("POST /v1/proctored_exam/attempt")
@pytest.mark.contract("exam-buttons#enter-again")
def test_what_the_page_sends_by_itself_starts_no_clock_in_an_outage(learner_client: Any, all_services: Any) -> None:
    exam = factories.make_exam("proctored")
    pressed = {"attempt_proctored": "true", "start_clock": "false"}
    until = timezone.now() + timedelta(hours=1)
    api.start_outage(exam.pk, until=until, by=factories.make_staff(), reason="The provider is down.")

    refused = enter(learner_client, exam, **pressed, automatic="true")

    assert (refused.status_code, list(refused.data)) == (400, ["detail"])
    assert not ProctoredExamStudentAttempt.objects.exists()
    assert enter(learner_client, exam, **pressed).status_code == 200, "pressed by the learner"
    assert ProctoredExamStudentAttempt.objects.get().status == S.started


@pytest.mark.operation("POST /v1/proctored_exam/attempt")
@pytest.mark.parametrize(("days", "code"), [(-1, 403), (1, 200)], ids=["shortened", "extended"])
def test_the_learner_s_own_due_date_decides_about_entering(
    learner_client: Any,
    learner: User,
    all_services: Any,
    date_service: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    code: int,
) -> None:
    def due(_course_id: Any, _block_id: Any, _name: str, user: Any = None) -> datetime:
        return timezone.now() + timedelta(days=days if getattr(user, "pk", user) == learner.pk else -days)

    monkeypatch.setattr(date_service, "get_date_for_block", due)
    exam = factories.make_exam("timed", due_date=timezone.now() - timedelta(days=days))
    assert enter(learner_client, exam).status_code == code


@pytest.mark.contract("rest-rules#ids")
@pytest.mark.parametrize("exam_id", [99999, "one", None, True, [1], -1, 10**12])
def test_entering_without_an_existing_exam_answers_400(learner_client: Any, exam_id: Any) -> None:
    response = learner_client.post(COLLECTION, {"exam_id": exam_id}, format="json")
    assert (response.status_code, list(response.data)) == (400, ["detail"])


@pytest.mark.operation("POST /v1/proctored_exam/attempt")
@pytest.mark.parametrize(
    ("upstream", "answer"),
    [(200, 502), (302, 502), (400, 400), (401, 502), (403, 502), (404, 404), (500, 502), (503, 503)],
)
def test_a_failing_provider_leaves_no_attempt_behind(
    learner_client: Any,
    all_services: Any,
    test_backend: Any,
    monkeypatch: pytest.MonkeyPatch,
    upstream: int,
    answer: int,
) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> str:
        raise BackendProviderCannotRegisterAttempt("out of order", upstream)

    monkeypatch.setattr(test_backend, "register_exam_attempt", refuse)
    response = enter(learner_client, factories.make_exam(), attempt_proctored="true")
    assert (response.status_code, response.data) == (answer, {"detail": "out of order"})
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.contract("effects#provider-gone")
@pytest.mark.operation("POST /v1/proctored_exam/attempt")
@pytest.mark.parametrize("attempt_proctored", ["true", "false"])
def test_entering_an_exam_whose_provider_is_not_configured_leaves_no_attempt_behind(
    learner_client: Any, all_services: Any, attempt_proctored: str
) -> None:
    """An open attempt of a learner who declined would prevent a new one."""
    exam = factories.make_exam()
    ProctoredExam.objects.update(backend="gone")
    response = enter(learner_client, exam, attempt_proctored=attempt_proctored)
    assert (response.status_code, list(response.data)) == (500, ["detail"])
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.operation("POST /v1/proctored_exam/attempt")
@pytest.mark.parametrize("start_clock", ["false", "true"])
def test_entering_without_required_onboarding_answers_200_with_an_onboarding_status(
    learner_client: Any, learner: User, all_services: Any, test_backend: Any, start_clock: str
) -> None:
    test_backend.attempt_error = S.onboarding_missing
    response = enter(learner_client, factories.make_exam(), attempt_proctored="true", start_clock=start_clock)
    assert (response.status_code, response.json()) == (200, {"exam_attempt_id": newest(learner).pk})
    assert (newest(learner).status, newest(learner).started_at) == (S.onboarding_missing, None)


# Start gates


@pytest.fixture
def gate() -> Iterator[list[Any]]:
    """Register a gate that refuses every start; return the arguments of its calls."""
    asked: list[Any] = []

    def refuse(user: Any, exam: Any, attempt: Any, request: Any) -> StartRefusal:
        asked.append((user, exam["id"], attempt and attempt["id"], request.method))
        return StartRefusal("seb_required", "Use the right browser.", "sebs://exam")

    start_gates.register_start_gate("tests", refuse)
    yield asked
    start_gates.unregister_start_gate("tests")


REFUSAL = {"detail": "Use the right browser.", "code": "seb_required", "launch_url": "sebs://exam"}


@pytest.mark.contract("start-gates#answer")
def test_a_refusing_gate_stops_the_start_of_an_attempt(learner_client: Any, learner: User, gate: list[Any]) -> None:
    attempt = factories.make_attempt(user=learner, status=S.ready_to_start)
    response = put(learner_client, attempt, action="start")
    assert (response.status_code, response.json()) == (403, REFUSAL)
    assert status_of(attempt) == S.ready_to_start
    assert gate == [(learner, attempt.proctored_exam_id, attempt.pk, "PUT")]


@pytest.mark.contract("start-gates#answer")
def test_a_refusing_gate_stops_entering_with_a_running_clock(
    learner_client: Any, learner: User, gate: list[Any]
) -> None:
    exam = factories.make_exam("timed")
    response = enter(learner_client, exam, start_clock="true")
    assert (response.status_code, response.json()) == (403, REFUSAL)
    assert not ProctoredExamStudentAttempt.objects.exists()
    assert gate == [(learner, exam.pk, None, "POST")]


def test_gates_are_not_called_if_the_clock_does_not_start(
    learner_client: Any, learner: User, all_services: Any, gate: list[Any]
) -> None:
    assert enter(learner_client, factories.make_exam("timed"), start_clock="false").status_code == 200
    running = factories.make_attempt(user=learner, status=S.ready_to_submit)
    assert put(learner_client, running, action="submit").status_code == 200
    assert gate == []
