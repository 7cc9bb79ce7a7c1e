"""Rate limits from ``PROCTORING_SETTINGS['RATE_LIMITS']``. Unlimited unless configured (rest-api.md 12.4)."""

import hashlib
from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from edx_proctoring import conf


class AnonymousCallbackThrottle(SimpleRateThrottle):
    """Limits the anonymous callbacks per IP address."""

    scope = "proctoring_anonymous"

    def get_rate(self) -> str | None:
        """Return the configured rate. The host's ``DEFAULT_THROTTLE_RATES`` do not have our scopes."""
        return conf.proctoring.rate_limit(self.scope)

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Return the cache key of the counter for one address."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class LaunchThrottle(AnonymousCallbackThrottle):
    """Limits launches, which need no login: per attempt code, or per IP address without a code."""

    def __init__(self, attempt_code: str | None = None) -> None:
        self._attempt_code = attempt_code
        super().__init__()

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        """Return the cache key of the counter, without the attempt code, which is a secret."""
        if self._attempt_code is None:
            return self.cache_format % {"scope": f"{self.scope}_launch", "ident": self.get_ident(request)}
        ident = hashlib.sha256(self._attempt_code.encode()).hexdigest()
        return self.cache_format % {"scope": f"{self.scope}_launch_code", "ident": ident}


def seconds_to_wait(request: Any, attempt_code: str) -> float | None:
    """Return how long a launch has to wait by the configured rate; None if it may go ahead.

    Counts per address, against guessing of codes, and per code, against guessing from many addresses.
    """
    for throttle in (LaunchThrottle(), LaunchThrottle(attempt_code)):
        if not throttle.allow_request(request, None):  # type: ignore[arg-type]
            return throttle.wait() or 1
    return None
