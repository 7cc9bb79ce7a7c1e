"""Exams over REST: read, create, change, register."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from edx_proctoring import api
from edx_proctoring.models import ProctoredExam
from tests import factories

pytestmark = pytest.mark.django_db

COURSE = "a/b/c"
EXAM_KEYS = [
    "id",
    "course_id",
    "content_id",
    "external_id",
    "exam_name",
    "time_limit_mins",
    "is_proctored",
    "is_practice_exam",
    "is_active",
    "due_date",
    "hide_after_due",
    "backend",
]
NEW_EXAM: dict[str, Any] = {
    "course_id": COURSE,
    "content_id": "test_content",
    "exam_name": "Test Exam",
    "time_limit_mins": 90,
    "is_proctored": True,
    "is_practice_exam": False,
    "external_id": "123",
    "is_active": True,
    "hide_after_due": False,
}


def url(name: str, **kwargs: Any) -> str:
    return reverse(f"edx_proctoring:proctored_exam.{name}", kwargs=kwargs)


# Reading


@pytest.mark.contract("rest-rules#objects")
@pytest.mark.operation("GET /v1/proctored_exam/exam/exam_id/{exam_id}", "GET /v1/proctored_exam/exam")
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(lambda exam: url("exam_by_id", exam_id=exam.pk), id="by-id"),
        pytest.param(
            lambda exam: url("exam_by_content_id", course_id=COURSE, content_id=exam.content_id), id="by-content"
        ),
        pytest.param(lambda exam: f"{url('exam')}?exam_id={exam.pk}", id="by-id-in-the-query"),
        pytest.param(
            lambda exam: f"{url('exam')}?course_id={COURSE}&content_id={exam.content_id}", id="by-content-in-the-query"
        ),
    ],
)
def test_an_exam_has_exactly_the_published_keys(learner_client: Any, path: Any) -> None:
    exam = factories.make_exam(course_id=COURSE, content_id="test_content")
    response = learner_client.get(path(exam))
    assert response.status_code == 200
    assert list(response.json()) == EXAM_KEYS
    assert response.data["id"] == exam.pk


@pytest.mark.operation("GET /v1/proctored_exam/exam/exam_id/{exam_id}")
def test_a_course_lists_its_active_exams_in_the_order_of_creation(learner_client: Any) -> None:
    exams = [factories.make_exam(course_id=COURSE) for _ in range(3)]
    factories.make_exam(course_id=COURSE, is_active=False)
    factories.make_exam(course_id="x/y/z")
    response = learner_client.get(url("exams_by_course_id", course_id=COURSE))
    assert [exam["id"] for exam in response.data] == [exam.pk for exam in exams]


@pytest.mark.operation("GET /v1/proctored_exam/exam/exam_id/{exam_id}")
def test_the_order_of_exams_does_not_depend_on_the_service_layer(
    learner_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service layer does not guarantee an order, and databases differ."""
    exams = [factories.make_exam(course_id=COURSE) for _ in range(3)]
    in_any_order = api.get_all_exams_for_course(course_id=COURSE, active_only=True)[::-1]
    monkeypatch.setattr(api, "get_all_exams_for_course", lambda **_kwargs: in_any_order)
    response = learner_client.get(url("exams_by_course_id", course_id=COURSE))
    assert [exam["id"] for exam in response.data] == [exam.pk for exam in exams]


@pytest.mark.operation("GET /v1/proctored_exam/exam/exam_id/{exam_id}")
def test_an_unknown_course_has_an_empty_list(learner_client: Any) -> None:
    assert learner_client.get(url("exams_by_course_id", course_id="x/y/z")).data == []


@pytest.mark.contract("rest-rules#matched-texts")
@pytest.mark.operation("GET /v1/proctored_exam/exam/exam_id/{exam_id}")
@pytest.mark.parametrize(
    ("path", "detail"),
    [
        (
            url("exam_by_id", exam_id=99999),
            "Attempted to get exam_id=99999, but this exam does not exist.",
        ),
        (
            url("exam_by_content_id", course_id="c/d/e", content_id="test_content"),
            "Cannot find proctored exam in course_id=c/d/e with content_id=test_content",
        ),
    ],
)
def test_an_unknown_exam_answers_400_with_the_text_that_clients_compare(
    learner_client: Any, path: str, detail: str
) -> None:
    response = learner_client.get(path)
    assert (response.status_code, response.data) == (400, {"detail": detail})


@pytest.mark.operation("GET /v1/proctored_exam/exam")
@pytest.mark.parametrize("query", ["", "?exam_id=one", "?content_id=x"])
def test_the_bare_url_without_a_query_that_names_an_exam_answers_400(learner_client: Any, query: str) -> None:
    assert learner_client.get(url("exam") + query).status_code == 400


@pytest.mark.operation("GET /v1/proctored_exam/exam/exam_id/{exam_id}")
@pytest.mark.parametrize(("hidden", "keys"), [(False, EXAM_KEYS), (True, [*EXAM_KEYS[:3], *EXAM_KEYS[4:-1]])])
def test_a_setting_hides_provider_fields_from_learners(
    learner_client: Any, staff_client: Any, settings: Any, hidden: bool, keys: list[str]
) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "HIDE_PROVIDER_FIELDS": hidden}
    path = url("exam_by_id", exam_id=factories.make_exam().pk)
    assert list(learner_client.get(path).json()) == keys
    assert list(staff_client.get(path).json()) == EXAM_KEYS


@pytest.mark.operation("GET /v1/proctored_exam/exam/exam_id/{exam_id}")
@pytest.mark.parametrize(("hidden", "code"), [(False, 200), (True, 400)])
def test_a_setting_hides_inactive_exams_from_learners(
    learner_client: Any, staff_client: Any, settings: Any, hidden: bool, code: int
) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "HIDE_INACTIVE_EXAMS": hidden}
    path = url("exam_by_id", exam_id=factories.make_exam(is_active=False).pk)
    assert learner_client.get(path).status_code == code
    assert staff_client.get(path).status_code == 200
    assert learner_client.get(url("exam_by_id", exam_id=factories.make_exam().pk)).status_code == 200


# Creating


@pytest.mark.operation("POST /v1/proctored_exam/exam")
@pytest.mark.parametrize("format_", ["json", "multipart"])
def test_an_exam_is_created_with_the_values_sent(staff_client: Any, format_: str) -> None:
    response = staff_client.post(url("exam"), NEW_EXAM, format=format_)
    assert response.status_code == 200, response.content
    exam = ProctoredExam.objects.get(content_id="test_content")
    assert response.json() == {"exam_id": exam.pk}
    assert (exam.is_proctored, exam.is_practice_exam, exam.time_limit_mins) == (True, False, 90)


@pytest.mark.contract("rest-rules#bodies")
@pytest.mark.operation("POST /v1/proctored_exam/exam")
@pytest.mark.parametrize(("spelling", "stored"), [("true", True), ("false", False), ("False", False), ("1", True)])
def test_a_boolean_of_a_form_is_read_from_its_text(staff_client: Any, spelling: str, stored: bool) -> None:
    body = {**NEW_EXAM, "is_proctored": spelling}
    assert staff_client.post(url("exam"), body, format="multipart").status_code == 200
    assert ProctoredExam.objects.get().is_proctored is stored


@pytest.mark.operation("POST /v1/proctored_exam/exam")
def test_due_date_and_backend_are_stored(staff_client: Any) -> None:
    body = {**NEW_EXAM, "due_date": "2030-01-01T00:00:00Z", "backend": "null"}
    assert staff_client.post(url("exam"), body, format="json").status_code == 200
    exam = ProctoredExam.objects.get()
    assert (exam.due_date, exam.backend) == (datetime(2030, 1, 1, tzinfo=UTC), "null")


@pytest.mark.operation("POST /v1/proctored_exam/exam")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"is_proctored": "bla"}, "is_proctored", id="no-boolean"),
        pytest.param({"exam_name": None}, "exam_name", id="null-name"),
        pytest.param({"time_limit_mins": "long"}, "time_limit_mins", id="no-number"),
        pytest.param({"time_limit_mins": -1}, "time_limit_mins", id="negative-time"),
        pytest.param({"time_limit_mins": 2**31}, "time_limit_mins", id="more-minutes-than-a-column-holds"),
        pytest.param({"course_id": "c" * 256}, "course_id", id="overlong-id"),
        pytest.param({"course_id": "physics"}, "course_id", id="no-course"),
    ],
)
def test_an_invalid_value_answers_400_with_an_error_for_the_field(
    staff_client: Any, change: dict[str, Any], field: str
) -> None:
    response = staff_client.post(url("exam"), {**NEW_EXAM, **change}, format="json")
    assert response.status_code == 400
    assert list(response.data) == [field]
    assert not ProctoredExam.objects.exists()


@pytest.mark.operation("POST /v1/proctored_exam/exam")
def test_a_second_exam_for_the_same_content_answers_400(staff_client: Any) -> None:
    staff_client.post(url("exam"), NEW_EXAM, format="json")
    response = staff_client.post(url("exam"), NEW_EXAM, format="json")
    assert response.status_code == 400
    assert list(response.data) == ["non_field_errors"]


@pytest.mark.parametrize("body", ["[]", '"text"', "7"])
def test_a_body_that_is_not_an_object_answers_400(staff_client: Any, body: str) -> None:
    response = staff_client.post(url("exam"), body, content_type="application/json")
    assert response.status_code == 400


# Changing


@pytest.mark.operation("PUT /v1/proctored_exam/exam")
def test_only_the_fields_sent_are_changed(staff_client: Any) -> None:
    exam = factories.make_exam(exam_name="Old", time_limit_mins=90, due_date=datetime(2030, 1, 1, tzinfo=UTC))
    response = staff_client.put(
        url("exam"), {"exam_id": exam.pk, "exam_name": "New", "time_limit_mins": None}, format="json"
    )
    assert response.json() == {"exam_id": exam.pk}
    exam.refresh_from_db()
    assert (exam.exam_name, exam.time_limit_mins, exam.due_date) == ("New", 90, datetime(2030, 1, 1, tzinfo=UTC))
    assert exam.is_proctored is True


@pytest.mark.operation("PUT /v1/proctored_exam/exam")
def test_a_box_that_a_form_leaves_out_is_unchanged(staff_client: Any) -> None:
    exam = factories.make_exam()
    staff_client.put(url("exam"), {"exam_id": exam.pk, "exam_name": "New"}, format="multipart")
    exam.refresh_from_db()
    assert (exam.is_proctored, exam.is_active) == (True, True)


@pytest.mark.contract("rest-rules#matched-texts")
@pytest.mark.operation("PUT /v1/proctored_exam/exam")
@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"exam_id": 99999}, "Attempted to update exam_id=99999, but this exam does not exist."),
        ({}, "Attempted to update exam_id=None, but this exam does not exist."),
    ],
)
def test_changing_an_unknown_exam_answers_400(staff_client: Any, body: dict[str, Any], detail: str) -> None:
    response = staff_client.put(url("exam"), body, format="json")
    assert (response.status_code, response.data) == (400, {"detail": detail})


@pytest.mark.operation("POST /v1/proctored_exam/exam")
@pytest.mark.parametrize(
    "change",
    [
        {"time_limit_mins": "long"},
        {"is_proctored": "bla"},
        {"time_limit_mins": -5},
        {"time_limit_mins": 2**40},
        {"exam_id": "one"},
    ],
)
def test_changing_to_an_invalid_value_answers_400(staff_client: Any, change: dict[str, Any]) -> None:
    exam = factories.make_exam()
    response = staff_client.put(url("exam"), {"exam_id": exam.pk, **change}, format="json")
    assert response.status_code == 400


# Registering


def register(client: Any, body: Any, course_id: str = COURSE) -> Any:
    path = url("register_exams_by_course_id", course_id=course_id)
    return client.patch(path, json.dumps(body, default=str), content_type="application/json")


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
def test_registration_creates_changes_and_deactivates_exams(staff_client: Any) -> None:
    changed = factories.make_exam(course_id=COURSE, content_id="changed", exam_name="Old")
    dropped = factories.make_exam(course_id=COURSE, content_id="dropped")
    other_course = factories.make_exam(course_id="x/y/z", content_id="dropped")
    items = [{**NEW_EXAM, "content_id": "made"}, {**NEW_EXAM, "content_id": "changed", "exam_name": "New"}]
    response = register(staff_client, items)
    made = ProctoredExam.objects.get(content_id="made")
    assert (response.status_code, response.json()) == (200, [{"exam_id": made.pk}, {"exam_id": changed.pk}])
    for exam in (changed, dropped, other_course):
        exam.refresh_from_db()
    assert changed.exam_name == "New"
    assert (dropped.is_active, dropped.is_proctored) == (False, False)
    assert other_course.is_active is True


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
def test_an_empty_list_deactivates_all_exams_of_the_course(staff_client: Any) -> None:
    exam = factories.make_exam(course_id=COURSE)
    assert register(staff_client, []).json() == []
    exam.refresh_from_db()
    assert exam.is_active is False


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
def test_a_missing_due_date_clears_the_stored_one(staff_client: Any) -> None:
    exam = factories.make_exam(course_id=COURSE, content_id="test_content", due_date=datetime(2030, 1, 1, tzinfo=UTC))
    register(staff_client, [NEW_EXAM])
    exam.refresh_from_db()
    assert exam.due_date is None


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
def test_the_due_date_is_cleared_even_if_nothing_else_differs(staff_client: Any) -> None:
    register(staff_client, [{**NEW_EXAM, "due_date": "2030-01-01T00:00:00Z"}])
    exam = ProctoredExam.objects.get()
    assert exam.due_date == datetime(2030, 1, 1, tzinfo=UTC)
    register(staff_client, [NEW_EXAM])
    exam.refresh_from_db()
    assert exam.due_date is None


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
def test_an_inactive_exam_that_is_not_in_the_list_is_not_written(staff_client: Any) -> None:
    exam = factories.make_exam(course_id=COURSE, is_active=False)
    history = exam.history.count()
    register(staff_client, [])
    exam.refresh_from_db()
    assert (exam.is_proctored, exam.history.count()) == (True, history)


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
def test_the_dict_that_the_api_returns_can_be_registered(staff_client: Any) -> None:
    exam = factories.make_exam(course_id=COURSE, due_date=datetime(2030, 1, 1, tzinfo=UTC))
    response = register(staff_client, [dict(api.get_exam_by_id(exam.pk))])
    assert (response.status_code, response.json()) == (200, [{"exam_id": exam.pk}])


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
def test_an_unchanged_exam_is_neither_written_nor_sent_to_the_provider(staff_client: Any, test_backend: Any) -> None:
    register(staff_client, [NEW_EXAM])
    exam = ProctoredExam.objects.get()
    history, test_backend.last_exam = exam.history.count(), None
    assert register(staff_client, [NEW_EXAM]).status_code == 200
    assert exam.history.count() == history
    assert test_backend.last_exam is None


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
@pytest.mark.parametrize(
    "items",
    [
        pytest.param([NEW_EXAM, {**NEW_EXAM, "content_id": "two", "is_active": "bla"}], id="one-bad-item"),
        pytest.param({"exams": [NEW_EXAM]}, id="not-a-list"),
        pytest.param([NEW_EXAM, {**NEW_EXAM, "exam_name": "again"}], id="same-content-twice"),
        pytest.param([{**NEW_EXAM, "course_id": "x/y/z"}], id="another-course"),
    ],
)
def test_an_invalid_list_answers_422_and_writes_nothing(staff_client: Any, items: Any) -> None:
    exam = factories.make_exam(course_id=COURSE)
    response = register(staff_client, items)
    assert response.status_code == 422
    assert response.data
    assert [row.pk for row in ProctoredExam.objects.filter(is_active=True)] == [exam.pk]


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
def test_a_failing_registration_writes_nothing_and_calls_no_provider(
    staff_client: Any, test_backend: Any, events: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A concurrent request creates the second exam."""
    dropped = factories.make_exam(course_id=COURSE, content_id="dropped")
    others = factories.make_exam(course_id=COURSE, content_id="two")
    history, test_backend.last_exam = ProctoredExam.history.count(), None
    events.clear()
    # Hides the exam that the other request commits after this one reads the course.
    monkeypatch.setattr(
        ProctoredExam,
        "get_all_exams_for_course",
        lambda course_id, *_args: ProctoredExam.objects.filter(course_id=course_id, content_id="dropped"),
    )

    response = register(staff_client, [NEW_EXAM, {**NEW_EXAM, "content_id": "two"}])

    assert (response.status_code, "two" in response.json()["detail"]) == (400, True)
    assert {exam.pk for exam in ProctoredExam.objects.filter(is_active=True)} == {dropped.pk, others.pk}
    assert ProctoredExam.objects.count() == 2
    assert ProctoredExam.history.count() == history
    assert (test_backend.last_exam, events) == (None, [])


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
@pytest.mark.django_db(transaction=True)
def test_providers_are_called_after_the_registration_is_committed(
    staff_client: Any, test_backend: Any, events: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider that fails undoes nothing and does not stop the other calls."""
    dropped = factories.make_exam(course_id=COURSE, content_id="dropped")
    calls: list[tuple[str, bool, bool]] = []

    def on_exam_saved(exam: dict[str, Any]) -> str | None:
        calls.append((exam["content_id"], exam["is_active"], connection.in_atomic_block))
        if exam["content_id"] != "two":
            raise RuntimeError("the provider is down")
        return "id-of-two"

    monkeypatch.setattr(test_backend, "on_exam_saved", on_exam_saved)

    response = register(staff_client, [NEW_EXAM, {**NEW_EXAM, "content_id": "two"}])

    assert response.status_code == 200
    assert calls == [("test_content", True, False), ("two", True, False), ("dropped", False, False)]
    assert [name.rpartition(".")[2] for name, _data in events] == ["created", "created", "updated"]
    dropped.refresh_from_db()
    assert dropped.is_active is False
    assert ProctoredExam.objects.get(content_id="two").external_id == "id-of-two"


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
@pytest.mark.parametrize("format_", ["multipart", "json"])
@pytest.mark.parametrize("body", [{}, {"course_id": COURSE}], ids=["empty", "one-exam"])
def test_a_body_that_is_not_a_list_answers_422_and_deactivates_nothing(
    staff_client: Any, format_: str, body: dict[str, Any]
) -> None:
    """DRF reads an empty list from any form."""
    exam = factories.make_exam(course_id=COURSE)
    path = url("register_exams_by_course_id", course_id=COURSE)
    response = staff_client.patch(path, body, format=format_)
    assert (response.status_code, list(response.data)) == (422, ["non_field_errors"])
    exam.refresh_from_db()
    assert exam.is_active is True
