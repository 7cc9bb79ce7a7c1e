"""The audit log, by pages and as CSV. Contract: contract/seb-rest#access-log."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from seb_openedx import log_csv, reasons
from seb_openedx.api.v2 import filters
from seb_openedx.api.v2.base import StaffView
from seb_openedx.api.v2.choices import ChoiceField
from seb_openedx.api.v2.negotiation import AsItIs
from seb_openedx.audit_models import Decision, SebAccessLog


class LogFilters(filters.RowFilters):
    """Filters of the audit log. ``since``: a date and time with its zone, or a date, which begins in the server's."""

    decision = ChoiceField(choices=Decision.choices, required=False)
    reason = ChoiceField(choices=[str(reason) for reason in reasons.Reason], required=False)
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

    content_negotiation_class = AsItIs

    def get(self, request: Request) -> StreamingHttpResponse:
        """Return the file."""
        return log_csv.response(self.rows(request))


def _shown(row: SebAccessLog) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in log_csv.COLUMNS}
    return {
        "id": row.pk,
        **found,
        "course_id": str(row.course_id),
        "expected_prefixes": row.expected_prefixes,
        "reason_name": reasons.name(row.reason) if row.reason else "",
        "advice": reasons.advice(row.reason) if row.reason else "",
    }
