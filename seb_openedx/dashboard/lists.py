"""Lists by pages."""

from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

from seb_openedx.dashboard.filters import Filters
from seb_openedx.edxapp_wrapper.exam_names import exam_names

ROWS_PER_PAGE: Final = 50


def page_of(request: HttpRequest, rows: Any) -> dict[str, Any]:
    """Return the asked-for page of rows, and what links to the others need. Two queries."""
    page: Page[Any] = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    query = request.GET.copy()
    query.pop("page", None)
    return {"page": page, "query": f"{query.urlencode()}&" if query else "", "filters": list(query.items())}


def list_of(request: HttpRequest, filters: Filters, rows: Any) -> dict[str, Any]:
    """Return a page of rows about exams, the filters, and ``exam_name``, which names a row's exam. Three queries."""
    shown = page_of(request, rows)
    names = exam_names({row.content_id for row in shown["page"].object_list if row.content_id})
    return {
        **shown,
        "filters_form": filters,
        "one_course": filters.one_course,
        "exam_name": lambda row: names.get(row.content_id, row.content_id),
    }
