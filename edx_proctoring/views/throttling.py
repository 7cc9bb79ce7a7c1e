"""Rate limits from ``PROCTORING_SETTINGS['RATE_LIMITS']``. Unlimited unless configured (rest-api.md 12.4)."""

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from edx_proctoring.views import options


class AnonymousCallbackThrottle(SimpleRateThrottle):
    """Requests of the anonymous callbacks per address."""

    scope = "proctoring_anonymous"

    def get_rate(self) -> str | None:
        """Return the configured rate; the host's ``DEFAULT_THROTTLE_RATES`` know nothing of our scopes."""
        return options.rate_limit(self.scope)

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Return the key under which the requests of one address are counted."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
