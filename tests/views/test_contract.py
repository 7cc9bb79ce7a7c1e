"""Rules of all endpoints, and details of the contract that are easy to break."""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.urls import include, path, reverse
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework.throttling import UserRateThrottle
from waffle.testutils import override_switch

from edx_proctoring import api, callbacks, constants, rules, serializers, views
from edx_proctoring.backends import software_secure
from edx_proctoring.models import ProctoredExam, ProctoredExamReviewPolicy
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils import AuthenticatedAPIView
from edx_proctoring.views import onboarding
from edx_proctoring.views.base import NonAtomicView
from tests import factories
from tests.views import contract
from tests.views.conftest import COURSE_B, World
from tests.views.contract import TABLE, Row
from tests.views.test_permissions import address, resolve, snapshot, stage

pytestmark = pytest.mark.django_db

__all__ = ["stage"]


def url(name: str, *args: Any) -> str:
    return reverse(f"edx_proctoring:{name}", args=args)


# URLs

# As Studio mounts it.
urlpatterns = [
    path("api/", include("edx_proctoring.instructor_dashboard_exam_urls", namespace="edx_proctoring")),
]


@pytest.mark.contract("rest-rules#mounts")
def test_studio_reverses_the_exam_dashboard_by_the_same_name(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    expected = "/api/edx_proctoring/v1/instructor/a/b/c/7"
    assert reverse("edx_proctoring:instructor_dashboard_exam", args=["a/b/c", 7]) == expected


@pytest.mark.contract("rest-rules#modules")
@pytest.mark.parametrize("module", ["urls", "instructor_dashboard_exam_urls", "views", "callbacks", "decorators"])
def test_published_modules_can_be_imported(module: str) -> None:
    assert __import__(f"edx_proctoring.{module}")


# Requests and answers


@pytest.mark.contract("rest-rules#options")
def test_options_describes_the_resource_to_signed_in_users(learner_client: Any) -> None:
    response = learner_client.options(url("proctored_exam.attempt", 1))
    assert response.status_code == 200
    assert {"name", "description", "renders", "parses"} <= set(response.json())
    assert APIClient().options(url("proctored_exam.attempt", 1)).status_code == 403


@pytest.mark.contract("rest-rules#headers")
def test_responses_have_vary_and_allow_headers(learner_client: Any) -> None:
    response = learner_client.get(url("proctored_exam.attempt.collection"))
    assert {word.strip() for word in response["Vary"].split(",")} >= {"Accept", "Cookie"}
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"


# Endpoints that answer with a page instead of data.
PAGES = ("instructor", "anonymous.proctoring_launch_callback.start_exam")


@pytest.mark.contract("rest-rules#response-objects")
@pytest.mark.parametrize("row", [row for row in TABLE if row.status == 200 and row.name not in PAGES], ids=str)
def test_responses_can_be_read_as_data(row: Row, stage: World, client_of: Callable[..., Any]) -> None:
    """Tests of hosts read ``response.data``."""
    role = sorted(row.allowed)[0]
    arguments = {} if row.body is None else {"data": resolve(row.body, stage), "format": "json"}
    response = getattr(client_of(stage[role]), row.method)(address(row, stage), **arguments)
    assert hasattr(response, "data")


@pytest.mark.contract("rest-rules#throttling")
def test_a_host_throttle_without_a_rate_is_unlimited(learner_client: Any) -> None:
    assert UserRateThrottle in views.ProctoredAPIView.throttle_classes
    assert UserRateThrottle().rate is None
    codes = {learner_client.get(url("proctored_exam.attempt.collection")).status_code for _ in range(50)}
    assert codes == {200}


@pytest.mark.contract("rest-rules#base-class", "rest-rules#exception-status")
def test_every_view_inherits_the_mapping_of_domain_exceptions() -> None:
    ours = [getattr(views, name) for name in views.__all__]
    view_classes = [view for view in ours if isinstance(view, type) and hasattr(view, "as_view")]
    assert len(view_classes) > 20
    assert all(issubclass(view, NonAtomicView) for view in view_classes)
    with_login = [view for view in view_classes if view is not views.AnonymousReviewCallback]
    assert all(issubclass(view, AuthenticatedAPIView) for view in with_login)


@pytest.mark.contract("rest-rules#loggers")
def test_loggers_have_their_published_names() -> None:
    assert (views.LOG.name, callbacks.log.name) == ("edx_proctoring_views", "edx_proctoring.callbacks")
    assert type(views.LOG) is type(callbacks.log) is logging.Logger


# Reviewers


@pytest.mark.contract("rest-rules#reviewers")
@pytest.mark.parametrize(
    ("backend", "group", "is_member"),
    [
        pytest.param("test", "test_review", True, id="of-the-provider"),
        pytest.param("test", "null_review", False, id="of-another-provider"),
        pytest.param(None, "test_review", True, id="of-the-default-provider"),
    ],
)
def test_members_of_the_provider_s_group_are_its_reviewers(
    settings: Any, backend: str | None, group: str, is_member: bool
) -> None:
    settings.PROCTORING_BACKENDS = {**settings.PROCTORING_BACKENDS, "DEFAULT": "test"}
    user = factories.make_user()
    user.groups.add(Group.objects.create(name=group))
    attempt = {"proctored_exam": {"backend": backend}}
    assert rules.is_in_reviewer_group(user, attempt) is is_member
    assert user.has_perm("edx_proctoring.can_review_attempt", attempt) is is_member


@pytest.mark.contract("rest-rules#reviewers")
@pytest.mark.parametrize(("fields", "may"), [({"is_superuser": True}, True), ({"is_staff": True}, True), ({}, False)])
def test_staff_and_superusers_may_review_without_a_group(fields: dict[str, bool], may: bool) -> None:
    user = factories.make_user(**fields)
    attempt = {"proctored_exam": {"backend": "test"}}
    assert user.has_perm("edx_proctoring.can_review_attempt", attempt) is may


# Objects


@pytest.mark.contract("rest-rules#objects")
def test_objects_have_the_published_keys_in_order() -> None:
    attempt, allowance = factories.make_attempt(), factories.make_allowance()
    policy = factories.make_policy()
    data = {
        "attempt": serializers.ProctoredExamStudentAttemptSerializer(attempt).data,
        "allowance": serializers.ProctoredExamStudentAllowanceSerializer(allowance).data,
        "policy": serializers.ProctoredExamReviewPolicySerializer(policy).data,
    }
    assert tuple(data["attempt"]) == contract.ATTEMPT
    assert tuple(data["allowance"]) == contract.ALLOWANCE
    assert tuple(data["policy"]) == ("id", "created", "modified", "set_by_user", "proctored_exam", "review_policy")
    for item, person in (("attempt", "user"), ("allowance", "user"), ("policy", "set_by_user")):
        assert tuple(data[item][person]) == contract.USER
        assert tuple(data[item]["proctored_exam"]) == contract.EXAM


@pytest.mark.contract("rest-rules#dates")
def test_dates_are_text_or_datetime_as_published() -> None:
    due = datetime(2030, 1, 1, tzinfo=UTC)
    attempt = factories.make_attempt(factories.make_exam(due_date=due), status=S.started)
    data = serializers.ProctoredExamStudentAttemptSerializer(attempt).data
    assert isinstance(data["created"], str)
    assert data["created"].endswith("Z")
    assert data["started_at"] == attempt.started_at
    assert data["proctored_exam"]["due_date"] == due
    safe = serializers.ProctoredExamJSONSafeSerializer(attempt.proctored_exam).data
    assert safe["due_date"] == "2030-01-01T00:00:00Z"


NEW_EXAM = {**contract.THE_EXAM, "course_id": "a/b/c"}


@pytest.mark.operation("POST /v1/proctored_exam/exam")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"external_id": None}, "external_id", id="null-external-id"),
        pytest.param({"due_date": None}, "due_date", id="null-due-date"),
        pytest.param({"is_active": "bla"}, "is_active", id="no-boolean"),
        pytest.param({"content_id": ""}, "content_id", id="blank-content"),
    ],
)
def test_the_exam_serializer_refuses_invalid_values(change: dict[str, Any], field: str) -> None:
    serializer = serializers.ProctoredExamSerializer(data={**NEW_EXAM, **change})
    assert serializer.is_valid() is False
    assert list(serializer.errors) == [field]


@pytest.mark.operation("POST /v1/proctored_exam/exam")
@pytest.mark.parametrize(
    "change",
    [
        {"is_active": "t"},
        {"is_active": "f"},
        {"backend": None},
        {"backend": "not installed yet"},
        {"due_date": "2030-01-01T00:00:00Z"},
    ],
    ids=["t", "f", "default-provider", "unknown-provider", "due-date"],
)
def test_the_exam_serializer_accepts_valid_values(change: dict[str, Any]) -> None:
    assert serializers.ProctoredExamSerializer(data={**NEW_EXAM, **change}).is_valid()


@pytest.mark.operation("PATCH /v1/proctored_exam/exam_registration/course_id/{course_id}")
def test_registration_accepts_an_existing_exam_without_external_id_and_due_date() -> None:
    factories.make_exam(course_id="a/b/c", content_id="physicsexam")
    item = {**NEW_EXAM, "external_id": None, "due_date": None}
    assert serializers.ProctoredExamRegistrationSerializer(data=item).is_valid()
    del item["external_id"]
    assert serializers.ProctoredExamRegistrationSerializer(data=item).is_valid()
    again = serializers.ProctoredExamSerializer(data=NEW_EXAM)
    assert again.is_valid() is False
    assert list(again.errors) == ["non_field_errors"]


# Details that are easy to break


@pytest.mark.contract("rest-rules#exam-lookup")
def test_an_exam_is_found_while_a_test_replaces_objects_filter(
    learner_client: Any, learner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.make_exam("onboarding")
    exam = factories.make_exam()
    attempt = factories.make_attempt(exam, learner, status=S.onboarding_missing)
    monkeypatch.setattr(ProctoredExam.objects, "filter", lambda *_args, **_kwargs: ProctoredExam.objects.none())
    response = learner_client.get(
        url("proctored_exam.exam_attempts", factories.COURSE), {"content_id": exam.content_id}
    )
    found = response.json()["exam"]
    assert (found["id"], found["attempt"]["attempt_id"], found["onboarding_link"]) == (exam.pk, attempt.pk, "")


@pytest.mark.operation("GET /v1/proctored_exam/review_policy/exam_id/{exam_id}/")
def test_a_replaced_policy_look_up_is_used(
    learner_client: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    policy = factories.make_policy()
    monkeypatch.setattr(ProctoredExamReviewPolicy, "get_review_policy_for_exam", lambda *_args: None)
    response = learner_client.get(url("proctored_exam.review_policy", policy.proctored_exam_id))
    assert (response.status_code, response.json()) == (200, {"review_policy": None})
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.contract("rest-rules#quiet-agreement")
@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("approved-in-course", "verified"),
        ("approved-in-different-course", "other_course_approved"),
        ("rejected", "rejected"),
        ("expired", "expired"),
        ("pending", "submitted"),
    ],
)
def test_agreement_with_the_provider_s_profile_is_not_logged(
    learner_client: Any,
    learner: User,
    all_services: Any,
    test_backend: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    theirs: str,
    ours: str,
) -> None:
    """From the creation of the attempt on. The status is stored even if it is not an attempt status."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(constants, "ONBOARDING_PROFILE_API", True)
    profile = {"status": theirs, "expiration_date": "2051-05-21"}
    monkeypatch.setattr(test_backend, "get_onboarding_profile_info", lambda *_args, **_kwargs: profile)
    exam = factories.make_exam("onboarding")
    attempt_id = api.create_exam_attempt(exam.pk, learner.pk, True)
    api.update_attempt_status(attempt_id, ours)
    response = learner_client.get(url("user_onboarding.status"), {"course_id": factories.COURSE})
    assert response.json()["onboarding_status"] == ours
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.operation("GET /v1/user_onboarding/status/course_id/{course_id}")
@pytest.mark.parametrize("switch", [True, False])
@pytest.mark.parametrize("query", [{}, {"statuses": "verified"}], ids=["everybody", "whatever-the-filter-lets-through"])
def test_monitoring_attributes_contain_enrolments_and_switch(
    staff_client: Any,
    enrol: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    query: dict[str, str],
    switch: bool,
) -> None:
    attributes: dict[str, Any] = {}
    monkeypatch.setattr(onboarding, "set_custom_attribute", attributes.__setitem__)
    factories.make_exam("onboarding")
    enrol(*(factories.make_user() for _ in range(3)))
    with override_switch("edx_proctoring.onboarding_profile_instructor_dashboard_api", switch):
        assert staff_client.get(url("user_onboarding.status.course", factories.COURSE), query).status_code == 200
    assert attributes == {"num_proctoring_eligible_enrollments": 3, "onboarding_profile_api_enabled": switch}


@pytest.mark.operation("GET /v1/instructor/{course_id}/{exam_id}")
def test_a_recording_link_that_cannot_be_decrypted_answers_404(
    staff_client: Any, all_services: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any) -> bytes:
        raise ValueError

    monkeypatch.setattr(software_secure, "decode_and_decrypt", fail)
    exam = factories.make_exam(course_id="a/b/c", backend="software_secure")
    attempt = factories.make_attempt(exam, status=S.submitted)
    factories.make_review(attempt, encrypted_video_url=b"no cipher")
    with override_switch("edx_proctoring.reds_api_redirect", True):
        response = staff_client.get(
            url("instructor_dashboard_exam", "a/b/c", exam.pk), {"attempt": attempt.external_id}
        )
    assert response.status_code == 404
    assert response.data.startswith("No instructor dashboard for")


# Security: invalid bodies and ids

# The ready callback does not read its body.
WITH_BODIES = [
    row for row in TABLE if isinstance(row.body, dict) and row.name != "proctored_exam.attempt.ready_callback"
]
FOR_COURSE_STAFF = [row for row in TABLE if "course_staff" in row.allowed and "foreign_staff" not in row.allowed]


@pytest.mark.contract("rest-rules#body-is-object")
@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", "true", '[{"exam_id": 1}]'])
@pytest.mark.parametrize("row", WITH_BODIES, ids=str)
def test_a_body_that_is_not_an_object_answers_400_and_changes_nothing(
    row: Row, body: str, stage: World, client_of: Callable[..., Any]
) -> None:
    before = snapshot()
    for role in sorted(row.allowed & {"global_staff", "course_staff", "owner", "reviewer", "anonymous"}):
        client = client_of(stage[role])
        response = client.generic(row.method.upper(), address(row, stage), body, content_type="application/json")
        assert (response.status_code, list(response.data)) == (400, ["detail"]), role
    assert snapshot() == before


NO_IDS = ["one", "1.5", "-1", "", " ", "1e3", "0x1", "\u0661", True, 1.5, [], {}, [1], 2**31, 2**70]


def id_fields(row: Row) -> Iterable[str]:
    body = row.body if isinstance(row.body, dict) else {}
    return [name for name in ("exam_id", "user_id") if name in body and not (row.method == "put" and name == "user_id")]


@pytest.mark.contract("rest-rules#ids")
@pytest.mark.parametrize("value", NO_IDS, ids=repr)
@pytest.mark.parametrize("row", [row for row in TABLE if id_fields(row)], ids=str)
def test_an_invalid_id_in_a_body_answers_400_and_changes_nothing(
    row: Row, value: Any, stage: World, client_of: Callable[..., Any]
) -> None:
    before = snapshot()
    for name in id_fields(row):
        if name == "user_id" and value == "":
            # DELETE without a user is accepted and removes nothing.
            continue
        body = {**resolve(row.body, stage), name: value}
        response = getattr(client_of(stage["global_staff"]), row.method)(address(row, stage), body, format="json")
        assert (response.status_code, list(response.data)) == (400, ["detail"]), (name, response.content)
    assert snapshot() == before


@pytest.mark.contract("rest-rules#ids")
@pytest.mark.parametrize("value", [value for value in NO_IDS if isinstance(value, str) and value.strip()], ids=repr)
@pytest.mark.parametrize(
    ("name", "args", "field"),
    [
        ("proctored_exam.exam", (), "exam_id"),
        ("proctored_exam.allowance", (), "exam_id"),
        ("proctored_exam.active_exams_for_user", (), "user_id"),
        ("proctored_exam.exam_attempts", ("a/b/c",), "user_id"),
        ("proctored_exam.active_attempt", (), "user_id"),
        ("proctored_exam.attempts.grouped.course", ("a/b/c",), "exam_id"),
    ],
)
def test_an_invalid_id_in_a_query_answers_400(
    staff_client: Any, name: str, args: tuple[str, ...], field: str, value: str
) -> None:
    response = staff_client.get(url(name, *args), {field: value})
    assert (response.status_code, list(response.data)) == (400, ["detail"])


@pytest.mark.contract("rest-rules#course-scope")
@pytest.mark.parametrize("row", FOR_COURSE_STAFF, ids=str)
def test_staff_of_one_course_get_403_for_objects_of_another(
    row: Row, stage: World, client_of: Callable[..., Any]
) -> None:
    """Staff of another course send each request and name their own course wherever they can."""
    before = snapshot()
    body = {**(resolve(row.body, stage) if isinstance(row.body, dict) else {}), "course_id": COURSE_B}
    client = client_of(stage["foreign_staff"])
    for format_ in ("json", "multipart"):
        response = client.generic(row.method.upper(), address(row, stage), "", content_type="application/json")
        assert response.status_code in (400, 403)
        if row.method != "get":
            response = getattr(client, row.method)(address(row, stage), body, format=format_)
        else:
            response = client.generic(
                "GET", address(row, stage), f'{{"course_id": "{COURSE_B}"}}', content_type="application/json"
            )
        assert response.status_code == 403, response.content
    assert snapshot() == before


@pytest.mark.operation("GET /v1/instructor/{course_id}/{exam_id}")
@pytest.mark.parametrize("role", ["foreign_staff", "global_staff"])
def test_an_exam_is_not_found_through_another_course(role: str, world: World, client_of: Callable[..., Any]) -> None:
    response = client_of(world[role]).get(url("instructor_dashboard_exam", COURSE_B, world.exam.pk))
    assert response.status_code == (404 if role == "global_staff" else 403)


@pytest.mark.contract("rest-rules#no-rollback")
@pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")
def test_a_refused_reset_of_a_past_due_onboarding_exam_is_shown_on_the_dashboard(
    learner_client: Any, learner: User, staff_client: Any, all_services: Any, enrol: Callable[..., Any]
) -> None:
    enrol(learner)
    exam = factories.make_exam("onboarding", due_date=timezone.now() - timedelta(days=1))
    attempt = factories.make_attempt(exam, learner, status=S.rejected)
    response = learner_client.put(url("proctored_exam.attempt", attempt.pk), {"action": "reset_attempt"}, format="json")
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    roster = staff_client.get(url("user_onboarding.status.course", factories.COURSE)).json()
    assert [row["status"] for row in roster["results"]] == ["onboarding_reset_past_due"]


@pytest.mark.contract("rest-rules#courses")
@pytest.mark.parametrize("course_id", ["a/b/c", "course-v1:Demo+PROC+2026"])
def test_course_ids_of_the_old_and_the_new_form_are_accepted(learner_client: Any, course_id: str) -> None:
    exam = factories.make_exam("timed", course_id=course_id, content_id="test_content")
    response = learner_client.get(
        url("proctored_exam.exam_attempts", course_id), {"content_id": "test_content", "is_learning_mfe": "true"}
    )
    assert response.json()["exam"]["id"] == exam.pk
    learner_client.post(
        url("proctored_exam.attempt.collection"), {"exam_id": exam.pk, "start_clock": "true"}, format="json"
    )
    active = learner_client.get(url("proctored_exam.active_attempt")).json()
    assert course_id in active["exam_url_path"]
