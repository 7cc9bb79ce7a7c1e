"""Rate limits from ``PROCTORING_SETTINGS['RATE_LIMITS']``. Unlimited unless configured (rest-api.md 12.4)."""

import hashlib
from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from edx_proctoring.views import rest_settings


class AnonymousCallbackThrottle(SimpleRateThrottle):
    """Requests of the anonymous callbacks per address."""

    scope = "proctoring_anonymous"

    def get_rate(self) -> str | None:
        """Return the configured rate; the host's ``DEFAULT_THROTTLE_RATES`` know nothing of our scopes."""
        return rest_settings.rate_limit(self.scope)

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Return the key under which the requests of one address are counted."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class LaunchThrottle(AnonymousCallbackThrottle):
    """Launches, which need no login: per attempt code, or per address where no code is given."""

    def __init__(self, attempt_code: str | None = None) -> None:
        self._attempt_code = attempt_code
        super().__init__()

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        """Return the key of the counter; a code is the learner's secret, so it is not in it."""
        if self._attempt_code is None:
            return self.cache_format % {"scope": f"{self.scope}_launch", "ident": self.get_ident(request)}
        ident = hashlib.sha256(self._attempt_code.encode()).hexdigest()
        return self.cache_format % {"scope": f"{self.scope}_launch_code", "ident": ident}


def seconds_to_wait(request: Any, attempt_code: str) -> float | None:
    """Return how long a launch has to wait by the configured rate; None if it need not.

    Counts both per address, against guessing codes, and per code, against guessing from many places.
    """
    for throttle in (LaunchThrottle(), LaunchThrottle(attempt_code)):
        if not throttle.allow_request(request, None):  # type: ignore[arg-type]
            return throttle.wait() or 1
    return None
