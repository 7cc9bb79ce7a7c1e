"""Names that hosts, plug-ins and their test suites import."""

import importlib

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from edx_proctoring import backends, constants, models, statuses


@pytest.mark.contract("published-names#models")
@pytest.mark.parametrize(
    "name",
    [
        "ProctoredExam",
        "HistoricalProctoredExam",
        "ProctoredExamReviewPolicy",
        "ProctoredExamReviewPolicyHistory",
        "ProctoredExamStudentAttempt",
        "HistoricalProctoredExamStudentAttempt",
        "ProctoredExamStudentAllowance",
        "ProctoredExamStudentAllowanceHistory",
        "ProctoredExamSoftwareSecureReview",
        "ProctoredExamSoftwareSecureReviewHistory",
        "ProctoredExamSoftwareSecureComment",
    ],
)
def test_a_model_is_importable_under_its_published_name(name):
    """Content types and permissions are derived from the class names."""
    model = getattr(models, name)
    assert (model.__name__, model._meta.app_label) == (name, "edx_proctoring")
    assert model._meta.model_name == name.lower()


@pytest.mark.contract("published-names#models")
def test_the_models_module_exports_its_other_published_names():
    assert models.USER_MODEL is get_user_model()
    assert models.ProctoredExamStudentAttemptStatus is statuses.ProctoredExamStudentAttemptStatus
    assert models.SoftwareSecureReviewStatus is statuses.SoftwareSecureReviewStatus
    assert models.get_backend_provider is backends.get_backend_provider
    assert models.VERIFICATION_DAYS_VALID == constants.VERIFICATION_DAYS_VALID
    assert isinstance(models.ProctoredExamStudentAttempt.objects, models.ProctoredExamStudentAttemptManager)
    assert isinstance(models.ProctoredExamStudentAllowance.objects, models.ProctoredExamStudentAllowanceManager)
    assert issubclass(models.ProctoredExamStudentAllowance.objects._queryset_class, models.QuerySetWithUpdateOverride)


@pytest.mark.contract("provider-interface#imported-names", "published-names#paths")
@pytest.mark.parametrize(
    "path",
    [
        "edx_proctoring.api.update_attempt_status",
        "edx_proctoring.api.get_backend_provider",
        "edx_proctoring.api.can_update_credit_grades_and_email",
        "edx_proctoring.api._remove_exam_attempts_from_backend",
        "edx_proctoring.api.constants.ONBOARDING_PROFILE_API",
        "edx_proctoring.api.constants.CONTENT_VIEWABLE_PAST_DUE_DATE",
        "edx_proctoring.constants.REQUIRE_FAILURE_SECOND_REVIEWS",
        "edx_proctoring.constants.ALLOW_REVIEW_UPDATES",
        "edx_proctoring.models.ProctoredExamReviewPolicy.get_review_policy_for_exam",
        "edx_proctoring.tests.test_services.MockInstructorService.complete_student_attempt",
        "edx_proctoring.tests.test_services.MockCreditService.set_credit_requirement_status",
        "edx_proctoring.backends.tests.test_backend.TestBackendProvider.start_exam_attempt",
        "edx_proctoring.backends.tests.test_backend.TestBackendProvider.get_onboarding_profile_info",
        "edx_proctoring.backends.null.NullBackendProvider.remove_exam_attempt",
        "edx_proctoring.signals.exam_attempt_status_signal",
        "edx_proctoring.apps.make_worker_config",
        "edx_proctoring.apps.EdxProctoringConfig",
    ],
)
def test_a_published_dotted_path_resolves(path):
    module, found = path, None
    while found is None:
        try:
            found = importlib.import_module(module)
        except ImportError:
            module = module.rpartition(".")[0]
    for name in path.removeprefix(f"{module}.").split("."):
        found = getattr(found, name)
    assert found is not None


@pytest.mark.contract("published-names#modules")
@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("api", "create_exam"),
        ("utils", "humanized_time"),
        ("callbacks", "start_exam_callback"),
        ("signals", "exam_attempt_status_signal"),
        ("handlers", "log"),
        ("services", "ProctoringService"),
        ("runtime", "_RUNTIME_SERVICES"),
        ("statuses", "ProctoredExamStudentAttemptStatus"),
        ("exceptions", "ProctoredBaseException"),
        ("constants", "MINIMUM_TIME"),
        ("decorators", "__doc__"),
        ("rules", "__doc__"),
    ],
)
def test_a_published_module_has_its_names(module, name):
    assert hasattr(importlib.import_module(f"edx_proctoring.{module}"), name)


@pytest.mark.contract("published-names#utils")
@pytest.mark.parametrize(
    "name",
    [
        "AuthenticatedAPIView",
        "_emit_event",
        "decode_and_decrypt",
        "encrypt_and_encode",
        "get_time_remaining_for_attempt",
        "get_visibility_check_date",
        "humanized_time",
        "is_reattempting_exam",
        "locate_attempt_by_attempt_code",
        "obscured_user_id",
        "resolve_exam_url_for_learning_mfe",
    ],
)
def test_a_published_helper_is_callable(name):
    assert callable(getattr(importlib.import_module("edx_proctoring.utils"), name))


@pytest.mark.contract("test-support#settings")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SITE_ID", 1),
        ("SITE_NAME", "localhost:8000"),
        ("PLATFORM_NAME", "Open edX"),
        ("HTTPS", "off"),
        ("SECRET_KEY", "HASHED_SECRET_KEY"),
        ("PROCTORING_USER_OBFUSCATION_KEY", "SHHHHHH"),
        ("DEFAULT_FROM_EMAIL", "no-reply@example.com"),
        ("CONTACT_EMAIL", "info@edx.org"),
        ("TECH_SUPPORT_EMAIL", "technical@example.com"),
        ("LEARNING_MICROFRONTEND_URL", "https://learning.test.org"),
        ("NODE_MODULES_ROOT", "/tmp/test-proctoring-modules"),
        ("ROOT_URLCONF", "test_urls"),
        ("PROCTORED_EXAM_VIEWABLE_PAST_DUE", False),
        ("USE_TZ", True),
        ("TIME_ZONE", "UTC"),
        ("STATIC_URL", "/static/"),
        ("JWT_AUTH", {"JWT_AUTH_COOKIE": "edx-jwt-cookie"}),
    ],
)
def test_a_test_setting_has_its_published_value(name, value):
    # Read from the module, because pytest-django changes some of them on the settings object.
    assert getattr(importlib.import_module("test_settings"), name) == value
    assert settings.is_overridden(name)


@pytest.mark.contract("test-support#settings")
def test_the_test_settings_configure_three_providers():
    configured = importlib.import_module("test_settings").PROCTORING_BACKENDS
    assert configured["DEFAULT"] == "test"
    assert set(configured) == {"DEFAULT", "test", "null", "software_secure"}
