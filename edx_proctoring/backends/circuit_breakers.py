"""A circuit breaker per provider object, so that pages do not wait for a provider that hangs.

Asked by the adapter of ``http_limits`` before a request is sent. Its state is its own: the cache only tells
others about it (``seen``) and never opens another object's breaker.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import requests
from django.core.cache import cache

log = logging.getLogger(__name__)

FAILURES_TO_OPEN: Final = 5
# The first of these failures is at most so long before the last.
WINDOW_SECONDS: Final = 60.0
FIRST_OPENING_SECONDS: Final = 30.0
LONGEST_OPENING_SECONDS: Final = 300.0
# A probe that has not ended by then counts as failed.
PROBE_SECONDS: Final = 10.0

CLOSED: Final = "closed"
OPEN: Final = "open"
HALF_OPEN: Final = "half_open"

_SEEN_SECONDS: Final = 900
_SUCCESS_SEEN_EVERY: Final = 30.0


class BreakerOpen(requests.ConnectionError):
    """The request was not sent, because the provider has not answered lately. ``retry_after``: seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("The provider has not answered lately and is not asked.")
        self.retry_after = retry_after


class Breaker:
    """Counts failures of one provider object and says whether a call should be sent.

    ``name``: returns the configured name, which the object gets only after it is built. ``clock``: seconds.
    """

    def __init__(self, name: Callable[[], str], clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: deque[float] = deque(maxlen=FAILURES_TO_OPEN)
        self._state = CLOSED
        self._until = 0.0
        self._opened_at = 0.0
        self._opening = FIRST_OPENING_SECONDS
        self._last_error = ""
        self._last_failure_at: float | None = None
        self._last_success_at: float | None = None

    @property
    def backend_name(self) -> str:
        """The provider's configured name."""
        return self._name()

    def require_closed(self, *, may_be_refused: bool) -> None:
        """Return if the call should be sent. ``may_be_refused``: False for calls that are sent in any state.

        After an opening is over, the first call is the probe. Raises ``BreakerOpen``.
        """
        with self._lock:
            now = self._clock()
            if self._state == CLOSED:
                return
            if self._state == HALF_OPEN and now >= self._until:
                self._open(now, self._opening * 2)
            if self._state == OPEN and now >= self._until:
                self._state, self._until = HALF_OPEN, now + PROBE_SECONDS
                self._tell()
                return
            if may_be_refused:
                raise BreakerOpen(self._until - now)

    def note_success(self) -> None:
        """Note that the provider answered."""
        with self._lock:
            wall = time.time()
            is_stale = self._last_success_at is None or wall - self._last_success_at >= _SUCCESS_SEEN_EVERY
            self._failures.clear()
            if self._state != CLOSED:
                seconds = round(self._clock() - self._opened_at)
                log.info("provider answers again: backend=%s after_seconds=%s", self._name(), seconds)
                self._state, self._opening = CLOSED, FIRST_OPENING_SECONDS
                is_stale = True
            if is_stale:
                self._last_success_at = wall
                self._tell()

    def note_failure(self, error: str) -> None:
        """Note that the provider did not answer, or answered with a server error. ``error``: class or status."""
        with self._lock:
            now = self._clock()
            self._last_error, self._last_failure_at = error, time.time()
            self._failures.append(now)
            if self._state == HALF_OPEN:
                self._open(now, self._opening * 2)
            elif self._state == CLOSED and self._has_failed_enough(now):
                self._opened_at = now
                self._open(now, FIRST_OPENING_SECONDS)

    def _has_failed_enough(self, now: float) -> bool:
        return len(self._failures) == FAILURES_TO_OPEN and now - self._failures[0] <= WINDOW_SECONDS

    def _open(self, now: float, seconds: float) -> None:
        self._opening = min(seconds, LONGEST_OPENING_SECONDS)
        self._state, self._until = OPEN, now + self._opening
        log.warning(
            "provider does not answer, pages do not ask it: backend=%s failures=%s last_error=%s seconds=%.0f",
            self._name(),
            len(self._failures),
            self._last_error,
            self._opening,
        )
        self._tell()

    def _tell(self) -> None:
        """Let others see the state. Under the lock, so that the last state is the last one written."""
        state = {
            "state": self._state,
            "until": None if self._state == CLOSED else time.time() + self._until - self._clock(),
            "failures": len(self._failures),
            "last_error": self._last_error,
            "last_failure_at": self._last_failure_at,
            "last_success_at": self._last_success_at,
        }
        try:
            cache.set(_cache_key(self._name()), state, _SEEN_SECONDS)
        except Exception:  # pylint: disable=broad-except
            # A cache that is down must not fail the call of the provider.
            log.warning("state of a breaker not shared: backend=%s", self._name())


def seen(backend_name: str) -> dict[str, Any] | None:
    """Return what some process last told about its breaker of a backend, None if none did within 15 minutes."""
    state: dict[str, Any] | None = cache.get(_cache_key(backend_name))
    return state


def _cache_key(backend_name: str) -> str:
    return f"edx_proctoring.breaker.{backend_name}"
