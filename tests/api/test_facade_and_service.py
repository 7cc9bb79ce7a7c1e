"""What hosts call: the XBlock service, the registry of host services, the façade."""

from types import FunctionType

import pytest

from edx_proctoring import api, constants, runtime
from edx_proctoring.services import ProctoringService
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam

from .conftest import RecordingProvider

# The service


@pytest.mark.contract("published-names#service")
def test_the_service_is_a_singleton() -> None:
    assert ProctoringService() is ProctoringService()


@pytest.mark.contract("published-names#service")
def test_the_service_has_every_public_function_of_the_api() -> None:
    functions = [name for name in dir(api) if not name.startswith("_") and isinstance(getattr(api, name), FunctionType)]

    assert {"create_exam", "get_student_view", "get_backend_provider", "humanized_time", "get_exam_due_date"} <= set(
        functions
    )
    assert all(hasattr(ProctoringService(), name) for name in functions)
    assert set(functions) <= set(dir(ProctoringService()))


@pytest.mark.contract("published-names#service")
@pytest.mark.parametrize(
    "name", ["_calculate_allowed_mins", "ProctoredExamSerializer", "STATUS_SUMMARY_MAP", "no_such"]
)
def test_the_service_has_no_private_names_and_no_constants(name: str) -> None:
    assert not hasattr(ProctoringService(), name)


@pytest.mark.contract("published-names#service-late")
def test_a_replaced_api_function_is_called_through_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "get_exam_by_id", lambda exam_id: {"id": exam_id, "replaced": True})

    assert ProctoringService().get_exam_by_id(3) == {"id": 3, "replaced": True}


@pytest.mark.contract("host-services#registry")
def test_a_host_service_can_be_replaced_and_removed_at_any_time() -> None:
    first, second = object(), object()

    runtime.set_runtime_service("exchanged", first)
    assert runtime.get_runtime_service("exchanged") is first
    runtime.set_runtime_service("exchanged", second)
    assert runtime.get_runtime_service("exchanged") is second
    runtime.set_runtime_service("exchanged", None)
    assert runtime.get_runtime_service("exchanged") is None
    assert runtime.get_runtime_service("never registered") is None


# The façade

# The names of contract/published-names#api.
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


@pytest.mark.contract("published-names#api")
@pytest.mark.parametrize("name", CONTRACT_NAMES.split())
def test_a_published_name_is_in_the_facade(name: str) -> None:
    assert hasattr(api, name)


@pytest.mark.contract("published-names#api", "published-names#constants")
def test_the_constants_of_the_facade_are_those_of_the_module() -> None:
    assert api.constants is constants
    assert (api.SHOW_EXPIRY_MESSAGE_DURATION, api.APPROVED_STATUS, api.REJECTED_GRADE_OVERRIDE_EARNED) == (
        60,
        "approved",
        0.0,
    )
    assert api.JUMPTO_SUPPORTED_NAMESPACES == ["proctored_exam"]


# Seams (reference/seams)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("module", "is_used"),
    [
        pytest.param("edx_proctoring.backends", True, id="seam"),
        pytest.param("edx_proctoring.api", False, id="re-export-of-the-api"),
        pytest.param("edx_proctoring.views", False, id="re-export-of-the-views"),
    ],
)
def test_the_look_up_of_a_provider_is_replaced_in_its_own_module_only(
    monkeypatch: pytest.MonkeyPatch, module: str, is_used: bool
) -> None:
    attempt = make_attempt(make_exam(backend="test"), status=S.started)
    replaced = RecordingProvider()
    monkeypatch.setattr(f"{module}.get_backend_provider", lambda exam=None, name=None: replaced)

    api.update_attempt_status(attempt.pk, S.submitted)

    assert replaced.calls == (["stop_exam_attempt"] if is_used else [])
