"""Enrolments of current platforms."""

from importlib import import_module
from typing import Any


def is_enrolled(user: Any, course_key: Any) -> bool | None:
    """Return whether the user has an active enrolment in the course; None on a host without the platform's students."""
    try:
        students = import_module("common.djangoapps.student.models")
    except ImportError:
        return None
    return bool(students.CourseEnrollment.is_enrolled(user, course_key))
