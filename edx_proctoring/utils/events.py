"""Tracking events, which analysts read. Contract: contract/events-and-logs#names."""

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone
from eventtracking import tracker
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

__all__ = ["_emit_event", "emit_event"]

log = logging.getLogger(__name__)


def emit_event(
    exam: Mapping[str, Any],
    event_short_name: str,
    attempt: Mapping[str, Any] | None = None,
    override_data: Mapping[str, Any] | None = None,
) -> None:
    """Emit an event about an exam or, with ``attempt``, about an attempt.

    ``exam``, ``attempt``: dicts of the API. ``override_data`` is added last. The name becomes
    ``edx.special_exam.{timed|practice|proctored}[.attempt].{event_short_name}``.
    """
    if not exam["is_proctored"]:
        exam_type = "timed"
    else:
        exam_type = "practice" if exam["is_practice_exam"] else "proctored"

    data: dict[str, Any] = {
        "exam_id": exam["id"],
        "exam_content_id": exam["content_id"],
        "exam_name": exam["exam_name"],
        "exam_default_time_limit_mins": exam["time_limit_mins"],
        "exam_is_proctored": exam["is_proctored"],
        "exam_is_practice_exam": exam["is_practice_exam"],
        "exam_is_active": exam["is_active"],
    }
    scope = f"edx.special_exam.{exam_type}"
    if attempt is not None:
        scope += ".attempt"
        data.update(_data_of_attempt(attempt))
    data.update(override_data or {})
    _emit_event(f"{scope}.{event_short_name}", _context_of_course(exam["course_id"]), data)


def _data_of_attempt(attempt: Mapping[str, Any]) -> dict[str, Any]:
    started_at: datetime | None = attempt["started_at"]
    return {
        "attempt_id": attempt["id"],
        "attempt_user_id": attempt["user"]["id"],
        "attempt_started_at": started_at,
        "attempt_completed_at": attempt["completed_at"],
        "attempt_code": attempt["attempt_code"],
        "attempt_allowed_time_limit_mins": attempt["allowed_time_limit_mins"],
        "attempt_status": attempt["status"],
        "attempt_event_elapsed_time_secs": (
            None if started_at is None else (timezone.now() - started_at).total_seconds()
        ),
    }


def _context_of_course(course_id: str) -> dict[str, str]:
    org = _org_of(course_id)
    return {"course_id": course_id, "org_id": org} if org else {"course_id": course_id}


@lru_cache(maxsize=1024)
def _org_of(course_id: str) -> str | None:
    """Return the organisation in the id of a course, which never changes; None if the id has none or is not a key."""
    try:
        org: str | None = CourseKey.from_string(course_id).org
    except InvalidKeyError:
        return None
    return org


def _emit_event(name: str, context: Mapping[str, Any] | None, data: Mapping[str, Any]) -> None:
    """Pass an event to the host's tracker, inside ``context`` if there is one."""
    try:
        if context:
            # Looked up now, because the host may register its tracker after this module is loaded.
            with tracker.get_tracker().context(name, context):
                tracker.emit(name, data)
        else:
            tracker.emit(name, data)
    except KeyError:
        # No tracker is registered, not even the default one.
        log.warning("no tracker registered, event dropped: event=%s", name)
