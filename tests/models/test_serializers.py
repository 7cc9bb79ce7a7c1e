"""The published dictionaries, key by key, and validation of exam input."""

import json
from datetime import datetime

import pytest
from rest_framework.renderers import JSONRenderer

from edx_proctoring.serializers import (
    ProctoredExamJSONSafeSerializer,
    ProctoredExamRegistrationSerializer,
    ProctoredExamReviewPolicySerializer,
    ProctoredExamSerializer,
    ProctoredExamStudentAllowanceSerializer,
    ProctoredExamStudentAttemptSerializer,
    UserSerializer,
    data_of,
)
from tests.factories import NOON, make_allowance, make_attempt, make_exam, make_policy, make_user

pytestmark = pytest.mark.django_db

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


def in_json(data):
    return json.loads(JSONRenderer().render(data))


@pytest.mark.contract("data-shapes#exam")
class TestExam:
    @pytest.mark.contract("timing#deadline-in-answers")
    def test_has_the_published_keys_in_order(self):
        assert list(ProctoredExamSerializer(make_exam()).data) == EXAM_KEYS

    def test_its_due_date_is_a_datetime_and_a_text_in_json(self):
        data = ProctoredExamSerializer(make_exam(due_date=NOON)).data
        assert data["due_date"] == NOON
        assert isinstance(data["due_date"], datetime)
        assert in_json(data)["due_date"] == "2026-03-02T12:00:00Z"

    def test_its_due_date_is_a_text_for_providers(self):
        assert ProctoredExamJSONSafeSerializer(make_exam(due_date=NOON)).data["due_date"] == "2026-03-02T12:00:00Z"
        assert ProctoredExamJSONSafeSerializer(make_exam()).data["due_date"] is None

    @pytest.mark.contract("data-shapes#fresh")
    def test_callers_may_add_keys(self):
        data = ProctoredExamSerializer(make_exam()).data
        data["rule_summary"] = "Open book"
        assert data["rule_summary"] == "Open book"


@pytest.mark.contract("data-shapes#attempt")
class TestAttempt:
    @pytest.mark.contract("timing#deadline-in-answers")
    def test_has_the_published_keys_in_order(self):
        data = ProctoredExamStudentAttemptSerializer(make_attempt()).data
        assert list(data) == ATTEMPT_KEYS
        assert list(data["user"]) == ["id", "username", "email"]
        assert list(data["proctored_exam"]) == EXAM_KEYS

    def test_created_and_modified_are_texts_and_the_other_dates_datetimes(self):
        data = ProctoredExamStudentAttemptSerializer(make_attempt(started_at=NOON)).data
        assert data["started_at"] == NOON
        assert data["completed_at"] is None
        assert isinstance(data["created"], str)
        assert isinstance(data["modified"], str)
        assert data["created"].endswith("Z")
        assert in_json(data)["started_at"] == "2026-03-02T12:00:00Z"

    def test_takes_no_query_if_exam_and_learner_are_loaded(self, django_assert_num_queries):
        attempt = make_attempt()
        with django_assert_num_queries(0):
            assert ProctoredExamStudentAttemptSerializer(attempt).data["id"] == attempt.id


@pytest.mark.contract("data-shapes#allowance")
def test_an_allowance_has_the_published_keys():
    data = ProctoredExamStudentAllowanceSerializer(make_allowance(value="30")).data
    assert list(data) == ["id", "created", "modified", "user", "key", "value", "proctored_exam"]
    assert data["value"] == "30"


@pytest.mark.contract("data-shapes#review-policy")
def test_a_review_policy_has_the_published_keys():
    data = ProctoredExamReviewPolicySerializer(make_policy(review_policy="Open book")).data
    assert list(data) == ["id", "created", "modified", "set_by_user", "proctored_exam", "review_policy"]
    assert data["review_policy"] == "Open book"


@pytest.mark.contract("data-shapes#user")
def test_a_user_has_id_name_and_email():
    user = make_user("julia")
    assert UserSerializer(user).data == {"id": user.id, "username": "julia", "email": "julia@example.com"}


def exam_input(**changes):
    data = {
        "course_id": "a/b/c",
        "content_id": "content",
        "external_id": "external",
        "exam_name": "Exam",
        "time_limit_mins": 90,
        "is_proctored": True,
        "is_practice_exam": False,
        "is_active": True,
        "hide_after_due": False,
        **changes,
    }
    return {key: value for key, value in data.items() if value is not ...}


ABSENT = ...

REFUSED = [
    pytest.param(serializer, changes, field, id=f"{serializer.__name__}-{field}-{next(iter(changes.values()))!r:.20}")
    for serializer, changes, field in [
        *[
            (ProctoredExamSerializer, {field: ABSENT}, field)
            for field in EXAM_KEYS
            if field not in ("id", "due_date", "backend")
        ],
        (ProctoredExamSerializer, {"external_id": None}, "external_id"),
        (ProctoredExamSerializer, {"due_date": None}, "due_date"),
        (ProctoredExamSerializer, {"is_proctored": "bla"}, "is_proctored"),
        (ProctoredExamSerializer, {"time_limit_mins": "long"}, "time_limit_mins"),
        (ProctoredExamSerializer, {"time_limit_mins": -1}, "time_limit_mins"),
        (ProctoredExamSerializer, {"course_id": "c" * 256}, "course_id"),
        (ProctoredExamSerializer, {"content_id": "c" * 256}, "content_id"),
        (ProctoredExamSerializer, {"external_id": "c" * 256}, "external_id"),
        (ProctoredExamSerializer, {"backend": "c" * 256}, "backend"),
        (ProctoredExamRegistrationSerializer, {"exam_name": ABSENT}, "exam_name"),
    ]
]


@pytest.mark.parametrize(("serializer", "changes", "field"), REFUSED)
def test_invalid_input_is_refused_by_field(serializer, changes, field):
    checked = serializer(data=exam_input(**changes))
    assert not checked.is_valid()
    assert list(checked.errors) == [field]


@pytest.mark.parametrize(
    ("serializer", "changes"),
    [
        pytest.param(ProctoredExamSerializer, {}, id="complete"),
        pytest.param(ProctoredExamSerializer, {"is_proctored": "t", "is_active": "false"}, id="spelled-booleans"),
        pytest.param(ProctoredExamSerializer, {"backend": None}, id="default-provider"),
        pytest.param(ProctoredExamSerializer, {"backend": "gone"}, id="unknown-provider"),
        pytest.param(ProctoredExamSerializer, {"due_date": "2026-03-02T12:00:00Z"}, id="due-date"),
        pytest.param(ProctoredExamRegistrationSerializer, {"external_id": ABSENT}, id="registering-without-id"),
        pytest.param(ProctoredExamRegistrationSerializer, {"external_id": None}, id="registering-null-id"),
        pytest.param(ProctoredExamRegistrationSerializer, {"due_date": None}, id="registering-null-due-date"),
    ],
)
def test_valid_input_is_accepted(serializer, changes):
    checked = serializer(data=exam_input(**changes))
    assert checked.is_valid(), checked.errors


def test_an_unknown_provider_is_logged(caplog):
    ProctoredExamSerializer(data=exam_input(backend="gone")).is_valid(raise_exception=True)
    assert "backend=gone" in caplog.text


def test_a_known_provider_is_not_logged(caplog):
    ProctoredExamSerializer(data=exam_input(backend="null")).is_valid(raise_exception=True)
    assert caplog.text == ""


class TestDuplicateCourseAndContent:
    def test_is_refused_on_creation(self):
        exam = make_exam()
        checked = ProctoredExamSerializer(data=exam_input(course_id=exam.course_id, content_id=exam.content_id))
        assert not checked.is_valid()
        assert list(checked.errors) == ["non_field_errors"]

    def test_is_accepted_on_registration(self):
        exam = make_exam()
        data = exam_input(course_id=exam.course_id, content_id=exam.content_id)
        assert ProctoredExamRegistrationSerializer(data=data).is_valid()


@pytest.mark.parametrize(
    ("serializer", "make"),
    [
        pytest.param(ProctoredExamSerializer, lambda: make_exam(due_date=NOON, backend=None), id="exam"),
        pytest.param(ProctoredExamJSONSafeSerializer, lambda: make_exam(due_date=NOON), id="exam-for-providers"),
        pytest.param(ProctoredExamStudentAttemptSerializer, lambda: make_attempt(status="submitted"), id="attempt"),
        pytest.param(ProctoredExamStudentAllowanceSerializer, make_allowance, id="allowance"),
        # The value in memory may have another type than in the table.
        pytest.param(ProctoredExamStudentAllowanceSerializer, lambda: make_allowance(value=45), id="number-as-text"),
        pytest.param(ProctoredExamReviewPolicySerializer, make_policy, id="policy"),
        pytest.param(UserSerializer, make_user, id="user"),
    ],
)
def test_data_of_equals_the_data_of_the_serializer(serializer, make):
    instance = make()
    expected = serializer(instance).data

    data = data_of(serializer, instance)

    assert in_json(data) == in_json(expected)
    assert data == expected
    assert list(data) == list(expected)


def test_data_of_returns_a_new_dictionary_each_time():
    attempt = make_attempt()
    data_of(ProctoredExamStudentAttemptSerializer, attempt)["proctored_exam"]["type"] = "added by a caller"

    assert "type" not in data_of(ProctoredExamStudentAttemptSerializer, attempt)["proctored_exam"]


def test_data_of_an_attempt_whose_exam_was_deleted_has_no_exam():
    attempt = make_attempt()
    attempt.proctored_exam.delete()
    archived = type(attempt).get_historic_attempt_by_code(attempt.attempt_code)

    assert data_of(ProctoredExamStudentAttemptSerializer, archived)["proctored_exam"] is None
