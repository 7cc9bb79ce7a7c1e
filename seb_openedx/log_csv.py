"""Entries of the audit log as CSV. Contract: contract/seb-rest#access-log."""

import csv
from collections.abc import Iterator
from typing import Any, Final

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from seb_openedx.audit_models import SebAccessLog

# Columns of the file, which are also the members of an entry in the REST API.
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


def response(rows: QuerySet[SebAccessLog]) -> StreamingHttpResponse:
    """Return a file with all rows, which is written while it is sent."""
    return StreamingHttpResponse(
        _lines(rows),
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
