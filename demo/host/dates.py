"""Dates of blocks, kept by the ``edx_when`` plug-in (Spec: host-platform.md 7.9)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.cache import cache
from edx_django_utils.cache import RequestCache
from edx_when import api as when
from edx_when.models import ContentDate, UserDate
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


def shift_due(course: CourseRun, usage_key: str, user: Any, to: datetime) -> None:
    """Give one learner another due date. Raises NoDueDate when the block has none.

    Writes the row itself: edx-when's function extends only, and a tool that ages things must also bring dates nearer.
    """
    block_date = ContentDate.objects.filter(
        course_id=course.course_id, location=UsageKey.from_string(usage_key), field="due", active=True
    ).first()
    if block_date is None:
        raise NoDueDate(f"{usage_key} has no due date")
    UserDate.objects.create(content_date=block_date, user=user, abs_date=to, reason="demo clock")
    forget_cached()


def forget_cached() -> None:
    """edx_when caches per course without a version here, so whoever changes dates throws the cache away."""
    cache.clear()
    RequestCache.clear_all_namespaces()
