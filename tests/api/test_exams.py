"""Exams, review policies, and the provider's copy of both."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from opaque_keys.edx.keys import CourseKey, UsageKey

from edx_proctoring import api, backends
from edx_proctoring.api.lifecycle import permitted_actions
from edx_proctoring.exceptions import (
    ProctoredExamAlreadyExists,
    ProctoredExamNotFoundException,
    ProctoredExamReviewPolicyAlreadyExists,
    ProctoredExamReviewPolicyNotFoundException,
)
from edx_proctoring.models import ProctoredExam, ProctoredExamReviewPolicy
from tests.factories import COURSE, NOON, make_exam, make_policy, make_staff

pytestmark = pytest.mark.django_db

UNKNOWN = 4711
CONTENT = "block-v1:Demo+PROC+2026+type@sequential+block@final"


@pytest.mark.contract("data-shapes#exam", "exams#create", "prerequisites#by-status", "provider-configuration#entries")
def test_create_stores_the_exam_and_emits_one_event(events: list[Any]) -> None:
    exam_id = api.create_exam(COURSE, CONTENT, "Final", 90, due_date=NOON)

    assert api.get_exam_by_id(exam_id) == {
        "id": exam_id,
        "course_id": COURSE,
        "content_id": CONTENT,
        "external_id": "externalid",
        "exam_name": "Final",
        "time_limit_mins": 90,
        "is_proctored": True,
        "is_practice_exam": False,
        "is_active": True,
        "due_date": NOON,
        "hide_after_due": False,
        "backend": "test",
    }
    assert [name for name, _ in events] == ["edx.special_exam.proctored.created"]


@pytest.mark.contract("exams#create")
def test_a_timed_exam_stores_the_default_provider_and_is_not_sent_to_it(test_backend: Any) -> None:
    exam_id = api.create_exam(COURSE, CONTENT, "Final", 90, is_proctored=False)

    assert api.get_exam_by_id(exam_id)["backend"] == "test"
    assert test_backend.last_exam is None


@pytest.mark.contract("exams#create")
def test_a_second_exam_for_the_same_content_is_refused() -> None:
    api.create_exam(COURSE, CONTENT, "Final", 90)

    with pytest.raises(ProctoredExamAlreadyExists):
        api.create_exam(COURSE, CONTENT, "Final", 90)


@pytest.mark.contract("exams#create")
def test_of_two_concurrent_creations_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    make_exam(content_id=CONTENT)
    monkeypatch.setattr(ProctoredExam, "get_exam_by_content_id", lambda course_id, content_id: None)

    with pytest.raises(ProctoredExamAlreadyExists):
        api.create_exam(COURSE, CONTENT, "Final", 90)

    assert ProctoredExam.objects.count() == 1, "the outer transaction is still usable"


@pytest.mark.contract("exams#update")
def test_update_changes_only_the_given_fields(events: list[Any]) -> None:
    exam = make_exam(due_date=NOON)
    events.clear()

    assert api.update_exam(exam.pk, exam_name="New name") == exam.pk

    after = api.get_exam_by_id(exam.pk)
    assert (after["exam_name"], after["due_date"], after["time_limit_mins"]) == ("New name", NOON, 90)
    assert [name for name, _ in events] == ["edx.special_exam.proctored.updated"]


@pytest.mark.contract("exams#update", "exams#unfinished")
def test_update_with_none_clears_only_the_due_date() -> None:
    exam = make_exam(due_date=NOON)

    api.update_exam(exam.pk, due_date=None, time_limit_mins=None)

    after = api.get_exam_by_id(exam.pk)
    assert (after["due_date"], after["time_limit_mins"]) == (None, 90)


@pytest.mark.contract("exams#update")
def test_an_update_without_changes_sends_the_exam_to_its_provider_again(test_backend: Any) -> None:
    exam = make_exam()
    test_backend.last_exam = None
    rows = exam.history.count()

    api.update_exam(exam.pk)

    assert test_backend.last_exam["id"] == exam.pk
    assert exam.history.count() == rows + 1


@pytest.mark.contract("exams#read")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(
            lambda: api.update_exam(UNKNOWN),
            "Attempted to update exam_id=4711, but this exam does not exist.",
            id="update",
        ),
        pytest.param(
            lambda: api.get_exam_by_id(UNKNOWN),
            "Attempted to get exam_id=4711, but this exam does not exist.",
            id="by-id",
        ),
        pytest.param(
            lambda: api.get_exam_by_content_id("c", "d"),
            "Cannot find proctored exam in course_id=c with content_id=d",
            id="by-content",
        ),
    ],
)
def test_an_unknown_exam_raises_and_is_named_in_the_message(call: Any, message: str) -> None:
    with pytest.raises(ProctoredExamNotFoundException) as refusal:
        call()
    assert str(refusal.value) == message


@pytest.mark.contract("exams#read", "data-shapes#ids")
def test_exams_are_found_by_key_objects() -> None:
    exam = make_exam(content_id=CONTENT)

    found = api.get_exam_by_content_id(CourseKey.from_string(COURSE), UsageKey.from_string(CONTENT))

    assert found["id"] == exam.pk
    assert [item["id"] for item in api.get_all_exams_for_course(CourseKey.from_string(COURSE))] == [exam.pk]


@pytest.mark.contract("exams#read")
def test_the_list_of_a_course_contains_inactive_exams_unless_active_only() -> None:
    active, inactive = make_exam("timed"), make_exam(is_active=False)

    assert {exam["id"] for exam in api.get_all_exams_for_course(COURSE)} == {active.pk, inactive.pk}
    assert [exam["id"] for exam in api.get_all_exams_for_course(COURSE, active_only=True)] == [active.pk]


@pytest.mark.contract("data-shapes#exam-kinds")
@pytest.mark.parametrize(
    ("is_proctored", "is_practice", "backend", "kind"),
    [
        (False, False, "test", "timed"),
        (False, True, "test", "timed"),
        (True, False, "test", "proctored"),
        (True, True, "null", "practice"),
        (True, True, "test", "onboarding"),
    ],
)
def test_flags_and_provider_make_the_kind_of_an_exam(
    is_proctored: bool, is_practice: bool, backend: str, kind: str
) -> None:
    exam = make_exam(is_proctored=is_proctored, is_practice_exam=is_practice, backend=backend)

    provider = backends.get_backend_provider(api.get_exam_by_id(exam.pk))

    assert (provider is None) is (kind == "timed")
    supports_onboarding = provider is not None and provider.supports_onboarding
    assert kind == permitted_actions.kind_of(
        is_proctored=is_proctored, is_practice=is_practice, supports_onboarding=supports_onboarding
    )


# The provider's copy


def test_the_providers_new_id_is_stored_without_sending_the_exam_again(test_backend: Any) -> None:
    told: list[dict[str, Any]] = []
    test_backend.on_exam_saved = lambda exam: told.append(exam) or f"id-{len(told)}"

    exam = make_exam(external_id=None, due_date=NOON)

    assert exam.external_id == "id-1"
    assert ProctoredExam.objects.get().external_id == "id-1"
    assert exam.history.count() == 2
    [payload] = told
    assert payload["due_date"] == "2026-03-02T12:00:00Z"


def test_while_the_provider_is_down_an_exam_can_be_saved(test_backend: Any, caplog: pytest.LogCaptureFixture) -> None:
    test_backend.on_exam_saved = lambda exam: 1 / 0

    exam = make_exam()

    assert ProctoredExam.objects.filter(pk=exam.pk).exists()
    assert "exam not sent to its provider" in caplog.text


@pytest.mark.contract("exams#update", "exams#provider-payload")
def test_an_exam_changed_to_timed_becomes_inactive_at_the_provider(test_backend: Any) -> None:
    exam = make_exam()

    api.update_exam(exam.pk, is_proctored=False)

    assert (test_backend.last_exam["id"], test_backend.last_exam["is_active"]) == (exam.pk, False)


# Review policies


@pytest.mark.contract("exams#policies")
def test_a_policy_is_created_updated_and_removed(test_backend: Any) -> None:
    exam, author, editor = make_exam(), make_staff(), make_staff()

    policy_id = api.create_exam_review_policy(exam.pk, author.pk, "No notes")
    assert test_backend.last_exam["rule_summary"] == "No notes"

    api.update_review_policy(exam.pk, editor.pk, "Notes allowed")
    seen = api.get_review_policy_by_exam_id(exam.pk)
    assert (seen["id"], seen["review_policy"]) == (policy_id, "Notes allowed")
    assert seen["set_by_user"]["id"] == editor.pk
    assert api._get_review_policy_by_exam_id(exam.pk) == "Notes allowed"

    api.remove_review_policy(exam.pk)
    assert api._get_review_policy_by_exam_id(exam.pk) is None


@pytest.mark.contract("exams#policies")
def test_a_second_policy_for_an_exam_is_refused() -> None:
    policy = make_policy()

    with pytest.raises(ProctoredExamReviewPolicyAlreadyExists):
        api.create_exam_review_policy(policy.proctored_exam_id, policy.set_by_user_id, "Another")


@pytest.mark.contract("exams#policies")
@pytest.mark.parametrize("text", ["", None])
def test_an_empty_text_deletes_the_policy(text: str | None) -> None:
    policy = make_policy()

    api.update_review_policy(policy.proctored_exam_id, policy.set_by_user_id, text)

    assert not ProctoredExamReviewPolicy.objects.exists()


@pytest.mark.contract("exams#policies")
@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: api.update_review_policy(UNKNOWN, UNKNOWN, "text"), id="update"),
        pytest.param(lambda: api.remove_review_policy(UNKNOWN), id="remove"),
        pytest.param(lambda: api.get_review_policy_by_exam_id(UNKNOWN), id="get"),
    ],
)
def test_an_unknown_policy_raises(call: Any) -> None:
    with pytest.raises(ProctoredExamReviewPolicyNotFoundException):
        call()


# Unfinished exams that Studio publishes (contract/exams#unfinished)


@pytest.mark.contract("exams#unfinished")
def test_an_exam_without_a_title_is_named_after_its_block(caplog: pytest.LogCaptureFixture) -> None:
    exam = api.get_exam_by_id(api.create_exam(COURSE, CONTENT, None, None))

    assert (exam["exam_name"], exam["time_limit_mins"]) == ("final", 0)
    assert "unfinished exam" in caplog.text


@pytest.mark.contract("exams#unfinished")
def test_an_exam_without_a_title_and_key_is_named_after_its_content_id() -> None:
    assert api.get_exam_by_id(api.create_exam(COURSE, "somewhere", None, 90))["exam_name"] == "somewhere"


def test_flags_that_are_none_are_stored_as_false() -> None:
    flags = {"is_proctored": None, "is_practice_exam": None, "is_active": None, "hide_after_due": None}
    exam = api.get_exam_by_id(api.create_exam(COURSE, CONTENT, "Final", 90, **flags))  # type: ignore[arg-type]

    assert [exam[flag] for flag in flags] == [False] * 4


@pytest.mark.contract("data-shapes#ids")
def test_an_exam_is_created_with_key_objects() -> None:
    exam_id = api.create_exam(CourseKey.from_string(COURSE), UsageKey.from_string(CONTENT), "Final", 90)  # type: ignore[arg-type]

    assert api.get_exam_by_content_id(COURSE, CONTENT)["id"] == exam_id


def test_another_integrity_error_is_not_reported_as_an_existing_exam(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(exam: ProctoredExam, **options: Any) -> None:
        raise IntegrityError("NOT NULL constraint failed: proctoring_proctoredexam.exam_name")

    monkeypatch.setattr(ProctoredExam, "save", refuse)

    with pytest.raises(IntegrityError, match="exam_name"):
        api.create_exam(COURSE, CONTENT, "Final", 90)


def test_the_default_provider_of_the_older_settings_is_stored(settings: Any) -> None:
    settings.PROCTORING_BACKENDS = {"DEFAULT": "null", "null": {}}
    settings.PROCTORING_BACKEND_PROVIDERS = {"DEFAULT": "test", "test": {"class": "x", "options": {}}}

    assert api.get_exam_by_id(api.create_exam(COURSE, CONTENT, "Final", 90))["backend"] == "test"


@pytest.mark.contract("exams#policy-author")
@pytest.mark.parametrize("author", [-1, None, 4711], ids=["the-system", "nobody", "unknown-here"])
class TestPolicyOfAnUnknownAuthor:
    def test_is_not_created_without_a_system_user(self, author: int | None, caplog: pytest.LogCaptureFixture) -> None:
        exam = make_exam()

        assert api.create_exam_review_policy(exam.pk, author, "No phone.") is None
        assert not ProctoredExamReviewPolicy.objects.exists()
        assert "review policy left out" in caplog.text

    def test_gets_the_system_user_as_author(self, author: int | None, settings: Any) -> None:
        robot, exam = make_staff("studio_worker"), make_exam()
        settings.PROCTORING_SETTINGS = {"SYSTEM_USERNAME": "studio_worker"}

        policy_id = api.create_exam_review_policy(exam.pk, author, "No phone.")

        assert ProctoredExamReviewPolicy.objects.get(pk=policy_id).set_by_user == robot

    def test_changes_the_text_and_keeps_the_former_author(self, author: int | None) -> None:
        policy = make_policy()

        api.update_review_policy(policy.proctored_exam_id, author, "No phone.")

        after = ProctoredExamReviewPolicy.objects.get()
        assert (after.review_policy, after.set_by_user) == ("No phone.", policy.set_by_user)


@pytest.mark.contract("timing#now")
@pytest.mark.parametrize(
    "store",
    [
        pytest.param(lambda due: api.create_exam(COURSE, CONTENT, "Final", 90, due_date=due), id="create"),
        pytest.param(lambda due: api.update_exam(make_exam().pk, due_date=due), id="update"),
    ],
)
def test_a_due_date_without_a_zone_is_utc_whatever_the_hosts_time_zone(
    settings: Any, recwarn: pytest.WarningsRecorder, store: Callable[[Any], int]
) -> None:
    settings.TIME_ZONE = "America/New_York"

    exam_id = store(NOON.replace(tzinfo=None))

    assert api.get_exam_by_id(exam_id)["due_date"] == NOON
    assert [str(warning.message) for warning in recwarn if "naive datetime" in str(warning.message)] == []


# A whole course in one request


def timed_exams(count: int, prefix: str) -> list[dict[str, Any]]:
    return [
        {"content_id": f"{prefix}-{number}", "exam_name": "Final", "time_limit_mins": 90, "is_proctored": False}
        for number in range(count)
    ]


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
def test_registering_twenty_exams_takes_as_many_queries_as_registering_two() -> None:
    def queries_of(course_id: str, count: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            api.register_course_exams(course_id, timed_exams(count, "new"))
        return len(captured)

    assert queries_of("course-v1:Demo+TWENTY+2026", 20) == queries_of("course-v1:Demo+TWO+2026", 2)


@pytest.mark.contract("events-and-logs#counts")
def test_a_provider_that_is_down_is_logged_once_for_a_whole_course(
    test_backend: Any, caplog: pytest.LogCaptureFixture
) -> None:
    test_backend.on_exam_saved = lambda exam: 1 / 0

    exam_ids = api.register_course_exams(
        COURSE, [{**exam, "is_proctored": True, "backend": "test"} for exam in timed_exams(20, "new")]
    )

    (line,) = [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    assert f"step=_notify_provider count=20 first_exam_id={exam_ids[0]}" in line


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
def test_a_registered_exam_gets_one_history_row_per_change(events: list[Any]) -> None:
    [exam_id] = api.register_course_exams(COURSE, timed_exams(1, "new"))
    api.register_course_exams(COURSE, [{**timed_exams(1, "new")[0], "exam_name": "Midterm"}])
    api.register_course_exams(COURSE, [])

    exam = ProctoredExam.objects.get(pk=exam_id)
    states = [(row.history_type, row.exam_name, row.is_active) for row in exam.history.order_by("history_id")]
    assert states == [("+", "Final", True), ("~", "Midterm", True), ("~", "Midterm", False)]
    assert exam.modified > exam.created
    assert [name.rpartition(".")[2] for name, _ in events] == ["created", "updated", "updated"]
