"""Courses for views."""

from xmodule.modulestore.django import modulestore


def get_course(course_id, depth=0):
    """Raises ``ValueError`` for an unknown course, as the platform does."""
    course = modulestore().get_course(course_id, depth=depth)
    if course is None:
        raise ValueError(f"Course not found: {course_id}")
    return course
