"""Entering an exam is several steps: pressed again after one of them failed, and after the exam's type changed."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.api.attempts import opting_out, starting
from edx_proctoring.api.lifecycle import status_change
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories

pytestmark = pytest.mark.django_db

COLLECTION = "/edx_proctoring/v1/proctored_exam/attempt"

# The buttons of the entrance pages.
START_TIMED = {"start_clock": "true"}
GO_TO_SET_UP = {"start_clock": "false", "attempt_proctored": "true"}
OPT_OUT = {"start_clock": "false", "attempt_proctored": "false"}


def press(client: APIClient, exam: ProctoredExam, button: dict[str, str]) -> Any:
    return client.post(COLLECTION, {"exam_id": exam.pk, **button}, format="json")


def page_of(exam: ProctoredExam, user: User, **context: Any) -> str | None:
    return api.get_student_view(user.pk, exam.course_id, exam.content_id, context)


def only_attempt(user: User) -> ProctoredExamStudentAttempt:
    return ProctoredExamStudentAttempt.objects.get(user=user)


def fail_once(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """Let a function raise at its next call, and work from then on."""
    original = getattr(owner, name)

    def fail(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(owner, name, original)
        raise ConnectionError("the next step failed")

    monkeypatch.setattr(owner, name, fail)


def change_type(exam: ProctoredExam, kind: str) -> ProctoredExam:
    """What publishing does after the course team has chosen another type."""
    fields = factories.EXAM_KINDS[kind]
    api.update_exam(exam.pk, is_proctored=fields["is_proctored"], is_practice_exam=fields["is_practice_exam"])
    exam.refresh_from_db()
    return exam


@pytest.fixture
def registrations(test_backend: Any, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The contexts with which attempts were registered at the provider."""
    contexts: list[dict[str, Any]] = []
    register = test_backend.register_exam_attempt

    def record(exam: Any, context: dict[str, Any]) -> Any:
        contexts.append(dict(context))
        return register(exam, context)

    monkeypatch.setattr(test_backend, "register_exam_attempt", record)
    return contexts


# A step fails


@pytest.mark.contract("rest-clients#enter-again")
def test_a_timed_exam_whose_start_failed_starts_with_the_same_button(
    learner_client: APIClient, learner: User, all_services: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam = factories.make_exam("timed")
    fail_once(monkeypatch, starting, "start")
    with pytest.raises(ConnectionError):
        press(learner_client, exam, START_TIMED)
    assert only_attempt(learner).status == S.created

    response = press(learner_client, exam, START_TIMED)

    attempt = only_attempt(learner)
    assert (response.status_code, response.json()) == (200, {"exam_attempt_id": attempt.pk})
    assert (attempt.status, attempt.allowed_time_limit_mins) == (S.started, 90)


def test_a_timed_exam_that_was_created_without_its_clock_starts_with_the_button_of_the_page(
    learner_client: APIClient, learner: User, all_services: Any
) -> None:
    exam = factories.make_exam("timed")
    press(learner_client, exam, {})
    assert 'data-start-immediately="true"' in (page_of(exam, learner) or "")

    assert press(learner_client, exam, START_TIMED).status_code == 200
    assert only_attempt(learner).status == S.started


def test_a_started_exam_is_not_started_again_by_the_button(
    learner_client: APIClient, learner: User, all_services: Any
) -> None:
    exam = factories.make_exam("timed")
    press(learner_client, exam, START_TIMED)
    response = press(learner_client, exam, START_TIMED)
    assert (response.status_code, "already exists" in response.data["detail"]) == (400, True)


@pytest.mark.contract("rest-clients#enter-again")
def test_an_opt_out_that_failed_halfway_shows_the_entrance_again(
    learner_client: APIClient, learner: User, all_services: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam = factories.make_exam()
    fail_once(monkeypatch, status_change, "update_attempt_status")
    with pytest.raises(ConnectionError):
        press(learner_client, exam, OPT_OUT)

    page = page_of(exam, learner, allow_proctoring_opt_out=True) or ""
    assert 'data-attempt-proctored="true"' in page
    assert "Take this exam without proctoring." in page

    assert press(learner_client, exam, OPT_OUT).status_code == 200
    assert only_attempt(learner).status == S.declined


@pytest.mark.contract("rest-clients#enter-again")
def test_an_opt_out_that_failed_halfway_can_become_a_proctored_attempt(
    learner_client: APIClient,
    learner: User,
    all_services: Any,
    monkeypatch: pytest.MonkeyPatch,
    registrations: list[dict[str, Any]],
) -> None:
    exam = factories.make_exam()
    fail_once(monkeypatch, status_change, "update_attempt_status")
    with pytest.raises(ConnectionError):
        press(learner_client, exam, OPT_OUT)

    assert press(learner_client, exam, GO_TO_SET_UP).status_code == 200

    attempt = only_attempt(learner)
    assert (attempt.status, attempt.taking_as_proctored) == (S.created, True)
    assert attempt.external_id
    assert [context["attempt_code"] for context in registrations] == [attempt.attempt_code]


def test_an_opt_out_that_failed_halfway_is_refused_when_the_host_no_longer_allows_it(
    learner_client: APIClient, learner: User, all_services: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam = factories.make_exam()
    fail_once(monkeypatch, status_change, "update_attempt_status")
    with pytest.raises(ConnectionError):
        press(learner_client, exam, OPT_OUT)
    monkeypatch.setattr(opting_out, "is_allowed", lambda course_id: False)

    assert press(learner_client, exam, OPT_OUT).status_code == 403
    assert only_attempt(learner).status == S.created


def test_a_decline_for_a_prerequisite_that_failed_halfway_is_done_by_the_next_look(
    learner: User, credit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam = factories.make_exam()
    declined = {"namespace": "other", "name": "other", "order": 1, "status": "declined"}
    fail_once(monkeypatch, status_change, "update_attempt_status")
    state = {"credit_requirement_status": [declined]}
    with pytest.raises(ConnectionError):
        page_of(exam, learner, credit_state=state)

    assert page_of(exam, learner, credit_state=state) is None
    assert only_attempt(learner).status == S.declined


# The exam's type changes


@pytest.mark.contract("learner-pages#not-entered")
@pytest.mark.parametrize(
    "status", [S.created, S.download_software_clicked, S.ready_to_start, *S.onboarding_errors, S.declined]
)
def test_a_proctored_exam_made_timed_starts_for_a_learner_in_set_up(
    learner_client: APIClient, learner: User, all_services: Any, status: str, mailoutbox: list[Any]
) -> None:
    exam = factories.make_exam()
    former = factories.make_attempt(exam, learner, status)
    change_type(exam, "timed")

    assert 'data-start-immediately="true"' in (page_of(exam, learner) or "")
    response = press(learner_client, exam, START_TIMED)
    assert response.status_code == 200

    attempt = ProctoredExamStudentAttempt.objects.get(pk=response.json()["exam_attempt_id"])
    # What was over stays as it is; what had not started is started.
    is_over = status not in (S.created, S.download_software_clicked, S.ready_to_start)
    assert (attempt.pk != former.pk) is is_over
    former.refresh_from_db()
    assert former.status == (status if is_over else S.started)
    assert ProctoredExamStudentAttempt.objects.count() == (2 if is_over else 1)
    assert (attempt.status, attempt.allowed_time_limit_mins, attempt.taking_as_proctored) == (S.started, 90, False)
    assert page_of(exam, learner) is None
    assert press(learner_client, exam, START_TIMED).status_code == 400
    api.update_attempt_status(attempt.pk, S.submitted)
    assert mailoutbox == []


@pytest.mark.parametrize("status", [S.ready_to_start, S.onboarding_missing, S.declined])
def test_a_resumed_attempt_at_an_exam_made_timed_starts_with_the_seconds_that_were_left(
    learner_client: APIClient, learner: User, all_services: Any, status: str
) -> None:
    exam = factories.make_exam()
    factories.make_attempt(exam, learner, status, time_remaining_seconds=25 * 60)
    change_type(exam, "timed")

    address = f"/edx_proctoring/v1/proctored_exam/attempt/course_id/{exam.course_id}?content_id={exam.content_id}"
    assert learner_client.get(address).json()["exam"]["total_time"] == "25 minutes"
    response = press(learner_client, exam, START_TIMED)

    attempt = ProctoredExamStudentAttempt.objects.get(pk=response.json()["exam_attempt_id"])
    assert (attempt.status, attempt.allowed_time_limit_mins) == (S.started, 25)


@pytest.mark.parametrize("status", [S.created, S.ready_to_start, S.onboarding_missing, S.declined])
def test_the_learning_client_enters_a_proctored_exam_made_timed(
    learner_client: APIClient, learner: User, all_services: Any, status: str
) -> None:
    exam = factories.make_exam()
    factories.make_attempt(exam, learner, status, taking_as_proctored=status != S.declined)
    change_type(exam, "timed")

    address = f"/edx_proctoring/v1/proctored_exam/attempt/course_id/{exam.course_id}?content_id={exam.content_id}"
    seen = learner_client.get(address).json()["exam"]

    assert (seen["attempt"], seen["type"], seen["total_time"]) == ({}, "timed", "1 hour and 30 minutes")


@pytest.mark.contract("learner-pages#not-entered", "rest-clients#enter-again")
def test_a_timed_exam_made_proctored_registers_the_attempt_first(
    learner_client: APIClient, learner: User, all_services: Any, test_backend: Any
) -> None:
    exam = factories.make_exam("timed")
    press(learner_client, exam, {})
    change_type(exam, "proctored")

    assert 'data-attempt-proctored="true"' in (page_of(exam, learner) or "")
    assert press(learner_client, exam, GO_TO_SET_UP).status_code == 200

    attempt = only_attempt(learner)
    assert (attempt.status, attempt.taking_as_proctored) == (S.created, True)
    assert attempt.external_id
    # Registered: from here on, an ordinary attempt.
    assert press(learner_client, exam, GO_TO_SET_UP).status_code == 400


def test_a_provider_that_fails_to_register_leaves_the_attempt_to_be_entered_again(
    learner_client: APIClient, learner: User, all_services: Any, test_backend: Any
) -> None:
    exam = factories.make_exam("timed")
    press(learner_client, exam, {})
    change_type(exam, "proctored")
    test_backend.no_attempt_id_error = "busy"

    assert press(learner_client, exam, GO_TO_SET_UP).status_code == 502

    attempt = only_attempt(learner)
    assert (attempt.status, attempt.taking_as_proctored, attempt.external_id) == (S.created, False, None)


@pytest.mark.contract("learner-pages#not-entered")
@pytest.mark.parametrize("status", [S.verified, S.rejected, S.started, S.submitted, S.created])
def test_a_practice_attempt_is_no_result_of_the_real_exam(
    learner_client: APIClient, learner: User, all_services: Any, status: str
) -> None:
    exam = factories.make_exam("onboarding")
    old = factories.make_attempt(exam, learner, status)
    change_type(exam, "proctored")

    assert 'data-attempt-proctored="true"' in (page_of(exam, learner) or "")
    summary = api.get_attempt_status_summary(learner.pk, exam.course_id, exam.content_id)
    assert summary is not None
    assert summary["status"] == S.eligible
    response = press(learner_client, exam, GO_TO_SET_UP)

    assert response.status_code == 200
    assert response.json()["exam_attempt_id"] != old.pk


def test_a_practice_attempt_that_ends_after_the_exam_became_real_has_no_consequences(
    learner: User, all_services: Any
) -> None:
    exam = factories.make_exam("onboarding")
    attempt = factories.make_attempt(exam, learner, S.started)
    change_type(exam, "proctored")

    api.update_attempt_status(attempt.pk, S.rejected)

    assert all_services["credit"].called("set_credit_requirement_status") == []
    assert all_services["grades"].called("override_subsection_grade") == []


# A clock of nothing


@pytest.mark.contract("rest-clients#no-time-left")
@pytest.mark.parametrize(("seconds", "code"), [(59, 400), (60, 200)])
def test_a_resumption_needs_a_minute(
    learner_client: APIClient,
    learner: User,
    all_services: Any,
    registrations: list[dict[str, Any]],
    seconds: int,
    code: int,
) -> None:
    exam = factories.make_exam()
    factories.make_attempt(exam, learner, S.error, ready_to_resume=True, time_remaining_seconds=seconds)

    response = press(learner_client, exam, GO_TO_SET_UP)

    assert response.status_code == code
    assert [context["time_limit_mins"] for context in registrations] == ([1] if code == 200 else [])


@pytest.mark.contract("rest-clients#no-time-left")
def test_after_the_cause_is_mended_the_learner_starts(
    learner_client: APIClient, learner: User, all_services: Any, events: list[Any]
) -> None:
    exam = factories.make_exam("timed", due_date=timezone.now() + timedelta(seconds=50))
    assert press(learner_client, exam, START_TIMED).status_code == 400
    assert (ProctoredExamStudentAttempt.objects.count(), events) == (0, [])

    ProctoredExam.objects.update(due_date=timezone.now() + timedelta(days=1))

    assert press(learner_client, exam, START_TIMED).status_code == 200
    assert only_attempt(learner).allowed_time_limit_mins == 90


@pytest.mark.contract("rest-clients#no-time-left")
def test_a_ready_attempt_without_time_is_not_started_by_the_button_of_an_old_page(
    learner_client: APIClient, learner: User, all_services: Any, mailoutbox: list[Any]
) -> None:
    exam = factories.make_exam()
    attempt = factories.make_attempt(exam, learner, S.ready_to_start, time_remaining_seconds=30)

    response = learner_client.put(f"{COLLECTION}/{attempt.pk}", {"action": "start"}, format="json")

    attempt.refresh_from_db()
    assert (response.status_code, attempt.status, attempt.started_at) == (400, S.ready_to_start, None)
    assert mailoutbox == []
