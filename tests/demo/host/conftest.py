"""Fixtures of the demo host's own tests, which run under ``demo.settings.combined``."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.utils import timezone, translation

from demo.host import call_log, instrumentation, publishing
from demo.host.models import CourseRun, Enrollment, Problem, Section, Sequence, Unit, UserProfile

COURSE_ID = "course-v1:Test+EXAMS+2026"
PREFIX = "block-v1:Test+EXAMS+2026+type@"


@pytest.fixture(autouse=True)
def demo_host(settings, tmp_path):
    """Tasks run at once, e-mails and the call log go to a folder of this test; no fault and no language outlasts it."""
    settings.DEMO_EAGER_TASKS = True
    settings.OUTBOX_DIR = tmp_path / "outbox"
    settings.SERVICE_CALL_LOG = tmp_path / "service-calls.jsonl"
    cache.clear()
    # A request leaves its language active in the thread.
    with translation.override(settings.LANGUAGE_CODE):
        yield
    instrumentation.register_all_again()


@pytest.fixture
def course(db):
    """A course whose provider is in-process, so that nothing here needs a network."""
    return CourseRun.objects.create(
        course_id=COURSE_ID,
        display_name="Exams",
        starts_at=timezone.now() - timedelta(days=10),
        ends_at=timezone.now() + timedelta(days=90),
        proctoring_provider="null",
        is_credit_course=True,
    )


@pytest.fixture
def section(course):
    return Section.objects.create(course=course, usage_key=f"{PREFIX}chapter+block@one", display_name="One")


@pytest.fixture
def sequence(section):
    """Makes a subsection with one page and one question (answer: 4)."""

    def make(block="exam", **fields):
        defaults = {
            "display_name": f"The {block}",
            "is_time_limited": True,
            "default_time_limit_minutes": 30,
            "starts_at": timezone.now() - timedelta(days=5),
        }
        made = Sequence.objects.create(
            section=section, usage_key=f"{PREFIX}sequential+block@{block}", **{**defaults, **fields}
        )
        unit = Unit.objects.create(
            sequence=made, usage_key=f"{PREFIX}vertical+block@{block}", display_name=f"Page of {block}"
        )
        Problem.objects.create(
            unit=unit, usage_key=f"{PREFIX}problem+block@{block}", prompt="Two plus two?", answer="4"
        )
        return made

    return make


@pytest.fixture
def publish(course, django_capture_on_commit_callbacks):
    """Publishes the draft; the queued work has run when it returns."""

    def go():
        course.refresh_from_db()
        with django_capture_on_commit_callbacks(execute=True):
            task = publishing.publish(course)
        task.refresh_from_db()
        return task

    return go


@pytest.fixture
def person(db):
    """Makes a person with a profile."""

    def make(username="lena", **fields):
        user = get_user_model().objects.create_user(username, email=f"{username}@demo.example", **fields)
        UserProfile.objects.create(user=user, name=username.title())
        return user

    return make


@pytest.fixture
def learner(person, course):
    user = person()
    Enrollment.objects.create(user=user, course=course, mode="verified")
    return user


@pytest.fixture
def calls():
    """The call log, oldest first, as ``service.method``."""

    def read():
        return [f"{entry['service']}.{entry['method']}" for entry in call_log.entries()][::-1]

    return read
