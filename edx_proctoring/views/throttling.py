"""Rate limits. Rates: ``PROCTORING_SETTINGS['RATE_LIMITS']``, by scope (contract/rest-rules#throttling).

- Callers who do not sign in are limited by what was refused: an unknown code, a bad proof. An exam hall or a provider
  shares one address, so requests that are answered never count.
- Signed-in callers are limited by their requests in a scope, if the host sets a rate for it.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle
from rest_framework.views import APIView

from edx_proctoring import conf

# Scopes of callers who do not sign in.
PER_ADDRESS: Final = "proctoring_anonymous"
PER_CODE: Final = "proctoring_anonymous_code"

POLL: Final = "proctoring_poll"
WRITE: Final = "proctoring_write"
STAFF: Final = "proctoring_staff"
PROVIDER: Final = "proctoring_provider"

_SAFE: Final = ("GET", "HEAD")

# Scopes of signed-in callers, by name of the URL. What is not listed has no scope.
_POLLED: Final[Mapping[str, str]] = {**dict.fromkeys(_SAFE, POLL), "POST": WRITE, "PUT": WRITE, "DELETE": STAFF}
_FOR_STAFF: Final[Mapping[str, str]] = dict.fromkeys((*_SAFE, "POST", "PUT", "PATCH", "DELETE"), STAFF)
_FOR_PROVIDERS: Final[Mapping[str, str]] = {"POST": PROVIDER}
SCOPES: Final[Mapping[str, Mapping[str, str]]] = {
    "proctored_exam.attempt": _POLLED,
    "proctored_exam.attempt.collection": _POLLED,
    "proctored_exam.exam_attempts": _POLLED,
    "proctored_exam.attempt.review_status": {"PUT": WRITE},
    "proctored_exam.attempt.ready_callback": _FOR_PROVIDERS,
    "proctored_exam.attempt.callback": _FOR_PROVIDERS,
    "proctored_exam.exam": {"POST": STAFF, "PUT": STAFF},
    "proctored_exam.register_exams_by_course_id": _FOR_STAFF,
    "proctored_exam.attempts.grouped.course": _FOR_STAFF,
    "proctored_exam.attempts.grouped.search": _FOR_STAFF,
    "proctored_exam.attempts.reset": _FOR_STAFF,
    "proctored_exam.allowance": _FOR_STAFF,
    "proctored_exam.bulk_allowance": _FOR_STAFF,
    "proctored_exam.allowance.grouped.course": _FOR_STAFF,
    "user_onboarding.status.course": _FOR_STAFF,
}


class ScopeThrottle(SimpleRateThrottle):
    """Limits the requests of a signed-in caller in one scope."""

    def __init__(self) -> None:
        """Read no rate: it depends on the request."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the request is within the rate of its scope; unlimited without one."""
        match = request.resolver_match
        scope = SCOPES.get(match.url_name or "", {}).get(request.method or "") if match is not None else None
        limit = None if scope is None else conf.proctoring.rate_limit(scope)
        if limit is None:
            return True
        self.scope, self.rate = scope, "configured"
        self.num_requests, self.duration = limit
        return bool(super().allow_request(request, view))

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Return the cache key of the counter for one user."""
        return self.cache_format % {"scope": self.scope, "ident": request.user.pk}


class RefusalThrottle(BaseThrottle):
    """Refuses an address from which too many requests were refused; ``count_refusal`` counts."""

    _seconds: float | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the address is within its limit. Does not count."""
        self._seconds = seconds_to_wait(request)
        return self._seconds is None

    def wait(self) -> float | None:
        """Return the seconds until the next request is looked at."""
        return self._seconds


def seconds_to_wait(request: Any, attempt_code: str | None = None) -> float | None:
    """Return how long an address, or a code, has to wait because too much was refused; None if it need not."""
    now = time.time()
    counters = {
        _counter(scope, ident, now, seconds): (most, seconds)
        for scope, ident, most, seconds in _limits(request, attempt_code)
    }
    if not counters:
        return None
    refused = cache.get_many(counters)
    over = [seconds - now % seconds for name, (most, seconds) in counters.items() if refused.get(name, 0) >= most]
    return max(1, max(over)) if over else None


def count_refusal(request: Any, attempt_code: str | None = None) -> None:
    """Count a refused request against its address and, if it named one, its code."""
    now = time.time()
    for scope, ident, _most, seconds in _limits(request, attempt_code):
        name = _counter(scope, ident, now, seconds)
        cache.add(name, 0, seconds)
        try:
            cache.incr(name)
        except ValueError:
            # Expired between the two calls, with the period that it counted.
            continue


def client_address(request: Any) -> str:
    """Return the address of the connection; behind ``NUM_PROXIES`` proxies (DRF), the one that they report.

    Without that setting, ``X-Forwarded-For`` is what the client says.
    """
    address: str = request.META.get("REMOTE_ADDR", "")
    proxies, forwarded = api_settings.NUM_PROXIES, request.META.get("HTTP_X_FORWARDED_FOR")
    if not proxies or not forwarded:
        return address
    addresses = forwarded.split(",")
    return addresses[-min(proxies, len(addresses))].strip()


def _limits(request: Any, attempt_code: str | None) -> Iterator[tuple[str, str, int, int]]:
    """Yield scope, what is counted, the most in a period, and its seconds."""
    counted = ((PER_ADDRESS, client_address(request)), (PER_CODE, attempt_code))
    for scope, ident in counted:
        limit = conf.proctoring.rate_limit(scope)
        if limit is not None and ident is not None:
            yield scope, ident, *limit


def _counter(scope: str, ident: str, now: float, seconds: int) -> str:
    """Return the cache key of a counter, without the attempt code, which is a secret."""
    digest = hashlib.sha256(ident.encode(errors="replace")).hexdigest()
    return f"edx_proctoring.refused.{scope}.{digest}.{int(now // seconds)}"
