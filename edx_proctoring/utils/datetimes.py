"""Aware datetimes: in UTC, with a zone, and sums that do not overflow. Contract: contract/timing#now."""

from datetime import UTC, datetime, timedelta

__all__ = ["as_utc", "later", "with_zone"]


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
