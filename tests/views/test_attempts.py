"""One attempt over REST: poll, actions, removal, acknowledgement."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from freezegun import freeze_time
from waffle.testutils import override_switch

from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.attempt_requests import ATTEMPT_KEYS, put, status_of, url
from tests.views.conftest import COURSE_A, World

pytestmark = pytest.mark.django_db

# GET one: the poll


@pytest.mark.contract("rest-rules#objects", "timing#deadline-in-answers")
@pytest.mark.operation("GET /v1/proctored_exam/attempt/{attempt_id}")
def test_the_owner_gets_the_attempt_with_its_remaining_time(learner_client: Any, learner: User) -> None:
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


@pytest.mark.contract("rest-clients#time-words")
@pytest.mark.operation("GET /v1/proctored_exam/attempt/{attempt_id}")
@pytest.mark.parametrize(
    ("seconds_left", "words"),
    [
        (59, "you have less than a minute remaining"),
        (60, "you have 1 minute remaining"),
        (89 * 60 + 45, "you have 1 hour and 30 minutes remaining"),
    ],
)
def test_the_remaining_time_is_also_given_in_words(
    learner_client: Any, learner: User, seconds_left: int, words: str
) -> None:
    with freeze_time(timezone.now()):
        started_at = timezone.now() - timedelta(minutes=90) + timedelta(seconds=seconds_left)
        attempt = factories.make_attempt(user=learner, status=S.started, started_at=started_at)
        assert learner_client.get(url(attempt.pk)).data["accessibility_time_string"] == words


def test_an_attempt_that_was_not_started_has_neither_remaining_time_nor_deadline(
    learner_client: Any, learner: User
) -> None:
    attempt = factories.make_attempt(user=learner)
    data = learner_client.get(url(attempt.pk)).data
    assert (data["time_remaining_seconds"], data["expires_at"]) == (0, None)
    assert data["accessibility_time_string"] == "you have less than a minute remaining"


@pytest.mark.operation("GET /v1/proctored_exam/attempt/{attempt_id}")
def test_a_poll_after_the_deadline_submits_the_attempt(learner_client: Any, learner: User, all_services: Any) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started, started_at=timezone.now() - timedelta(minutes=91))
    data = learner_client.get(url(attempt.pk)).data
    assert (data["status"], data["time_remaining_seconds"]) == ("submitted", 0)


def test_reading_an_unknown_attempt_answers_400(learner_client: Any) -> None:
    response = learner_client.get(url(99999))
    assert (response.status_code, list(response.data)) == (400, ["detail"])


@pytest.mark.operation("GET /v1/proctored_exam/attempt/{attempt_id}")
def test_staff_may_not_read_the_attempt_of_a_learner_here(staff_client: Any) -> None:
    assert staff_client.get(url(factories.make_attempt().pk)).status_code == 403


# PUT one: actions


@pytest.mark.contract("rest-rules#bodies")
@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
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
def test_an_action_moves_the_attempt_to_its_status(
    learner_client: Any, learner: User, all_services: Any, before: str, action: str, after: str, format_: str
) -> None:
    attempt = factories.make_attempt(user=learner, status=before)
    response = learner_client.put(url(attempt.pk), {"action": action}, format=format_)
    assert (response.status_code, response.json()) == (200, {"exam_attempt_id": attempt.pk})
    assert status_of(attempt) == after


def test_a_form_encoded_action_of_the_legacy_pages_is_accepted(
    learner_client: Any, learner: User, all_services: Any
) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started)
    response = learner_client.put(
        url(attempt.pk), "action=submit", content_type="application/x-www-form-urlencoded; charset=UTF-8"
    )
    assert response.json() == {"exam_attempt_id": attempt.pk}
    assert status_of(attempt) == S.submitted


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
def test_stopping_a_completed_attempt_answers_400(learner_client: Any, learner: User, all_services: Any) -> None:
    attempt = factories.make_attempt(user=learner, status=S.submitted)
    response = put(learner_client, attempt, action="stop")
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert status_of(attempt) == S.submitted


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
@pytest.mark.parametrize(("action", "status_code"), [("stop", 400), ("submit", 200)])
def test_after_the_deadline_the_attempt_is_submitted_as_of_the_deadline_for_any_action(
    learner_client: Any, learner: User, all_services: Any, events: list[Any], action: str, status_code: int
) -> None:
    started_at = timezone.now().replace(microsecond=0) - timedelta(minutes=100)
    attempt = factories.make_attempt(user=learner, status=S.started, started_at=started_at, allowed_time_limit_mins=90)
    assert put(learner_client, attempt, action=action).status_code == status_code
    assert status_of(attempt) == S.submitted
    assert attempt.completed_at == started_at + timedelta(minutes=90)
    assert len(events) == 1


@pytest.mark.parametrize("action", ["stop", "submit"])
def test_another_user_cannot_end_the_attempt(
    learner_client: Any, all_services: Any, events: list[Any], action: str
) -> None:
    attempt = factories.make_attempt(status=S.started)
    response = put(learner_client, attempt, action=action)
    assert response.status_code == 403
    assert response.data == {"detail": f"Attempted to update attempt_id={attempt.pk} but does not have access to it."}
    assert (status_of(attempt), events) == (S.started, [])


@pytest.mark.parametrize("action", ["stop", "submit"])
def test_ending_an_unknown_attempt_answers_400(learner_client: Any, action: str) -> None:
    response = learner_client.put(url(0), {"action": action}, format="json")
    assert response.status_code == 400
    assert response.data == {"detail": "Attempted to update attempt_id=0 but it does not exist."}


@pytest.mark.parametrize("older", [True, False], ids=["by-the-older-id", "by-the-newest-id"])
def test_start_starts_the_current_attempt_for_any_attempt_id_of_the_learner(
    learner_client: Any, learner: User, all_services: Any, older: bool
) -> None:
    exam = factories.make_exam("practice")
    first, second = (factories.make_attempt(exam, learner, S.ready_to_start) for _ in range(2))
    response = put(learner_client, first if older else second, action="start")
    assert response.json() == {"exam_attempt_id": second.pk}
    assert (status_of(first), status_of(second)) == (S.ready_to_start, S.started)


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
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


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
def test_starting_a_started_attempt_answers_400(learner_client: Any, learner: User, all_services: Any) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started)
    assert put(learner_client, attempt, action="start").status_code == 400


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
@pytest.mark.parametrize("body", [{}, {"action": "fly"}, {"action": None}, {"action": ["start"]}])
def test_an_unknown_action_answers_400_and_lists_the_known_ones(
    learner_client: Any, learner: User, body: dict[str, Any]
) -> None:
    attempt = factories.make_attempt(user=learner, status=S.ready_to_start)
    response = put(learner_client, attempt, **body)
    assert response.status_code == 400
    assert "submit" in response.data["detail"]
    assert status_of(attempt) == S.ready_to_start


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
def test_an_unknown_action_of_another_user_answers_403(learner_client: Any) -> None:
    assert put(learner_client, factories.make_attempt(), action="fly").status_code == 403


@pytest.mark.contract("rest-rules#unknown-attempt-first")
@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
def test_an_unknown_attempt_answers_400_before_the_body_is_read(learner_client: Any) -> None:
    response = learner_client.put(url(0), b"\x00\x01", content_type="application/octet-stream")
    assert response.status_code == 400
    assert response.data == {"detail": "Attempted to update attempt_id=0 but it does not exist."}


@pytest.mark.contract("rest-rules#unreadable-bodies")
def test_an_unsupported_media_type_answers_415_for_an_existing_attempt(learner_client: Any, learner: User) -> None:
    attempt = factories.make_attempt(user=learner)
    response = learner_client.put(url(attempt.pk), b"\x00", content_type="application/octet-stream")
    assert response.status_code == 415


@pytest.mark.contract("rest-rules#unreadable-bodies")
@pytest.mark.parametrize("body", ["[]", "{", '"start"'])
def test_a_malformed_body_answers_400(learner_client: Any, learner: User, body: str) -> None:
    attempt = factories.make_attempt(user=learner)
    assert learner_client.put(url(attempt.pk), body, content_type="application/json").status_code == 400


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
def test_reset_creates_a_new_attempt(learner_client: Any, learner: User, all_services: Any) -> None:
    exam = factories.make_exam("onboarding")
    attempt = factories.make_attempt(exam, learner, status=S.rejected)
    response = put(learner_client, attempt, action="reset_attempt")
    new = ProctoredExamStudentAttempt.objects.exclude(pk=attempt.pk).get()
    assert response.json() == {"exam_attempt_id": new.pk}
    assert status_of(attempt) == S.onboarding_reset


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
def test_reset_after_the_due_date_is_refused_but_marks_the_attempt(
    learner_client: Any, learner: User, all_services: Any
) -> None:
    """So that the course team's dashboard shows ``onboarding_reset_past_due``."""
    exam = factories.make_exam("onboarding", due_date=timezone.now() - timedelta(days=1))
    attempt = factories.make_attempt(exam, learner, status=S.rejected)
    assert put(learner_client, attempt, action="reset_attempt").status_code == 400
    assert status_of(attempt) == S.onboarding_reset


@pytest.mark.contract("transitions#refusals")
@pytest.mark.parametrize("action", ["click_download_software", "stop", "submit", "error", "decline"])
def test_an_action_of_an_old_tab_on_a_reset_attempt_answers_400(
    learner_client: Any, learner: User, all_services: Any, action: str
) -> None:
    attempt = factories.make_attempt(factories.make_exam("onboarding"), learner, status=S.rejected)
    assert put(learner_client, attempt, action="reset_attempt").status_code == 200

    answer = put(learner_client, attempt, action=action)

    assert answer.status_code == 400
    assert "onboarding_reset" in answer.json()["detail"]
    assert status_of(attempt) == S.onboarding_reset


@pytest.mark.contract("transitions#refusals")
def test_start_in_an_old_tab_starts_the_attempt_that_replaced_the_reset_one(
    learner_client: Any, learner: User, all_services: Any
) -> None:
    """Start applies to the current attempt, whatever id the page sends."""
    attempt = factories.make_attempt(factories.make_exam("onboarding"), learner, status=S.rejected)
    new = put(learner_client, attempt, action="reset_attempt").json()["exam_attempt_id"]

    assert put(learner_client, attempt, action="start").json() == {"exam_attempt_id": new}

    assert status_of(ProctoredExamStudentAttempt.objects.get(pk=new)) == S.started
    assert status_of(attempt) == S.onboarding_reset


# PUT one: the browser reports an error


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
@pytest.mark.parametrize("status", [S.submitted, S.verified, S.error])
def test_an_error_report_after_the_end_changes_nothing(
    learner_client: Any, learner: User, all_services: Any, status: str
) -> None:
    attempt = factories.make_attempt(user=learner, status=status)
    response = put(learner_client, attempt, action="error", detail="ping failed")
    assert (response.status_code, response.json()) == (200, {"exam_attempt_id": False})
    assert status_of(attempt) == status


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
@pytest.mark.parametrize(("passes_through", "answer", "after"), [(True, False, S.started), (False, True, S.error)])
def test_a_switch_decides_whether_ping_failures_end_the_attempt(
    learner_client: Any, learner: User, all_services: Any, passes_through: bool, answer: bool, after: str
) -> None:
    attempt = factories.make_attempt(user=learner, status=S.started)
    with override_switch("edx_proctoring.test_ping_failure_passthrough", passes_through):
        response = put(learner_client, attempt, action="error")
    assert response.json() == {"exam_attempt_id": attempt.pk if answer else False}
    assert status_of(attempt) == after


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
def test_an_error_report_stores_the_remaining_time_for_resuming(
    learner_client: Any, learner: User, all_services: Any
) -> None:
    with freeze_time(timezone.now()):
        attempt = factories.make_attempt(
            user=learner, status=S.started, started_at=timezone.now() - timedelta(minutes=30)
        )
        put(learner_client, attempt, action="error")
    attempt.refresh_from_db()
    assert (attempt.is_resumable, attempt.time_remaining_seconds) == (True, 60 * 60)


def test_an_error_report_before_the_start_stores_no_remaining_time(
    learner_client: Any, learner: User, all_services: Any
) -> None:
    attempt = factories.make_attempt(user=learner, status=S.ready_to_start)
    put(learner_client, attempt, action="error")
    assert status_of(attempt) == S.error
    assert attempt.time_remaining_seconds is None


@pytest.mark.contract("rest-rules#names-in-addresses")
@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
def test_the_message_of_the_browser_is_logged_in_one_short_line(
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


# PUT one: for another user


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
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


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
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
def test_acting_for_another_user_is_refused_except_for_staff_who_let_them_resume(
    world: World, client_of: Callable[..., Any], role: str, body: dict[str, Any]
) -> None:
    exam = factories.make_exam(course_id=COURSE_A)
    attempt = factories.make_attempt(exam, world["owner"], status=S.error, is_resumable=True)
    body = {key: world["owner"].pk if value == "owner" else value for key, value in body.items()}  # type: ignore[union-attr]
    assert put(client_of(world[role]), attempt, **body).status_code == 403
    attempt.refresh_from_db()
    assert attempt.ready_to_resume is False


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
@pytest.mark.parametrize("is_staff", [False, True], ids=["learner", "global-staff"])
@pytest.mark.parametrize("action", ["start", "stop", "submit", "decline", "reset_attempt", "error"])
def test_naming_oneself_in_the_body_answers_403(
    client_of: Callable[..., Any], all_services: Any, action: str, is_staff: bool
) -> None:
    user = factories.make_user(is_staff=is_staff)
    attempt = factories.make_attempt(user=user, status=S.started)
    assert put(client_of(user), attempt, action=action, user_id=user.pk).status_code == 403
    assert status_of(attempt) == S.started


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
@pytest.mark.parametrize(("may", "code"), [(True, 200), (False, 403)])
def test_a_setting_decides_whether_learners_may_release_their_own_attempt(
    learner_client: Any, learner: User, settings: Any, may: bool, code: int
) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "LEARNER_MAY_RESUME": may}
    attempt = factories.make_attempt(user=learner, status=S.error, is_resumable=True)
    assert put(learner_client, attempt, action="mark_ready_to_resume").status_code == code


def test_releasing_an_attempt_without_an_error_answers_400(learner_client: Any, learner: User, settings: Any) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "LEARNER_MAY_RESUME": True}
    attempt = factories.make_attempt(user=learner, status=S.started)
    assert put(learner_client, attempt, action="mark_ready_to_resume").status_code == 400


# DELETE one


@pytest.mark.operation("DELETE /v1/proctored_exam/attempt/{attempt_id}")
def test_staff_remove_an_attempt_here_and_at_the_provider(
    staff_client: Any, all_services: Any, test_backend: Any
) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    response = staff_client.delete(url(attempt.pk))
    assert (response.status_code, response.content) == (200, b"")
    assert not ProctoredExamStudentAttempt.objects.exists()
    assert test_backend.last_attempt_remove == (attempt.proctored_exam.external_id, attempt.external_id)


@pytest.mark.operation("DELETE /v1/proctored_exam/attempt/{attempt_id}")
def test_a_failing_provider_stops_the_removal_with_502(
    staff_client: Any, all_services: Any, test_backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    monkeypatch.setattr(test_backend, "remove_exam_attempt", lambda *_args: False)
    response = staff_client.delete(url(attempt.pk))
    assert (response.status_code, list(response.data)) == (502, ["detail"])
    assert "temporarily unavailable" in response.data["detail"]
    assert ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).exists()


@pytest.mark.operation("DELETE /v1/proctored_exam/attempt/{attempt_id}")
def test_removing_an_unknown_attempt_answers_400(staff_client: Any) -> None:
    assert staff_client.delete(url(99999)).status_code == 400


# Review acknowledgement


@pytest.mark.contract("rest-rules#empty-answers")
@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}/review_status")
def test_the_owner_acknowledges_the_result(learner_client: Any, learner: User, settings: Any) -> None:
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    attempt = factories.make_attempt(user=learner, status=S.verified)
    response = learner_client.put(f"{url(attempt.pk)}/review_status")
    assert (response.status_code, response.content) == (200, b"")
    attempt.refresh_from_db()
    assert attempt.is_status_acknowledged is True


@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}/review_status")
@pytest.mark.parametrize(("viewable", "mine", "code"), [(False, True, 404), (True, False, 403)])
def test_acknowledging_is_refused_to_others_and_without_past_due_viewing(
    learner_client: Any, learner: User, settings: Any, viewable: bool, mine: bool, code: int
) -> None:
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = viewable
    attempt = factories.make_attempt(user=learner if mine else factories.make_user(), status=S.verified)
    response = learner_client.put(f"{url(attempt.pk)}/review_status")
    assert (response.status_code, list(response.data)) == (code, ["detail"])
    attempt.refresh_from_db()
    assert attempt.is_status_acknowledged is False


def test_acknowledging_the_result_of_an_unknown_attempt_answers_400(learner_client: Any, settings: Any) -> None:
    settings.PROCTORED_EXAM_VIEWABLE_PAST_DUE = True
    assert learner_client.put(f"{url(99999)}/review_status").status_code == 400
