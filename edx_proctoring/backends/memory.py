"""What one provider object remembers of its provider's replies. Spec: backends.md 14.2."""

import copy
import threading
import time
from collections.abc import Hashable
from typing import Any, Final

# A process meets that many attempts in a quarter of a minute on no day.
_MAX_ENTRIES: Final = 1000


class ReplyMemory:
    """Replies by key, each with its age.

    Args:
        fresh: seconds for which a reply stands for a new one.
        stale: seconds for which it is better than nothing, when the provider fails.

    In the memory of one object, not in Django's cache: two instances with one base URL may be told
    different things. Copies go in and out, so a caller may change what it gets.
    """

    def __init__(self, *, fresh: float, stale: float = 0) -> None:
        self._fresh = fresh
        self._kept = max(fresh, stale)
        self._entries: dict[Hashable, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def fresh(self, key: Hashable) -> Any:
        """Return a reply that stands for a new one, or None."""
        return self._younger_than(self._fresh, key)

    def stale(self, key: Hashable) -> Any:
        """Return the last reply if it is not all too old, or None."""
        return self._younger_than(self._kept, key)

    def keep(self, key: Hashable, reply: Any) -> None:
        """Remember a reply; replaces the former one."""
        with self._lock:
            if len(self._entries) >= _MAX_ENTRIES:
                self._forget_some()
            self._entries[key] = (time.monotonic(), copy.deepcopy(reply))

    def _younger_than(self, seconds: float, key: Hashable) -> Any:
        with self._lock:
            entry = self._entries.get(key)
        if entry is None or time.monotonic() - entry[0] > seconds:
            return None
        return copy.deepcopy(entry[1])

    def _forget_some(self) -> None:
        """Drop what is too old, and the oldest half of the rest if that was not enough."""
        now = time.monotonic()
        by_age = sorted(self._entries.items(), key=lambda item: item[1][0], reverse=True)
        kept = [(key, entry) for key, entry in by_age if now - entry[0] <= self._kept]
        self._entries = dict(kept[: _MAX_ENTRIES // 2])
