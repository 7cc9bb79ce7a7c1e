"""Who works on a course."""

from __future__ import annotations

from typing import Any

from demo.host.models import CourseRole


def has_staff_access(user: Any, course_id: str) -> bool:
    """Global staff, course staff, course instructor. Inactive and anonymous users never."""
    if user is None or not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    if user.is_staff or user.is_superuser:
        return True
    return CourseRole.objects.filter(user=user, course__course_id=course_id).exists()
