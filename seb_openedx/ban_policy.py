"""How many refusals ban, and for how long. Contract: contract/seb-audit#ban-policy.

With the defaults one refusal bans until staff let the learner in, and nothing is counted here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from seb_openedx import conf
from seb_openedx.audit_models import SebBanPolicy, SebBanState
from seb_openedx.configuration import as_detailed
from seb_openedx.constants import BAN_KEYS
from seb_openedx.seb_keys_sources import effective_source


@dataclass(frozen=True, slots=True)
class Policy:
    """``window`` 0: refusals add up for ever. ``duration`` 0: a ban has no end."""

    threshold: int
    window: timedelta
    duration: timedelta

    @property
    def is_immediate(self) -> bool:
        """Whether one refusal bans without an end, so that nothing has to be remembered."""
        return self.threshold <= 1 and not self.duration


def own_keys(course_key: Any) -> dict[str, int | None]:
    """Return the ban keys of a course's configuration in force, None for those that it leaves to the settings."""
    source, found = effective_source(course_key)
    config = as_detailed(found)
    if source == "from_django_model":
        row = SebBanPolicy.objects.filter(course_id=course_key).values_list(*BAN_KEYS.values()).first()
        config = {**config, **dict(zip(BAN_KEYS, row or (), strict=False))}
    return {key: config.get(key) for key in BAN_KEYS}


def of_course(course_key: Any) -> Policy:
    """Return the policy in force for a course: its own keys, else the settings."""
    own = own_keys(course_key)

    def value(key: str, default: int) -> int:
        found = own[key]
        return default if found is None else found

    return Policy(
        threshold=value("BAN_THRESHOLD", conf.seb.ban_threshold),
        window=timedelta(seconds=value("BAN_WINDOW_SECONDS", conf.seb.ban_window_seconds)),
        duration=timedelta(seconds=value("BAN_DURATION_SECONDS", conf.seb.ban_duration_seconds)),
    )


def strike(username: str, course_key: Any, policy: Policy, *, reason: str) -> bool:
    """Count a refusal; return whether it is the one that bans.

    Call inside a transaction that also bans: then two refusals at once count one after the other, and a ban and its
    end are stored together or not at all.
    """
    row = SebBanState.objects.select_for_update().get(username=username, course_id=course_key)
    now = timezone.now()
    if row.window_start is None or (policy.window and now - row.window_start >= policy.window):
        row.window_start, row.strikes = now, 0
    row.strikes += 1
    row.last_strike = now
    row.reason = reason[:32]
    is_reached = row.strikes >= policy.threshold
    row.banned_until = now + policy.duration if is_reached and policy.duration else None
    row.save()
    return is_reached


def prepare(username: str, course_key: Any) -> None:
    """Make sure that there is a row to lock. Outside of the transaction, where two that insert would deadlock."""
    if not SebBanState.objects.filter(username=username, course_id=course_key).exists():
        row = SebBanState(username=username, course_id=course_key)
        SebBanState.objects.bulk_create([row], ignore_conflicts=True)


def is_over(username: str, course_key: Any, *, now: datetime) -> bool:
    """Return whether a ban has come to its end."""
    return SebBanState.objects.filter(username=username, course_id=course_key, banned_until__lte=now).exists()


def ends_at(username: str, course_key: Any) -> datetime | None:
    """Return when a ban ends by itself, None if it does not."""
    rows = SebBanState.objects.filter(username=username, course_id=course_key)
    return rows.values_list("banned_until", flat=True).first()


def forget(username: str, course_key: Any) -> None:
    """Reset the count of a learner's refusals."""
    SebBanState.objects.filter(username=username, course_id=course_key).update(
        strikes=0, window_start=None, banned_until=None, reason=""
    )
