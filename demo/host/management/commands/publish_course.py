"""``publish_course <course id>``: publish in a process without requests, like a Celery worker."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test.utils import override_settings

from demo.host import publishing
from demo.host.models import CourseRun, Task


class Command(BaseCommand):
    """Publish a course in this process."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """One course id."""
        parser.add_argument("course_id")

    def handle(self, *args: Any, **options: Any) -> None:
        """Publish; CommandError when registering the exams failed."""
        course = CourseRun.objects.filter(course_id=options["course_id"]).first()
        if course is None:
            raise CommandError(f"there is no course {options['course_id']}")
        with override_settings(DEMO_EAGER_TASKS=True):  # this process ends before a thread would have finished
            task = publishing.publish(course)
        task.refresh_from_db()
        if task.state != Task.DONE:
            raise CommandError(task.error)
        self.stdout.write(f"published {course.course_id}")
