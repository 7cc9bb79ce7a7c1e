"""What may be kept for the length of one request. Spec: host-platform.md 16.3.

The platform's request cache (edx-django-utils) is a thread's own and is emptied by a middleware when a request begins
and ends. Where nobody empties it (Celery, commands, tests, hosts without the middleware) nothing may be kept in it.
"""

from typing import Any, Final

import crum
from django.conf import settings
from edx_django_utils.cache import RequestCache

__all__ = ["request_cache"]

_EMPTIED_BY: Final = "edx_django_utils.cache.middleware.RequestCacheMiddleware"


def request_cache(namespace: str) -> Any | None:
    """Return the cache of the request that this thread serves; None outside of one, or if nobody would empty it."""
    if _EMPTIED_BY not in settings.MIDDLEWARE or crum.get_current_request() is None:
        return None
    return RequestCache(namespace)
