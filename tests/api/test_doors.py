"""The launch callback, the XBlock service and the façade. Spec: python-api.md 1, 10, 12."""

from types import FunctionType
from typing import Any

import pytest
from django.test import RequestFactory
from django.urls import NoReverseMatch

from edx_proctoring import api, callbacks, constants, runtime
from edx_proctoring.callbacks import start_exam_callback
from edx_proctoring.services import ProctoringService
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt

# The launch callback


def launch(attempt: Any, method: str = "GET") -> Any:
    return start_exam_callback(RequestFactory().generic(method, "/"), attempt.attempt_code)


@pytest.mark.spec("rest-api.md", "6.1:statuses")
@pytest.mark.spec("python-api.md", "10:statuses", "10:answers")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "after", "warns"),
    [
        pytest.param(S.created, S.ready_to_start, False, id="created"),
        pytest.param(S.download_software_clicked, S.ready_to_start, False, id="download-clicked"),
        pytest.param(S.started, S.submitted, False, id="entering-a-running-exam-ends-it"),
        pytest.param(S.ready_to_submit, S.submitted, False, id="or-its-submit-page"),
        pytest.param(S.ready_to_start, S.ready_to_start, True, id="ready-already"),
        pytest.param(S.verified, S.verified, True, id="over"),
    ],
)
def test_launch(status: str, after: str, warns: bool, caplog: pytest.LogCaptureFixture) -> None:
    attempt = make_attempt(status=status)

    response = launch(attempt)

    attempt.refresh_from_db()
    assert attempt.status == after
    assert response.status_code == 302
    assert attempt.proctored_exam.content_id in response["Location"]
    assert any(record.levelname == "WARNING" for record in caplog.records) is warns


@pytest.mark.spec("rest-api.md", "6.1:cookie")
@pytest.mark.spec("python-api.md", "10:cookie")
@pytest.mark.django_db
def test_the_cookie_recognises_the_secure_browser() -> None:
    attempt = make_attempt()

    cookie = launch(attempt).cookies["exam"]
    next_request = RequestFactory().get("/")
    next_request.COOKIES["exam"] = cookie.value

    assert next_request.get_signed_cookie("exam") == attempt.attempt_code
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/", True, "Lax")


@pytest.mark.spec("python-api.md", "10:secure")
@pytest.mark.django_db
@pytest.mark.parametrize("secure", [True, False], ids=["https", "http"])
def test_the_cookie_keeps_to_https_where_the_launch_came_by_it(secure: bool) -> None:
    attempt = make_attempt()

    response = start_exam_callback(RequestFactory().get("/", secure=secure), attempt.attempt_code)

    assert bool(response.cookies["exam"]["secure"]) is secure


@pytest.mark.spec("rest-api.md", "6.1:answers")
@pytest.mark.spec("python-api.md", "10:answers")
@pytest.mark.django_db
def test_a_launch_without_a_request() -> None:
    attempt = make_attempt()

    assert start_exam_callback(None, attempt.attempt_code or "").status_code == 302


@pytest.mark.spec("python-api.md", "10:answers")
@pytest.mark.django_db
def test_an_unknown_code() -> None:
    response = start_exam_callback(None, "NO")

    assert response.status_code == 404
    assert b"not valid" in response.content


@pytest.mark.spec("rest-api.md", "6.1:careful", "10:8")
@pytest.mark.django_db
def test_a_link_preview_changes_nothing() -> None:
    attempt = make_attempt()

    assert launch(attempt, "HEAD").status_code == 302
    attempt.refresh_from_db()
    assert attempt.status == S.created
    assert launch(attempt, "DELETE").status_code == 405


@pytest.mark.spec("rest-api.md", "6.1:answers")
@pytest.mark.spec("python-api.md", "10:answers", "15:texts")
@pytest.mark.spec("backends.md", "8:launch-log")
@pytest.mark.django_db
def test_a_host_without_course_pages(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def no_match(*args: Any, **kwargs: Any) -> str:
        raise NoReverseMatch

    monkeypatch.setattr(callbacks, "reverse", no_match)
    attempt = make_attempt()

    # Not an empty address, which is the launch again.
    assert launch(attempt)["Location"] == "/"
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.msg == "BLOCKING ERROR: Can't find course info url for course_id=%s"
    assert record.args == (attempt.proctored_exam.course_id,)


@pytest.mark.spec("rest-api.md", "6.1:careful", "10:8")
@pytest.mark.django_db
def test_addresses_with_codes_stay_out_of_caches() -> None:
    response = launch(make_attempt())

    assert (response["Cache-Control"], response["Referrer-Policy"]) == ("no-store", "no-referrer")


# The service


@pytest.mark.spec("python-api.md", "12:service")
def test_there_is_one_service() -> None:
    assert ProctoringService() is ProctoringService()


@pytest.mark.spec("python-api.md", "12:service")
def test_the_service_has_every_public_function_of_the_api() -> None:
    functions = [name for name in dir(api) if not name.startswith("_") and isinstance(getattr(api, name), FunctionType)]

    assert {"create_exam", "get_student_view", "get_backend_provider", "humanized_time", "get_exam_due_date"} <= set(
        functions
    )
    assert all(hasattr(ProctoringService(), name) for name in functions)
    assert set(functions) <= set(dir(ProctoringService()))


@pytest.mark.spec("python-api.md", "12:service")
@pytest.mark.parametrize(
    "name", ["_calculate_allowed_mins", "ProctoredExamSerializer", "STATUS_SUMMARY_MAP", "no_such"]
)
def test_the_service_has_nothing_else(name: str) -> None:
    assert not hasattr(ProctoringService(), name)


@pytest.mark.spec("python-api.md", "12:late")
def test_the_service_finds_a_function_that_was_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "get_exam_by_id", lambda exam_id: {"id": exam_id, "replaced": True})

    assert ProctoringService().get_exam_by_id(3) == {"id": 3, "replaced": True}


@pytest.mark.spec("python-api.md", "12:registry")
def test_services_are_exchanged_at_any_moment() -> None:
    first, second = object(), object()

    runtime.set_runtime_service("exchanged", first)
    assert runtime.get_runtime_service("exchanged") is first
    runtime.set_runtime_service("exchanged", second)
    assert runtime.get_runtime_service("exchanged") is second
    runtime.set_runtime_service("exchanged", None)
    assert runtime.get_runtime_service("exchanged") is None
    assert runtime.get_runtime_service("never registered") is None


# The façade

# python-api.md 1.2 and the functions of section 8.
CONTRACT_NAMES = """
    create_exam update_exam get_exam_by_id get_exam_by_content_id get_all_exams_for_course
    create_exam_review_policy update_review_policy remove_review_policy get_review_policy_by_exam_id
    _get_review_policy_by_exam_id add_allowance_for_user remove_allowance_for_user get_allowances_for_course
    add_bulk_allowances get_current_exam_attempt get_exam_attempt_by_id get_exam_attempt_by_external_id
    get_exam_attempt_by_code get_exam_attempt_data create_exam_attempt _register_proctored_exam_attempt
    _create_and_decline_attempt _get_exam_attempt start_exam_attempt start_exam_attempt_by_code stop_exam_attempt
    mark_exam_attempt_timeout mark_exam_attempt_as_ready update_exam_attempt update_attempt_status
    is_state_transition_legal can_update_credit_grades_and_email _check_for_attempt_timeout
    mark_exam_attempt_as_ready_to_resume mark_exam_attempt_as_resumed is_attempt_ready_to_resume
    is_attempt_in_resume_process reset_practice_exam remove_exam_attempt _remove_exam_attempt_from_backend
    _remove_exam_attempts_from_backend get_all_exam_attempts get_filtered_exam_attempts get_user_attempts_by_exam_id
    get_active_exams_for_user get_last_exam_completion_date is_exam_passed_due _calculate_allowed_mins
    get_total_allowed_time_for_exam check_prerequisites _are_prerequirements_satisfied _get_ordered_prerequisites
    _resolve_prerequisite_links _was_review_status_acknowledged _does_time_remain get_attempt_status_summary
    get_last_verified_onboarding_attempts_per_user get_onboarding_attempt_data_for_learner get_onboarding_exam_link
    does_backend_support_onboarding get_enrollments_can_take_proctored_exams get_proctoring_settings_by_exam_id
    is_backend_dashboard_available get_exam_configuration_dashboard_url get_integration_specific_email
    get_exam_violation_report create_proctoring_attempt_status_email _get_proctoring_escalation_email
    get_student_view get_backend_provider SHOW_EXPIRY_MESSAGE_DURATION APPROVED_STATUS
    REJECTED_GRADE_OVERRIDE_EARNED JUMPTO_SUPPORTED_NAMESPACES STATUS_SUMMARY_MAP PRACTICE_STATUS_SUMMARY_MAP
    TIMED_EXAM_STATUS_SUMMARY_MAP USER_MODEL log constants loader exam_attempt_status_signal
"""


@pytest.mark.spec("python-api.md", "1.2:api")
@pytest.mark.parametrize("name", CONTRACT_NAMES.split())
def test_the_facade_has(name: str) -> None:
    assert hasattr(api, name)


@pytest.mark.spec("python-api.md", "1.2:api", "1.3:constants")
def test_constants_are_the_module() -> None:
    assert api.constants is constants
    assert (api.SHOW_EXPIRY_MESSAGE_DURATION, api.APPROVED_STATUS, api.REJECTED_GRADE_OVERRIDE_EARNED) == (
        60,
        "approved",
        0.0,
    )
    assert api.JUMPTO_SUPPORTED_NAMESPACES == ["proctored_exam"]
