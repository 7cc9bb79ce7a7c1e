"""Page numbers and sizes of the lists for staff.

Contract: GET /v1/proctored_exam/attempt/grouped/course_id/{course_id},
GET /v1/user_onboarding/status/course_id/{course_id}.
"""

from collections.abc import Callable
from typing import Final

from rest_framework.request import Request

__all__ = ["MAX_PAGE_SIZE", "default_page_size", "read_default_page_size_from", "requested_page", "requested_page_size"]

MAX_PAGE_SIZE: Final = 100


def _published_page_size() -> int:
    return 25


_read_default: Callable[[], int] = _published_page_size


def read_default_page_size_from(source: Callable[[], int]) -> None:
    """Ask ``source`` for the default page size at each request.

    Deployments change ``edx_proctoring.views.ATTEMPTS_PER_PAGE`` (contract/rest-rules#imported-names). That package
    imports the modules that import this one, so it passes a function here instead of being imported.
    """
    global _read_default
    _read_default = source


def default_page_size() -> int:
    """Return the rows per page when the request does not say."""
    return _read_default()


def requested_page(request: Request) -> int:
    """Return the requested page number; 1 if it is missing or not a number."""
    try:
        return int(request.query_params.get("page", "").strip())
    except ValueError:
        return 1


def requested_page_size(request: Request) -> int:
    """Return the requested page size, at least 1 and at most ``MAX_PAGE_SIZE``."""
    try:
        wanted = int(request.query_params.get("page_size", ""))
    except ValueError:
        return default_page_size()
    return min(max(wanted, 1), MAX_PAGE_SIZE)
