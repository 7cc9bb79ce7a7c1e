"""The audit log, by pages and as CSV. Contract: contract/seb-rest#access-log."""

import csv
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from seb_openedx import reasons
from seb_openedx.api.v2 import filters
from seb_openedx.api.v2.base import StaffView
from seb_openedx.audit_models import Decision, SebAccessLog

# Columns of the file, which are the members of an entry; those of lists are in one cell.
COLUMNS: Final = (
    "created",
    "last_seen",
    "count",
    "decision",
    "reason",
    "user_id",
    "username",
    "actor_username",
    "course_id",
    "content_id",
    "method",
    "path",
    "view_name",
    "seb_version",
    "user_agent",
    "received_config_hash",
    "received_request_hash",
    "ip",
)
# With these at its beginning a spreadsheet takes a cell for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_CHUNK: Final = 1000


class LogFilters(filters.RowFilters):
    """Filters of the audit log. ``since``: a date and time with its zone, or a date, which begins in the server's."""

    decision = serializers.ChoiceField(choices=Decision.choices, required=False)
    reason = serializers.ChoiceField(choices=[str(reason) for reason in reasons.Reason], required=False)
    since = serializers.DateTimeField(required=False, input_formats=["iso-8601", "%Y-%m-%d"])


class _LogView(StaffView):
    parameters: ClassVar[tuple[str, ...]] = filters.names(LogFilters)

    def rows(self, request: Request) -> QuerySet[SebAccessLog]:
        """Return the matching rows, the newest first."""
        given = filters.read(LogFilters, request)
        since = given.pop("since", None)
        rows = SebAccessLog.objects.filter(**given)
        return (rows if since is None else rows.filter(last_seen__gte=since)).order_by("-id")


class AccessLogView(_LogView):
    """Entries by pages."""

    is_list = True

    def get(self, request: Request) -> Response:
        """Return a page, each entry with what staff can do about it."""
        return self.page_of(self.rows(request), _shown)


class AccessLogCsvView(_LogView):
    """All matching entries in one file, which is written while it is sent."""

    def get(self, request: Request) -> StreamingHttpResponse:
        """Return the file."""
        return StreamingHttpResponse(
            _lines(self.rows(request)),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": 'attachment; filename="access-log.csv"',
                "X-Content-Type-Options": "nosniff",
            },
        )


class _Line:
    """What a writer of CSV writes to: it hands the line back."""

    def write(self, text: str) -> str:
        """Return the line."""
        return text


def _lines(rows: QuerySet[SebAccessLog]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for row in rows.values_list(*COLUMNS).iterator(chunk_size=_CHUNK):
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _shown(row: SebAccessLog) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in COLUMNS}
    return {
        "id": row.pk,
        **found,
        "course_id": str(row.course_id),
        "expected_prefixes": row.expected_prefixes,
        "reason_name": reasons.name(row.reason) if row.reason else "",
        "advice": reasons.advice(row.reason) if row.reason else "",
    }
