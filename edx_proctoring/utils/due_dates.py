"""Due dates of exams and end dates of courses, for everybody and for single learners.

Contract: contract/timing#now, contract/timing#due-date. ``lifecycle.allowed_time`` computes the limit of an attempt.

The date service (``edx_when``) answers from a cache that does not notice changes, and it can only reload all dates of a
course: some hundred rows. One query of its tables for one block and one learner says whether that is necessary. Dates
are never taken from the tables: hosts replace the service's functions.
docs/decisions/0018-one-question-about-a-due-date.rst
"""

import logging
from collections.abc import Collection, Mapping, MutableMapping
from datetime import datetime, timedelta
from functools import cache
from types import ModuleType
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldError
from django.db.models import FilteredRelation, Q, QuerySet
from django.utils import timezone
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey

from edx_proctoring.utils.datetimes import as_utc, later, with_zone
from edx_proctoring.utils.storable import as_id
from edx_proctoring.utils.texts import as_text

__all__ = [
    "due_dates_of",
    "get_course_end_date",
    "get_exam_due_date",
    "has_due_date_passed",
    "has_end_date_passed",
    "verify_and_add_wait_deadline",
]

log = logging.getLogger(__name__)


def has_due_date_passed(due_datetime: datetime | None) -> bool:
    """Return whether a due date has passed. The exact instant counts as passed; None never passes."""
    return due_datetime is not None and as_utc(due_datetime) <= timezone.now()


def has_end_date_passed(course_id: str, *, fresh: bool = False) -> bool:
    """Return whether the course has ended."""
    return has_due_date_passed(get_course_end_date(course_id, fresh=fresh))


def get_course_end_date(course_id: str, *, fresh: bool = False) -> datetime | None:
    """Return when the course ends; None if it does not end, or the date is unknown."""
    when_api = _when_api()
    if when_api is None:
        return None
    try:
        options = {"use_cached": False} if fresh else {}
        dates = when_api.get_dates_for_course(as_text(course_id), **options)
    except InvalidKeyError:
        # The date service does not accept this id.
        return None
    ends = [(location, value) for (location, field), value in dates.items() if field == "end"]
    # Other blocks may have an end too: the course block comes first.
    ends.sort(key=lambda end: getattr(end[0], "block_type", None) != "course")
    if not ends or not ends[0][1]:
        return None
    end_date = ends[0][1]
    if not isinstance(end_date, datetime):
        log.error("Could not retrieve course end date for course_id=%s: type=%s", course_id, type(end_date).__name__)
        return None
    return as_utc(end_date)


def get_exam_due_date(exam: Mapping[str, Any], user: Any = None, *, fresh: bool = False) -> datetime | None:
    """Return when an exam is due for a user: id, ``User`` or None for everybody.

    The date service takes precedence over the date of the exam dict: it has personal extensions, relative dates of
    self-paced courses and cohort overrides. ``fresh``: as stored at this moment, which matters when an attempt is
    created, started or refused. The service's cache outlives the request and may lack an extension granted meanwhile;
    it is reloaded unless the stored date is known to be the same.
    """
    when_api = _when_api()
    due_date: datetime | None = None
    if when_api is not None:
        known_user = _as_date_service_knows(user)
        course_id, content_id = exam["course_id"], exam["content_id"]
        try:
            due_date = when_api.get_date_for_block(course_id, content_id, "due", user=known_user)
            if fresh and not _is_stored(due_date, course_id, content_id, known_user):
                when_api.get_dates_for_course(course_id, user=known_user, use_cached=False)
                due_date = when_api.get_date_for_block(course_id, content_id, "due", user=known_user)
        except InvalidKeyError:
            # The date service does not accept this id, so use the exam's own date.
            due_date = None
    # Only a date without a zone is changed; others are returned as the host has them.
    return with_zone(due_date or exam["due_date"])


def due_dates_of(exam: Mapping[str, Any], user_ids: Collection[int]) -> dict[int, datetime | None]:
    """Return when an exam is due for each of these learners, as stored at this moment.

    Asks the date service once for everybody, and for each learner who has an extension. In a self-paced course each
    learner's date is asked for.
    """
    base = get_exam_due_date(exam, fresh=True)
    own: Collection[int] = ()
    if _when_api() is not None:
        try:
            own = _with_own_dates(exam["course_id"], exam["content_id"], user_ids)
        except InvalidKeyError:
            # Not known to the date service either.
            own = ()
        except (FieldError, LookupError):
            log.warning("tables of the date service are not as expected", exc_info=True)
            own = user_ids
    return {user_id: get_exam_due_date(exam, user_id, fresh=True) if user_id in own else base for user_id in user_ids}


def verify_and_add_wait_deadline(
    context: MutableMapping[str, Any], exam: Mapping[str, Any], user_id: int | None
) -> bool:
    """Return whether the learner has to wait for the end of the grace period.

    If so, set ``context['wait_deadline']`` to that end as an ISO string. ``context['grace_period']`` is a timedelta.
    Contract: contract/learner-pages#grace-period.
    """
    grace_period: timedelta | None = context.get("grace_period")
    due_date = get_exam_due_date(exam, user_id)
    if not grace_period or due_date is None:
        return False
    deadline = later(due_date, grace_period)
    if has_due_date_passed(deadline):
        return False
    context["wait_deadline"] = deadline.isoformat()
    return True


def _is_stored(due_date: datetime | None, course_id: str, content_id: str, user: Any) -> bool:
    """Return whether a due date is known to be the stored one; it is looked up for learners only."""
    user_id = getattr(user, "pk", user)
    if user_id is None:
        return False
    try:
        return _is_in_tables(due_date, course_id, content_id, user_id)
    except (FieldError, LookupError):
        # A release of the service with other tables: its dates are reloaded, which costs more and is never wrong.
        log.warning("tables of the date service are not as expected", exc_info=True)
        return False


def _is_in_tables(due_date: datetime | None, course_id: Any, content_id: Any, user_id: int) -> bool:
    """Return whether the tables of the date service give a learner this due date. One query.

    ``course_id``, ``content_id``: texts or keys, as hosts pass them. ``due_date``: aware; None if the service gave
    none. False also where the tables do not tell: a date relative to the learner's schedule, several dates of one
    block. Raises ``InvalidKeyError`` for ids that are no keys.
    """
    of_block = _stored_dates_of(course_id, content_id)
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


def _with_own_dates(course_id: Any, content_id: Any, user_ids: Collection[int]) -> set[int]:
    """Return which of these learners may have another due date for a block than everybody. Two queries.

    All of them if the date is relative to each learner's schedule. Raises as ``_is_in_tables``.
    """
    of_block = _stored_dates_of(course_id, content_id)
    if of_block.exclude(policy__rel_date=None).exists():
        return set(user_ids)
    return set(of_block.filter(userdate__user_id__in=user_ids).values_list("userdate__user_id", flat=True))


def _stored_dates_of(course_id: Any, content_id: Any) -> QuerySet[Any]:
    """Return the due dates of a block in the tables. Raises ``InvalidKeyError`` for ids that are no keys."""
    return _stored_dates().filter(
        course_id=CourseKey.from_string(as_text(course_id)), location=UsageKey.from_string(as_text(content_id))
    )


@cache
def _stored_dates() -> QuerySet[Any]:
    """Return the query for the due dates of all blocks.

    Built once, because building it takes Django a part of the time of the whole query; not at import, when models may
    not be loaded yet.
    """
    return apps.get_model("edx_when", "ContentDate")._default_manager.filter(field="due", active=True)


def _as_date_service_knows(user: Any) -> Any:
    """Return a user object unchanged, an id as int, None for anything else, which the service would not accept."""
    return user if user is None or hasattr(user, "is_anonymous") else as_id(user)


def _when_api() -> ModuleType | None:
    """Return the date service; None if edx-when is not installed: it is optional."""
    if not apps.is_installed("edx_when"):
        return None
    # Imported here, because the module defines models and cannot be imported unless its app is installed.
    # As a module, because tests replace its functions (contract/host-services#dates).
    from edx_when import api as when_api

    return when_api
