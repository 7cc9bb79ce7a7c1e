"""Lists as files, written piece by piece so that memory stays constant. Contract: contract/rest-v2#exports."""

import csv
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from io import StringIO
from typing import Any, Final

from django.db.models import OuterRef, Q, QuerySet

from edx_proctoring.api.attempts.deadline_report import extended_minutes
from edx_proctoring.api.audit.staff_record import filter_on_record, record_export
from edx_proctoring.api.course_staff.attempt_rows import ExamRef, exam_ref
from edx_proctoring.api.course_staff.attempt_search import AttemptFilter, exams_of, matching
from edx_proctoring.api.lifecycle import timing
from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ProctoredExamStudentAttempt
from edx_proctoring.models.incidents import exists_outage

__all__ = ["ATTEMPT_COLUMNS", "CHUNK", "Record", "as_csv", "as_json_lines", "attempt_records", "on_record"]

log = logging.getLogger(__name__)

ATTEMPT_COLUMNS: Final = (
    "attempt_id",
    "attempt_code",
    "exam_id",
    "exam_name",
    "exam_type",
    "username",
    "email",
    "status",
    "started_at",
    "completed_at",
    "expires_at",
    "allowed_minutes",
    "extended_minutes",
    "taken_as_proctored",
    "during_outage",
    "resumable",
    "ready_to_resume",
    "review_status",
)

_ATTEMPT_VALUES: Final = (
    "pk",
    "created",
    "attempt_code",
    "user__username",
    "user__email",
    "status",
    "started_at",
    "completed_at",
    "allowed_time_limit_mins",
    "taking_as_proctored",
    "is_outage",
    "is_resumable",
    "ready_to_resume",
)

# Rows read at a time.
CHUNK: Final = 500
# Spreadsheets run a cell that begins with one of these as a formula.
_RUN_BY_SPREADSHEETS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
# The last line of a file that could not be completed.
ERROR_LINE: Final = "#error"

Record = Mapping[str, Any]


def attempt_records(course_id: str, wanted: AttemptFilter) -> Iterator[list[Record]]:
    """Yield the attempts of a course in pieces, by exam and creation. Three queries per piece, two at the beginning.

    ``wanted``: which attempts, as in the list. A piece is at most 500 attempts at one exam.
    """
    exams = exams_of(course_id, wanted)
    attempts = matching(exams, wanted).annotate(is_outage=exists_outage(OuterRef("pk"))).order_by("created", "pk")
    for exam_id, exam in sorted(exams.items()):
        ref = exam_ref(exam)
        for chunk in _chunks(attempts.filter(proctored_exam_id=exam_id)):
            yield _attempt_records(chunk, ref)


def _chunks(attempts: QuerySet[ProctoredExamStudentAttempt]) -> Iterator[list[dict[str, Any]]]:
    """Yield the values of attempts at one exam, which are sorted by creation and id.

    Each piece begins where the one before ended, in the index by exam and creation: sorted by id alone, a database may
    look at all attempts for each piece.
    """
    rest = attempts
    while chunk := list(rest.values(*_ATTEMPT_VALUES)[:CHUNK]):
        yield chunk
        created, pk = chunk[-1]["created"], chunk[-1]["pk"]
        rest = attempts.filter(Q(created__gt=created) | Q(pk__gt=pk), created__gte=created)


def _attempt_records(chunk: Sequence[Mapping[str, Any]], exam: ExamRef) -> list[Record]:
    extended = extended_minutes([row["pk"] for row in chunk])
    codes = [row["attempt_code"] for row in chunk if row["attempt_code"]]
    reviews = dict(
        ProctoredExamSoftwareSecureReview.objects.filter(attempt_code__in=codes).values_list(
            "attempt_code", "review_status"
        )
    )
    return [
        {
            "attempt_id": row["pk"],
            "attempt_code": row["attempt_code"],
            "exam_id": exam.id,
            "exam_name": exam.name,
            "exam_type": exam.type,
            "username": row["user__username"],
            "email": row["user__email"],
            "status": row["status"],
            "started_at": row["started_at"],
            "completed_at": row["completed_at"],
            "expires_at": timing.expires_at(row["started_at"], row["allowed_time_limit_mins"]),
            "allowed_minutes": row["allowed_time_limit_mins"],
            "extended_minutes": extended.get(row["pk"], 0),
            "taken_as_proctored": row["taking_as_proctored"],
            "during_outage": row["is_outage"],
            "resumable": row["is_resumable"],
            "ready_to_resume": row["ready_to_resume"],
            "review_status": reviews.get(row["attempt_code"] or ""),
        }
        for row in chunk
    ]


def on_record(
    pieces: Iterable[list[Record]], name: str, *, course_id: str, by: Any, ending: str, asked: Mapping[str, Any]
) -> Iterator[list[Record]]:
    """Yield the pieces, and record at the end who downloaded how many rows; also of a file that broke off.

    ``name``: of the list; ``by``: the ``User``; ``ending``: of the file's name; ``asked``: filters of the list.
    """
    rows, is_complete = 0, False
    try:
        for piece in pieces:
            rows += len(piece)
            yield piece
        is_complete = True
    finally:
        parameters = {"format": ending, "filter": filter_on_record(asked), "is_complete": is_complete}
        record_export(name, course_id=course_id, by=by, rows=rows, parameters=parameters)


def as_csv(pieces: Iterable[list[Record]], columns: Sequence[str], *, with_bom: bool = False) -> Iterator[bytes]:
    """Yield a CSV file in UTF-8; moments as ISO 8601 in UTC. Cells that a spreadsheet would run get a leading ``'``.

    ``with_bom``: begin with the mark by which old spreadsheets recognise UTF-8. A failure after the first bytes ends
    the file with a line ``#error``.
    """
    yield ("\ufeff" if with_bom else "").encode() + _csv([columns])
    yield from _until_error(_csv([_cell(record[name]) for name in columns] for record in piece) for piece in pieces)


def as_json_lines(pieces: Iterable[list[Record]], columns: Sequence[str]) -> Iterator[bytes]:
    """Yield one JSON object per line. A failure after the first bytes ends the file with a line ``#error``."""
    lines = (
        "".join(f"{json.dumps({name: _plain(record[name]) for name in columns})}\n" for record in piece)
        for piece in pieces
    )
    yield from _until_error(line.encode() for line in lines)


def _until_error(parts: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from parts
    except Exception:  # pylint: disable=broad-except
        # The status line is sent. A file that just stopped would be taken for a whole one.
        log.exception("export broke off")
        yield f"{ERROR_LINE}\n".encode()


def _csv(rows: Iterable[Iterable[Any]]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_RUN_BY_SPREADSHEETS) else value
    return str(value).lower() if isinstance(value, bool) else _plain(value)


def _plain(value: Any) -> Any:
    """Return a value of JSON; moments are in UTC."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
