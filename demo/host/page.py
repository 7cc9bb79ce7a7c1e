"""What every page knows, and who may see a course."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from demo.host import roles
from demo.host.models import CourseRun, Enrollment


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: platform facts that the layout shows."""
    return {
        "platform_name": settings.PLATFORM_NAME,
        "special_exams_on": settings.ENABLE_SPECIAL_EXAMS,
        "jquery_path": f"vendor/jquery-{settings.JQUERY}/jquery.min.js",
        "is_demo": settings.DEMO_TOOLS,
        "provider_url": settings.PROVIDER_URL,
    }


def course_context(request: HttpRequest, course: CourseRun, active: str) -> dict[str, Any]:
    """Context of a page inside a course.

    ``has_exam_bundle``: the platform loads the package's scripts and the timer on every course page of a logged-in
    person when special exams are on and the course has timed or proctored exams (host-platform.md 13.6 step 8).
    """
    is_staff = roles.has_staff_access(request.user, course.course_id)
    return {
        "course": course,
        "active": active,
        "is_course_staff": is_staff,
        "shows_studio": is_staff and settings.IS_STUDIO,
        "has_exam_bundle": (
            request.user.is_authenticated
            and settings.ENABLE_SPECIAL_EXAMS
            and (course.enable_timed_exams or course.enable_proctored_exams)
        ),
    }


def course_or_404(course_id: str) -> CourseRun:
    """The course with this id."""
    return get_object_or_404(CourseRun, course_id=course_id)


def require_member(request: HttpRequest, course: CourseRun) -> None:
    """Let in who is enrolled or works on the course; others get 403 with a sentence."""
    if roles.has_staff_access(request.user, course.course_id):
        return
    if not Enrollment.objects.filter(user=request.user, course=course, is_active=True).exists():
        raise PermissionDenied("You are not enrolled in this course.")


def require_staff(request: HttpRequest, course: CourseRun) -> None:
    """Let in the course team and global staff."""
    if not roles.has_staff_access(request.user, course.course_id):
        raise PermissionDenied("This page is for the course team.")
