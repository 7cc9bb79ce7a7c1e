"""The test-support modules that suites of hosts import, used the way these suites use them."""

import importlib
import json

import pytest
import requests
from django.apps import apps
from httmock import HTTMock

import edx_proctoring.tests as support
from edx_proctoring import runtime
from edx_proctoring.backends.tests.test_backend import PassthroughBackendProvider, TestBackendProvider
from edx_proctoring.backends.tests.test_review_payload import MOCK_EXAM_ID, create_test_review_payload
from edx_proctoring.backends.tests.test_software_secure import mock_response_content, mock_response_error
from edx_proctoring.exceptions import (
    BackendProviderCannotRetireUser,
    BackendProviderOnboardingException,
    BackendProviderSentNoAttemptID,
    UserNotFoundException,
)
from edx_proctoring.models import ProctoredExam
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests import test_services
from edx_proctoring.tests.test_utils import factories
from edx_proctoring.tests.test_utils.utils import ProctoredExamTestCase as Base
from tests.factories import make_user


@pytest.mark.contract("published-names#paths")
@pytest.mark.parametrize(
    "module",
    [
        "edx_proctoring.tests.utils",
        "edx_proctoring.tests.test_utils.test_utils",
        "edx_proctoring.backends.tests",
        "edx_proctoring.management.commands.tests",
        "edx_proctoring.decorators",
    ],
)
def test_a_published_module_can_be_imported(module):
    assert importlib.import_module(module).__doc__


@pytest.mark.contract("test-support#modules")
@pytest.mark.parametrize(
    ("module", "is_regular"),
    [
        ("edx_proctoring.tests", True),
        ("edx_proctoring.tests.test_utils", False),
        ("edx_proctoring.backends.tests", True),
        ("edx_proctoring.management.commands.tests", True),
    ],
)
def test_the_packages_of_test_support_can_be_imported(module, is_regular):
    package = importlib.import_module(module)
    assert package.__path__
    assert (getattr(package, "__file__", None) is not None) is is_regular


def test_the_old_import_path_gives_the_same_base_class():
    from edx_proctoring.tests import utils

    assert utils.ProctoredExamTestCase is Base


@pytest.mark.contract(
    "provider-interface#test-doubles",
    "test-support#services",
    "test-support#providers",
    "test-support#permissions",
    "test-support#payloads",
)
class TestProviders:
    def test_are_in_the_live_registry(self):
        registry = apps.get_app_config("edx_proctoring").backends
        assert isinstance(registry["test"], TestBackendProvider)
        assert {"test", "null", "mock"} <= set(registry)

    def test_are_offered_as_the_published_choices(self):
        choices = sorted(apps.get_app_config("edx_proctoring").get_backend_choices())
        assert choices == [
            ("mock", "Mock Backend"),
            ("null", "Null Backend"),
            ("software_secure", "RPNow"),
            ("test", "Unknown"),
        ]

    def test_the_test_provider_accepts_and_records_calls(self):
        provider = TestBackendProvider()
        assert provider.register_exam_attempt({}, {}) == "testexternalid"
        assert provider.remove_exam_attempt("exam", "attempt") is True
        assert provider.last_attempt_remove == ("exam", "attempt")
        assert provider.on_exam_saved({"external_id": "x"}) == "x"
        assert provider.on_exam_saved({}) == "externalid"
        assert provider.on_review_callback({}, {"status": "passed"}) == {"status": "passed"}
        assert provider.get_proctoring_config() == {"name": "Unknown"}
        assert provider.has_dashboard
        assert provider.supports_onboarding

    def test_the_test_provider_fails_on_request(self):
        provider = TestBackendProvider()
        provider.no_attempt_id_error = "no id"
        with pytest.raises(BackendProviderSentNoAttemptID) as error:
            provider.register_exam_attempt({}, {})
        assert error.value.http_status == 200
        provider.attempt_error = S.onboarding_missing
        with pytest.raises(BackendProviderOnboardingException):
            provider.register_exam_attempt({}, {})

    def test_the_test_provider_retires_only_user_1(self):
        provider = TestBackendProvider()
        assert provider.retire_user(1) is True
        with pytest.raises(BackendProviderCannotRetireUser):
            provider.retire_user(2)

    @pytest.mark.parametrize(
        ("arguments", "url"),
        [
            ({}, "/instructor/a/b/c/"),
            ({"exam_id": "e"}, "/instructor/a/b/c/?exam=e"),
            ({"exam_id": "e", "attempt_id": "a"}, "/instructor/a/b/c/?exam=e&attempt=a"),
            ({"attempt_id": "a"}, "/instructor/a/b/c/"),
            ({"exam_id": "e", "show_configuration_dashboard": True}, "/instructor/a/b/c/?exam=e&config=true"),
        ],
    )
    def test_the_dashboard_url_names_exam_attempt_or_configuration(self, arguments, url):
        assert TestBackendProvider().get_instructor_url("a/b/c", {}, **arguments) == url

    @pytest.mark.parametrize(
        ("method", "arguments"),
        [
            ("register_exam_attempt", 2),
            ("start_exam_attempt", 2),
            ("stop_exam_attempt", 2),
            ("mark_erroneous_exam_attempt", 2),
            ("remove_exam_attempt", 2),
            ("get_software_download_url", 0),
            ("on_review_callback", 2),
            ("on_exam_saved", 1),
        ],
    )
    def test_the_passthrough_provider_implements_no_method(self, method, arguments):
        with pytest.raises(NotImplementedError):
            getattr(PassthroughBackendProvider(), method)(*["x"] * arguments)


@pytest.mark.contract("test-support#services", "test-support#providers", "test-support#permissions")
@pytest.mark.django_db
class TestPermissions:
    def test_every_user_may_take_exams_until_the_permission_is_mocked(self):
        user = make_user()
        permission = "edx_proctoring.can_take_proctored_exam"
        assert user.has_perm(permission, {})
        with support.mock_perm():
            assert not user.has_perm(permission, {})
        assert user.has_perm(permission, {})

    def test_they_can_be_defined_twice(self):
        support.setup_test_perms()
        assert make_user(is_staff=True).has_perm("accounts.can_retire_user")
        assert not make_user().has_perm("accounts.can_retire_user")


@pytest.mark.contract("test-support#services", "test-support#providers", "test-support#permissions")
class TestServices:
    def test_a_credit_requirement_can_be_added_changed_and_removed(self):
        credit = test_services.MockCreditService(enrollment_mode="audit")
        credit.set_credit_requirement_status(1, "a/b/c", "proctored_exam", "exam")
        credit.set_credit_requirement_status(1, "a/b/c", "proctored_exam", "exam", status="failed")
        state = credit.get_credit_state(1, "a/b/c")
        assert state["enrollment_mode"] == "audit"
        assert state["credit_requirement_status"] == [
            {
                "course_id": "a/b/c",
                "req_namespace": "proctored_exam",
                "namespace": "proctored_exam",
                "name": "exam",
                "status": "failed",
                "order": 1,
            }
        ]
        assert credit.remove_credit_requirement_status(1, "a/b/c", "proctored_exam", "exam") is True
        assert credit.get_credit_state(1, "a/b/c")["credit_requirement_status"] == []

    def test_a_grade_override_counts_until_it_is_undone(self):
        grades = test_services.MockGradesService()
        grades.init_grade(1, "a/b/c", "exam", 10.0, 5.0)
        grades.override_subsection_grade(1, "a/b/c", "exam", earned_all=0.0, earned_graded=0.0)
        assert grades.get_subsection_grade(1, "a/b/c", "exam").earned_all == 0.0
        assert grades.get_subsection_grade_override(1, "a/b/c", "exam").earned_graded_override == 0.0
        grades.undo_override_subsection_grade(1, "a/b/c", "exam")
        assert grades.get_subsection_grade(1, "a/b/c", "exam").earned_all == 10.0
        assert grades.get_subsection_grade_override(1, "a/b/c", "exam") is None

    def test_an_invalidated_certificate_is_unavailable(self):
        certificates = test_services.MockCertificateService()
        assert certificates.get_invalidated_certificate(1, "a/b/c") is None
        certificates.invalidate_certificate(1, "a/b/c")
        assert certificates.get_invalidated_certificate(1, "a/b/c").status == "unavailable"

    def test_the_instructor_service_requires_a_user(self):
        service = test_services.MockInstructorService()
        with pytest.raises(UserNotFoundException):
            service.delete_student_attempt("julia", "a/b/c", "exam", requesting_user=object())

    def test_the_escalation_email_is_the_mocked_one_or_an_error(self):
        service = test_services.MockInstructorService()
        assert service.get_proctoring_escalation_email("a/b/c") is None
        service.mock_proctoring_escalation_email("a@b.c")
        assert service.get_proctoring_escalation_email("a/b/c") == "a@b.c"
        service.mock_proctoring_escalation_email_error(ValueError("no course"))
        with pytest.raises(ValueError, match="no course"):
            service.get_proctoring_escalation_email("a/b/c")


@pytest.mark.contract("provider-interface#test-doubles", "test-support#providers", "test-support#payloads")
class TestPayloads:
    def test_a_review_has_the_fields_of_an_rpnow_review(self):
        review = json.loads(create_test_review_payload(attempt_code="code", external_id="external"))
        assert (review["reviewStatus"], review["examMetaData"]["examCode"]) == ("Clean", "code")
        assert review["examMetaData"]["ssiRecordLocator"] == "external"
        assert review["videoReviewLink"]
        assert len(review["webCamComments"]) == len(review["desktopComments"]) == 3
        assert MOCK_EXAM_ID in json.dumps(review)

    @pytest.mark.parametrize(("server", "status"), [(mock_response_content, 200), (mock_response_error, 404)])
    def test_a_mocked_server_answers_with_its_status(self, server, status):
        with HTTMock(server):
            assert requests.get("http://rpnow.test", timeout=5).status_code == status


@pytest.mark.contract("test-support#base-class", "test-support#factories")
@pytest.mark.django_db
def test_the_review_factories_create_rows():
    comment = factories.ProctoredExamSoftwareSecureCommentFactory()
    assert (comment.comment, comment.review.raw_data) == ("comment", "raw data")
    archived = factories.ProctoredExamSoftwareSecureReviewHistoryFactory(attempt_code="code")
    assert archived.attempt_code == "code"


@pytest.mark.contract("test-support#base-class", "test-support#factories")
class TestBaseClassUsedByASuite(Base):
    """A test case like those of hosts."""

    def setUp(self):
        super().setUp()
        self.proctored_exam_id = self._create_proctored_exam()
        self.timed_exam_id = self._create_timed_exam()
        self.practice_exam_id = self._create_practice_exam()
        self.onboarding_exam_id = self._create_onboarding_exam()

    def test_each_helper_creates_its_kind_of_exam(self):
        kinds = {
            exam.id: (exam.is_proctored, exam.is_practice_exam, exam.backend, exam.is_active)
            for exam in ProctoredExam.objects.all()
        }
        disabled = self._create_disabled_exam()
        assert kinds[self.proctored_exam_id] == (True, False, "test", True)
        assert kinds[self.timed_exam_id] == (False, False, "test", True)
        assert kinds[self.practice_exam_id] == (True, True, "null", True)
        assert kinds[self.onboarding_exam_id] == (True, True, "test", True)
        assert ProctoredExam.objects.get(id=disabled).is_active is False
        assert ProctoredExam.objects.get(id=self._create_exam_with_due_time()).due_date is None

    def test_an_attempt_has_the_fields_of_its_status(self):
        submitted = self._create_exam_attempt(self.proctored_exam_id, S.submitted)
        assert submitted.started_at
        assert submitted.completed_at
        errored = self._create_exam_attempt(self.proctored_exam_id, S.error)
        assert errored.is_resumable
        assert not self._create_exam_attempt(self.proctored_exam_id, S.error, ready_to_resume=True).is_resumable
        assert self._create_exam_attempt(self.proctored_exam_id).started_at is None

    def test_attempts_belong_to_the_exams_of_the_subclass(self):
        assert self._create_started_exam_attempt().proctored_exam_id == self.proctored_exam_id
        assert self._create_started_exam_attempt(is_proctored=False).proctored_exam_id == self.timed_exam_id
        assert self._create_started_practice_exam_attempt().is_sample_attempt
        assert self._create_started_onboarding_exam_attempt().proctored_exam_id == self.onboarding_exam_id
        assert self._create_unstarted_exam_attempt().status == S.created
        assert self._create_onboarding_attempt().is_sample_attempt

    def test_services_are_registered(self):
        assert runtime.get_runtime_service("credit").get_credit_state(1, "a/b/c")["student_email"] == "foo@bar"
        assert runtime.get_runtime_service("instructor").is_course_staff(self.user, "a/b/c")

    def test_the_client_is_signed_in(self):
        assert self.client.session["_auth_user_id"] == str(self.user.id)

    def test_users_can_be_created_in_batches(self):
        assert [user.username for user in self.create_batch_users(2)] == ["student0", "student1"]

    def test_white_space_is_normalised_and_a_policy_has_default_text(self):
        assert self._normalize_whitespace("  a\n b ") == "a b"
        assert self._create_review_policy(self.proctored_exam_id).review_policy == "test policy"
