"""Seeding: the provider of the course, its onboarding exam, and what a second start changes."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import check_password
from oauth2_provider.models import get_application_model
from waffle import switch_is_active

from demo.credentials import PROVIDER_CLIENT
from demo.host import seed
from demo.host.models import CourseRun, Sequence
from edx_proctoring.api import get_all_exams_for_course
from edx_proctoring.backends.rest import BaseRestProctoringProvider

pytestmark = pytest.mark.django_db

RECORDINGS = "edx_proctoring.reds_api_redirect"


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Publishing registers the exams at the provider, which does not run here."""
    monkeypatch.setattr(BaseRestProctoringProvider, "on_exam_saved", lambda self, exam: f"external-{exam['id']}")


def backends_of_the_exams():
    return {exam["backend"] for exam in get_all_exams_for_course(seed.COURSE_ID)}


@pytest.mark.parametrize(
    ("provider", "recordings"), [("mock_provider", False), ("software_secure", True)], ids=["rest", "rpnow"]
)
def test_the_course_gets_the_provider_that_the_demo_was_started_with(
    settings, provider, recordings, django_capture_on_commit_callbacks
):
    settings.COURSE_PROVIDER = provider
    with django_capture_on_commit_callbacks(execute=True):
        seed.seed()
    assert CourseRun.objects.get(course_id=seed.COURSE_ID).proctoring_provider == provider
    assert backends_of_the_exams() == {provider}
    assert switch_is_active(RECORDINGS) is recordings


def test_starting_with_another_provider_changes_the_course(settings, django_capture_on_commit_callbacks):
    for provider in ("mock_provider", "software_secure"):
        settings.COURSE_PROVIDER = provider
        with django_capture_on_commit_callbacks(execute=True):
            seed.seed()
    assert backends_of_the_exams() == {"software_secure"}


def test_seeding_again_keeps_a_provider_chosen_in_studio(settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        seed.seed()
    CourseRun.objects.update(proctoring_provider="null")
    with django_capture_on_commit_callbacks(execute=True):
        seed.seed()
    assert CourseRun.objects.get(course_id=seed.COURSE_ID).proctoring_provider == "null"


def test_a_provider_that_is_no_longer_configured_stays_the_courses(settings, django_capture_on_commit_callbacks):
    for provider in ("mock_provider", "null"):
        settings.COURSE_PROVIDER = provider
        with django_capture_on_commit_callbacks(execute=True):
            seed.seed()
    assert CourseRun.objects.get(course_id=seed.COURSE_ID).proctoring_provider == "mock_provider"
    assert backends_of_the_exams() == {"mock_provider"}


def test_seeding_again_publishes_nothing(django_capture_on_commit_callbacks):
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            seed.seed()
    assert CourseRun.objects.get(course_id=seed.COURSE_ID).published_version == 1


def kinds_of_the_subsections():
    flags = Sequence.objects.filter(is_proctored_enabled=True).values_list("is_practice_exam", "is_onboarding_exam")
    return {"practice": (True, False) in flags, "onboarding": (False, True) in flags}


def test_a_course_at_a_provider_with_onboarding_has_an_onboarding_exam(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        seed.seed()
    assert kinds_of_the_subsections() == {"practice": False, "onboarding": True}


def test_a_course_at_a_provider_without_onboarding_has_a_practice_exam(settings, django_capture_on_commit_callbacks):
    settings.COURSE_PROVIDER = "software_secure"
    with django_capture_on_commit_callbacks(execute=True):
        seed.seed()
    assert kinds_of_the_subsections() == {"practice": True, "onboarding": False}


def test_the_mock_provider_can_log_in_with_its_credentials(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        seed.seed()
    application = get_application_model().objects.get(client_id=PROVIDER_CLIENT.client_id)
    assert check_password(PROVIDER_CLIENT.client_secret, application.client_secret)
    assert application.user.username == "rey"
