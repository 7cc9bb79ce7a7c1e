"""Does things later. Tests pass a scheduler whose clock they move themselves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

STOP_SECONDS = 2


class Scheduler(Protocol):
    """Runs actions after a delay, until it is stopped."""

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Run ``action`` in ``seconds``."""

    def stop(self) -> None:
        """Drop what has not run yet; a running action may finish."""


class TimerScheduler:
    """The real one: a timer thread per action."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._timers: set[threading.Timer] = set()
        self._stopped = False

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Run ``action`` in ``seconds`` in a thread of its own."""

        def run() -> None:
            try:
                action()
            finally:
                with self._lock:
                    self._timers.discard(timer)

        timer = threading.Timer(seconds, run)
        timer.daemon = True
        with self._lock:
            # An action that runs while we stop may schedule another one.
            if self._stopped:
                return
            self._timers.add(timer)
            timer.start()

    def stop(self) -> None:
        """Cancel the timers and wait for running actions, which may still need the store."""
        with self._lock:
            self._stopped = True
            timers = list(self._timers)
        for timer in timers:
            timer.cancel()
        for timer in timers:
            timer.join(STOP_SECONDS)
