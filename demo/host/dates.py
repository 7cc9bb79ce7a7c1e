"""Dates of course blocks, stored by the ``edx_when`` plug-in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.cache import cache
from edx_django_utils.cache import RequestCache
from edx_when import api as when
from edx_when.models import ContentDate, UserDate
from opaque_keys.edx.keys import CourseKey, UsageKey

from demo.host import published_course
from demo.host.models import CourseRun


class NoDueDate(Exception):
    """The block has no due date that could be moved."""


def publish(course: CourseRun) -> None:
    """Store all dates of the published course."""
    key = CourseKey.from_string(course.course_id)
    items: list[tuple[UsageKey, dict[str, Any]]] = [
        (key.make_usage_key("course", "course"), {"start": course.starts_at, "end": course.ends_at})
    ]
    for sequence in published_course.sequences(course):
        fields = {"start": sequence.starts_at, "due": None if course.self_paced else sequence.due}
        items.append((UsageKey.from_string(sequence.usage_key), fields))
    when.set_dates_for_course(key, items)
    clear_caches()


def due(course: CourseRun, usage_key: str, user_id: int | None) -> datetime | None:
    """When a block is due for this learner, extensions included; None when it has no due date."""
    moment: datetime | None = when.get_date_for_block(course.course_id, usage_key, "due", user=user_id)
    return moment


def extend_due(course: CourseRun, usage_key: str, user: Any, to: datetime) -> None:
    """Grant one learner a later due date, as the platform's staff do: cached dates stay as they are.

    Raises NoDueDate when the block has none, ``edx_when.api.InvalidDateError`` for a date before the block's own.
    """
    try:
        when.set_date_for_block(course.course_id, usage_key, "due", to, user=user, reason="extension")
    except when.MissingDateError:
        raise NoDueDate(f"{usage_key} has no due date") from None


def shift_due(course: CourseRun, usage_key: str, user: Any, to: datetime) -> None:
    """Give one learner another due date. Raises NoDueDate when the block has none.

    Writes edx-when's table directly: its function only extends, and the demo's clock must also bring dates nearer.
    """
    block_date = ContentDate.objects.filter(
        course_id=course.course_id, location=UsageKey.from_string(usage_key), field="due", active=True
    ).first()
    if block_date is None:
        raise NoDueDate(f"{usage_key} has no due date")
    UserDate.objects.create(content_date=block_date, user=user, abs_date=to, reason="demo clock")
    clear_caches()


def clear_caches() -> None:
    """Clear the caches: edx_when caches dates per course and does not notice a change here."""
    cache.clear()
    RequestCache.clear_all_namespaces()
