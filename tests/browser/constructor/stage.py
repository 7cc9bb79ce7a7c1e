"""Makes a course with one exam for each account: ``python -m tests.browser.constructor.stage``.

Runs with the demo's settings, in a process of its own.
"""

from __future__ import annotations

import os
from datetime import timedelta


def main() -> None:
    """Make the courses."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "demo.settings.combined"
    import django

    django.setup()

    from django.test.utils import override_settings

    from tests.browser.constructor.accounts import ACCOUNTS

    with override_settings(DEMO_EAGER_TASKS=True):
        for backend in ACCOUNTS:
            _make(backend)


def _make(backend: str) -> None:
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from demo.host import publishing
    from demo.host.models import CourseRole, CourseRun, Problem, Section, Sequence, Unit
    from tests.browser.constructor.accounts import TITLE, course_of, exam_of

    now = timezone.now()
    course = CourseRun.objects.create(
        course_id=course_of(backend),
        display_name=f"Astronomy: {backend}",
        starts_at=now - timedelta(days=30),
        ends_at=now + timedelta(days=365),
        proctoring_provider=backend,
        proctoring_escalation_email="course-team@demo.example",
    )
    CourseRole.objects.create(user=get_user_model().objects.get(username="stan"), course=course, role=CourseRole.STAFF)
    key = exam_of(backend).partition("+type@")[0]
    section = Section.objects.create(course=course, usage_key=f"{key}+type@chapter+block@c", display_name="Exams")
    sequence = Sequence.objects.create(
        section=section,
        usage_key=exam_of(backend),
        display_name=TITLE,
        is_time_limited=True,
        is_proctored_enabled=True,
        default_time_limit_minutes=60,
        starts_at=course.starts_at,
        due=now + timedelta(days=60),
        edited_by=get_user_model().objects.get(username="stan").pk,
    )
    unit = Unit.objects.create(sequence=sequence, usage_key=f"{key}+type@vertical+block@u", display_name="Page 1")
    Problem.objects.create(
        unit=unit,
        usage_key=f"{key}+type@problem+block@p",
        prompt="What is our galaxy called?",
        choices=["Andromeda", "The Milky Way"],
        answer="The Milky Way",
    )
    publishing.publish(course)


if __name__ == "__main__":
    main()
