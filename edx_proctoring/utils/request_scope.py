"""Values kept for the length of one request. Contract: contract/outline-status#within-a-request.

The platform's request cache (edx-django-utils) belongs to a thread, and a middleware empties it before and after each
request. Without that middleware, or outside a request (Celery, commands, tests), nothing would empty it, so nothing is
kept.
"""

from typing import Any, Final

import crum
from django.conf import settings
from edx_django_utils.cache import RequestCache

__all__ = ["OUTLINES", "forget", "request_cache"]

# Namespace of the status lines of courses, which change with exams and attempts.
OUTLINES: Final = "edx_proctoring.summaries"

_EMPTIED_BY: Final = "edx_django_utils.cache.middleware.RequestCacheMiddleware"


def request_cache(namespace: str) -> Any | None:
    """Return the cache of this thread's request, None outside a request or if no middleware would empty it."""
    if _EMPTIED_BY not in settings.MIDDLEWARE or crum.get_current_request() is None:
        return None
    return RequestCache(namespace)


def forget(namespace: str) -> None:
    """Empty a namespace in this request, because the data behind it changed."""
    cache = request_cache(namespace)
    if cache is not None:
        cache.clear()
