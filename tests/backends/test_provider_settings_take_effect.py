"""A provider's own settings apply to its exams, and only to them.

Two providers of one class: ``acme`` has its own settings, ``other`` has the platform's. Each test does
the same with both, so a value that applied to all providers would fail it. Each test runs with both
forms of the configuration.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api, checks
from edx_proctoring.apps import BACKEND_CONFIGURATION_ALLOW_LIST
from edx_proctoring.backends import registry
from edx_proctoring.backends.tests.test_review_payload import create_test_review_payload
from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests.factories import make_attempt, make_exam, make_policy, make_user

from .conftest import SOFTWARE_SECURE_OPTIONS

pytestmark = [pytest.mark.django_db, pytest.mark.contract("provider-configuration#own-settings-keys")]

CLASS = "edx_proctoring.backends.software_secure.SoftwareSecureBackendProvider"

Configure = Callable[..., None]


@pytest.fixture(params=["PROCTORING_BACKENDS", "PROCTORING_BACKEND_PROVIDERS"])
def configure(request: Any, settings: Any, backends_registry: dict[str, Any]) -> Configure:
    """Load the providers ``acme``, with these settings, and ``other``, without any."""

    def start(**own: Any) -> None:
        settings.PLATFORM_NAME = "The Platform"
        settings.PROCTORING_SETTINGS = {
            "LINK_URLS": {
                "contact_us": "https://platform.test/us",
                "online_proctoring_rules": "https://platform.test/r",
            }
        }
        settings.PROCTORING_BACKENDS = {"DEFAULT": "test", "test": {}}
        if request.param == "PROCTORING_BACKENDS":
            settings.PROCTORING_BACKENDS.update(
                acme={"class": CLASS, **SOFTWARE_SECURE_OPTIONS, "settings": own},
                other={"class": CLASS, **SOFTWARE_SECURE_OPTIONS},
            )
        else:
            settings.PROCTORING_BACKEND_PROVIDERS = {
                "acme": {"class": CLASS, "options": SOFTWARE_SECURE_OPTIONS, "settings": own},
                "other": {"class": CLASS, "options": SOFTWARE_SECURE_OPTIONS},
            }
        loaded = registry.load(BACKEND_CONFIGURATION_ALLOW_LIST)
        assert loaded.broken == {}
        backends_registry.update(loaded.backends)

    return start


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    """A vendor that accepts every registration."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(SOFTWARE_SECURE_OPTIONS["exam_register_endpoint"], json={"ssiRecordLocator": "LOCATOR"})
        yield mock


def attempt_of(backend: str, status: str = S.submitted) -> ProctoredExamStudentAttempt:
    return make_attempt(make_exam(backend=backend), status=status)


def mail_about(backend: str, mailoutbox: list[Any]) -> Any:
    mailoutbox.clear()
    api.update_attempt_status(attempt_of(backend).pk, S.verified)
    (mail,) = mailoutbox
    return mail


def settings_of(backend: str) -> dict[str, Any]:
    """Return the settings endpoint's answer for an exam of this provider."""
    client = APIClient()
    client.force_login(make_user(), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(
        reverse("edx_proctoring:proctored_exam.proctoring_settings", args=[make_exam(backend=backend).pk])
    )
    assert answer.status_code == 200
    return dict(answer.json())


def page_of(exam: Any, user: Any, **context: Any) -> str:
    html = api.get_student_view(user.pk, exam.course_id, exam.content_id, context, "student")
    assert html is not None
    return str(html)


def review(attempt: ProctoredExamStudentAttempt, verdict: str) -> Any:
    """Post a review as the vendor."""
    body = create_test_review_payload(
        attempt_code=attempt.attempt_code, external_id=attempt.external_id, review_status=verdict
    )
    return APIClient().generic(
        "POST",
        reverse("edx_proctoring:anonymous.proctoring_review_callback"),
        body,
        content_type="application/json",
    )


class TestMails:
    def test_the_support_link_has_the_providers_site_name(self, configure: Configure, mailoutbox: list[Any]) -> None:
        configure(SITE_NAME="proctored.test")
        assert "http://proctored.test/support/contact_us" in mail_about("acme", mailoutbox).body
        assert "http://localhost:8000/support/contact_us" in mail_about("other", mailoutbox).body

    def test_the_mail_has_the_providers_platform_name(
        self, configure: Configure, settings: Any, mailoutbox: list[Any], tmp_path: Path
    ) -> None:
        # Our own templates do not show the platform's name, but themes may.
        theme = tmp_path / "emails" / "proctoring_attempt_satisfactory_email.html"
        theme.parent.mkdir()
        theme.write_text("Yours, {{ platform }}")
        settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
        configure(PLATFORM_NAME="Acme University")
        assert mail_about("acme", mailoutbox).body == "Yours, Acme University"
        assert mail_about("other", mailoutbox).body == "Yours, The Platform"

    @pytest.mark.parametrize("key", ["STATUS_EMAIL_FROM_ADDRESS", "FROM_EMAIL"])
    def test_the_mail_has_the_providers_sender(
        self, configure: Configure, settings: Any, mailoutbox: list[Any], key: str
    ) -> None:
        settings.DEFAULT_FROM_EMAIL = "platform@example.com"
        configure(**{key: "acme@example.com"})
        assert mail_about("acme", mailoutbox).from_email == "acme@example.com"
        assert mail_about("other", mailoutbox).from_email == "platform@example.com"

    @pytest.mark.contract("provider-configuration#mail-contact")
    def test_the_mail_has_the_providers_contact_link(self, configure: Configure, mailoutbox: list[Any]) -> None:
        configure(LINK_URLS={"contact_us": "https://acme.test/us"})
        assert "https://acme.test/us" in mail_about("acme", mailoutbox).body
        assert "acme.test" not in mail_about("other", mailoutbox).body

    def test_the_mail_has_the_providers_copy_and_reply_addresses(
        self, configure: Configure, mailoutbox: list[Any]
    ) -> None:
        configure(BCC_EMAIL="copy@example.com", REPLY_TO_EMAIL="reply@example.com")
        own = mail_about("acme", mailoutbox)
        assert (own.bcc, own.reply_to) == (["copy@example.com"], ["reply@example.com"])
        platforms = mail_about("other", mailoutbox)
        assert (platforms.bcc, platforms.reply_to) == ([], [])


class TestSettingsEndpoint:
    def test_the_providers_links_are_merged_over_the_platforms(self, configure: Configure) -> None:
        configure(LINK_URLS={"contact_us": "https://acme.test/us"})
        assert settings_of("acme")["link_urls"] == {
            "contact_us": "https://acme.test/us",
            "online_proctoring_rules": "https://platform.test/r",
        }
        assert settings_of("other")["link_urls"]["contact_us"] == "https://platform.test/us"

    def test_the_answer_has_the_providers_contact_address(self, configure: Configure, settings: Any) -> None:
        settings.CONTACT_EMAIL = "platform@example.com"
        configure(CONTACT_EMAIL="acme@example.com")
        assert settings_of("acme")["integration_specific_email"] == "acme@example.com"
        assert settings_of("other")["integration_specific_email"] == "platform@example.com"

    def test_an_address_of_the_provider_object_comes_before_the_setting(
        self, configure: Configure, backends_registry: dict[str, Any]
    ) -> None:
        configure(CONTACT_EMAIL="acme@example.com")
        backends_registry["acme"].integration_specific_email = "option@example.com"
        assert settings_of("acme")["integration_specific_email"] == "option@example.com"


class TestLearnerPages:
    @pytest.mark.parametrize(
        ("backend", "url"), [("acme", "https://acme.test/rules"), ("other", "https://platform.test/r")]
    )
    def test_pages_have_the_links_of_the_exams_provider(self, configure: Configure, backend: str, url: str) -> None:
        configure(LINK_URLS={"online_proctoring_rules": "https://acme.test/rules"})
        attempt = attempt_of(backend, S.ready_to_start)
        assert f'href="{url}"' in page_of(attempt.proctored_exam, attempt.user)

    @pytest.mark.parametrize(("backend", "site"), [("acme", "proctored.test"), ("other", "localhost:8000")])
    def test_the_password_reset_link_has_the_site_of_the_exams_provider(
        self, configure: Configure, settings: Any, backend: str, site: str
    ) -> None:
        settings.ROOT_URLCONF = "tests.learner_view.host_urls"
        configure(SITE_NAME="proctored.test")
        html = page_of(make_exam(backend=backend), make_user(is_active=False))
        assert f"http://{site}{reverse('password_assistance')}" in html

    @pytest.mark.parametrize(("backend", "address"), [("acme", "acme@example.com"), ("other", "platform@example.com")])
    def test_pages_have_the_contact_address_of_the_exams_provider(
        self, configure: Configure, settings: Any, backend: str, address: str
    ) -> None:
        settings.CONTACT_EMAIL = "platform@example.com"
        configure(CONTACT_EMAIL="acme@example.com")
        attempt = attempt_of(backend, S.onboarding_missing)
        assert address in page_of(attempt.proctored_exam, attempt.user)


class TestRegistration:
    @staticmethod
    def notes(backend: str, vendor: responses.RequestsMock, policy: str | None = None) -> str:
        """Register an attempt; return the notes sent to the vendor's reviewers."""
        exam = make_exam(backend=backend)
        if policy:
            make_policy(exam, review_policy=policy)
        api.create_exam_attempt(exam.pk, make_user().pk, taking_as_proctored=True)
        return str(json.loads(vendor.calls[-1].request.body or "")["reviewerNotes"])

    def test_without_a_policy_reviewers_get_the_providers_default(
        self, configure: Configure, vendor: responses.RequestsMock
    ) -> None:
        configure(DEFAULT_REVIEW_POLICY="Watch the door")
        assert self.notes("acme", vendor) == "Watch the door"
        assert self.notes("other", vendor) == "Closed Book"

    def test_the_exams_own_policy_comes_before_the_providers_default(
        self, configure: Configure, vendor: responses.RequestsMock
    ) -> None:
        configure(DEFAULT_REVIEW_POLICY="Watch the door")
        assert self.notes("acme", vendor, policy="Open Book") == "Open Book"


class TestReviews:
    @pytest.mark.parametrize("off", [False, "False", "false"], ids=repr)
    def test_a_provider_may_switch_second_reviews_off(self, configure: Configure, off: Any) -> None:
        configure(REQUIRE_FAILURE_SECOND_REVIEWS=off)
        for backend, expected in (("acme", S.rejected), ("other", S.second_review_required)):
            attempt = attempt_of(backend)
            assert review(attempt, "Suspicious").status_code == 200
            attempt.refresh_from_db()
            assert attempt.status == expected

    def test_a_provider_may_refuse_review_updates(self, configure: Configure) -> None:
        configure(ALLOW_REVIEW_UPDATES=False)
        for backend, status, stored in (("acme", 400, "Clean"), ("other", 200, "Suspicious")):
            attempt = attempt_of(backend)
            assert review(attempt, "Clean").status_code == 200
            assert review(attempt, "Suspicious").status_code == status
            (row,) = ProctoredExamSoftwareSecureReview.objects.filter(attempt_code=attempt.attempt_code)
            assert row.review_status == stored

    def test_placeholder_text_counts_as_not_set(self, configure: Configure) -> None:
        configure(REQUIRE_FAILURE_SECOND_REVIEWS="{add boolean here}")
        attempt = attempt_of("acme")
        review(attempt, "Suspicious")
        attempt.refresh_from_db()
        assert attempt.status == S.second_review_required


class TestTimeOut:
    @pytest.mark.parametrize(
        ("own", "platform", "acme", "other"),
        [
            pytest.param(True, False, S.timed_out, S.submitted, id="own-on"),
            pytest.param(False, True, S.submitted, S.timed_out, id="own-off"),
            pytest.param("<bool>", True, S.timed_out, S.timed_out, id="placeholder"),
        ],
    )
    def test_a_provider_decides_whether_a_time_out_keeps_its_status(
        self, configure: Configure, settings: Any, own: Any, platform: bool, acme: str, other: str
    ) -> None:
        configure(ALLOW_TIMED_OUT_STATE=own)
        settings.PROCTORING_SETTINGS["ALLOW_TIMED_OUT_STATE"] = platform
        for backend, expected in (("acme", acme), ("other", other)):
            attempt = attempt_of(backend, S.started)
            type(attempt).objects.filter(pk=attempt.pk).update(started_at=timezone.now() - timedelta(minutes=91))
            seen = api.get_exam_attempt_by_id(attempt.pk)
            assert seen is not None
            assert seen["status"] == expected

    def test_a_timed_exam_has_the_platforms_time_out_state(self, configure: Configure) -> None:
        configure(ALLOW_TIMED_OUT_STATE=True)
        attempt = make_attempt(make_exam("timed", backend="acme"), status=S.started)
        type(attempt).objects.filter(pk=attempt.pk).update(started_at=timezone.now() - timedelta(minutes=91))
        seen = api.get_exam_attempt_by_id(attempt.pk)
        assert seen is not None
        assert seen["status"] == S.submitted


@pytest.mark.contract("settings#old-keys")
def test_a_setting_that_moved_to_the_host_is_accepted_without_a_message(configure: Configure) -> None:
    configure(MUST_BE_VERIFIED_TRACK="true")
    assert checks.check_provider_settings(None) == []
    assert checks.check_booleans(None) == []
