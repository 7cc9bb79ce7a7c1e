"""Whether the date service still stores the due date that it has given.

The service (``edx_when``) answers from a cache that does not notice changes, and it can only reload all dates of a
course: some hundred rows. One query for one block and one learner says whether that is necessary. Dates are never taken
from here: hosts replace the service's functions. docs/decisions/0018-one-question-about-a-due-date.rst
"""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import FilteredRelation, Q, QuerySet
from opaque_keys.edx.keys import CourseKey, UsageKey

from edx_proctoring.utils.texts import as_text

__all__ = ["is_stored", "with_own_dates"]


def with_own_dates(course_id: Any, content_id: Any, user_ids: Collection[int]) -> set[int]:
    """Return which of these learners may have another due date for a block than everybody. Two queries.

    All of them if the date is relative to each learner's schedule. Otherwise as ``is_stored``.
    """
    of_block = _due_dates_of(course_id, content_id)
    if of_block.exclude(policy__rel_date=None).exists():
        return set(user_ids)
    return set(of_block.filter(userdate__user_id__in=user_ids).values_list("userdate__user_id", flat=True))


def is_stored(due_date: datetime | None, course_id: Any, content_id: Any, user_id: int) -> bool:
    """Return whether the tables of the date service give a learner this due date. One query.

    ``course_id``, ``content_id``: texts or keys, as hosts pass them. ``due_date``: aware; None if the service gave
    none. False also where the tables do not tell: a date relative to the learner's schedule, several dates of one
    block. Raises ``InvalidKeyError`` for ids that are no keys.
    """
    of_block = _due_dates_of(course_id, content_id)
    extension = FilteredRelation("userdate", condition=Q(userdate__user_id=user_id))
    rows = of_block.alias(extension=extension).values_list(
        "pk", "policy__abs_date", "policy__rel_date", "extension__modified", "extension__abs_date"
    )
    dates = {(block, absolute, relative) for block, absolute, relative, *_extension in rows}
    if not dates:
        return due_date is None
    (_block, absolute, relative), *others = dates
    if others or relative is not None:
        return False
    extensions = [(modified, extended) for *_date, modified, extended in rows if modified is not None]
    if not extensions:
        return bool(absolute == due_date)
    # Of several extensions the latest counts.
    _modified, extended = max(extensions, key=lambda extension: extension[0])
    return extended is not None and extended == due_date


def _due_dates_of(course_id: Any, content_id: Any) -> QuerySet[Any]:
    """Return the due dates of a block. Raises ``InvalidKeyError`` for ids that are no keys."""
    return _due_dates().filter(
        course_id=CourseKey.from_string(as_text(course_id)), location=UsageKey.from_string(as_text(content_id))
    )


@cache
def _due_dates() -> QuerySet[Any]:
    """Return the due dates of all blocks. Put together once per process, because that takes a part of the query."""
    return apps.get_model("edx_when", "ContentDate")._default_manager.filter(field="due", active=True)
