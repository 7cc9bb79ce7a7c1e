"""How much of a course a learner has completed."""

from __future__ import annotations

from demo.host import published_course
from demo.host.models import BlockCompletion
from demo.host.task_queue import task


@task
def update_completion(user_id: int, usage_key: str, completion: float) -> None:
    """Set the completion of a subsection and of all problems in it."""
    course = published_course.course_of(usage_key)
    for key in [usage_key, *published_course.problem_keys_below(course, usage_key)]:
        BlockCompletion.objects.update_or_create(user_id=user_id, usage_key=key, defaults={"completion": completion})
