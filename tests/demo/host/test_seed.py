"""Seeding: which provider the course has, and that a second start changes nothing. Spec: host-platform.md 13.8."""

from __future__ import annotations

import pytest
from waffle import switch_is_active

from demo.host import seed
from demo.host.models import CourseRun
from edx_proctoring.api import get_all_exams_for_course
from edx_proctoring.backends.rest import BaseRestProctoringProvider

pytestmark = pytest.mark.django_db

RECORDINGS = "edx_proctoring.reds_api_redirect"


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Publishing tells the provider of the exams; here nobody listens."""
    monkeypatch.setattr(BaseRestProctoringProvider, "on_exam_saved", lambda self, exam: f"external-{exam['id']}")


def backends_of_the_exams():
    return {exam["backend"] for exam in get_all_exams_for_course(seed.COURSE_ID)}


@pytest.mark.parametrize(
    ("provider", "recordings"), [("mock_provider", False), ("software_secure", True)], ids=["rest", "rpnow"]
)
def test_the_course_has_the_provider_that_the_demo_was_started_with(
    settings, provider, recordings, django_capture_on_commit_callbacks
):
    settings.COURSE_PROVIDER = provider
    with django_capture_on_commit_callbacks(execute=True):
        seed.seed()
    assert CourseRun.objects.get(course_id=seed.COURSE_ID).proctoring_provider == provider
    assert backends_of_the_exams() == {provider}
    assert switch_is_active(RECORDINGS) is recordings


def test_another_start_may_choose_another(settings, django_capture_on_commit_callbacks):
    for provider in ("mock_provider", "software_secure"):
        settings.COURSE_PROVIDER = provider
        with django_capture_on_commit_callbacks(execute=True):
            seed.seed()
    assert backends_of_the_exams() == {"software_secure"}


def test_a_provider_chosen_in_studio_stays(settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        seed.seed()
    CourseRun.objects.update(proctoring_provider="null")
    with django_capture_on_commit_callbacks(execute=True):
        seed.seed()
    assert CourseRun.objects.get(course_id=seed.COURSE_ID).proctoring_provider == "null"


def test_seeding_again_changes_nothing(django_capture_on_commit_callbacks):
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            seed.seed()
    assert CourseRun.objects.get(course_id=seed.COURSE_ID).published_version == 1
