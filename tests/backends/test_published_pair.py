"""The two provider entries of a published sample: SOFTWARE_SECURE and WEB_ASSISTANT.

The sample's values are placeholders, and the class of the second entry is in a package that is not
installed anywhere. Deployments have copied the sample.
"""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import responses
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from rest_framework.test import APIClient

from edx_proctoring import backends, checks
from edx_proctoring.apps import BACKEND_CONFIGURATION_ALLOW_LIST
from edx_proctoring.backends import registry
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.backends.tests.test_review_payload import create_test_review_payload
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_exam, make_user

pytestmark = pytest.mark.contract("provider-configuration#published-pair")

ROOT = Path(__file__).resolve().parents[2]

OPTIONS = {
    "crypto_key": "{add the crypto key here}",
    "exam_register_endpoint": "{add the endpoint to register exams at here}",
    "exam_sponsor": "{add the exam sponsor here}",
    "organization": "{add the organization here}",
    "secret_key": "{add the secret key here}",
    "secret_key_id": "{add the id of the secret key here}",
    "software_download_url": "{add the address of the software here}",
}
LINK_URLS = {
    "contact_us": "{add a link here}",
    "faq": "{add a link here}",
    "online_proctoring_rules": "{add a link here}",
    "tech_requirements": "{add a link here}",
}
PAIR: dict[str, Any] = {
    "SOFTWARE_SECURE": {
        "class": "edx_proctoring.backends.software_secure.SoftwareSecureBackendProvider",
        "options": OPTIONS,
        "settings": {"LINK_URLS": LINK_URLS},
    },
    "WEB_ASSISTANT": {
        "class": "web_assistant.provider.WebAssistantBackendProvider",
        "options": OPTIONS,
        "settings": {
            "LINK_URLS": LINK_URLS,
            "SITE_NAME": "{add a site name here}",
            "PLATFORM_NAME": "{add a platform name here}",
            "STATUS_EMAIL_FROM_ADDRESS": "{add an address here}",
            "CONTACT_EMAIL": "{add an address here}",
            "DEFAULT_REVIEW_POLICY": "{add a policy here}",
            "REQUIRE_FAILURE_SECOND_REVIEWS": "{add a boolean here}",
            "ALLOW_REVIEW_UPDATES": "{add a boolean here}",
            "ALLOW_TIMED_OUT_STATE": "{add a boolean here}",
            "MUST_BE_VERIFIED_TRACK": "{add a boolean here}",
        },
    },
}
# The values that an operator has to fill in.
ENDPOINT = "http://vendor.test/register"
CRYPTO_KEY = "abcdefghijklmnopqrstuvwx"


@pytest.fixture
def start(settings: Any, monkeypatch: pytest.MonkeyPatch, backends_registry: dict[str, Any]) -> Any:
    """Load such entries, as on a host without any configuration of the newer form."""

    def start_up(pair: dict[str, Any]) -> registry.Registry:
        settings.PROCTORING_BACKENDS = {"DEFAULT": "null", "null": {}}
        settings.PROCTORING_BACKEND_PROVIDERS = pair
        loaded = registry.load(BACKEND_CONFIGURATION_ALLOW_LIST)
        config = apps.get_app_config("edx_proctoring")
        monkeypatch.setattr(config, "broken_backends", loaded.broken)
        monkeypatch.setattr(config, "dropped_backend_keys", loaded.dropped_keys)
        backends_registry.clear()
        backends_registry.update(loaded.backends)
        return loaded

    return start_up


class TestWithPlaceholders:
    def test_the_first_provider_is_built_and_the_second_is_broken(self, start):
        loaded = start(PAIR)
        assert list(loaded.backends) == ["null", "SOFTWARE_SECURE"]
        assert type(loaded.backends["SOFTWARE_SECURE"]) is SoftwareSecureBackendProvider
        assert list(loaded.broken) == ["WEB_ASSISTANT"]

    def test_the_null_provider_is_the_default(self, start):
        start(PAIR)
        assert backends.default_backend_name() == "null"
        assert backends.get_backend_provider().verbose_name == "Null Backend"

    def test_looking_up_the_second_raises_with_the_cause(self, start):
        start(PAIR)
        with pytest.raises(NotImplementedError, match="WEB_ASSISTANT") as caught:
            backends.get_backend_provider(name="WEB_ASSISTANT")
        assert isinstance(caught.value.__cause__, ImportError)

    def test_the_checks_name_each_mistake_and_its_place(self, start):
        start(PAIR)
        found = {
            (message.id, message.msg.split(":")[0])
            for check in (
                checks.check_default_backend,
                checks.check_broken_backends,
                checks.check_booleans,
                checks.check_provider_settings,
                checks.check_exam_passwords,
            )
            for message in check(None)
        }
        ignored = "The proctoring setting {} of the provider 'WEB_ASSISTANT' is neither true nor false and is ignored."
        assert found == {
            ("edx_proctoring.E003", "The proctoring provider 'WEB_ASSISTANT' could not be built"),
            ("edx_proctoring.W006", "The proctoring provider 'SOFTWARE_SECURE' cannot encrypt exam passwords"),
            *(
                ("edx_proctoring.W005", ignored.format(key))
                for key in (
                    "REQUIRE_FAILURE_SECOND_REVIEWS",
                    "ALLOW_REVIEW_UPDATES",
                    "ALLOW_TIMED_OUT_STATE",
                    "MUST_BE_VERIFIED_TRACK",
                )
            ),
        }
        (broken,) = checks.check_broken_backends(None)
        assert "No module named 'web_assistant'" in broken.msg
        assert "PROCTORING_BACKEND_PROVIDERS" in broken.hint

    def test_the_helpers_for_older_code_read_the_settings(self, start):
        start(PAIR)
        own = backends.get_proctoring_settings("SOFTWARE_SECURE")
        assert backends.get_proctoring_settings_param(own, "LINK_URLS") == LINK_URLS
        assert backends.get_proctoring_settings_param(own, "SITE_NAME") == "localhost:8000"
        with pytest.raises(ImproperlyConfigured):
            backends.get_proctoring_settings("no-such")

    def test_commands_run_and_the_checks_report(self, tmp_path):
        """In a new process, because ``migrate`` refuses to run after serious errors of the checks."""
        (tmp_path / "pair_settings.py").write_text(
            "from test_settings import *\n"
            "PROCTORING_BACKENDS = {'DEFAULT': 'null', 'null': {}}\n"
            f"PROCTORING_BACKEND_PROVIDERS = {PAIR!r}\n"
            "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}\n"
        )
        answer = subprocess.run(
            [sys.executable, "manage.py", "migrate", "waffle", "--plan"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "DJANGO_SETTINGS_MODULE": "pair_settings"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        assert "edx_proctoring.E003" in answer.stderr
        assert "WEB_ASSISTANT" in answer.stderr


@pytest.mark.django_db
class TestFilledIn:
    """SOFTWARE_SECURE works from registration to verdict, beside the broken entry."""

    @pytest.fixture
    def provider(self, start) -> SoftwareSecureBackendProvider:
        options = {**OPTIONS, "crypto_key": CRYPTO_KEY, "exam_register_endpoint": ENDPOINT}
        start({**PAIR, "SOFTWARE_SECURE": {**PAIR["SOFTWARE_SECURE"], "options": options}})
        provider = backends.get_backend_provider(name="SOFTWARE_SECURE")
        assert isinstance(provider, SoftwareSecureBackendProvider)
        return provider

    @pytest.fixture
    def vendor(self) -> Iterator[responses.RequestsMock]:
        with responses.RequestsMock() as mock:
            mock.post(ENDPOINT, json={"ssiRecordLocator": "LOCATOR-1"})
            yield mock

    @pytest.mark.parametrize(("verdict", "status"), [("Clean", S.verified), ("Suspicious", S.second_review_required)])
    def test_an_exam_passes_from_registration_to_verdict(self, provider, vendor, verdict, status):
        exam = make_exam(backend="SOFTWARE_SECURE")
        learner = APIClient()
        learner.force_login(make_user(), backend="django.contrib.auth.backends.ModelBackend")

        answer = learner.post(
            reverse("edx_proctoring:proctored_exam.attempt.collection"),
            {"exam_id": exam.pk, "attempt_proctored": True},
            format="json",
        )
        assert answer.status_code == 200
        attempt = ProctoredExamStudentAttempt.objects.get(pk=answer.json()["exam_attempt_id"])
        assert attempt.external_id == "LOCATOR-1"
        self.assert_signed(provider, vendor.calls[0].request, attempt)

        launch = reverse("edx_proctoring:anonymous.proctoring_launch_callback.start_exam", args=[attempt.attempt_code])
        assert APIClient().get(launch).status_code == 302
        assert self.status_of(attempt) == S.ready_to_start
        self.act(learner, attempt, "start")
        self.act(learner, attempt, "submit")
        assert self.status_of(attempt) == S.submitted

        payload = create_test_review_payload(
            attempt_code=attempt.attempt_code, external_id="locator-1", review_status=verdict
        )
        answer = APIClient().generic(
            "POST",
            reverse("edx_proctoring:anonymous.proctoring_review_callback"),
            payload,
            content_type="application/json",
        )
        assert (answer.status_code, answer.json()) == (200, "OK")
        assert self.status_of(attempt) == status

    def test_an_exam_of_the_broken_provider_has_a_clear_answer(self, provider):
        exam = make_exam(backend="null")
        type(exam).objects.filter(pk=exam.pk).update(backend="WEB_ASSISTANT")
        learner = APIClient()
        learner.force_login(make_user(), backend="django.contrib.auth.backends.ModelBackend")
        answer = learner.get(reverse("edx_proctoring:proctored_exam.proctoring_settings", args=[exam.pk]))
        assert answer.status_code == 500
        assert "'WEB_ASSISTANT'" in answer.json()["detail"]
        assert "is not configured" in answer.json()["detail"]

    @staticmethod
    def assert_signed(provider: SoftwareSecureBackendProvider, request: Any, attempt: Any) -> None:
        """The vendor computes the signature from the received body, and compares."""
        body = json.loads(request.body)
        assert body["examCode"] == attempt.attempt_code
        date = request.headers["Date"]
        message = f"POST\n\napplication/json\n{date}\n".encode() + provider._body_string(body)
        digest = hmac.new(OPTIONS["secret_key"].encode(), message, hashlib.sha256).digest()
        expected = f"SSI {OPTIONS['secret_key_id']}:{base64.b64encode(digest).decode()}"
        sent = request.headers["Authorization"]
        assert (sent.decode() if isinstance(sent, bytes) else sent) == expected

    @staticmethod
    def status_of(attempt: ProctoredExamStudentAttempt) -> str:
        attempt.refresh_from_db()
        return attempt.status

    @staticmethod
    def act(learner: APIClient, attempt: ProctoredExamStudentAttempt, action: str) -> None:
        answer = learner.put(
            reverse("edx_proctoring:proctored_exam.attempt", args=[attempt.pk]), {"action": action}, format="json"
        )
        assert answer.status_code == 200
