"""Whether a condition is new enough to be logged again.

A mistake in a course's configuration is met by every request to that course: without this, one mistake fills the log.
"""

import time
from typing import Final

_AGAIN_AFTER_SECONDS: Final = 3600
_MOST: Final = 1000

_MINUTE: Final = 60

_logged: dict[tuple[str, ...], float] = {}
# Reason -> when it was logged, and how many times it was left out since.
_lately: dict[tuple[str, ...], tuple[float, int]] = {}


def first_time(*reason: str) -> bool:
    """Return True once an hour and process for each ``reason``."""
    now = time.monotonic()
    last = _logged.get(reason)
    if last is not None and now - last < _AGAIN_AFTER_SECONDS:
        return False
    if len(_logged) >= _MOST:
        _logged.clear()
    _logged[reason] = now
    return True


def forget() -> None:
    """Log everything again."""
    _logged.clear()
    _lately.clear()


def once_a_minute(*reason: str) -> int | None:
    """Return None if ``reason`` was logged within the last minute, else how many times it was left out since."""
    now = time.monotonic()
    last, left_out = _lately.get(reason, (0.0, -1))
    if left_out >= 0 and now - last < _MINUTE:
        _lately[reason] = (last, left_out + 1)
        return None
    if len(_lately) >= _MOST:
        _lately.clear()
    _lately[reason] = (now, 0)
    return max(left_out, 0)
