"""Published helper functions."""

from datetime import UTC, datetime, timedelta, timezone
from types import ModuleType, SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from eventtracking import tracker
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey
from opaque_keys.edx.locator import BlockUsageLocator

from edx_proctoring import api, runtime, utils
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils.datetimes import later
from tests.factories import COURSE, NOON, make_attempt, make_exam

BERLIN = ZoneInfo("Europe/Berlin")

CONTENT = "block-v1:Demo+PROC+2026+type@sequential+block@final"
HOUR = timedelta(hours=1)
WEST, EAST = timezone(-5 * HOUR), timezone(5 * HOUR)


# Time


@pytest.mark.contract("timing#words")
@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (10, "10 minutes"),
        (60, "1 hour"),
        (61, "1 hour and 1 minute"),
        (150, "2 hours and 30 minutes"),
        (120, "2 hours"),
        (25 * 60, "25 hours"),
        (-1, "0 minutes"),
        (-59, "0 minutes"),
        (-60, "error"),
        (-90, "error"),
    ],
)
def test_minutes_are_written_in_words(minutes: int, words: str) -> None:
    assert utils.humanized_time(minutes) == words


@pytest.mark.contract("timing#words", "languages#durations")
@pytest.mark.parametrize(
    ("language", "minutes", "words"),
    [
        pytest.param("he", 61, "שעה אחת ודקה אחת", id="hebrew-one-minute"),
        pytest.param("he", 122, "שעתיים ושתי דקות", id="hebrew-two-minutes"),
        pytest.param("he", 90, "שעה אחת ו-30 דקות", id="hebrew-in-digits"),  # noqa: RUF001
        pytest.param("fa", 90, "1 ساعت و 30 دقیقه", id="persian-has-the-digits-of-django's-dates"),
    ],
)
def test_minutes_are_written_as_the_language_does(language: str, minutes: int, words: str) -> None:
    with translation.override(language):
        assert utils.humanized_time(minutes) == words


@pytest.mark.contract("timing#seconds-left", "timing#words")
@pytest.mark.parametrize(
    ("started_at", "limit", "seconds"),
    [
        pytest.param(NOON, 90, 90 * 60, id="just-started"),
        pytest.param(NOON - 2 * HOUR, 90, 0, id="never-negative"),
        pytest.param(None, 90, 0, id="not-started"),
        pytest.param(NOON, None, 0, id="unknown-limit"),
        pytest.param(NOON, -(2**31), 0, id="smallest-integer"),
    ],
)
def test_the_remaining_time_is_never_negative(started_at: datetime | None, limit: int | None, seconds: int) -> None:
    with freeze_time(NOON):
        left = utils.get_time_remaining_for_attempt({"started_at": started_at, "allowed_time_limit_mins": limit})
    assert left == seconds


@pytest.mark.contract("timing#due-date-passed", "timing#words", "timing#now")
@pytest.mark.parametrize(
    ("due", "passed"),
    [
        pytest.param(None, False, id="no-date"),
        pytest.param(NOON, True, id="due-now"),
        pytest.param(NOON + HOUR, False, id="later"),
        pytest.param(NOON.replace(tzinfo=None), True, id="naive-is-utc"),
        pytest.param(datetime.max.replace(tzinfo=WEST), False, id="latest-date-west-of-utc"),
        pytest.param(datetime.min.replace(tzinfo=EAST), True, id="earliest-date-east-of-utc"),
    ],
)
def test_a_due_date_has_passed_from_its_own_instant_on(due: datetime | None, passed: bool) -> None:
    with freeze_time(NOON):
        assert utils.has_due_date_passed(due) is passed


@pytest.mark.contract("timing#course-end")
@pytest.mark.parametrize(
    ("dates", "end"),
    [
        pytest.param({}, None, id="no-dates"),
        pytest.param({("course", "start"): NOON}, None, id="no-end"),
        pytest.param({("course", "end"): None}, None, id="empty-end"),
        pytest.param({("course", "end"): NOON}, NOON, id="aware"),
        pytest.param({("course", "end"): NOON.replace(tzinfo=None)}, NOON, id="naive"),
        pytest.param({("course", "end"): NOON.replace(tzinfo=WEST)}, NOON + 5 * HOUR, id="converted-not-relabelled"),
        pytest.param(
            {
                ("unit", "end"): NOON,
                (CourseKey.from_string(COURSE).make_usage_key("course", "course"), "end"): NOON + HOUR,
            },
            NOON + HOUR,
            id="only-the-course-block-counts",
        ),
    ],
)
def test_the_end_of_a_course_is_read_in_utc(
    monkeypatch: pytest.MonkeyPatch, date_service: ModuleType, dates: dict[Any, Any], end: datetime | None
) -> None:
    monkeypatch.setattr(date_service, "get_dates_for_course", lambda course_id: dates)

    assert utils.get_course_end_date(COURSE) == end


@pytest.mark.contract("timing#course-end")
def test_a_malformed_course_end_is_ignored_and_logged(
    monkeypatch: pytest.MonkeyPatch, date_service: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(date_service, "get_dates_for_course", lambda course_id: {("course", "end"): "soon"})

    assert utils.get_course_end_date(COURSE) is None
    assert not utils.has_end_date_passed(COURSE)
    assert {record.levelname for record in caplog.records} == {"ERROR"}


@pytest.mark.contract("timing#course-end", "host-services#reads-never-fail")
@pytest.mark.django_db
@pytest.mark.parametrize("course_id", ["no key", "", b"no key"])
def test_a_malformed_course_id_has_no_course_end(course_id: Any) -> None:
    assert utils.get_course_end_date(course_id) is None
    assert not utils.has_end_date_passed(course_id)


@pytest.mark.contract("timing#due-date")
@pytest.mark.django_db
def test_a_malformed_content_id_uses_the_stored_due_date() -> None:
    exam = {"course_id": "a/b/c", "content_id": "no key", "due_date": NOON}

    assert utils.get_exam_due_date(exam) == NOON


@pytest.mark.contract("host-services#dates")
def test_without_the_date_service_the_stored_due_date_is_used(no_date_service: None) -> None:
    exam = {"course_id": COURSE, "content_id": CONTENT, "due_date": NOON}

    assert utils.get_course_end_date(COURSE) is None
    assert not utils.has_end_date_passed(COURSE)
    assert utils.get_exam_due_date(exam, 7) == NOON
    assert utils.get_exam_due_date({**exam, "due_date": None}) is None


@pytest.mark.contract("host-services#dates")
def test_the_date_service_is_called_through_its_module(
    monkeypatch: pytest.MonkeyPatch, date_service: ModuleType
) -> None:
    calls: list[Any] = []

    def answer(name: str, value: Any) -> Any:
        return lambda *args, **kwargs: calls.append((name, args, kwargs)) or value

    monkeypatch.setattr(date_service, "get_date_for_block", answer("block", NOON))
    monkeypatch.setattr(date_service, "get_dates_for_course", answer("course", {("course", "end"): NOON + HOUR}))

    assert utils.get_exam_due_date({"course_id": COURSE, "content_id": CONTENT, "due_date": None}) == NOON
    assert utils.get_course_end_date(COURSE) == NOON + HOUR

    assert calls == [("block", (COURSE, CONTENT, "due"), {"user": None}), ("course", (COURSE,), {})]


@pytest.mark.contract("timing#grace-period")
@pytest.mark.parametrize(
    ("grace", "due", "waits"),
    [
        pytest.param(HOUR, NOON - HOUR / 2, True, id="within-the-grace-period"),
        pytest.param(HOUR, NOON - HOUR, False, id="grace-period-is-over"),
        pytest.param(None, NOON, False, id="no-grace-period"),
        pytest.param(HOUR, None, False, id="no-due-date"),
        pytest.param(HOUR, datetime.max.replace(tzinfo=UTC), True, id="latest-due-date"),
    ],
)
def test_the_wait_deadline_is_set_only_within_the_grace_period(
    monkeypatch: pytest.MonkeyPatch,
    date_service: ModuleType,
    grace: timedelta | None,
    due: datetime | None,
    waits: bool,
) -> None:
    monkeypatch.setattr(date_service, "get_date_for_block", lambda *args, **kwargs: None)
    context: dict[str, Any] = {"grace_period": grace}
    exam = {"course_id": COURSE, "content_id": CONTENT, "due_date": due}

    with freeze_time(NOON):
        assert utils.verify_and_add_wait_deadline(context, exam, 7) is waits

    assert ("wait_deadline" in context) is waits
    if waits and due and grace:
        end_of_time = datetime.max.replace(tzinfo=UTC)
        expected = due + grace if due < end_of_time - grace else end_of_time
        assert context["wait_deadline"] == expected.isoformat()


# URLs


@pytest.mark.contract("helpers#addresses")
def test_urls_in_the_learning_mfe() -> None:
    assert utils.get_course_home_url(COURSE) == f"https://learning.test.org/course/{COURSE}/home"
    exam_url = f"https://learning.test.org/course/{COURSE}/{CONTENT}"
    assert utils.resolve_exam_url_for_learning_mfe(COURSE, CONTENT) == exam_url
    assert utils.get_exam_url(COURSE, CONTENT, True) == exam_url


@pytest.mark.contract("helpers#addresses")
def test_exam_urls_in_the_lms() -> None:
    assert CONTENT in utils.get_exam_url(COURSE, CONTENT, False)
    assert "learning.test.org" not in utils.get_exam_url(COURSE, CONTENT, False)


@pytest.mark.contract("helpers#addresses")
def test_malformed_ids_have_no_url_in_the_learning_mfe() -> None:
    with pytest.raises(InvalidKeyError):
        utils.resolve_exam_url_for_learning_mfe("no-course", "no-content")
    assert utils.get_exam_url("a/b/c", "no-content", True) == utils.get_exam_url("a/b/c", "no-content", False)


# Kinds of exams


@pytest.mark.contract("helpers#exam-type")
@pytest.mark.parametrize(
    ("is_proctored", "is_practice", "has_onboarding", "kind", "words"),
    [
        pytest.param(False, False, False, "timed", "a timed exam", id="timed"),
        pytest.param(True, False, True, "proctored", "a proctored exam", id="proctored"),
        pytest.param(True, True, False, "practice", "a practice exam", id="practice"),
        pytest.param(True, True, True, "onboarding", "an onboarding exam", id="onboarding"),
        pytest.param(
            False, True, True, "proctored", "a proctored exam", id="unproctored-practice-is-proctored-by-contract"
        ),
    ],
)
def test_the_exam_type_follows_flags_and_provider(
    is_proctored: bool, is_practice: bool, has_onboarding: bool, kind: str, words: str
) -> None:
    exam = {"is_proctored": is_proctored, "is_practice_exam": is_practice}
    provider = SimpleNamespace(supports_onboarding=has_onboarding) if is_proctored else None

    assert utils.get_exam_type(exam, provider) == {"type": kind, "humanized_type": words}


@pytest.mark.contract("helpers#reattempt")
@given(
    from_status=st.sampled_from([S.created, S.started, S.ready_to_submit, S.submitted]),
    to_status=st.sampled_from([S.created, S.download_software_clicked, S.ready_to_start, S.started, S.submitted]),
)
def test_only_a_running_attempt_that_goes_back_is_a_reattempt(from_status: str, to_status: str) -> None:
    expected = from_status in (S.started, S.ready_to_submit) and to_status not in (S.started, S.submitted)

    assert utils.is_reattempting_exam(from_status, to_status) is expected


@pytest.mark.contract("helpers#locate-attempt")
@pytest.mark.django_db
def test_a_removed_attempt_is_still_found_by_its_code(caplog: pytest.LogCaptureFixture) -> None:
    attempt = make_attempt(status=S.submitted)
    code, attempt_id = attempt.attempt_code or "", attempt.pk
    assert utils.locate_attempt_by_attempt_code(code) == (attempt, False)

    attempt.delete_exam_attempt()
    archived, is_archived = utils.locate_attempt_by_attempt_code(code)
    assert archived is not None
    assert (archived.pk, archived.status, is_archived) == (attempt_id, S.submitted, True)

    assert utils.locate_attempt_by_attempt_code("unknown") == (None, None)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


# Outlines


def details(
    effective_start: datetime | None = None, due: datetime | None = None, course_end: datetime | None = None
) -> Any:
    sequence = SimpleNamespace(effective_start=effective_start, due=due)
    return SimpleNamespace(
        outline=SimpleNamespace(accessible_sequences=set()),
        schedule=SimpleNamespace(course_end=course_end, sequences={BlockUsageLocator.from_string(CONTENT): sequence}),
    )


@pytest.mark.contract("outline-status#accessibility")
@pytest.mark.parametrize(
    ("dates", "category"),
    [
        pytest.param({}, 0, id="no-dates-at-all"),
        pytest.param({"effective_start": NOON + HOUR}, 1, id="not-open-yet"),
        pytest.param({"due": NOON - HOUR}, 2, id="due"),
        pytest.param({"course_end": NOON - HOUR}, 2, id="course-has-ended"),
        pytest.param({"due": NOON + HOUR, "course_end": NOON - HOUR}, 0, id="due-date-beats-course-end"),
    ],
)
def test_inaccessible_exams_are_grouped_by_reason(dates: dict[str, datetime], category: int) -> None:
    exam = SimpleNamespace(content_id=CONTENT)

    with freeze_time(NOON):
        categories = utils.categorize_inaccessible_exams_by_date([exam], details(**dates))  # type: ignore[list-item]

    assert [list(found) for found in categories] == [[exam] if i == category else [] for i in range(3)]


@pytest.mark.contract("outline-status#accessibility")
def test_a_sequence_without_dates_never_closes() -> None:
    key = BlockUsageLocator.from_string(CONTENT)

    assert utils.get_visibility_check_date(details().schedule, key) == datetime.max.replace(tzinfo=UTC)


@pytest.mark.contract("timing#now", "host-services#learning-sequences", "outline-status#details")
def test_the_course_outline_is_requested_for_the_current_time() -> None:
    asked: list[Any] = []
    service = SimpleNamespace(get_user_course_outline_details=lambda *args: asked.append(args))
    runtime.set_runtime_service("learning_sequences", service)
    user = object()

    with freeze_time(NOON):
        utils.get_user_course_outline_details(user, COURSE)

    [(course_key, asked_user, at_time)] = asked
    assert (str(course_key), asked_user, at_time) == (COURSE, user, NOON)


# Events


@pytest.mark.contract("events-and-logs#exam-data", "events-and-logs#names")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "segment"),
    [("timed", "timed"), ("proctored", "proctored"), ("practice", "practice"), ("onboarding", "practice")],
)
def test_an_exam_event_names_the_kind_of_exam(events: list[Any], kind: str, segment: str) -> None:
    exam = api.get_exam_by_id(make_exam(kind).pk)
    events.clear()

    utils.emit_event(exam, "created")

    [(name, data)] = events
    assert name == f"edx.special_exam.{segment}.created"
    assert data == {
        "exam_id": exam["id"],
        "exam_content_id": exam["content_id"],
        "exam_name": exam["exam_name"],
        "exam_default_time_limit_mins": 90,
        "exam_is_proctored": exam["is_proctored"],
        "exam_is_practice_exam": exam["is_practice_exam"],
        "exam_is_active": True,
    }


@pytest.mark.contract("events-and-logs#attempt-data")
@pytest.mark.django_db
def test_an_attempt_event_contains_the_fields_of_the_attempt(events: list[Any]) -> None:
    row = make_attempt(status=S.started, started_at=NOON, allowed_time_limit_mins=90)
    events.clear()

    with freeze_time(NOON + HOUR):
        attempt = api.get_exam_attempt_by_id(row.pk)
        assert attempt is not None
        utils.emit_event(attempt["proctored_exam"], "pinged", attempt, {"attempt_code": "overridden"})

    [(name, data)] = events
    assert name == "edx.special_exam.proctored.attempt.pinged"
    assert {key: value for key, value in data.items() if key.startswith("attempt")} == {
        "attempt_id": row.pk,
        "attempt_user_id": row.user_id,
        "attempt_started_at": NOON,
        "attempt_completed_at": None,
        "attempt_code": "overridden",
        "attempt_allowed_time_limit_mins": 90,
        "attempt_status": S.started,
        "attempt_event_elapsed_time_secs": 3600,
    }


@pytest.mark.contract("events-and-logs#context")
@pytest.mark.parametrize(
    ("course_id", "context"),
    [
        pytest.param(COURSE, {"course_id": COURSE, "org_id": CourseKey.from_string(COURSE).org}, id="course-key"),
        pytest.param("no key", {"course_id": "no key"}, id="malformed-course-id"),
    ],
)
def test_events_are_emitted_in_the_context_of_the_course(
    monkeypatch: pytest.MonkeyPatch, course_id: str, context: dict[str, str]
) -> None:
    recorder, seen = tracker.get_tracker(), []
    monkeypatch.setattr(recorder, "emit", lambda name, data: seen.append(recorder.resolve_context()))
    exam = {
        "id": 7,
        "course_id": course_id,
        "content_id": CONTENT,
        "exam_name": "Final",
        "time_limit_mins": 90,
        "is_proctored": True,
        "is_practice_exam": False,
        "is_active": True,
    }

    utils.emit_event(exam, "created")

    assert seen == [context]
    assert recorder.resolve_context() == {}


@pytest.mark.contract("events-and-logs#no-tracker")
def test_without_a_tracker_events_are_dropped_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    tracker.TRACKERS.clear()

    utils._emit_event("name", {"course_id": COURSE}, {})
    utils._emit_event("name", None, {})

    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


@pytest.mark.parametrize("absent", [None, ""], ids=["none", "empty"])
def test_without_the_learning_mfe_urls_point_to_the_lms(settings, absent):
    settings.LEARNING_MICROFRONTEND_URL = absent
    settings.LMS_ROOT_URL = "https://lms.example"
    assert utils.get_course_home_url("course-v1:a+b+c") == "https://lms.example/courses/course-v1:a+b+c/"
    assert utils.get_exam_url("a/b/c", "block", is_learning_mfe=True) == "/courses/a/b/c/jump_to/block"


@pytest.mark.parametrize(
    ("instant", "end"),
    [
        pytest.param(
            datetime(2026, 3, 29, 1, 30, tzinfo=BERLIN), datetime(2026, 3, 29, 2, 30, tzinfo=UTC), id="spring"
        ),
        pytest.param(
            datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN), datetime(2026, 10, 25, 1, 30, tzinfo=UTC), id="autumn"
        ),
    ],
)
def test_two_hours_are_two_hours_across_a_change_of_the_clocks(instant: datetime, end: datetime) -> None:
    assert later(instant, timedelta(hours=2)) == end
