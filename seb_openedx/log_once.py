"""Whether a condition is new enough to be logged again.

A mistake in a course's configuration is met by every request to that course: without this, one mistake fills the log.
"""

import time
from typing import Final

_AGAIN_AFTER_SECONDS: Final = 3600
_MOST: Final = 1000

_logged: dict[tuple[str, ...], float] = {}


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
