"""RPNow end to end, both sides as servers: registration, launch, review."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from django.apps import apps
from django.core.checks import run_checks

from edx_proctoring import api
from edx_proctoring.apps import BACKEND_CONFIGURATION_ALLOW_LIST
from edx_proctoring.backends import registry
from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ReviewInboxEntry
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from mock_provider.rpnow.signature import Account
from tests.factories import make_exam, make_staff, make_user

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.mock_provider.api_urls"),
    pytest.mark.contract("mock-provider#rpnow-end-to-end", "provider-wire#endpoints"),
]

SEVEN_OPTIONS = (
    *("organization", "exam_sponsor", "exam_register_endpoint", "secret_key_id", "secret_key"),
    *("crypto_key", "software_download_url"),
)


@pytest.fixture
def published_pair(provider, live_server, settings, backends_registry, monkeypatch):
    """Both blocks of the published sample: a real one, and one with placeholders for a class that is not installed."""
    settings.SITE_NAME = live_server.url.removeprefix("http://")
    settings.HTTPS = "off"
    options = {
        "organization": "acme-org",
        "exam_sponsor": "Acme LMS",
        "exam_register_endpoint": f"{provider.url}/exams/registration/",
        "secret_key_id": "mock",
        "secret_key": Account().secret_key,
        "crypto_key": Account().crypto_key,
        "software_download_url": f"{provider.url}/rpnow",
    }
    assert set(options) == set(SEVEN_OPTIONS)
    settings.PROCTORING_BACKENDS = {"DEFAULT": "null", "null": {}}
    settings.PROCTORING_BACKEND_PROVIDERS = {
        "SOFTWARE_SECURE": {
            "class": "edx_proctoring.backends.software_secure.SoftwareSecureBackendProvider",
            "options": options,
            "settings": {"LINK_URLS": {"contact_us": "http://acme.test/contact"}},
        },
        "WEB_ASSISTANT": {
            "class": "third_party_that_is_not_installed.WebAssistantBackendProvider",
            "options": {name: f"<{name}>" for name in SEVEN_OPTIONS},
            "settings": {
                "SITE_NAME": "<site name>",
                "ALLOW_REVIEW_UPDATES": "<bool>",
                "REQUIRE_FAILURE_SECOND_REVIEWS": "<bool>",
                "LINK_URLS": {"contact_us": "<url>"},
            },
        },
    }
    loaded = registry.load(BACKEND_CONFIGURATION_ALLOW_LIST)
    backends_registry.update(loaded.backends)
    monkeypatch.setattr(apps.get_app_config("edx_proctoring"), "broken_backends", loaded.broken)
    return loaded


class Sitting:
    """One learner who takes an exam with RPNow."""

    def __init__(self, provider: Any, scheduler: Any, backend: str = "SOFTWARE_SECURE") -> None:
        self.provider = provider
        self.scheduler = scheduler
        self.exam = make_exam(backend=backend, exam_name="Midterm")
        self.learner = make_user()
        self.attempt_id = api.create_exam_attempt(self.exam.pk, self.learner.pk, taking_as_proctored=True)

    @property
    def attempt(self) -> dict[str, Any]:
        return api.get_exam_attempt_by_id(self.attempt_id)

    def open_secure_browser(self) -> requests.Response:
        """Open the exam as the vendor's software does; ends at the exam's page."""
        return requests.get(f"{self.provider.url}/rpnow?code={self.attempt['attempt_code']}", timeout=20)

    def take(self) -> None:
        """Set up, start and hand in."""
        self.open_secure_browser()
        api.start_exam_attempt(self.exam.pk, self.learner.pk)
        api.update_attempt_status(self.attempt_id, S.submitted)
        requests.post(
            f"{self.provider.url}/rpnow/session", data={"code": self.attempt["attempt_code"]}, timeout=20
        ).raise_for_status()

    def receive_reviews(self, entries: int) -> None:
        """Let the provider send what is due; the LMS has handled this many reviews then."""
        self.scheduler.advance(0)
        assert ReviewInboxEntry.objects.exclude(outcome=ReviewInboxEntry.OUTCOME_RECEIVED).count() == entries


def test_a_broken_block_is_named_without_disabling_the_other(published_pair):
    assert "SOFTWARE_SECURE" in published_pair.backends
    assert set(published_pair.broken) == {"WEB_ASSISTANT"}
    named = [message for message in run_checks() if "WEB_ASSISTANT" in str(message)]
    assert any("third_party_that_is_not_installed" in str(message) and message.hint for message in named)


@pytest.mark.contract("rpnow#flow")
def test_an_exam_goes_from_registration_to_the_verdict(published_pair, provider, scheduler, scenario, all_services):
    scenario(review={"delay": 0})
    sitting = Sitting(provider, scheduler)
    assert provider.store.attempt(sitting.attempt["external_id"])["exam_name"] == "Midterm"
    assert sitting.attempt["status"] == S.created

    page = sitting.open_secure_browser()
    assert page.text == "the exam"
    assert "exam" in page.history[-1].cookies
    assert sitting.attempt["status"] == S.ready_to_start

    api.start_exam_attempt(sitting.exam.pk, sitting.learner.pk)
    api.update_attempt_status(sitting.attempt_id, S.submitted)
    requests.post(f"{provider.url}/rpnow/session", data={"code": sitting.attempt["attempt_code"]}, timeout=20)
    sitting.receive_reviews(1)
    assert sitting.attempt["status"] == S.verified
    assert ProctoredExamSoftwareSecureReview.objects.get().review_status == "Clean"


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        ("violation", S.verified),
        ("suspicious", S.second_review_required),
        ("not_reviewed", S.error),
    ],
)
def test_each_verdict_leads_to_its_status(published_pair, provider, scheduler, scenario, all_services, verdict, status):
    scenario(review={"delay": 0, "status": verdict})
    sitting = Sitting(provider, scheduler)
    sitting.take()
    sitting.receive_reviews(1)
    assert sitting.attempt["status"] == status


def test_a_review_that_is_sent_three_times_is_one_review(published_pair, provider, scheduler, scenario, all_services):
    scenario(review={"delay": 0, "repeat": 3})
    sitting = Sitting(provider, scheduler)
    sitting.take()
    sitting.receive_reviews(3)
    assert sitting.attempt["status"] == S.verified
    assert ProctoredExamSoftwareSecureReview.objects.count() == 1


@pytest.mark.parametrize("locator", ["wrong", "missing"])
def test_a_review_without_the_right_locator_is_refused(
    published_pair, provider, scheduler, scenario, all_services, locator
):
    scenario(review={"delay": 0}, rpnow={"locator": locator})
    sitting = Sitting(provider, scheduler)
    sitting.take()
    sitting.receive_reviews(1)
    assert sitting.attempt["status"] == S.submitted
    assert not ProctoredExamSoftwareSecureReview.objects.exists()
    assert ReviewInboxEntry.objects.get().outcome.startswith("refused")


def test_a_late_review_leaves_a_reset_attempt_reset(published_pair, provider, scheduler, scenario, all_services):
    sitting = Sitting(provider, scheduler)
    sitting.take()
    external_id = sitting.attempt["external_id"]
    api.remove_exam_attempt(sitting.attempt_id, make_staff())
    requests.post(f"{provider.url}/reviewer/{external_id}/", data={"verdict": "passed"}, timeout=20)
    sitting.receive_reviews(1)
    assert api.get_exam_attempt_by_id(sitting.attempt_id) is None
    assert ProctoredExamSoftwareSecureReview.objects.get().review_status == "Clean"
