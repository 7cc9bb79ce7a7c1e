"""Durations in words, and the seconds that an attempt dict has left.

Contract: contract/timing#time-out, contract/timing#words, contract/languages#durations. The limit of an attempt is
computed by ``api.lifecycle.allowed_time``.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import ngettext

from edx_proctoring.utils.datetimes import later

__all__ = ["get_time_remaining_for_attempt", "humanized_time"]


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
