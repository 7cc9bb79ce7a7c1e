"""Creating, starting, resuming and reading attempts. Spec: python-api.md 7.7, 8.4-8.6, 8.8."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring import api, runtime
from edx_proctoring.api.attempts import attempts
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderSentNoAttemptID,
    ProctoredExamIllegalResumeUpdate,
    ProctoredExamIllegalStatusTransition,
    ProctoredExamNotFoundException,
    ProctoredExamPermissionDenied,
    StudentExamAttemptAlreadyExistsException,
    StudentExamAttemptDoesNotExistsException,
    StudentExamAttemptedAlreadyStarted,
    StudentExamAttemptOnPastDueProctoredExam,
    UserNotFoundException,
)
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils import obscured_user_id
from tests.factories import NOON, make_allowance, make_attempt, make_exam, make_policy, make_user

pytestmark = pytest.mark.django_db

UNKNOWN = 4711


def stored(attempt_id: int) -> ProctoredExamStudentAttempt:
    return ProctoredExamStudentAttempt.objects.get(pk=attempt_id)


# Creating


@pytest.mark.spec("python-api.md", "8.5:create")
def test_a_proctored_attempt_is_registered_then_stored_once(provider: Any) -> None:
    exam, user = make_exam(), make_user()
    policy = make_policy(exam)

    attempt = stored(api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True))

    assert attempt.status == S.created
    assert attempt.external_id == "testexternalid-1"
    assert attempt.attempt_code == provider.contexts[0]["attempt_code"]
    assert attempt.attempt_code == (attempt.attempt_code or "").upper()
    assert attempt.review_policy_id == policy.pk
    assert (attempt.started_at, attempt.completed_at, attempt.allowed_time_limit_mins) == (None, None, None)
    assert attempt.history.count() == 1


@pytest.mark.spec("backends.md", "4.3")
@pytest.mark.spec("python-api.md", "4:credit", "8.5:context", "17:8")
def test_the_registration_context_has_exactly_these_keys(provider: Any, credit: Any) -> None:
    exam, user = make_exam(), make_user()
    policy = make_policy(exam, review_policy="No notes")
    make_allowance(exam, user, key="review_policy_exception", value="Notes allowed")
    make_allowance(exam, user, value="30")

    api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)

    [context] = provider.contexts
    assert context == {
        "lms_host": "http://localhost:8000",
        "time_limit_mins": 120,
        "attempt_code": context["attempt_code"],
        "is_sample_attempt": False,
        "user_id": obscured_user_id(user.pk, "test"),
        "full_name": "Wolfgang von Strucker",
        "email": "foo@bar",
        "review_policy": policy.review_policy,
        "review_policy_exception": "Notes allowed",
    }
    assert credit.called("get_credit_state") == [((user.pk, exam.course_id), {})]


@pytest.mark.spec("python-api.md", "4:absent", "8.5:context", "18:services")
def test_without_services_the_provider_gets_an_empty_name(provider: Any) -> None:
    api.create_exam_attempt(make_exam().pk, make_user().pk, taking_as_proctored=True)

    [context] = provider.contexts
    assert (context["full_name"], context["email"]) == ("", None)
    assert "review_policy" not in context
    assert "review_policy_exception" not in context


@pytest.mark.spec("python-api.md", "4:name-affirmation", "8.5:context")
def test_a_verified_name_wins(provider: Any, credit: Any) -> None:
    asked: list[Any] = []

    class NameAffirmation:
        def get_verified_name(self, *args: Any, **kwargs: Any) -> SimpleNamespace:
            asked.append((args, kwargs))
            return SimpleNamespace(verified_name="Dr. Verified")

    runtime.set_runtime_service("name_affirmation", NameAffirmation())
    user = make_user()

    api.create_exam_attempt(make_exam().pk, user.pk, taking_as_proctored=True)

    assert provider.contexts[0]["full_name"] == "Dr. Verified"
    assert asked == [((user,), {"is_verified": False, "statuses_to_exclude": ["denied"]})]


@pytest.mark.spec("python-api.md", "11.1:creation")
@pytest.mark.spec("data-model.md", "5:signal")
def test_the_signal_of_a_creation_carries_names(credit: Any, sent_signals: list[dict[str, Any]]) -> None:
    exam, user = make_exam(), make_user()

    attempt_id = api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)

    assert sent_signals == [
        {
            "sender": "edx_proctoring",
            "attempt_id": attempt_id,
            "user_id": user.pk,
            "status": S.created,
            "full_name": "Wolfgang von Strucker",
            "profile_name": "Wolfgang von Strucker",
            "is_practice_exam": False,
            "is_proctored": True,
            "backend_supports_onboarding": True,
        }
    ]


@pytest.mark.spec("python-api.md", "8.5:create")
def test_an_attempt_without_proctoring_is_not_registered(
    provider: Any, events: list[Any], sent_signals: list[Any]
) -> None:
    exam = make_exam("timed")

    attempt = stored(api.create_exam_attempt(exam.pk, make_user().pk))

    assert (attempt.taking_as_proctored, attempt.external_id) == (False, None)
    assert provider.contexts == []
    assert sent_signals[0]["backend_supports_onboarding"] is None
    assert events[-1][0] == "edx.special_exam.timed.attempt.created"


@pytest.mark.spec("python-api.md", "8.5:create")
def test_a_timed_exam_cannot_be_taken_as_proctored(provider: Any) -> None:
    attempt_id = api.create_exam_attempt(make_exam("timed").pk, make_user().pk, taking_as_proctored=True)

    assert stored(attempt_id).taking_as_proctored is False


@pytest.mark.spec("backends.md", "4.5:register")
@pytest.mark.spec("python-api.md", "8.5:refusals")
def test_an_onboarding_refusal_becomes_the_status(provider: Any, events: list[Any]) -> None:
    provider.attempt_error = S.onboarding_missing

    attempt = stored(api.create_exam_attempt(make_exam().pk, make_user().pk, taking_as_proctored=True))

    assert (attempt.status, attempt.external_id) == (S.onboarding_missing, None)
    assert events[-1][0] == "edx.special_exam.proctored.attempt.onboarding_missing"
    assert attempt.history.count() == 1


@pytest.mark.spec("backends.md", "4.5:register")
@pytest.mark.spec("python-api.md", "8.5:refusals", "15:registration")
@pytest.mark.parametrize("error", [BackendProviderCannotRegisterAttempt, BackendProviderSentNoAttemptID])
def test_a_failed_registration_leaves_nothing_half_made(
    provider: Any, caplog: pytest.LogCaptureFixture, error: type[BackendProviderCannotRegisterAttempt]
) -> None:
    def refuse(exam: Any, context: Any) -> str:
        raise error("busy", http_status=503)

    provider.register_exam_attempt = refuse
    exam, user = make_exam(), make_user()

    with pytest.raises(error):
        api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)

    assert not ProctoredExamStudentAttempt.objects.exists()
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert f"user_id={user.pk} exam_id={exam.pk}" in record.getMessage()
    assert "status=503 response=busy" in record.getMessage()


@pytest.mark.spec("python-api.md", "8.5:create")
def test_an_unknown_exam() -> None:
    with pytest.raises(ProctoredExamNotFoundException):
        api.create_exam_attempt(UNKNOWN, make_user().pk)


def test_an_unknown_user() -> None:
    with pytest.raises(UserNotFoundException):
        api.create_exam_attempt(make_exam("timed").pk, UNKNOWN)


@pytest.mark.spec("python-api.md", "8.5:one")
@pytest.mark.parametrize("status", [S.created, S.started, S.verified, S.declined])
def test_one_attempt_per_learner_and_exam(status: str) -> None:
    former = make_attempt(status=status)
    exam = former.proctored_exam

    with pytest.raises(StudentExamAttemptAlreadyExistsException) as refusal:
        api.create_exam_attempt(exam.pk, former.user_id)

    assert str(refusal.value) == (
        f"Cannot create new exam attempt for exam_id={exam.pk} and user_id={former.user_id} "
        f"in course_id={exam.course_id} because it already exists!"
    )


@pytest.mark.spec("python-api.md", "8.5:one")
def test_practice_may_be_repeated() -> None:
    former = make_attempt(make_exam("practice"), status=S.started)

    assert api.create_exam_attempt(former.proctored_exam_id, former.user_id, True) != former.pk


@pytest.mark.spec("python-api.md", "8.5:race")
def test_a_request_that_was_overtaken_withdraws_its_registration(
    provider: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam, user = make_exam(), make_user()
    register = provider.register_exam_attempt

    def overtaken(exam_dict: Any, context: Any) -> str:
        make_attempt(exam, user)
        return register(exam_dict, context)

    provider.register_exam_attempt = overtaken

    with pytest.raises(StudentExamAttemptAlreadyExistsException):
        api.create_exam_attempt(exam.pk, user.pk, taking_as_proctored=True)

    assert ProctoredExamStudentAttempt.objects.count() == 1
    assert provider.calls == ["remove_exam_attempt"]
    assert provider.last_ids == (exam.external_id, "testexternalid-1")


@pytest.mark.spec("python-api.md", "8.5:past-due")
@pytest.mark.parametrize("kind", ["proctored", "practice", "onboarding"])
def test_past_due_nobody_is_proctored_any_more(clock: FrozenDateTimeFactory, kind: str) -> None:
    exam = make_exam(kind, due_date=NOON)

    with pytest.raises(StudentExamAttemptOnPastDueProctoredExam):
        api.create_exam_attempt(exam.pk, make_user().pk, taking_as_proctored=True)


@pytest.mark.spec("python-api.md", "8.5:past-due")
def test_past_due_an_open_attempt_is_possible(clock: FrozenDateTimeFactory) -> None:
    assert api.create_exam_attempt(make_exam(due_date=NOON).pk, make_user().pk)


@pytest.mark.spec("python-api.md", "11.1:receiver")
def test_a_failing_receiver_does_not_undo_a_creation(caplog: pytest.LogCaptureFixture) -> None:
    from edx_proctoring.signals import exam_attempt_status_signal

    def receiver(**kwargs: Any) -> None:
        raise RuntimeError("no")

    exam_attempt_status_signal.connect(receiver)
    try:
        attempt_id = api.create_exam_attempt(make_exam().pk, make_user().pk)
    finally:
        exam_attempt_status_signal.disconnect(receiver)

    assert stored(attempt_id).status == S.created
    assert "receiver of the status signal failed" in caplog.text


@pytest.mark.spec("python-api.md", "8.5:decline")
def test_create_and_decline() -> None:
    exam, user = make_exam(), make_user()

    api._create_and_decline_attempt(exam.pk, user.pk)

    assert ProctoredExamStudentAttempt.objects.get().status == S.declined


# Starting and marking


@pytest.mark.spec("python-api.md", "8.6:start")
def test_start() -> None:
    attempt = make_attempt(status=S.ready_to_start)

    assert api.start_exam_attempt(attempt.proctored_exam_id, attempt.user_id) == attempt.pk
    assert stored(attempt.pk).started_at is not None


@pytest.mark.spec("python-api.md", "8.6:start")
def test_start_by_code() -> None:
    attempt = make_attempt(status=S.ready_to_start)

    assert api.start_exam_attempt_by_code(attempt.attempt_code or "") == attempt.pk


@pytest.mark.spec("python-api.md", "8.6:start")
def test_a_started_attempt_is_not_started_again() -> None:
    attempt = make_attempt(status=S.started)

    with pytest.raises(StudentExamAttemptedAlreadyStarted):
        api.start_exam_attempt(attempt.proctored_exam_id, attempt.user_id)


@pytest.mark.spec("python-api.md", "8.6:start")
def test_a_submitted_attempt_is_not_started_again() -> None:
    attempt = make_attempt(status=S.submitted)

    with pytest.raises(ProctoredExamIllegalStatusTransition):
        api.start_exam_attempt_by_code(attempt.attempt_code or "")


@pytest.mark.spec("python-api.md", "8.6:unknown", "18:resume")
@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: api.start_exam_attempt(UNKNOWN, UNKNOWN), id="start"),
        pytest.param(lambda: api.start_exam_attempt_by_code("NO"), id="start-by-code"),
        pytest.param(lambda: api.stop_exam_attempt(UNKNOWN), id="stop"),
        pytest.param(lambda: api.mark_exam_attempt_timeout(UNKNOWN), id="time-out"),
        pytest.param(lambda: api.mark_exam_attempt_as_ready(UNKNOWN), id="ready"),
        pytest.param(lambda: api.mark_exam_attempt_as_ready_to_resume(UNKNOWN), id="ready-to-resume"),
        pytest.param(lambda: api.mark_exam_attempt_as_resumed(UNKNOWN), id="resumed"),
        pytest.param(lambda: api.update_exam_attempt(UNKNOWN, time_remaining_seconds=1), id="update"),
    ],
)
def test_unknown_attempts(call: Any) -> None:
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        call()


@pytest.mark.spec("python-api.md", "8.6:mark")
@pytest.mark.parametrize(
    ("call", "status"),
    [
        pytest.param(api.stop_exam_attempt, S.ready_to_submit, id="stop"),
        pytest.param(api.mark_exam_attempt_as_ready, S.ready_to_start, id="ready"),
    ],
)
def test_marking(call: Any, status: str) -> None:
    attempt = make_attempt()

    assert call(attempt.pk) == attempt.pk
    assert stored(attempt.pk).status == status


@pytest.mark.spec("python-api.md", "8.6:update")
def test_update_of_permitted_fields(events: list[Any], sent_signals: list[Any]) -> None:
    attempt = make_attempt()
    events.clear()

    api.update_exam_attempt(attempt.pk, is_status_acknowledged=True, time_remaining_seconds=600)

    after = stored(attempt.pk)
    assert (after.is_status_acknowledged, after.time_remaining_seconds) == (True, 600)
    assert (events, sent_signals) == ([], [])


@pytest.mark.spec("python-api.md", "8.6:update")
def test_update_of_another_field_changes_nothing() -> None:
    attempt = make_attempt()

    with pytest.raises(ProctoredExamPermissionDenied):
        api.update_exam_attempt(attempt.pk, time_remaining_seconds=600, status=S.verified)

    after = stored(attempt.pk)
    assert (after.status, after.time_remaining_seconds) == (S.created, None)


# Resuming


@pytest.mark.spec("python-api.md", "7.7:flags")
def test_an_error_makes_an_attempt_resumable_a_submission_does_not() -> None:
    attempt = make_attempt(status=S.started)

    api.update_attempt_status(attempt.pk, S.error)
    assert stored(attempt.pk).is_resumable

    api.update_attempt_status(attempt.pk, S.verified)
    assert stored(attempt.pk).is_resumable, "a later review keeps it"

    api.update_attempt_status(attempt.pk, S.submitted)
    assert not stored(attempt.pk).is_resumable


@pytest.mark.spec("python-api.md", "7.7:flags")
@pytest.mark.parametrize("flag", ["ready_to_resume", "resumed"])
def test_in_the_resume_process_no_transition_makes_it_resumable(flag: str) -> None:
    attempt = make_attempt(status=S.started, **{flag: True})

    api.update_attempt_status(attempt.pk, S.error)

    assert not stored(attempt.pk).is_resumable


@pytest.mark.spec("python-api.md", "7.7:marks")
def test_release_for_resumption(events: list[Any]) -> None:
    attempt = make_attempt(status=S.error, is_resumable=True)
    events.clear()

    assert api.mark_exam_attempt_as_ready_to_resume(attempt.pk) == attempt.pk

    after = stored(attempt.pk)
    assert (after.ready_to_resume, after.is_resumable, after.status) == (True, False, S.error)
    assert events == []
    assert api.is_attempt_ready_to_resume(attempts.attempt_dict(after))
    assert api.is_attempt_in_resume_process(after)


@pytest.mark.spec("python-api.md", "7.7:marks")
def test_only_a_resumable_attempt_is_released() -> None:
    attempt = make_attempt(status=S.error)

    with pytest.raises(ProctoredExamIllegalResumeUpdate):
        api.mark_exam_attempt_as_ready_to_resume(attempt.pk)


@pytest.mark.spec("python-api.md", "7.7:marks")
def test_resumed_can_be_marked_twice_but_only_after_a_release() -> None:
    released = make_attempt(status=S.error, ready_to_resume=True)
    not_released = make_attempt(status=S.error)

    api.mark_exam_attempt_as_resumed(released.pk)
    assert api.mark_exam_attempt_as_resumed(released.pk) == released.pk
    with pytest.raises(ProctoredExamIllegalResumeUpdate):
        api.mark_exam_attempt_as_resumed(not_released.pk)


@pytest.mark.spec("python-api.md", "7.7:carry-over", "18:resume")
@pytest.mark.parametrize(
    ("seconds_left", "limit"),
    [
        pytest.param(600, 10, id="ten-minutes"),
        pytest.param(0, 0, id="nothing-left"),
        pytest.param(None, 90, id="unknown"),
    ],
)
def test_the_new_attempt_gets_what_was_left(
    provider: Any, clock: FrozenDateTimeFactory, seconds_left: int | None, limit: int
) -> None:
    former = make_attempt(status=S.error, ready_to_resume=True, time_remaining_seconds=seconds_left)

    attempt_id = api.create_exam_attempt(former.proctored_exam_id, former.user_id, taking_as_proctored=True)
    api.update_attempt_status(attempt_id, S.started)

    former.refresh_from_db()
    assert (former.resumed, former.status) == (True, S.error)
    assert stored(attempt_id).time_remaining_seconds == seconds_left
    assert stored(attempt_id).allowed_time_limit_mins == limit
    assert provider.contexts[0]["time_limit_mins"] == limit


@pytest.mark.spec("python-api.md", "7.7:carry-over")
def test_a_resumption_that_fails_can_be_tried_again(provider: Any) -> None:
    former = make_attempt(status=S.error, ready_to_resume=True)
    provider.no_attempt_id_error = "busy"
    with pytest.raises(BackendProviderSentNoAttemptID):
        api.create_exam_attempt(former.proctored_exam_id, former.user_id, taking_as_proctored=True)
    assert not stored(former.pk).resumed

    provider.no_attempt_id_error = None
    assert api.create_exam_attempt(former.proctored_exam_id, former.user_id, taking_as_proctored=True)


# Reading


@pytest.mark.spec("python-api.md", "8.4:read")
def test_reading_a_removed_attempt() -> None:
    assert api.get_exam_attempt_by_id(UNKNOWN) is None
    assert api.get_exam_attempt_by_code("NO") is None
    assert api.get_exam_attempt_by_external_id("NO") is None
    assert api.get_current_exam_attempt(UNKNOWN, UNKNOWN) is None
    assert api._get_exam_attempt(None) is None
    assert api._check_for_attempt_timeout(None) is None


@pytest.mark.spec("python-api.md", "8.4:read")
def test_the_current_attempt_is_the_newest_also_within_an_instant(clock: FrozenDateTimeFactory) -> None:
    exam, user = make_exam("practice"), make_user()
    make_attempt(exam, user)
    newest = make_attempt(exam, user)

    current = api.get_current_exam_attempt(exam.pk, user.pk)

    assert current is not None
    assert current["id"] == newest.pk


@pytest.mark.spec("python-api.md", "8.4:read")
def test_of_several_attempts_with_one_external_id_the_newest_counts() -> None:
    make_attempt(external_id="same")
    newest = make_attempt(external_id="same")

    found = api.get_exam_attempt_by_external_id("same")

    assert found is not None
    assert found["id"] == newest.pk


@pytest.mark.spec("python-api.md", "2:attempt")
def test_the_attempt_dict_mixes_types_as_the_contract_says() -> None:
    attempt = make_attempt(status=S.started)

    seen = api.get_exam_attempt_by_id(attempt.pk)

    assert seen is not None
    assert isinstance(seen["created"], str)
    assert seen["started_at"] == attempt.started_at
    assert seen["user"] == {"id": attempt.user_id, "username": attempt.user.username, "email": attempt.user.email}
    assert seen["proctored_exam"] == api.get_exam_by_id(attempt.proctored_exam_id)


@pytest.mark.spec("python-api.md", "8.8:lists")
def test_lists_are_newest_first(clock: FrozenDateTimeFactory) -> None:
    exam, user = make_exam("practice"), make_user("anna")
    first = make_attempt(exam, user)
    clock.tick(timedelta(minutes=1))
    second = make_attempt(exam, user)
    other = make_attempt(exam, make_user("boris"))

    def ids(found: list[dict[str, Any]]) -> list[int]:
        return [attempt["id"] for attempt in found]

    assert ids(api.get_all_exam_attempts(exam.course_id)) == [other.pk, second.pk, first.pk]
    assert ids(api.get_filtered_exam_attempts(exam.course_id, "ann")) == [second.pk, first.pk]
    assert ids(api.get_user_attempts_by_exam_id(user.pk, exam.pk)) == [second.pk, first.pk]


@pytest.mark.spec("python-api.md", "8.8:completion")
@pytest.mark.parametrize(
    ("statuses", "is_complete"),
    [
        pytest.param([S.submitted, S.verified], True, id="all-complete"),
        pytest.param([S.submitted, S.started], False, id="one-still-running"),
        pytest.param([S.submitted], False, id="one-never-taken"),
        pytest.param([], False, id="none-taken"),
    ],
)
def test_last_completion_date(statuses: list[str], is_complete: bool) -> None:
    exams, user = [make_exam(), make_exam()], make_user()
    taken = [make_attempt(exam, user, status) for exam, status in zip(exams, statuses, strict=False)]

    date = api.get_last_exam_completion_date(exams[0].course_id, user.username)

    assert date == (max(attempt.completed_at for attempt in taken) if is_complete else None)


@pytest.mark.spec("python-api.md", "8.8:completion")
def test_an_exam_that_was_taken_up_again_counts_once() -> None:
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, S.error, ready_to_resume=True, resumed=True)
    second = make_attempt(exam, user, S.submitted)

    assert api.get_last_exam_completion_date(exam.course_id, user.username) == second.completed_at


@pytest.mark.spec("python-api.md", "8.8:completion")
def test_an_exam_that_broke_off_is_not_complete() -> None:
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, S.error, ready_to_resume=True)

    assert api.get_last_exam_completion_date(exam.course_id, user.username) is None


# The payload of the timer


@pytest.mark.spec("rest-api.md", "3.6:keys", "3.6:deadline")
@pytest.mark.spec("python-api.md", "8.4:data")
def test_attempt_data_of_a_running_attempt(clock: FrozenDateTimeFactory, provider: Any) -> None:
    attempt = make_attempt(status=S.started, started_at=NOON, allowed_time_limit_mins=90)
    exam = attempt.proctored_exam

    data = api.get_exam_attempt_data(exam.pk, attempt.pk)

    assert data == {
        "in_timed_exam": True,
        "taking_as_proctored": True,
        "exam_type": "a proctored exam",
        "exam_display_name": exam.exam_name,
        "exam_url_path": data["exam_url_path"],
        "time_remaining_seconds": 90 * 60,
        "total_time": "1 hour and 30 minutes",
        "low_threshold_sec": 1080,
        "critically_low_threshold_sec": 270,
        "course_id": exam.course_id,
        "attempt_id": attempt.pk,
        "external_id": attempt.external_id,
        "accessibility_time_string": "you have 1 hour and 30 minutes remaining",
        "attempt_status": S.started,
        "exam_started_poll_url": reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk]),
        "attempt_ready_to_resume": False,
        "use_legacy_attempt_api": True,
        "desktop_application_js_url": "",
        "ping_interval": provider.ping_interval,
        "attempt_code": attempt.attempt_code,
        "exam_id": exam.pk,
        "content_id": exam.content_id,
        "expires_at": NOON + timedelta(minutes=90),
        "server_time": NOON,
        "poll_interval_sec": 60,
    }


@pytest.mark.spec("rest-api.md", "3.6:download")
@pytest.mark.spec("python-api.md", "8.4:data")
@pytest.mark.parametrize(
    ("status", "offered"),
    [
        pytest.param(S.created, True, id="created"),
        pytest.param(S.download_software_clicked, True, id="download-clicked"),
        pytest.param(S.ready_to_start, False, id="ready"),
        pytest.param(S.started, False, id="started"),
    ],
)
def test_the_download_link_is_offered_only_while_it_is_needed(status: str, offered: bool) -> None:
    attempt = make_attempt(status=status)

    assert ("software_download_url" in api.get_exam_attempt_data(attempt.proctored_exam_id, attempt.pk)) is offered


@pytest.mark.spec("rest-api.md", "3.6:download")
def test_a_provider_that_is_down_costs_the_link_only(provider: Any) -> None:
    def down(attempt: Any) -> Any:
        raise ConnectionError

    provider.get_attempt = down
    attempt = make_attempt()

    assert api.get_exam_attempt_data(attempt.proctored_exam_id, attempt.pk)["software_download_url"] is None


@pytest.mark.spec("python-api.md", "4:tolerance", "8.4:data")
def test_a_provider_that_cannot_tell_its_script_costs_the_script_only(
    provider: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Any:
        raise FileNotFoundError("workers.json")

    provider.get_javascript = broken
    attempt = make_attempt(status=S.started)

    data = api.get_exam_attempt_data(attempt.proctored_exam_id, attempt.pk)

    assert (data["desktop_application_js_url"], data["attempt_status"]) == ("", S.started)
    assert "no browser script from the provider" in caplog.text


@pytest.mark.spec("python-api.md", "8.4:data")
def test_attempt_data_of_a_timed_exam_knows_no_provider() -> None:
    attempt = make_attempt(make_exam("timed"))

    data = api.get_exam_attempt_data(attempt.proctored_exam_id, attempt.pk)

    assert data["exam_type"] == "a timed exam"
    assert {"ping_interval", "attempt_code", "software_download_url"}.isdisjoint(data)
    assert (data["low_threshold_sec"], data["total_time"]) == (0, "1 hour and 30 minutes")


@pytest.mark.spec("python-api.md", "8.4:data")
def test_attempt_data_of_unknown_things() -> None:
    with pytest.raises(ProctoredExamNotFoundException):
        api.get_exam_attempt_data(UNKNOWN, UNKNOWN)
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.get_exam_attempt_data(make_exam().pk, UNKNOWN)


@pytest.mark.parametrize(
    ("status", "after"),
    [
        pytest.param(S.created, S.ready_to_start, id="being-set-up"),
        pytest.param(S.download_software_clicked, S.ready_to_start, id="software-opened"),
        pytest.param(S.started, S.started, id="started-meanwhile-goes-on"),
        pytest.param(S.submitted, S.submitted, id="submitted-meanwhile-stays"),
    ],
)
def test_a_provider_that_is_ready_late_disturbs_nobody(status, after):
    attempt = make_attempt(make_exam(), status=status)
    assert api.mark_waiting_attempt_as_ready(attempt.pk) == attempt.pk
    attempt.refresh_from_db()
    assert attempt.status == after
