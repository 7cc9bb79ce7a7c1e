"""What the platform does in Celery workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from demo.host import content, grading, publishing
from demo.host.models import BlockCompletion, CourseRun


def update_completion(user_id: int, usage_key: str, completion: float) -> None:
    """Set the completion of a subsection and of everything below it."""
    course = content.course_of(usage_key)
    for key in [usage_key, *content.problem_keys_below(course, usage_key)]:
        BlockCompletion.objects.update_or_create(user_id=user_id, usage_key=key, defaults={"completion": completion})


def recalculate_subsection_grade(user_id: int, course_id: str, usage_key: str) -> None:
    """Compute a subsection's points anew."""
    course = CourseRun.objects.get(course_id=course_id)
    grading.recalculate(user_id, course, usage_key)


def publish_course(course_id: str) -> None:
    """Register the course's exams, then its credit requirements."""
    course = CourseRun.objects.get(course_id=course_id)
    publishing.after_publish(course)


REGISTRY: dict[str, Callable[..., Any]] = {
    "publish_course": publish_course,
    "recalculate_subsection_grade": recalculate_subsection_grade,
    "update_completion": update_completion,
}
