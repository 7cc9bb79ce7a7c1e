"""Template context of the host's pages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from demo.host import access
from demo.host.models import CourseRun


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
    """Context of a page inside a course. ``active``: the tab that is marked.

    ``has_exam_bundle``: when special exams are on and the course has timed or proctored exams, the platform loads the
    package's scripts and the timer on every course page of a logged-in user.
    """
    is_staff = access.has_staff_access(request.user, course.course_id)
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
