"""The LMS side against the server: every call of a REST provider over HTTP."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest
import requests
from django.core.cache import cache

from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderOnboardingException,
)
from mock_provider.plugin import MockProviderBackend

from .conftest import COURSE, USER

pytestmark = pytest.mark.contract("mock-provider#plug-in", "provider-wire#endpoints")


@pytest.fixture
def backend(provider):
    """The plug-in, configured for the running server."""
    cache.clear()
    return MockProviderBackend(client_id="mock", client_secret="mocksecret", base_url=provider.url)


@pytest.fixture
def exam(backend):
    """An exam dict as the core passes it, registered."""
    exam = {
        "id": 1,
        "course_id": COURSE,
        "content_id": "block",
        "external_id": None,
        "exam_name": "Final",
        "time_limit_mins": 90,
        "is_proctored": True,
        "is_practice_exam": False,
        "is_active": True,
        "due_date": None,
        "hide_after_due": False,
        "backend": "mock_provider",
    }
    exam["external_id"] = backend.on_exam_saved(exam)
    return exam


@pytest.fixture
def context(lms):
    """A registration context as the core builds it."""
    return {
        "lms_host": lms.url,
        "time_limit_mins": 90,
        "attempt_code": "ABC",
        "is_sample_attempt": False,
        "user_id": USER,
        "full_name": "Vera Learner",
        "email": None,
    }


def test_the_plugin_is_found_by_its_entry_point():
    [entry] = entry_points(group="openedx.proctoring", name="mock_provider")
    assert entry.load() is MockProviderBackend
    assert MockProviderBackend.verbose_name == "Mock Proctoring"
    assert MockProviderBackend.npm_module == "@edx/mock-provider-worker"


def test_an_attempt_goes_from_registration_to_removal(backend, exam, context, provider):
    attempt = backend.register_exam_attempt(exam, context=context)
    stored = provider.store.attempt(attempt)
    assert (stored["status"], stored["user_id"], stored["exam_id"]) == ("created", USER, exam["external_id"])
    assert backend.start_exam_attempt(exam["external_id"], attempt) == "started"
    assert backend.stop_exam_attempt(exam["external_id"], attempt) == "submitted"
    assert backend.mark_erroneous_exam_attempt(exam["external_id"], attempt) == "error"
    assert backend.remove_exam_attempt(exam["external_id"], attempt) is True
    assert backend.remove_exam_attempt(exam["external_id"], attempt) is True, "already gone counts as removed"


def test_the_learner_gets_the_address_of_the_software(backend, exam, context, provider):
    attempt = backend.register_exam_attempt(exam, context=context)
    shown = backend.get_attempt({"external_id": attempt, "proctored_exam": exam})
    assert shown["download_url"].startswith(f"{provider.url}/download?attempt={attempt}")
    assert len(shown["instructions"]) >= 2
    assert backend.get_software_download_url() == f"{provider.url}/download"


def test_an_exam_keeps_its_id_when_it_is_saved_again(backend, exam):
    assert backend.on_exam_saved({**exam, "exam_name": "New"}) == exam["external_id"]


def test_a_learner_without_onboarding_is_refused(backend, exam, context, scenario):
    scenario(onboarding={USER: "onboarding_pending"})
    with pytest.raises(BackendProviderOnboardingException):
        backend.register_exam_attempt(exam, context=context)
    assert backend.get_onboarding_profile_info(COURSE, user_id=USER)["status"] == "pending"
    assert backend.get_onboarding_profile_info(COURSE, status="pending")["count"] == 1


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_refused_registration_raises_its_exception(backend, exam, context, scenario, status):
    scenario(fail=[{"method": "POST", "path": "/attempt/$", "status": status}])
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        backend.register_exam_attempt(exam, context=context)


@pytest.mark.parametrize("fault", ["drop_connection", "malformed_json"])
def test_a_broken_registration_raises_the_same_exception(backend, exam, context, scenario, fault):
    scenario(**{fault: [{"path": "/attempt/$"}]})
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        backend.register_exam_attempt(exam, context=context)


def test_a_user_is_retired_once(backend, exam, context):
    backend.register_exam_attempt(exam, context=context)
    assert backend.retire_user(USER) is True
    assert backend.retire_user(USER) is False


def test_the_instructor_link_opens_the_dashboard(backend, exam):
    user = {"id": "abc", "full_name": "Ann Staff", "email": "ann@example.test"}
    reply = requests.get(backend.get_instructor_url(COURSE, user, exam_id=exam["external_id"]), timeout=5)
    assert reply.status_code == 200
    assert "Ann Staff" in reply.text
    assert "Final" in reply.text
