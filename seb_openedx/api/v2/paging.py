"""Lists by pages. Contract: contract/seb-rest#lists."""

from typing import Any, Final

from rest_framework.exceptions import NotFound
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response

PAGE_SIZE: Final = 25
MAX_PAGE_SIZE: Final = 100


class Paging(PageNumberPagination):
    """Pages by number, cut in the database. The envelope is the one of the platform's own lists."""

    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE

    def get_page_size(self, request: Any) -> int:
        """Return the rows per page: what is out of range is clamped."""
        try:
            wanted = int(request.query_params.get("page_size", PAGE_SIZE))
        except ValueError:
            raise NotFound from None
        return min(max(wanted, 1), MAX_PAGE_SIZE)

    def get_page_number(self, request: Any, paginator: Any) -> Any:
        """Return the asked-for number. REST framework's own word ``last`` is none."""
        number = request.query_params.get("page", "1")
        if not number.isascii() or not number.isdigit():
            raise NotFound
        return int(number[:9])

    def get_paginated_response(self, data: Any) -> Response:
        """Return the envelope."""
        page: Any = self.page
        return Response(
            {
                "next": self.get_next_link(),
                "previous": self.get_previous_link(),
                "count": page.paginator.count,
                "num_pages": page.paginator.num_pages,
                "current_page": page.number,
                "start": (page.number - 1) * page.paginator.per_page,
                "results": data,
            }
        )
