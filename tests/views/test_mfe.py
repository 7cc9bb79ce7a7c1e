"""Endpoints of the learning micro-frontend."""

from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from edx_proctoring import runtime
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.attempt_requests import ATTEMPT_DATA_KEYS
from tests.views.test_exams import EXAM_KEYS

pytestmark = pytest.mark.django_db

URL = reverse("edx_proctoring:proctored_exam.exam_attempts", args=[factories.COURSE])
ACTIVE_URL = reverse("edx_proctoring:proctored_exam.active_attempt")


def get(client: Any, exam: Any = None, **query: Any) -> Any:
    if exam is not None:
        query["content_id"] = exam.content_id
    return client.get(URL, query)


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
def test_without_an_exam_both_objects_are_empty(learner_client: Any) -> None:
    assert get(learner_client).json() == {"exam": {}, "active_attempt": {}}
    assert get(learner_client, content_id="unknown").json() == {"exam": {}, "active_attempt": {}}


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
def test_an_exam_before_the_first_attempt_has_an_empty_attempt(learner_client: Any, learner: User) -> None:
    exam = factories.make_exam("timed")
    factories.make_allowance(exam, learner, value="30")
    data = get(learner_client, exam).json()
    added = ["attempt", "total_time", "type", "passed_due_date", "use_legacy_attempt_api"]
    assert list(data["exam"])[: len(EXAM_KEYS)] == EXAM_KEYS
    assert set(data["exam"]) == {*EXAM_KEYS, *added}
    assert data["active_attempt"] == {}
    assert {key: data["exam"][key] for key in added} == {
        "attempt": {},
        "total_time": "2 hours",
        "type": "timed",
        "passed_due_date": False,
        "use_legacy_attempt_api": True,
    }


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
@pytest.mark.parametrize("kind", ["timed", "proctored", "practice", "onboarding"])
def test_the_type_is_the_word_that_clients_compare(learner_client: Any, credit: Any, kind: str) -> None:
    assert get(learner_client, factories.make_exam(kind)).json()["exam"]["type"] == kind


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
def test_an_exam_past_its_due_date_is_marked(learner_client: Any) -> None:
    exam = factories.make_exam("timed", due_date=timezone.now() - timedelta(days=1))
    assert get(learner_client, exam).json()["exam"]["passed_due_date"] is True


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
def test_the_due_date_is_that_of_the_requested_learner(
    staff_client: Any, learner: User, date_service: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def due(_course_id: Any, _block_id: Any, _name: str, user: Any = None) -> datetime:
        return timezone.now() + timedelta(days=-1 if getattr(user, "pk", user) == learner.pk else 1)

    monkeypatch.setattr(date_service, "get_date_for_block", due)
    exam = factories.make_exam("timed")
    assert get(staff_client, exam, user_id=learner.pk).json()["exam"]["passed_due_date"] is True
    assert get(staff_client, exam).json()["exam"]["passed_due_date"] is False


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
def test_a_running_exam_of_another_course_with_the_same_content_id_is_another_exam(
    learner_client: Any, learner: User
) -> None:
    """Content ids of older courses are plain words, so two courses may have the same."""
    exam = factories.make_exam("timed", content_id="final")
    elsewhere = factories.make_exam("timed", content_id="final", course_id="x/y/z")
    running = factories.make_attempt(elsewhere, learner, status=S.started)
    data = get(learner_client, exam).json()
    assert data["active_attempt"]["attempt_id"] == running.pk
    assert (data["exam"]["id"], data["exam"]["attempt"]) == (exam.pk, {})


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
def test_the_running_attempt_is_also_the_exam_s_attempt(learner_client: Any, learner: User, credit: Any) -> None:
    exam = factories.make_exam()
    attempt = factories.make_attempt(exam, learner, status=S.started)
    data = get(learner_client, exam, is_learning_mfe="true").json()
    assert data["active_attempt"]["attempt_id"] == attempt.pk
    assert set(data["active_attempt"]) >= ATTEMPT_DATA_KEYS
    assert data["exam"]["attempt"] == data["active_attempt"]
    assert not {"total_time", "prerequisite_status", "onboarding_link"} & set(data["exam"])
    expected = f"https://learning.test.org/course/{exam.course_id}/{exam.content_id}"
    assert data["active_attempt"]["exam_url_path"] == expected


@pytest.mark.contract("rest-rules#query-booleans")
@pytest.mark.parametrize(
    ("flag", "in_mfe"), [("true", True), ("True", True), ("1", True), ("TRUE", False), ("yes", False), ("", False)]
)
def test_links_lead_into_the_micro_frontend_if_the_query_says_so(
    learner_client: Any, learner: User, flag: str, in_mfe: bool
) -> None:
    exam = factories.make_exam("timed")
    factories.make_attempt(exam, learner, status=S.started)
    path = get(learner_client, exam, is_learning_mfe=flag).json()["active_attempt"]["exam_url_path"]
    assert path.startswith("https://learning.test.org/") is in_mfe


def test_an_exam_running_in_another_course_is_the_active_attempt(learner_client: Any, learner: User) -> None:
    here = factories.make_exam("timed")
    elsewhere = factories.make_attempt(factories.make_exam("timed", course_id="x/y/z"), learner, status=S.started)
    data = get(learner_client, here).json()
    assert data["active_attempt"]["attempt_id"] == elsewhere.pk
    assert (data["exam"]["id"], data["exam"]["attempt"]) == (here.pk, {})


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
def test_a_finished_attempt_is_shown_with_its_exam_only(learner_client: Any, learner: User) -> None:
    exam = factories.make_exam("timed")
    attempt = factories.make_attempt(exam, learner, status=S.submitted)
    data = get(learner_client, exam).json()
    assert data["active_attempt"] == {}
    assert (data["exam"]["attempt"]["attempt_id"], data["exam"]["attempt"]["attempt_status"]) == (
        attempt.pk,
        "submitted",
    )


@pytest.mark.operation("GET /v1/proctored_exam/attempt")
def test_an_attempt_past_its_deadline_is_shown_as_submitted_once(
    learner_client: Any, learner: User, all_services: Any
) -> None:
    exam = factories.make_exam("timed")
    factories.make_attempt(exam, learner, status=S.started, started_at=timezone.now() - timedelta(minutes=91))
    first = get(learner_client, exam).json()["active_attempt"]
    assert (first["attempt_status"], first["time_remaining_seconds"]) == ("submitted", 0)
    assert get(learner_client, exam).json()["active_attempt"] == {}


def test_an_inactive_exam_is_shown(learner_client: Any) -> None:
    exam = factories.make_exam("timed", is_active=False)
    assert get(learner_client, exam).json()["exam"]["is_active"] is False


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
def test_a_content_id_with_a_space_instead_of_a_plus_is_found(learner_client: Any) -> None:
    exam = factories.make_exam("timed")
    data = get(learner_client, content_id=exam.content_id.replace("+", " ")).json()
    assert data["exam"]["id"] == exam.pk


# Prerequisites


def requirement(name: str, status: str, order: int = 0) -> dict[str, Any]:
    return {"namespace": "proctored_exam", "name": name, "status": status, "order": order}


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
@pytest.mark.parametrize(
    ("query", "link"),
    [
        ({}, "/courses/a/b/c/jump_to/midterm"),
        ({"is_learning_mfe": "true"}, "http://testserver/courses/a/b/c/jump_to/midterm"),
    ],
    ids=["legacy", "micro-frontend-on-another-origin"],
)
@pytest.mark.parametrize("status", ["failed", "pending"])
def test_an_unsatisfied_prerequisite_has_a_link(
    learner_client: Any, credit: Any, query: dict[str, str], link: str, status: str
) -> None:
    exam = factories.make_exam(course_id="a/b/c", content_id="final")
    credit.service.status["credit_requirement_status"] = [
        requirement("midterm", status),
        requirement("final", "pending", order=1),
    ]
    path = reverse("edx_proctoring:proctored_exam.exam_attempts", args=["a/b/c"])
    found = learner_client.get(path, {"content_id": exam.content_id, **query}).json()["exam"]["prerequisite_status"]
    assert found["are_prerequisites_satisifed"] is False
    assert [item["jumpto_url"] for item in found[f"{status}_prerequisites"]] == [link]


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
def test_a_declined_prerequisite_declines_the_exam(
    learner_client: Any, learner: User, all_services: Any, credit: Any
) -> None:
    exam = factories.make_exam()
    credit.service.status["credit_requirement_status"] = [
        requirement("midterm", "declined"),
        requirement(exam.content_id, "pending", order=1),
    ]
    attempt = get(learner_client, exam).json()["exam"]["attempt"]
    assert attempt["attempt_status"] == "declined"


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
@pytest.mark.parametrize("kind", ["timed", "practice"])
def test_only_proctored_exams_have_prerequisites(learner_client: Any, credit: Any, kind: str) -> None:
    assert "prerequisite_status" not in get(learner_client, factories.make_exam(kind)).json()["exam"]


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
def test_without_a_credit_service_there_are_no_prerequisites(learner_client: Any) -> None:
    runtime.set_runtime_service("credit", None)
    response = get(learner_client, factories.make_exam())
    assert response.status_code == 200
    assert "prerequisite_status" not in response.json()["exam"]


# Onboarding


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
@pytest.mark.parametrize("status", S.onboarding_errors)
def test_a_learner_without_onboarding_gets_a_link_to_it(learner_client: Any, learner: User, status: str) -> None:
    onboarding, exam = factories.make_exam("onboarding"), factories.make_exam()
    factories.make_attempt(exam, learner, status=status)
    link = get(learner_client, exam, is_learning_mfe="true").json()["exam"]["onboarding_link"]
    assert link.endswith(onboarding.content_id)


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
def test_an_exam_that_is_no_longer_proctored_has_no_onboarding_link(learner_client: Any, learner: User) -> None:
    factories.make_exam("onboarding")
    exam = factories.make_exam("timed")
    factories.make_attempt(exam, learner, status=S.onboarding_missing)
    assert "onboarding_link" not in get(learner_client, exam).json()["exam"]


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
def test_a_course_without_onboarding_has_an_empty_link(learner_client: Any, learner: User) -> None:
    exam = factories.make_exam()
    factories.make_attempt(exam, learner, status=S.onboarding_missing)
    assert get(learner_client, exam).json()["exam"]["onboarding_link"] == ""


@pytest.mark.operation("GET /v1/proctored_exam/attempt")
@pytest.mark.parametrize(
    ("fields", "total"),
    [
        pytest.param({}, "1 hour and 30 minutes", id="as-stored"),
        pytest.param({"allowed_time_limit_mins": None}, "10 minutes", id="not-worked-out-yet"),
        pytest.param({"ready_to_resume": True}, "10 minutes", id="about-to-resume"),
        pytest.param({"ready_to_resume": True, "resumed": True}, "1 hour and 30 minutes", id="resumed"),
    ],
)
def test_the_total_time_is_what_the_learner_gets(
    learner_client: Any, learner: User, fields: dict[str, Any], total: str
) -> None:
    exam = factories.make_exam("timed")
    given = {"allowed_time_limit_mins": 90, "time_remaining_seconds": 600, **fields}
    factories.make_attempt(exam, learner, status=S.error, **given)
    assert get(learner_client, exam).json()["exam"]["attempt"]["total_time"] == total


# Which learner


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}", "GET /v1/proctored_exam/active_attempt")
def test_staff_see_the_exam_as_the_learner_does(staff_client: Any, learner: User) -> None:
    exam = factories.make_exam("timed")
    attempt = factories.make_attempt(exam, learner, status=S.started)
    data = get(staff_client, exam, user_id=learner.pk).json()
    assert data["active_attempt"]["attempt_id"] == data["exam"]["attempt"]["attempt_id"] == attempt.pk
    assert staff_client.get(ACTIVE_URL, {"user_id": learner.pk}).json()["attempt_id"] == attempt.pk


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}", "GET /v1/proctored_exam/active_attempt")
@pytest.mark.parametrize("url", [URL, ACTIVE_URL])
@pytest.mark.parametrize(("user_id", "code"), [("99999", 404), ("one", 400), ("-1", 400)])
def test_staff_who_name_an_unknown_user_are_refused(staff_client: Any, url: str, user_id: str, code: int) -> None:
    assert staff_client.get(url, {"user_id": user_id}).status_code == code


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}", "GET /v1/proctored_exam/active_attempt")
@pytest.mark.parametrize("url", [URL, ACTIVE_URL])
def test_learners_may_not_name_a_user_not_even_themselves(learner_client: Any, learner: User, url: str) -> None:
    response = learner_client.get(url, {"user_id": learner.pk})
    assert (response.status_code, response.json()) == (
        403,
        {"detail": "Must be a Staff User to Perform this request."},
    )


# The active attempt alone


@pytest.mark.operation("GET /v1/proctored_exam/active_attempt")
def test_without_an_active_attempt_the_body_is_an_empty_object(learner_client: Any, learner: User) -> None:
    factories.make_attempt(user=learner, status=S.submitted)
    assert learner_client.get(ACTIVE_URL).json() == {}


@pytest.mark.operation("GET /v1/proctored_exam/active_attempt", "GET /v1/proctored_exam/attempt")
def test_the_active_attempt_has_links_into_the_micro_frontend(learner_client: Any, learner: User) -> None:
    attempt = factories.make_attempt(factories.make_exam("timed"), learner, status=S.ready_to_submit)
    data = learner_client.get(ACTIVE_URL).json()
    assert data["attempt_id"] == attempt.pk
    assert data["exam_url_path"].startswith("https://learning.test.org/course/")
    # Only exams with a provider have these.
    assert not {"ping_interval", "attempt_code"} & set(data)


# Settings and review policy


def settings_url(exam_id: int) -> str:
    return reverse("edx_proctoring:proctored_exam.proctoring_settings", args=[exam_id])


@pytest.mark.operation("GET /v1/proctored_exam/settings/exam_id/{exam_id}/")
def test_settings_of_a_timed_exam_have_no_provider(learner_client: Any) -> None:
    data = learner_client.get(settings_url(factories.make_exam("timed").pk)).json()
    assert set(data) == {"platform_name", "contact_us", "link_urls", "exam_proctoring_backend"}
    assert data["exam_proctoring_backend"] == {}


@pytest.mark.operation("GET /v1/proctored_exam/settings/exam_id/{exam_id}/")
def test_settings_of_a_proctored_exam_have_contact_details(learner_client: Any, instructor: Any) -> None:
    instructor.service.mock_proctoring_escalation_email("escalate@example.com")
    data = learner_client.get(settings_url(factories.make_exam().pk)).json()
    assert set(data) >= {
        "platform_name",
        "contact_us",
        "link_urls",
        "exam_proctoring_backend",
        "provider_tech_support_email",
        "provider_tech_support_phone",
        "provider_name",
        "learner_notification_from_email",
        "integration_specific_email",
        "proctoring_escalation_email",
    }
    assert data["proctoring_escalation_email"] == "escalate@example.com"
    assert data["exam_proctoring_backend"] == {"name": "Unknown"}


def test_settings_of_an_unknown_exam_answer_400(learner_client: Any) -> None:
    assert learner_client.get(settings_url(99999)).status_code == 400


@pytest.mark.operation("GET /v1/proctored_exam/settings/exam_id/{exam_id}/")
def test_settings_without_a_configured_provider_answer_500_with_a_reason(learner_client: Any) -> None:
    exam = factories.make_exam()
    type(exam).objects.filter(pk=exam.pk).update(backend="gone")
    response = learner_client.get(settings_url(exam.pk))
    assert (response.status_code, list(response.data)) == (500, ["detail"])


@pytest.mark.operation("GET /v1/proctored_exam/review_policy/exam_id/{exam_id}/")
def test_the_review_policy_of_an_exam_is_returned(learner_client: Any) -> None:
    policy = factories.make_policy(review_policy="open book")
    path = reverse("edx_proctoring:proctored_exam.review_policy", args=[policy.proctored_exam_id])
    assert learner_client.get(path).json() == {"review_policy": "open book"}


@pytest.mark.operation("GET /v1/proctored_exam/review_policy/exam_id/{exam_id}/")
def test_an_exam_without_a_review_policy_and_an_unknown_exam_have_null(learner_client: Any) -> None:
    for exam_id in (factories.make_exam().pk, 99999):
        response = learner_client.get(reverse("edx_proctoring:proctored_exam.review_policy", args=[exam_id]))
        assert (response.status_code, response.json()) == (200, {"review_policy": None})


@pytest.mark.operation("GET /v1/proctored_exam/attempt/course_id/{course_id}")
def test_an_exam_whose_provider_is_no_longer_configured_is_returned_without_provider_data(
    learner_client: Any, learner: User
) -> None:
    exam = factories.make_exam(due_date=None)
    factories.make_attempt(exam, learner, S.created)
    type(exam).objects.update(backend="gone")
    response = get(learner_client, exam)
    assert response.status_code == 200
    assert response.json()["exam"]["attempt"]["attempt_status"] == S.created
    assert "software_download_url" not in response.json()["exam"]["attempt"]
