"""Page numbers and sizes of the lists for staff. Spec: rest-api.md 5.4 and 5.5."""

from typing import Final

from rest_framework.request import Request

from edx_proctoring import views

MAX_PAGE_SIZE: Final = 100


def default_page_size() -> int:
    """Return the size of a page, looked up where deployments change it (rest-api.md 7.1)."""
    return views.ATTEMPTS_PER_PAGE


def requested_page(request: Request) -> int:
    """Return the number of the page that the query asks for; 1 if it is none."""
    try:
        return int(request.query_params.get("page", "").strip())
    except ValueError:
        return 1


def requested_page_size(request: Request) -> int:
    """Return the page size that the query asks for, within bounds."""
    try:
        wanted = int(request.query_params.get("page_size", ""))
    except ValueError:
        return default_page_size()
    return min(max(wanted, 1), MAX_PAGE_SIZE)
