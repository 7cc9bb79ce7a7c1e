"""Dates of blocks, kept by the ``edx_when`` plug-in (Spec: host-platform.md 7.9)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.cache import cache
from edx_django_utils.cache import RequestCache
from edx_when import api as when
from opaque_keys.edx.keys import CourseKey, UsageKey

from demo.host import content
from demo.host.models import CourseRun


class NoDueDate(Exception):
    """A due date cannot be moved where there is none."""


def publish(course: CourseRun) -> None:
    """Hand all dates of the published course to edx_when."""
    key = CourseKey.from_string(course.course_id)
    items: list[tuple[UsageKey, dict[str, Any]]] = [
        (key.make_usage_key("course", "course"), {"start": course.starts_at, "end": course.ends_at})
    ]
    for sequence in content.sequences(course):
        fields = {"start": sequence.starts_at, "due": None if course.self_paced else sequence.due}
        items.append((UsageKey.from_string(sequence.usage_key), fields))
    when.set_dates_for_course(key, items)
    forget_cached()


def due(course: CourseRun, usage_key: str, user_id: int | None) -> datetime | None:
    """A learner's own due date of a block: with their extension, else the block's; None without one."""
    moment: datetime | None = when.get_date_for_block(course.course_id, usage_key, "due", user=user_id)
    return moment


def shift_due(course: CourseRun, usage_key: str, user_id: int, to: datetime) -> None:
    """Give one learner another due date (the platform's extension tool).

    Raises NoDueDate when the block has none: there is nothing to extend then, as there.
    """
    try:
        when.set_date_for_block(course.course_id, usage_key, "due", to, user=user_id)
    except when.MissingDateError as error:
        raise NoDueDate(f"{usage_key} has no due date") from error
    forget_cached()


def forget_cached() -> None:
    """edx_when caches per course without a version here, so whoever changes dates throws the cache away."""
    cache.clear()
    RequestCache.clear_all_namespaces()
