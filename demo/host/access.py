"""Who may open a course, and who works on it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _

from demo.host.models import CourseRole, CourseRun, Enrollment


def has_staff_access(user: Any, course_id: str) -> bool:
    """Whether a user is global staff, course staff or course instructor. Never for inactive and anonymous users."""
    if user is None or not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    if user.is_staff or user.is_superuser:
        return True
    return CourseRole.objects.filter(user=user, course__course_id=course_id).exists()


def require_member(request: HttpRequest, course: CourseRun) -> None:
    """Raise PermissionDenied unless the user is enrolled or works on the course."""
    if has_staff_access(request.user, course.course_id):
        return
    if not Enrollment.objects.filter(user=request.user, course=course, is_active=True).exists():
        raise PermissionDenied(_("You are not enrolled in this course."))


def require_staff(request: HttpRequest, course: CourseRun) -> None:
    """Raise PermissionDenied unless the user works on the course."""
    if not has_staff_access(request.user, course.course_id):
        raise PermissionDenied(_("This page is for the course team."))
