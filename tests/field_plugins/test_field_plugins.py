"""Plug-ins in use keep working unchanged, through the public API."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import MagicMock

import pytest
import responses
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import translation
from edx_django_utils.cache import TieredCache
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.apps import BACKEND_CONFIGURATION_ALLOW_LIST, make_worker_config
from edx_proctoring.backends import registry
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_staff, make_user

from . import look_alikes

pytestmark = pytest.mark.django_db

SECRET = "s" * 32
TOKEN_URL = "http://tracker.test/tracker/oauth2/access_token"


@pytest.fixture
def install(settings, backends_registry) -> Callable[..., Any]:
    """Configure a look-alike under a name and load it as at start-up; return the live provider."""

    def install(name: str, provider_class: type, **options: Any) -> Any:
        path = f"{provider_class.__module__}.{provider_class.__qualname__}"
        entry = {"class": path, "client_id": "id", "client_secret": SECRET, **options}
        settings.PROCTORING_BACKENDS = {"DEFAULT": name, name: entry}
        loaded = registry.load(BACKEND_CONFIGURATION_ALLOW_LIST)
        assert loaded.broken == {}
        backends_registry[name] = loaded.backends[name]
        return backends_registry[name]

    return install


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    """The vendor's server."""
    TieredCache.dangerous_clear_all_tiers()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(TOKEN_URL, json={"access_token": "token", "expires_in": 3600})
        yield mock


@pytest.fixture
def client() -> APIClient:
    """A REST client of global staff."""
    client = APIClient()
    client.force_authenticate(make_staff())
    return client


@pytest.mark.contract("provider-interface#imported-names")
@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("edx_proctoring.backends.backend", ["ProctoringBackendProvider"]),
        ("edx_proctoring.backends.rest", ["BaseRestProctoringProvider", "get_files"]),
        (
            "edx_proctoring.backends.software_secure",
            [
                *("SoftwareSecureBackendProvider", "SOFTWARE_SECURE_INVALID_CHARS"),
                *("get_current_request", "decode_and_decrypt"),
            ],
        ),
        ("edx_proctoring.backends.null", ["NullBackendProvider"]),
        ("edx_proctoring.backends.mock", ["MockProctoringBackendProvider", "start_exam_callback"]),
        ("edx_proctoring.backends", ["get_backend_provider"]),
        ("edx_proctoring.apps", ["make_worker_config", "EdxProctoringConfig", "BACKEND_CONFIGURATION_ALLOW_LIST"]),
        (
            "edx_proctoring.exceptions",
            [
                *("BackendProviderCannotRegisterAttempt", "BackendProviderSentNoAttemptID"),
                *("BackendProviderOnboardingException", "BackendProviderOnboardingProfilesException"),
                *("BackendProviderCannotRemoveAttempt", "BackendProviderRemovalNotConfirmed"),
                *("BackendProviderCannotRetireUser", "BackendProviderNotConfigured"),
                *("ProctoredExamSuspiciousLookup", "ProctoredExamReviewAlreadyExists"),
                *("ProctoredExamBadReviewStatus", "StudentExamAttemptDoesNotExistsException"),
            ],
        ),
        ("edx_proctoring.statuses", ["ReviewStatus", "SoftwareSecureReviewStatus"]),
        ("edx_proctoring.constants", ["DEFAULT_SOFTWARE_SECURE_REVIEW_POLICY", "ALLOW_REVIEW_UPDATES"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_published_names_can_be_imported(module, names):
    found = importlib.import_module(module)
    assert [name for name in names if not hasattr(found, name)] == []


@pytest.mark.contract("provider-interface#constructor")
class TestConstructor:
    def test_a_token_path_set_after_the_base_constructor_is_used(self, install, http):
        tracker = install("tracker", look_alikes.Tracker)
        http.get("http://tracker.test/api/v1/config/", json={"name": "Tracker"})
        assert tracker.get_proctoring_config() == {"name": "Tracker"}
        assert [call.request.url for call in http.calls] == [TOKEN_URL, "http://tracker.test/api/v1/config/"]
        assert http.calls[1].request.headers["Authorization"] == "JWT token"

    def test_a_later_change_of_the_token_path_is_used(self, install, http):
        tracker = install("tracker", look_alikes.Tracker)
        tracker.session.oauth_uri = "/moved/access_token"
        http.post("http://tracker.test/moved/access_token", json={"access_token": "moved", "expires_in": 60})
        http.get("http://tracker.test/api/v1/config/", json={})
        tracker.get_proctoring_config()
        assert http.calls[-1].request.headers["Authorization"] == "JWT moved"

    def test_credentials_may_be_positional(self, install):
        eager = install("eager", look_alikes.EagerOptions, verbose_name="Named")
        assert (eager.client_id, eager.client_secret, eager.seen) == ("id", SECRET, "Named")

    def test_a_base_url_assigned_on_the_class_is_used(self, monkeypatch):
        monkeypatch.setattr(look_alikes.BaseRestProctoringProvider, "base_url", "http://assigned.test")
        provider = look_alikes.BaseRestProctoringProvider("id", SECRET)
        assert provider.config_url == "http://assigned.test/api/v1/config/"


@pytest.mark.contract("provider-interface#attribute-precedence")
class TestAttributes:
    CLASS = {
        "verbose_name": "Tracker",
        "tech_support_email": "help@tracker.test",
        "tech_support_phone": "1-800-TRACKER",
        "learner_notification_from_email": "noreply@tracker.test",
        "base_url": "http://tracker.test",
    }

    def test_class_attributes_win_over_the_base_class(self, install):
        tracker = install("tracker", look_alikes.Tracker)
        assert {name: getattr(tracker, name) for name in self.CLASS} == self.CLASS

    def test_options_win_over_class_attributes(self, install):
        options = {name: f"http://option.test/{name}" for name in self.CLASS}
        tracker = install("tracker", look_alikes.Tracker, **options)
        assert {name: getattr(tracker, name) for name in self.CLASS} == options
        assert tracker.instructor_url.startswith("http://option.test/base_url/dashboard/")

    def test_the_worker_package_cannot_be_set_by_an_option(self, install):
        assert install("tracker", look_alikes.Tracker, npm_module="other").npm_module == "tracker-worker"

    def test_class_attributes_are_shown_by_the_settings_endpoint(self, install, http, client):
        install("tracker", look_alikes.Tracker)
        http.get("http://tracker.test/api/v1/config/", json={"name": "Tracker"})
        exam = make_exam(backend="tracker")
        answer = client.get(reverse("edx_proctoring:proctored_exam.proctoring_settings", args=[exam.pk])).json()
        assert answer["provider_name"] == "Tracker"
        assert answer["provider_tech_support_email"] == "help@tracker.test"
        assert answer["provider_tech_support_phone"] == "1-800-TRACKER"

    def test_attributes_of_the_live_object_can_be_assigned_and_deleted(self, install):
        tracker = install("tracker", look_alikes.Tracker)
        tracker.get_exam = lambda exam: "replaced"
        tracker.anything = 1
        assert tracker.get_exam({}) == "replaced"
        del tracker.get_exam, tracker.anything
        assert not hasattr(tracker, "anything")


@pytest.mark.contract("provider-interface#translated-instructions")
class TestInstructions:
    @pytest.mark.parametrize(
        ("language", "words"), [("en", ["Yes", "No"]), ("es", ["Sí", "No"]), ("de", ["Ja", "Nein"])]
    )
    def test_instructions_are_translated_for_each_learner(self, install, http, language, words):
        tracker = install("tracker", look_alikes.Tracker)
        http.get("http://tracker.test/api/v1/exam/e/attempt/a/", json={"instructions": ["theirs"], "download_url": ""})
        attempt = {"external_id": "a", "proctored_exam": {"external_id": "e"}}
        for other in ("fr", language):
            with translation.override(other):
                found = [str(text) for text in tracker.get_attempt(attempt)["instructions"]]
        assert found == words

    def test_lazily_translated_instructions_are_on_the_learners_page(self, install, http, all_services):
        install("tracker", look_alikes.Tracker)
        http.post("http://tracker.test/api/v1/exam/e/", json={"id": "e"})
        http.get(
            "http://tracker.test/api/v1/exam/e/attempt/a/",
            json={"instructions": [], "download_url": "http://tracker.test/download"},
        )
        exam = make_exam(backend="tracker", external_id="e")
        attempt = make_attempt(exam, status=S.created, external_id="a", taking_as_proctored=True)
        with translation.override("de"):
            page = api.get_student_view(attempt.user_id, exam.course_id, exam.content_id, {})
        assert "<li>Ja</li>" in page
        assert "<li>Nein</li>" in page
        assert "http://tracker.test/download" in page


@pytest.mark.contract("provider-interface#older-signatures")
class TestDashboards:
    def open(self, client: APIClient, exam: Any) -> str:
        address = reverse("edx_proctoring:instructor_dashboard_exam", args=[exam.course_id, exam.pk])
        reply = client.get(address, {"config": "true", "attempt": "a"})
        assert reply.status_code == 302, reply.content
        return reply["Location"]

    @pytest.fixture
    def exam(self, http):
        http.post("http://tracker.test/api/v1/exam/", json={"id": "e"})
        return lambda name: make_exam(backend=name, external_id="e")

    def test_a_method_without_the_newest_keywords_is_called_without_them(self, install, client, exam):
        install("old", look_alikes.OldDashboard)
        location = self.open(client, exam("old"))
        assert location.startswith("http://tracker.test/dashboard/id/?jwt=")
        assert location.endswith("&old=1")

    def test_a_method_that_accepts_all_keywords_gets_all(self, install, client, exam):
        whole = install("whole", look_alikes.WholeDashboard)
        self.open(client, exam("whole"))
        assert set(whole.asked) == {
            *("exam_id", "attempt_id", "show_configuration_dashboard", "encrypted_video_review_url")
        }

    def test_a_mock_without_a_readable_signature_is_called(self, backends_registry, client, exam):
        provider = MagicMock()
        provider.on_exam_saved.return_value = None
        provider.get_instructor_url.return_value = "http://mock.test/"
        backends_registry["mocked"] = provider
        assert self.open(client, make_exam(backend="mocked", external_id="e")) == "http://mock.test/"


@pytest.mark.contract("provider-interface#private-helpers")
class TestPrivateMethods:
    def test_an_overridden_attempt_request_is_used(self, install, http):
        own = install("own", look_alikes.OwnRequests)
        http.patch("http://tracker.test/api/v1/exam/e/attempt/a/", json={"status": "started"})
        assert own.start_exam_attempt("e", "a") == "started"
        assert json.loads(http.calls[-1].request.body) == {"source": "own", "status": "started"}

    def test_overridden_language_headers_are_sent(self, install, http):
        own = install("own", look_alikes.OwnRequests)
        http.get("http://tracker.test/api/v1/config/", json={})
        own.get_proctoring_config()
        assert http.calls[-1].request.headers["Accept-Language"] == "tlh"

    def test_overridden_signing_methods_are_used(self, settings, backends_registry):
        provider = look_alikes.OwnSignatures(
            organization="o",
            exam_sponsor="s",
            exam_register_endpoint="http://vendor.test",
            secret_key_id="kid",
            secret_key="key",
            crypto_key="too short for any cipher",
            software_download_url="http://vendor.test/download",
        )
        backends_registry["own"] = provider
        exam, learner = make_exam(backend="own"), make_user()
        attempt_id = api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        assert api.get_exam_attempt_by_id(attempt_id)["external_id"] == "session-1"
        data, signature, _ = provider.sent
        assert data["examPassword"].startswith("plain:")
        assert len(data["orgExtra"]["userID"]) == 40
        assert signature.startswith(b"OWN kid:")
        assert signature.endswith(b";v=2")


@pytest.mark.contract("provider-interface#interface-only")
class TestProviderWithTheOldInterface:
    """A class with the interface of 6.1.4 only."""

    def test_an_attempt_passes_from_registration_to_verdict(self, install, all_services):
        provider = install("standalone", look_alikes.Standalone)
        exam, learner = make_exam(backend="standalone"), make_user()
        exam.refresh_from_db()
        assert exam.external_id == "exam-at-standalone"
        attempt_id = api.create_exam_attempt(exam.pk, learner.pk, taking_as_proctored=True)
        attempt = api.get_exam_attempt_by_id(attempt_id)
        assert attempt["external_id"] == "standalone-" + attempt["attempt_code"].lower()
        api.start_exam_attempt(exam.pk, learner.pk)
        api.update_attempt_status(attempt_id, S.submitted)
        assert provider.told == [("started", attempt["external_id"]), ("submitted", attempt["external_id"])]

        # The vendor's service user is in the group with the plug-in's name.
        service_user = make_user()
        service_user.groups.add(Group.objects.create(name="standalone_review"))
        vendor = APIClient()
        vendor.force_authenticate(service_user)
        address = reverse("edx_proctoring:proctored_exam.attempt.callback", args=[attempt["external_id"]])
        reply = vendor.post(address, {"status": "passed", "comments": []}, format="json")
        assert (reply.status_code, reply.json()) == (200, "OK")
        assert api.get_exam_attempt_by_id(attempt_id)["status"] == S.verified

    def test_without_a_list_of_passing_verdicts_a_rules_violation_passes(self, install, all_services):
        """The default list of 9.3 applies."""
        install("standalone", look_alikes.Standalone)
        attempt = make_attempt(make_exam(backend="standalone"), status=S.submitted)
        client = APIClient()
        client.force_authenticate(make_staff())
        address = reverse("edx_proctoring:proctored_exam.attempt.callback", args=[attempt.external_id])
        assert client.post(address, {"status": "violation", "comments": []}, format="json").status_code == 200
        attempt.refresh_from_db()
        assert attempt.status == S.verified

    def test_a_reset_by_staff_removes_the_attempt(self, install, all_services):
        install("standalone", look_alikes.Standalone)
        attempt = make_attempt(make_exam(backend="standalone"), status=S.submitted)
        api.remove_exam_attempt(attempt.pk, make_staff())
        assert api.get_exam_attempt_by_id(attempt.pk) is None


@pytest.mark.contract("browser-worker#build-file")
class TestWorker:
    def test_the_worker_package_is_in_the_build(self, install, settings, tmp_path):
        package = tmp_path / "tracker-worker"
        package.mkdir()
        (package / "package.json").write_text('{"main": "worker.js"}')
        settings.NODE_MODULES_ROOT = str(tmp_path)
        assert make_worker_config([install("tracker", look_alikes.Tracker)], out=str(tmp_path / "workers.json"))
        assert json.loads((tmp_path / "workers.json").read_text()) == {
            "tracker-worker": ["babel-polyfill", str(package / "worker.js")]
        }

    @pytest.mark.parametrize(
        ("provider_class", "bundle"),
        [(look_alikes.Tracker, "tracker-worker"), (look_alikes.EagerOptions, "tests")],
        ids=["package-of-the-class", "first-part-of-its-module"],
    )
    def test_the_script_is_found_by_the_name_of_the_bundle(
        self, install, settings, monkeypatch, provider_class, bundle
    ):
        settings.LMS_ROOT_URL = "http://lms.test"
        monkeypatch.setattr(
            "edx_proctoring.backends.rest.get_files",
            lambda name, config: [{"name": f"{name}.js", "url": f"/static/{config}/{name}.js"}],
        )
        script = install("tracker", provider_class).get_javascript()
        assert script == f"http://lms.test/static/WORKERS/{bundle}.js"
