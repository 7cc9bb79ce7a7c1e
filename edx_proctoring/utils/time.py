"""Dates of courses and exams, and durations in words.

Contract: contract/timing#now, contract/timing#time-out, contract/timing#words, contract/timing#due-date,
contract/languages#durations.

``api.lifecycle.timing`` computes the limit of an attempt; this module only compares and formats dates.
"""

import logging
from collections.abc import Collection, Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldError
from django.utils import timezone
from django.utils.translation import ngettext
from opaque_keys import InvalidKeyError

from edx_proctoring.utils import stored_dates
from edx_proctoring.utils.storable import as_id
from edx_proctoring.utils.texts import as_text

__all__ = [
    "as_utc",
    "due_dates_of",
    "get_course_end_date",
    "get_exam_due_date",
    "get_time_remaining_for_attempt",
    "has_due_date_passed",
    "has_end_date_passed",
    "humanized_time",
    "later",
    "verify_and_add_wait_deadline",
    "with_zone",
]

log = logging.getLogger(__name__)


def as_utc(instant: datetime) -> datetime:
    """Return the instant as aware UTC; a naive one is taken to be UTC already."""
    try:
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except OverflowError:
        # The first or last representable day in another zone; hosts use it for "never".
        return instant.replace(tzinfo=UTC)


def later(instant: datetime, span: timedelta) -> datetime:
    """Return ``instant + span``; the first or last representable instant on overflow.

    In UTC: in another zone Python adds wall-clock time, which is wrong across a change of the clocks.
    """
    try:
        return (instant if instant.tzinfo is None else as_utc(instant)) + span
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if span > timedelta() else datetime.min.replace(tzinfo=UTC)


def with_zone(instant: datetime | None) -> datetime | None:
    """Return the instant unchanged, or as UTC if it has no zone: Django would assume the host's zone."""
    return as_utc(instant) if instant is not None and instant.tzinfo is None else instant


def get_time_remaining_for_attempt(attempt: Mapping[str, Any]) -> float:
    """Return the seconds until the time of an attempt dict runs out, never negative; 0 if it was not started."""
    started_at: datetime | None = attempt["started_at"]
    minutes: int | None = attempt["allowed_time_limit_mins"]
    if started_at is None or minutes is None:
        return 0
    left = (later(started_at, timedelta(minutes=minutes)) - timezone.now()).total_seconds()
    return max(left, 0)


def humanized_time(time_in_minutes: float) -> str:
    """Return minutes in words, such as ``1 hour and 30 minutes``; ``error`` for -60 and less."""
    whole_minutes = int(time_in_minutes)
    if whole_minutes <= -60:
        return "error"
    hours, minutes = divmod(max(whole_minutes, 0), 60)
    in_hours = ngettext("{num} hour", "{num} hours", hours).format(num=hours)
    in_minutes = ngettext("{num} minute", "{num} minutes", minutes).format(num=minutes)
    if hours and minutes:
        # By the number of minutes: Hebrew writes "and" with a hyphen before digits, without one before a word.
        sentence = ngettext("{hours} and {minutes}", "{hours} and {minutes}", minutes)
        return sentence.format(hours=in_hours, minutes=in_minutes)
    return in_hours if hours else in_minutes


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
            own = stored_dates.with_own_dates(exam["course_id"], exam["content_id"], user_ids)
        except InvalidKeyError:
            # Not known to the date service either.
            own = ()
        except (FieldError, LookupError):
            log.warning("tables of the date service are not as expected", exc_info=True)
            own = user_ids
    return {user_id: get_exam_due_date(exam, user_id, fresh=True) if user_id in own else base for user_id in user_ids}


def _is_stored(due_date: datetime | None, course_id: str, content_id: str, user: Any) -> bool:
    """Return whether a due date is known to be the stored one; it is looked up for learners only."""
    user_id = getattr(user, "pk", user)
    if user_id is None:
        return False
    try:
        return stored_dates.is_stored(due_date, course_id, content_id, user_id)
    except (FieldError, LookupError):
        # A release of the service with other tables: its dates are reloaded, which costs more and is never wrong.
        log.warning("tables of the date service are not as expected", exc_info=True)
        return False


def _as_date_service_knows(user: Any) -> Any:
    """Return a user object unchanged, an id as int, None for anything else, which the service would not accept."""
    return user if user is None or hasattr(user, "is_anonymous") else as_id(user)


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


def _when_api() -> ModuleType | None:
    """Return the date service; None if edx-when is not installed: it is optional."""
    if not apps.is_installed("edx_when"):
        return None
    # Imported here, because the module defines models and cannot be imported unless its app is installed.
    # As a module, because tests replace its functions (contract/host-services#dates).
    from edx_when import api as when_api

    return when_api
