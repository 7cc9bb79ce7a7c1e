"""Reading attempts: one, lists of them, and the payload of the timer."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from freezegun.api import FrozenDateTimeFactory

from edx_proctoring import api
from edx_proctoring.exceptions import (
    ProctoredExamNotFoundException,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import NOON, make_attempt, make_exam, make_user

pytestmark = pytest.mark.django_db

UNKNOWN = 4711


@pytest.mark.contract("attempts#read")
def test_an_unknown_attempt_reads_as_none() -> None:
    assert api.get_exam_attempt_by_id(UNKNOWN) is None
    assert api.get_exam_attempt_by_code("NO") is None
    assert api.get_exam_attempt_by_external_id("NO") is None
    assert api.get_current_exam_attempt(UNKNOWN, UNKNOWN) is None
    assert api._get_exam_attempt(None) is None
    assert api._check_for_attempt_timeout(None) is None


@pytest.mark.contract("attempts#read")
def test_the_current_attempt_is_the_newest_also_within_an_instant(clock: FrozenDateTimeFactory) -> None:
    exam, user = make_exam("practice"), make_user()
    make_attempt(exam, user)
    newest = make_attempt(exam, user)

    current = api.get_current_exam_attempt(exam.pk, user.pk)

    assert current is not None
    assert current["id"] == newest.pk


@pytest.mark.contract("attempts#read")
def test_of_several_attempts_with_one_external_id_the_newest_is_returned() -> None:
    make_attempt(external_id="same")
    newest = make_attempt(external_id="same")

    found = api.get_exam_attempt_by_external_id("same")

    assert found is not None
    assert found["id"] == newest.pk


@pytest.mark.contract("data-shapes#attempt")
def test_the_attempt_dict_mixes_types_as_the_contract_says() -> None:
    attempt = make_attempt(status=S.started)

    seen = api.get_exam_attempt_by_id(attempt.pk)

    assert seen is not None
    assert isinstance(seen["created"], str)
    assert seen["started_at"] == attempt.started_at
    assert seen["user"] == {"id": attempt.user_id, "username": attempt.user.username, "email": attempt.user.email}
    assert seen["proctored_exam"] == api.get_exam_by_id(attempt.proctored_exam_id)


@pytest.mark.contract("attempts#lists")
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


@pytest.mark.contract("attempts#last-completion")
@pytest.mark.parametrize(
    ("statuses", "is_complete"),
    [
        pytest.param([S.submitted, S.verified], True, id="all-complete"),
        pytest.param([S.submitted, S.started], False, id="one-still-running"),
        pytest.param([S.submitted], False, id="one-never-taken"),
        pytest.param([], False, id="none-taken"),
    ],
)
def test_the_last_completion_date_needs_every_exam_completed(statuses: list[str], is_complete: bool) -> None:
    exams, user = [make_exam(), make_exam()], make_user()
    taken = [make_attempt(exam, user, status) for exam, status in zip(exams, statuses, strict=False)]

    date = api.get_last_exam_completion_date(exams[0].course_id, user.username)

    assert date == (max(attempt.completed_at for attempt in taken) if is_complete else None)


@pytest.mark.contract("attempts#last-completion")
def test_a_resumed_exam_counts_as_completed_once() -> None:
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, S.error, ready_to_resume=True, resumed=True)
    second = make_attempt(exam, user, S.submitted)

    assert api.get_last_exam_completion_date(exam.course_id, user.username) == second.completed_at


@pytest.mark.contract("attempts#last-completion")
def test_an_interrupted_exam_is_not_complete() -> None:
    exam, user = make_exam(), make_user()
    make_attempt(exam, user, S.error, ready_to_resume=True)

    assert api.get_last_exam_completion_date(exam.course_id, user.username) is None


# The payload of the timer


@pytest.mark.contract("attempts#timer-data", "timing#deadline-in-answers")
@pytest.mark.operation("GET /v1/proctored_exam/attempt")
def test_the_timer_payload_of_a_running_attempt_has_these_keys(clock: FrozenDateTimeFactory, provider: Any) -> None:
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


@pytest.mark.contract("attempts#timer-data")
@pytest.mark.operation("GET /v1/proctored_exam/attempt")
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


@pytest.mark.operation("GET /v1/proctored_exam/attempt")
def test_a_provider_that_is_down_leaves_only_the_download_link_out(provider: Any) -> None:
    def down(attempt: Any) -> Any:
        raise ConnectionError

    provider.get_attempt = down
    attempt = make_attempt()

    assert api.get_exam_attempt_data(attempt.proctored_exam_id, attempt.pk)["software_download_url"] is None


@pytest.mark.contract("host-services#reads-never-fail", "attempts#timer-data")
def test_a_provider_without_its_script_leaves_only_the_script_out(
    provider: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Any:
        raise FileNotFoundError("workers.json")

    provider.get_javascript = broken
    attempt = make_attempt(status=S.started)

    data = api.get_exam_attempt_data(attempt.proctored_exam_id, attempt.pk)

    assert (data["desktop_application_js_url"], data["attempt_status"]) == ("", S.started)
    assert "no browser script from the provider" in caplog.text


@pytest.mark.contract("attempts#timer-data")
def test_the_timer_payload_of_a_timed_exam_has_no_provider_keys() -> None:
    attempt = make_attempt(make_exam("timed"))

    data = api.get_exam_attempt_data(attempt.proctored_exam_id, attempt.pk)

    assert data["exam_type"] == "a timed exam"
    assert {"ping_interval", "attempt_code", "software_download_url"}.isdisjoint(data)
    assert (data["low_threshold_sec"], data["total_time"]) == (0, "1 hour and 30 minutes")


@pytest.mark.contract("attempts#timer-data")
def test_the_timer_payload_of_an_unknown_exam_or_attempt_is_refused() -> None:
    with pytest.raises(ProctoredExamNotFoundException):
        api.get_exam_attempt_data(UNKNOWN, UNKNOWN)
    with pytest.raises(StudentExamAttemptDoesNotExistsException):
        api.get_exam_attempt_data(make_exam().pk, UNKNOWN)
