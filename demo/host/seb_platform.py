"""What Safe Exam Browser's app asks of its platform: the modules that its ``SEB_*_MODULE`` settings name, in one.

Courses are those of Studio's draft tree as published; ``other_course_settings`` and the site configuration are tables.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from django.conf import settings
from opaque_keys.edx.keys import UsageKey

from demo.host import published_course
from demo.host.models import CourseRun, Enrollment, SiteConfiguration


@dataclass(slots=True)
class Course:
    """The block of a course, as far as it is asked for."""

    other_course_settings: dict[str, Any]


def get_course_module(course_key: Any, depth: int = 0) -> Course | None:
    """The course with its advanced settings, or None."""
    stored = CourseRun.objects.filter(course_id=str(course_key)).values_list("other_course_settings", flat=True).first()
    return None if stored is None else Course(stored)


def modulestore_update_item(course_key: Any, course_module: Course, user_id: int) -> None:
    """Save the course's advanced settings."""
    CourseRun.objects.filter(course_id=str(course_key)).update(
        other_course_settings=course_module.other_course_settings
    )


def get_chapter_from_location(usage_id: str, course_key: Any, depth: int = 1) -> str:
    """The block id of the chapter (1), sequence (2) or vertical (3) of a block; raises LookupError without one."""
    course = CourseRun.objects.filter(course_id=str(course_key)).first()
    path = published_course.path_to(course, usage_id)
    return str(UsageKey.from_string(path[depth - 1]).block_id)


def get_configuration_helpers() -> ModuleType:
    """The helpers of the site configuration: this module."""
    return sys.modules[__name__]


def get_current_site_configuration() -> SiteConfiguration | None:
    """The configuration of the site, or None."""
    return SiteConfiguration.objects.filter(site_id=settings.SITE_ID).first()


def has_override_value(name: str) -> bool:
    """Whether the site's configuration is on and has a value."""
    return name in _values()


def get_configuration_value(name: str, default: Any = None) -> Any:
    """A value of the site's configuration."""
    return _values().get(name, default)


def is_enrolled(user: Any, course_key: Any) -> bool:
    """Whether a user takes a course."""
    return Enrollment.objects.filter(user=user, course__course_id=str(course_key), is_active=True).exists()


def _values() -> dict[str, Any]:
    site = get_current_site_configuration()
    return site.site_values if site is not None and site.enabled and isinstance(site.site_values, dict) else {}
