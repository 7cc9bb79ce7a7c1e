"""Attempts over REST: poll, act, enter, acknowledge, list, reset. Spec: rest-api.md 4.3-4.5, 5.4, 5.6."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from freezegun import freeze_time
from waffle.testutils import override_switch

from edx_proctoring import api, views
from edx_proctoring.api.attempts import start_gates
from edx_proctoring.api.attempts.start_gates import StartRefusal
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import COURSE_A, World

pytestmark = pytest.mark.django_db

ATTEMPT_KEYS = [
    "id",
    "created",
    "modified",
    "user",
    "started_at",
    "completed_at",
    "external_id",
    "status",
    "proctored_exam",
    "allowed_time_limit_mins",
    "attempt_code",
    "is_sample_attempt",
    "taking_as_proctored",
    "review_policy_id",
    "is_status_acknowledged",
    "time_remaining_seconds",
    "is_resumable",
    "ready_to_resume",
    "resumed",
]
COLLECTION = "/edx_proctoring/v1/proctored_exam/attempt"


def url(attempt_id: int) -> str:
    return reverse("edx_proctoring:proctored_exam.attempt", args=[attempt_id])


def put(client: Any, attempt: ProctoredExamStudentAttempt, **body: Any) -> Any:
    return client.put(url(attempt.pk), body, format="json")


def status_of(attempt: ProctoredExamStudentAttempt) -> str:
    attempt.refresh_from_db()
    return attempt.status


# GET one: the poll


@pytest.mark.spec("rest-api.md", "3.3:keys", "4.4:get")
def test_owner_sees_the_attempt_with_the_time_that_is_left(learner_client: Any, learner: User) -> None:
    with freeze_time(factories.NOON):
        attempt = factories.make_attempt(
            user=learner, status=S.started, started_at=timezone.now(), allowed_time_limit_mins=30 * 60
        )
    with freeze_time(factories.NOON + timedelta(hours=1)):
        learner_client.force_login(learner, backend="django.contrib.auth.backends.ModelBackend")
        response = learner_client.get(url(attempt.pk))
    assert response.status_code == 200
    assert list(response.json()) == [*ATTEMPT_KEYS, "accessibility_time_string", "expires_at", "server_time"]
    assert response.data["time_remaining_seconds"] == 29 * 3600
    assert response.data["accessibility_time_string"] == "you have 29 hours remaining"
    assert response.json()["expires_at"] == "2026-03-03T18:00:00Z"
    assert response.json()["server_time"] == "2026-03-02T13:00:00Z"


@pytest.mark.spec("rest-api.md", "4.4:get", "3.6:time")
@pytest.mark.parametrize(
    ("seconds_left", "words"),
    [
        (59, "you have less than a minute remaining"),
        (60, "you have 1 minute remaining"),
        (89 * 60 + 45, "you have 1 hour and 30 minutes remaining"),
    ],
)
def test_time_left_is_said_in_words(learner_client: Any, learner: User, seconds_left: int, words: str) -> None:
    with freeze_time(timezone.now()):
        started_at = timezone.now() - timedelta(minutes=90) + timedelta(seconds=seconds_left)
        attempt = factories.make_attempt(user=learner, status=S.started, started_at=started_at)
        assert learner_client.get(url(attempt.pk)).data["accessibility_time_string"] == words


def test_attempt_that_was_not_started_has_no_time_and_no_deadline(learner_client: Any, learner: User) -> None:
    attempt = factories.make_attempt(user=learner)
    data = learner_client.get(url(attempt.pk)).data
    assert (data["time_remaining_seconds"], data["expires_at"]) == (0, None)
    assert data["accessibility_time_string"] == "you have less than a minute remaining"


@pytest.mark.spec("rest-api.md", "4.4:get")
def test_poll_after_the_end_submits_the_attempt(learner_client: Any, learner: User, all_services: Any) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started, started_at=timezone.now() - timedelta(minutes=91))
    data = learner_client.get(url(attempt.pk)).data
    assert (data["status"], data["time_remaining_seconds"]) == ("submitted", 0)


def test_unknown_attempt_answers_400(learner_client: Any) -> None:
    response = learner_client.get(url(99999))
    assert (response.status_code, list(response.data)) == (400, ["detail"])


@pytest.mark.spec("rest-api.md", "4.4:get")
def test_staff_do_not_see_the_attempt_of_a_learner_here(staff_client: Any) -> None:
    assert staff_client.get(url(factories.make_attempt().pk)).status_code == 403


# PUT one: actions


@pytest.mark.spec("rest-api.md", "4.4:actions", "2.3:bodies")
@pytest.mark.parametrize("format_", ["json", "multipart"])
@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        (S.ready_to_start, "start", S.started),
        (S.started, "stop", S.ready_to_submit),
        (S.ready_to_submit, "start", S.started),
        (S.ready_to_submit, "submit", S.submitted),
        (S.created, "click_download_software", S.download_software_clicked),
        (S.created, "decline", S.declined),
        (S.started, "error", S.error),
    ],
)
def test_action_leads_to_its_status(
    learner_client: Any, learner: User, all_services: Any, before: str, action: str, after: str, format_: str
) -> None:
    attempt = factories.make_attempt(user=learner, status=before)
    response = learner_client.put(url(attempt.pk), {"action": action}, format=format_)
    assert (response.status_code, response.json()) == (200, {"exam_attempt_id": attempt.pk})
    assert status_of(attempt) == after


def test_form_encoded_action_works_as_the_legacy_pages_send_it(
    learner_client: Any, learner: User, all_services: Any
) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started)
    response = learner_client.put(
        url(attempt.pk), "action=submit", content_type="application/x-www-form-urlencoded; charset=UTF-8"
    )
    assert response.json() == {"exam_attempt_id": attempt.pk}
    assert status_of(attempt) == S.submitted


@pytest.mark.spec("rest-api.md", "4.4:actions")
def test_completed_attempt_is_not_opened_again(learner_client: Any, learner: User, all_services: Any) -> None:
    attempt = factories.make_attempt(user=learner, status=S.submitted)
    response = put(learner_client, attempt, action="stop")
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert status_of(attempt) == S.submitted


@pytest.mark.spec("rest-api.md", "4.4:actions")
@pytest.mark.parametrize(("action", "status_code"), [("stop", 400), ("submit", 200)])
def test_an_exam_whose_time_is_up_ended_then_whatever_the_timer_asks_for_now(
    learner_client: Any, learner: User, all_services: Any, events: list[Any], action: str, status_code: int
) -> None:
    started_at = timezone.now().replace(microsecond=0) - timedelta(minutes=100)
    attempt = factories.make_attempt(user=learner, status=S.started, started_at=started_at, allowed_time_limit_mins=90)
    assert put(learner_client, attempt, action=action).status_code == status_code
    assert status_of(attempt) == S.submitted
    assert attempt.completed_at == started_at + timedelta(minutes=90)
    assert len(events) == 1


@pytest.mark.parametrize("action", ["stop", "submit"])
def test_a_stranger_hands_nothing_in(learner_client: Any, all_services: Any, events: list[Any], action: str) -> None:
    attempt = factories.make_attempt(status=S.started)
    response = put(learner_client, attempt, action=action)
    assert response.status_code == 403
    assert response.data == {"detail": f"Attempted to update attempt_id={attempt.pk} but does not have access to it."}
    assert (status_of(attempt), events) == (S.started, [])


@pytest.mark.parametrize("action", ["stop", "submit"])
def test_what_is_not_there_is_not_handed_in(learner_client: Any, action: str) -> None:
    response = learner_client.put(url(0), {"action": action}, format="json")
    assert response.status_code == 400
    assert response.data == {"detail": "Attempted to update attempt_id=0 but it does not exist."}


@pytest.mark.parametrize("older", [True, False], ids=["by-the-older-id", "by-the-newest-id"])
def test_start_starts_the_current_attempt(learner_client: Any, learner: User, all_services: Any, older: bool) -> None:
    exam = factories.make_exam("practice")
    first, second = (factories.make_attempt(exam, learner, S.ready_to_start) for _ in range(2))
    response = put(learner_client, first if older else second, action="start")
    assert response.json() == {"exam_attempt_id": second.pk}
    assert (status_of(first), status_of(second)) == (S.ready_to_start, S.started)


@pytest.mark.spec("rest-api.md", "4.4:repeat")
@pytest.mark.parametrize("status", [S.submitted, S.second_review_required, S.verified, S.rejected])
def test_submitting_again_answers_200_without_changing_anything(
    learner_client: Any, learner: User, all_services: Any, events: list[Any], status: str
) -> None:
    attempt = factories.make_attempt(user=learner, status=status)
    completed_at = attempt.completed_at
    response = put(learner_client, attempt, action="submit")
    assert (response.status_code, response.json()) == (200, {"exam_attempt_id": attempt.pk})
    assert (status_of(attempt), attempt.completed_at) == (status, completed_at)
    assert events == []


@pytest.mark.spec("rest-api.md", "4.4:actions")
def test_starting_twice_answers_400(learner_client: Any, learner: User, all_services: Any) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started)
    assert put(learner_client, attempt, action="start").status_code == 400


@pytest.mark.spec("rest-api.md", "4.4:unknown")
@pytest.mark.parametrize("body", [{}, {"action": "fly"}, {"action": None}, {"action": ["start"]}])
def test_unknown_action_answers_400_and_names_the_known_ones(
    learner_client: Any, learner: User, body: dict[str, Any]
) -> None:
    attempt = factories.make_attempt(user=learner, status=S.ready_to_start)
    response = put(learner_client, attempt, **body)
    assert response.status_code == 400
    assert "submit" in response.data["detail"]
    assert status_of(attempt) == S.ready_to_start


@pytest.mark.spec("rest-api.md", "4.4:order")
def test_unknown_action_of_a_stranger_is_403(learner_client: Any) -> None:
    assert put(learner_client, factories.make_attempt(), action="fly").status_code == 403


@pytest.mark.spec("rest-api.md", "2.3:order", "4.4:order", "7.3:3")
def test_unknown_attempt_is_told_before_the_body_is_read(learner_client: Any) -> None:
    response = learner_client.put(url(0), b"\x00\x01", content_type="application/octet-stream")
    assert response.status_code == 400
    assert response.data == {"detail": "Attempted to update attempt_id=0 but it does not exist."}


@pytest.mark.spec("rest-api.md", "2.3:types")
def test_unreadable_body_is_415_for_an_attempt_that_exists(learner_client: Any, learner: User) -> None:
    attempt = factories.make_attempt(user=learner)
    response = learner_client.put(url(attempt.pk), b"\x00", content_type="application/octet-stream")
    assert response.status_code == 415


@pytest.mark.spec("rest-api.md", "2.3:types")
@pytest.mark.parametrize("body", ["[]", "{", '"start"'])
def test_malformed_body_answers_400(learner_client: Any, learner: User, body: str) -> None:
    attempt = factories.make_attempt(user=learner)
    assert learner_client.put(url(attempt.pk), body, content_type="application/json").status_code == 400


@pytest.mark.spec("rest-api.md", "4.4:reset")
def test_reset_gives_a_new_attempt(learner_client: Any, learner: User, all_services: Any) -> None:
    exam = factories.make_exam("onboarding")
    attempt = factories.make_attempt(exam, learner, status=S.rejected)
    response = put(learner_client, attempt, action="reset_attempt")
    new = ProctoredExamStudentAttempt.objects.exclude(pk=attempt.pk).get()
    assert response.json() == {"exam_attempt_id": new.pk}
    assert status_of(attempt) == S.onboarding_reset


@pytest.mark.spec("rest-api.md", "4.4:reset")
def test_reset_after_the_due_date_is_refused_but_leaves_its_mark(
    learner_client: Any, learner: User, all_services: Any
) -> None:
    """The dashboard of the course team shows ``onboarding_reset_past_due`` because of it."""
    exam = factories.make_exam("onboarding", due_date=timezone.now() - timedelta(days=1))
    attempt = factories.make_attempt(exam, learner, status=S.rejected)
    assert put(learner_client, attempt, action="reset_attempt").status_code == 400
    assert status_of(attempt) == S.onboarding_reset


@pytest.mark.spec("python-api.md", "7.2:stricter")
@pytest.mark.parametrize("action", ["click_download_software", "stop", "submit", "error", "decline"])
def test_an_old_tab_does_not_wake_an_attempt_that_was_reset(
    learner_client: Any, learner: User, all_services: Any, action: str
) -> None:
    attempt = factories.make_attempt(factories.make_exam("onboarding"), learner, status=S.rejected)
    assert put(learner_client, attempt, action="reset_attempt").status_code == 200

    answer = put(learner_client, attempt, action=action)

    assert answer.status_code == 400
    assert "onboarding_reset" in answer.json()["detail"]
    assert status_of(attempt) == S.onboarding_reset


@pytest.mark.spec("python-api.md", "7.2:stricter")
def test_start_in_an_old_tab_starts_the_attempt_that_replaced_it(
    learner_client: Any, learner: User, all_services: Any
) -> None:
    """A learner starts the current attempt, whatever id the page names."""
    attempt = factories.make_attempt(factories.make_exam("onboarding"), learner, status=S.rejected)
    new = put(learner_client, attempt, action="reset_attempt").json()["exam_attempt_id"]

    assert put(learner_client, attempt, action="start").json() == {"exam_attempt_id": new}

    assert status_of(ProctoredExamStudentAttempt.objects.get(pk=new)) == S.started
    assert status_of(attempt) == S.onboarding_reset


# PUT one: the browser reports an error


@pytest.mark.spec("rest-api.md", "4.4:error")
@pytest.mark.parametrize("status", [S.submitted, S.verified, S.error])
def test_error_after_the_end_changes_nothing(
    learner_client: Any, learner: User, all_services: Any, status: str
) -> None:
    attempt = factories.make_attempt(user=learner, status=status)
    response = put(learner_client, attempt, action="error", detail="ping failed")
    assert (response.status_code, response.json()) == (200, {"exam_attempt_id": False})
    assert status_of(attempt) == status


@pytest.mark.spec("rest-api.md", "4.4:error")
@pytest.mark.parametrize(("passes_through", "answer", "after"), [(True, False, S.started), (False, True, S.error)])
def test_operator_may_let_ping_failures_pass(
    learner_client: Any, learner: User, all_services: Any, passes_through: bool, answer: bool, after: str
) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started)
    with override_switch("edx_proctoring.test_ping_failure_passthrough", passes_through):
        response = put(learner_client, attempt, action="error")
    assert response.json() == {"exam_attempt_id": attempt.pk if answer else False}
    assert status_of(attempt) == after


@pytest.mark.spec("rest-api.md", "4.4:error")
def test_error_keeps_the_time_that_was_left_for_resuming(learner_client: Any, learner: User, all_services: Any) -> None:
    with freeze_time(timezone.now()):
        attempt = factories.make_attempt(
            user=learner, status=S.started, started_at=timezone.now() - timedelta(minutes=30)
        )
        put(learner_client, attempt, action="error")
    attempt.refresh_from_db()
    assert (attempt.is_resumable, attempt.time_remaining_seconds) == (True, 60 * 60)


def test_error_before_the_start_takes_no_time_away(learner_client: Any, learner: User, all_services: Any) -> None:
    attempt = factories.make_attempt(user=learner, status=S.ready_to_start)
    put(learner_client, attempt, action="error")
    assert status_of(attempt) == S.error
    assert attempt.time_remaining_seconds is None


@pytest.mark.spec("rest-api.md", "4.4:error", "10:9")
def test_what_the_browser_says_is_logged_in_one_short_line(
    learner_client: Any, learner: User, all_services: Any, caplog: pytest.LogCaptureFixture
) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started)
    caplog.set_level(logging.WARNING)
    put(learner_client, attempt, action="error", detail="ping\r\nINFO forged line\x00" + "x" * 5000)
    (record,) = [record for record in caplog.records if "browser reported" in record.getMessage()]
    message = record.getMessage()
    assert f"attempt_id={attempt.pk}" in message
    assert "ping INFO forged line" in message
    assert len(message) < 800
    assert not any(ord(character) < 32 for character in message)


# PUT one: for somebody else


@pytest.mark.spec("rest-api.md", "4.4:resume")
def test_staff_let_a_learner_resume(course_staff_client: Any, world: World) -> None:
    attempt = factories.make_attempt(world.exam, status=S.error, is_resumable=True)
    response = put(course_staff_client, attempt, action="mark_ready_to_resume", user_id=attempt.user_id)
    assert response.json() == {"exam_attempt_id": attempt.pk}
    attempt.refresh_from_db()
    assert (attempt.ready_to_resume, attempt.is_resumable) == (True, False)


def test_staff_let_a_learner_resume_by_multipart(course_staff_client: Any, world: World) -> None:
    attempt = factories.make_attempt(world.exam, status=S.error, is_resumable=True)
    body = {"action": "mark_ready_to_resume", "user_id": str(attempt.user_id)}
    assert course_staff_client.put(url(attempt.pk), body, format="multipart").status_code == 200


@pytest.mark.spec("rest-api.md", "4.4:resume")
@pytest.mark.parametrize(
    ("role", "body"),
    [
        pytest.param("course_staff", {"action": "mark_ready_to_resume"}, id="staff-without-naming-the-learner"),
        pytest.param("course_staff", {"action": "submit", "user_id": "owner"}, id="staff-with-another-action"),
        pytest.param("course_staff", {"action": "mark_ready_to_resume", "user_id": 99999}, id="another-learner"),
        pytest.param("foreign_staff", {"action": "mark_ready_to_resume", "user_id": "owner"}, id="foreign-staff"),
        pytest.param("owner", {"action": "mark_ready_to_resume", "user_id": "owner"}, id="owner-naming-themselves"),
    ],
)
def test_acting_for_somebody_is_for_staff_who_let_them_resume(
    world: World, client_of: Callable[..., Any], role: str, body: dict[str, Any]
) -> None:
    exam = factories.make_exam(course_id=COURSE_A)
    attempt = factories.make_attempt(exam, world["owner"], status=S.error, is_resumable=True)
    body = {key: world["owner"].pk if value == "owner" else value for key, value in body.items()}  # type: ignore[union-attr]
    assert put(client_of(world[role]), attempt, **body).status_code == 403
    attempt.refresh_from_db()
    assert attempt.ready_to_resume is False


@pytest.mark.spec("rest-api.md", "4.4:order", "4.4:resume")
@pytest.mark.parametrize("is_staff", [False, True], ids=["learner", "global-staff"])
@pytest.mark.parametrize("action", ["start", "stop", "submit", "decline", "reset_attempt", "error"])
def test_naming_oneself_is_refused_as_well(
    client_of: Callable[..., Any], all_services: Any, action: str, is_staff: bool
) -> None:
    user = factories.make_user(is_staff=is_staff)
    attempt = factories.make_attempt(user=user, status=S.started)
    assert put(client_of(user), attempt, action=action, user_id=user.pk).status_code == 403
    assert status_of(attempt) == S.started


@pytest.mark.spec("rest-api.md", "4.4:resume", "10:6")
@pytest.mark.parametrize(("may", "code"), [(True, 200), (False, 403)])
def test_operator_decides_whether_learners_resume_by_themselves(
    learner_client: Any, learner: User, settings: Any, may: bool, code: int
) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "LEARNER_MAY_RESUME": may}
    attempt = factories.make_attempt(user=learner, status=S.error, is_resumable=True)
    assert put(learner_client, attempt, action="mark_ready_to_resume").status_code == code


def test_attempt_that_did_not_fail_is_not_resumed(learner_client: Any, learner: User, settings: Any) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "LEARNER_MAY_RESUME": True}
    attempt = factories.make_attempt(user=learner, status=S.started)
    assert put(learner_client, attempt, action="mark_ready_to_resume").status_code == 400


# DELETE one


@pytest.mark.spec("rest-api.md", "4.4:delete")
def test_staff_remove_an_attempt(staff_client: Any, all_services: Any, test_backend: Any) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    response = staff_client.delete(url(attempt.pk))
    assert (response.status_code, response.content) == (200, b"")
    assert not ProctoredExamStudentAttempt.objects.exists()
    assert test_backend.last_attempt_remove == (attempt.proctored_exam.external_id, attempt.external_id)


@pytest.mark.spec("rest-api.md", "4.4:delete")
def test_provider_that_fails_keeps_the_attempt(
    staff_client: Any, all_services: Any, test_backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    monkeypatch.setattr(test_backend, "remove_exam_attempt", lambda *_args: False)
    response = staff_client.delete(url(attempt.pk))
    assert (response.status_code, list(response.data)) == (502, ["detail"])
    assert "temporarily unavailable" in response.data["detail"]
    assert ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).exists()


@pytest.mark.spec("rest-api.md", "4.4:delete")
def test_removing_an_unknown_attempt_answers_400(staff_client: Any) -> None:
    assert staff_client.delete(url(99999)).status_code == 400


# The collection: the running exam


@pytest.mark.spec("rest-api.md", "4.3:get")
def test_nobody_in_an_exam_has_two_falses(learner_client: Any) -> None:
    assert learner_client.get(COLLECTION).json() == {"in_timed_exam": False, "is_proctored": False}


ATTEMPT_DATA_KEYS = {
    "in_timed_exam",
    "taking_as_proctored",
    "exam_type",
    "exam_display_name",
    "exam_url_path",
    "time_remaining_seconds",
    "total_time",
    "low_threshold_sec",
    "critically_low_threshold_sec",
    "course_id",
    "attempt_id",
    "external_id",
    "accessibility_time_string",
    "attempt_status",
    "exam_started_poll_url",
    "attempt_ready_to_resume",
    "use_legacy_attempt_api",
    "desktop_application_js_url",
    "ping_interval",
    "attempt_code",
}


@pytest.mark.spec("rest-api.md", "3.6:keys", "3.6:thresholds", "4.3:get")
def test_running_exam_has_what_the_timer_needs(learner_client: Any, learner: User, credit: Any) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started)
    data = learner_client.get(COLLECTION).json()
    assert set(data) >= ATTEMPT_DATA_KEYS
    assert "software_download_url" not in data
    assert (data["in_timed_exam"], data["attempt_id"]) == (True, attempt.pk)
    assert (data["low_threshold_sec"], data["critically_low_threshold_sec"]) == (1080, 270)
    assert data["exam_type"] == "a proctored exam"
    assert data["exam_started_poll_url"] == url(attempt.pk)


@pytest.mark.spec("rest-api.md", "4.3:get")
def test_timer_of_the_legacy_pages_leads_to_them_whatever_the_query_says(
    learner_client: Any, learner: User, credit: Any
) -> None:
    exam = factories.make_exam("timed")
    factories.make_attempt(exam, learner, status=S.started)
    data = learner_client.get(COLLECTION, {"is_learning_mfe": "true", "user_id": "99999"}).json()
    assert data["exam_url_path"] == reverse("jump_to", args=[exam.course_id, exam.content_id])


@pytest.mark.spec("rest-api.md", "3.6:ended", "4.3:get")
def test_running_exam_whose_time_is_up_is_shown_as_submitted_with_nothing_left(
    learner_client: Any, learner: User, all_services: Any
) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started, started_at=timezone.now() - timedelta(minutes=91))
    data = learner_client.get(COLLECTION).json()
    assert data.get("time_remaining_seconds", 0) == 0
    assert status_of(attempt) == S.submitted


# The collection: entering an exam


def enter(client: Any, exam: Any, format_: str = "json", **body: Any) -> Any:
    return client.post(COLLECTION, {"exam_id": exam.pk, **body}, format=format_)


def newest(user: User) -> ProctoredExamStudentAttempt:
    return ProctoredExamStudentAttempt.objects.filter(user=user).latest("id")


@pytest.mark.spec("rest-api.md", "4.3:post")
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
def test_entering_an_exam(
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


@pytest.mark.spec("rest-api.md", "4.3:post", "2.3:bodies")
def test_entering_with_a_form_works(learner_client: Any, learner: User, all_services: Any) -> None:
    assert enter(learner_client, factories.make_exam("timed"), "multipart", start_clock="true").status_code == 200
    assert newest(learner).status == S.started


@pytest.mark.spec("rest-api.md", "4.3:post")
def test_nobody_is_entered_but_the_caller(learner_client: Any, learner: User, all_services: Any) -> None:
    other = factories.make_user()
    enter(learner_client, factories.make_exam("timed"), user_id=other.pk, external_id="mine")
    assert (newest(learner).user, newest(learner).external_id) == (learner, None)


@pytest.mark.spec("rest-api.md", "4.3:exists", "7.2")
def test_second_attempt_answers_400_with_the_text_that_clients_compare(
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


@pytest.mark.spec("rest-api.md", "4.3:past-due")
@pytest.mark.parametrize(("kind", "code"), [("timed", 403), ("proctored", 403), ("onboarding", 400)])
def test_exam_that_is_past_due_is_not_entered(
    learner_client: Any, learner: User, all_services: Any, kind: str, code: int
) -> None:
    exam = factories.make_exam(kind, due_date=timezone.now() - timedelta(days=1))
    response = enter(learner_client, exam, attempt_proctored="true")
    assert (response.status_code, list(response.data)) == (code, ["detail"])
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.spec("rest-api.md", "4.3:past-due")
@pytest.mark.parametrize(("days", "code"), [(-1, 403), (1, 200)], ids=["shortened", "extended"])
def test_due_date_of_the_learner_s_own_decides_about_entering(
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


@pytest.mark.spec("rest-api.md", "10:12")
@pytest.mark.parametrize("exam_id", [99999, "one", None, True, [1], -1, 10**12])
def test_entering_no_exam_answers_400(learner_client: Any, exam_id: Any) -> None:
    response = learner_client.post(COLLECTION, {"exam_id": exam_id}, format="json")
    assert (response.status_code, list(response.data)) == (400, ["detail"])


@pytest.mark.spec("rest-api.md", "4.3:provider")
@pytest.mark.parametrize(
    ("upstream", "answer"),
    [(200, 502), (302, 502), (400, 400), (401, 502), (403, 502), (404, 404), (500, 502), (503, 503)],
)
def test_provider_that_fails_leaves_no_attempt_behind(
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


@pytest.mark.spec("rest-api.md", "4.3:provider")
@pytest.mark.parametrize("attempt_proctored", ["true", "false"])
def test_exam_whose_provider_is_not_configured_leaves_no_attempt_behind(
    learner_client: Any, all_services: Any, attempt_proctored: str
) -> None:
    """Least of all an open one, of a learner who declined: it would keep them out."""
    exam = factories.make_exam()
    ProctoredExam.objects.update(backend="gone")
    response = enter(learner_client, exam, attempt_proctored=attempt_proctored)
    assert (response.status_code, list(response.data)) == (500, ["detail"])
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.spec("rest-api.md", "4.3:onboarding")
@pytest.mark.parametrize("start_clock", ["false", "true"])
def test_provider_that_wants_onboarding_first_is_no_error(
    learner_client: Any, learner: User, all_services: Any, test_backend: Any, start_clock: str
) -> None:
    test_backend.attempt_error = S.onboarding_missing
    response = enter(learner_client, factories.make_exam(), attempt_proctored="true", start_clock=start_clock)
    assert (response.status_code, response.json()) == (200, {"exam_attempt_id": newest(learner).pk})
    assert (newest(learner).status, newest(learner).started_at) == (S.onboarding_missing, None)


# Start gates


@pytest.fixture
def gate() -> Iterator[list[Any]]:
    """A gate that lets nobody pass; returns what it was asked."""
    asked: list[Any] = []

    def refuse(user: Any, exam: Any, attempt: Any, request: Any) -> StartRefusal:
        asked.append((user, exam["id"], attempt and attempt["id"], request.method))
        return StartRefusal("seb_required", "Use the right browser.", "sebs://exam")

    start_gates.register_start_gate("tests", refuse)
    yield asked
    start_gates.unregister_start_gate("tests")


REFUSAL = {"detail": "Use the right browser.", "code": "seb_required", "launch_url": "sebs://exam"}


def test_gate_refuses_to_start_an_attempt(learner_client: Any, learner: User, gate: list[Any]) -> None:
    attempt = factories.make_attempt(user=learner, status=S.ready_to_start)
    response = put(learner_client, attempt, action="start")
    assert (response.status_code, response.json()) == (403, REFUSAL)
    assert status_of(attempt) == S.ready_to_start
    assert gate == [(learner, attempt.proctored_exam_id, attempt.pk, "PUT")]


def test_gate_refuses_to_enter_with_a_running_clock(learner_client: Any, learner: User, gate: list[Any]) -> None:
    exam = factories.make_exam("timed")
    response = enter(learner_client, exam, start_clock="true")
    assert (response.status_code, response.json()) == (403, REFUSAL)
    assert not ProctoredExamStudentAttempt.objects.exists()
    assert gate == [(learner, exam.pk, None, "POST")]


def test_gate_is_not_asked_when_the_clock_does_not_start(
    learner_client: Any, learner: User, all_services: Any, gate: list[Any]
) -> None:
    assert enter(learner_client, factories.make_exam("timed"), start_clock="false").status_code == 200
    running = factories.make_attempt(user=learner, status=S.ready_to_submit)
    assert put(learner_client, running, action="submit").status_code == 200
    assert gate == []


# Review acknowledgement


@pytest.mark.spec("rest-api.md", "4.5", "2.3:empty")
def test_learner_puts_the_result_away(learner_client: Any, learner: User, settings: Any) -> None:
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    attempt = factories.make_attempt(user=learner, status=S.verified)
    response = learner_client.put(f"{url(attempt.pk)}/review_status")
    assert (response.status_code, response.content) == (200, b"")
    attempt.refresh_from_db()
    assert attempt.is_status_acknowledged is True


@pytest.mark.spec("rest-api.md", "4.5")
@pytest.mark.parametrize(("viewable", "mine", "code"), [(False, True, 404), (True, False, 403)])
def test_result_is_not_put_away(
    learner_client: Any, learner: User, settings: Any, viewable: bool, mine: bool, code: int
) -> None:
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = viewable
    attempt = factories.make_attempt(user=learner if mine else factories.make_user(), status=S.verified)
    response = learner_client.put(f"{url(attempt.pk)}/review_status")
    assert (response.status_code, list(response.data)) == (code, ["detail"])
    attempt.refresh_from_db()
    assert attempt.is_status_acknowledged is False


def test_result_of_an_unknown_attempt_answers_400(learner_client: Any, settings: Any) -> None:
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    assert learner_client.put(f"{url(99999)}/review_status").status_code == 400


# The list for staff


GROUPED = reverse("edx_proctoring:proctored_exam.attempts.grouped.course", args=[factories.COURSE])


@pytest.mark.spec("rest-api.md", "5.4:shape")
def test_list_has_the_newest_attempt_of_each_learner_and_exam_with_the_older_ones(staff_client: Any) -> None:
    practice, timed = factories.make_exam("practice"), factories.make_exam("timed")
    ann, ben = factories.make_user("ann"), factories.make_user("ben")
    old = factories.make_attempt(practice, ann, status=S.rejected)
    other = factories.make_attempt(timed, ben)
    new = factories.make_attempt(practice, ann)
    factories.make_attempt(factories.make_exam(course_id="x/y/z"), ann)
    response = staff_client.get(GROUPED)
    rows = response.json()["proctored_exam_attempts"]
    assert [row["id"] for row in rows] == [new.pk, other.pk]
    assert list(rows[0]) == [*ATTEMPT_KEYS, "all_attempts"]
    assert [[attempt["id"] for attempt in row["all_attempts"]] for row in rows] == [[new.pk, old.pk], [other.pk]]
    assert list(rows[0]["all_attempts"][0]) == ATTEMPT_KEYS
    assert response.json()["pagination_info"] == {
        "has_previous": False,
        "has_next": False,
        "current_page": 1,
        "total_pages": 1,
    }
    assert response.json()["attempt_url"] == GROUPED


@pytest.mark.spec("rest-api.md", "5.4:pages")
def test_empty_course_has_one_empty_page(staff_client: Any) -> None:
    data = staff_client.get(GROUPED).json()
    assert (data["proctored_exam_attempts"], data["pagination_info"]["total_pages"]) == ([], 1)


@pytest.mark.spec("rest-api.md", "5.4:pages", "7.1")
@pytest.mark.parametrize(("page", "current"), [("", 1), ("1", 1), ("2", 2), ("2 ", 2), ("two", 1), ("99", 3), ("0", 3)])
def test_any_page_number_gives_a_page(
    staff_client: Any, monkeypatch: pytest.MonkeyPatch, page: str, current: int
) -> None:
    monkeypatch.setattr(views, "ATTEMPTS_PER_PAGE", 1)
    exam = factories.make_exam()
    attempts = [factories.make_attempt(exam) for _ in range(3)]
    response = staff_client.get(GROUPED, {"page": page})
    assert response.status_code == 200
    data = response.json()
    assert data["pagination_info"]["current_page"] == current
    assert [row["id"] for row in data["proctored_exam_attempts"]] == [attempts[-current].pk]


@pytest.mark.spec("rest-api.md", "5.4:search")
@pytest.mark.parametrize("text", ["ann", "ANN", "nn@exam"])
def test_search_looks_into_name_and_address(staff_client: Any, text: str) -> None:
    found = factories.make_attempt(user=factories.make_user("ann"))
    factories.make_attempt(user=factories.make_user("ben"))
    path = reverse("edx_proctoring:proctored_exam.attempts.grouped.search", args=[factories.COURSE, text])
    data = staff_client.get(path).json()
    assert [row["id"] for row in data["proctored_exam_attempts"]] == [found.pk]
    assert data["attempt_url"] == path


@pytest.mark.spec("rest-api.md", "5.4:filters")
def test_list_is_filtered_and_ordered_by_the_database(staff_client: Any) -> None:
    exam = factories.make_exam()
    late = factories.make_attempt(exam, factories.make_user("zoe"), status=S.error)
    early = factories.make_attempt(exam, factories.make_user("adam"), status=S.error)
    factories.make_attempt(exam, status=S.verified)
    factories.make_attempt(factories.make_exam(), status=S.error)
    query = {"exam_id": exam.pk, "status": "error", "ordering": "-username", "page_size": 1}
    first = staff_client.get(GROUPED, query).json()
    second = staff_client.get(GROUPED, {**query, "page": 2}).json()
    assert [row["id"] for page in (first, second) for row in page["proctored_exam_attempts"]] == [late.pk, early.pk]


def test_status_filter_looks_at_the_newest_attempt_only(staff_client: Any) -> None:
    exam, user = factories.make_exam("practice"), factories.make_user()
    factories.make_attempt(exam, user, status=S.error)
    factories.make_attempt(exam, user, status=S.created)
    assert staff_client.get(GROUPED, {"status": "error"}).json()["proctored_exam_attempts"] == []


@pytest.mark.spec("rest-api.md", "5.4:filters")
@pytest.mark.parametrize("size", ["0", "-5", "many", "100000"])
def test_any_page_size_gives_a_page(staff_client: Any, size: str) -> None:
    factories.make_attempt()
    response = staff_client.get(GROUPED, {"page_size": size})
    assert len(response.json()["proctored_exam_attempts"]) == 1


def test_filter_that_is_no_id_answers_400(staff_client: Any) -> None:
    assert staff_client.get(GROUPED, {"exam_id": "one"}).status_code == 400


# Reset all


def reset_url(exam_id: int, user_id: int) -> str:
    return reverse("edx_proctoring:proctored_exam.attempts.reset", args=[exam_id, user_id])


@pytest.mark.spec("rest-api.md", "5.6:all")
def test_staff_reset_all_attempts_of_a_learner_at_an_exam(staff_client: Any, all_services: Any) -> None:
    exam, user = factories.make_exam("practice"), factories.make_user()
    for _ in range(2):
        factories.make_attempt(exam, user, status=S.error)
    kept = [factories.make_attempt(exam), factories.make_attempt(user=user)]
    response = staff_client.delete(reset_url(exam.pk, user.pk))
    assert (response.status_code, response.content) == (200, b"")
    assert set(ProctoredExamStudentAttempt.objects.all()) == set(kept)


@pytest.mark.spec("rest-api.md", "5.6:all")
def test_nothing_to_reset_is_404_with_a_bare_string(staff_client: Any) -> None:
    response = staff_client.delete(reset_url(factories.make_exam().pk, factories.make_user().pk))
    assert response.status_code == 404
    assert isinstance(response.data, str)


@pytest.mark.spec("rest-api.md", "5.6:all")
def test_reset_goes_on_where_somebody_else_was_faster(
    staff_client: Any, all_services: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam, user = factories.make_exam("practice"), factories.make_user()
    for _ in range(2):
        factories.make_attempt(exam, user, status=S.error)
    seen = api.get_user_attempts_by_exam_id(user.pk, exam.pk)
    api.remove_exam_attempt(seen[0]["id"], factories.make_staff())
    monkeypatch.setattr(api, "get_user_attempts_by_exam_id", lambda *_args: seen)
    assert staff_client.delete(reset_url(exam.pk, user.pk)).status_code == 200
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.spec("rest-api.md", "5.6:outage")
def test_repeating_a_reset_converges(
    staff_client: Any, all_services: Any, test_backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam, user = factories.make_exam("onboarding"), factories.make_user()
    for _ in range(2):
        factories.make_attempt(exam, user, status=S.error)
    answers = iter([True, False, True])
    monkeypatch.setattr(test_backend, "remove_exam_attempt", lambda *_args: next(answers))
    response = staff_client.delete(reset_url(exam.pk, user.pk))
    assert (response.status_code, list(response.data)) == (502, ["detail"])
    assert ProctoredExamStudentAttempt.objects.count() == 1
    assert staff_client.delete(reset_url(exam.pk, user.pk)).status_code == 200
    assert not ProctoredExamStudentAttempt.objects.exists()


@pytest.mark.spec("rest-api.md", "5.6:force")
@pytest.mark.parametrize(("role", "code", "left"), [("global_staff", 200, 0), ("course_staff", 403, 1)])
def test_global_staff_have_a_way_on_when_the_provider_is_down(
    world: World,
    client_of: Callable[..., Any],
    test_backend: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    role: str,
    code: int,
    left: int,
) -> None:
    def fail(*_args: Any) -> bool:
        raise ConnectionError

    monkeypatch.setattr(test_backend, "remove_exam_attempt", fail)
    path = reset_url(world.exam.pk, world["owner"].pk)  # type: ignore[union-attr]
    response = client_of(world[role]).delete(f"{path}?force=true")
    assert response.status_code == code
    assert ProctoredExamStudentAttempt.objects.filter(proctored_exam=world.exam).count() == left
    forced = [record for record in caplog.records if "attempt reset without" in record.getMessage()]
    assert len(forced) == (1 if code == 200 else 0)
