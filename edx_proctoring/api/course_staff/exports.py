"""Lists as files, written piece by piece so that memory stays constant. Contract: contract/rest-v2#exports."""

import csv
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from io import StringIO
from typing import Any, Final

from django.db.models import OuterRef, Q, QuerySet, Subquery

from edx_proctoring.api.attempts.deadline_report import exists_extension, extended_minutes
from edx_proctoring.api.audit.staff_record import filter_on_record, record_export
from edx_proctoring.api.course_staff.attempt_rows import ExamRef, exam_ref
from edx_proctoring.api.course_staff.attempt_search import AttemptFilter, exams_of, matching
from edx_proctoring.api.lifecycle import expiry
from edx_proctoring.models import ProctoredExamSoftwareSecureReview, ProctoredExamStudentAttempt
from edx_proctoring.models.attempt_incidents import exists_outage

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
    "review_status",
    "is_extended",
)

# Rows read at a time.
CHUNK: Final = 500
# Spreadsheets run a cell that begins with one of these as a formula.
_RUN_BY_SPREADSHEETS: Final = "=+-@\t\r\n"
_BOOLEANS: Final = {True: "true", False: "false", None: ""}
# The last line of a file that could not be completed.
ERROR_LINE: Final = "#error"

Record = Mapping[str, Any]


def attempt_records(course_id: str, wanted: AttemptFilter) -> Iterator[list[Record]]:
    """Yield the attempts of a course in pieces, by exam and creation. One query per piece, two at the beginning.

    ``wanted``: which attempts, as in the list. A piece is at most 500 attempts at one exam; if staff extended any of
    these, it takes one query more.
    """
    exams = exams_of(course_id, wanted)
    # By subqueries: Django takes longer to write 500 ids and 500 codes into further queries.
    reviews = ProctoredExamSoftwareSecureReview.objects.filter(attempt_code=OuterRef("attempt_code"))
    attempts = (
        matching(exams, wanted)
        .annotate(
            is_outage=exists_outage(OuterRef("pk")),
            is_extended=exists_extension(OuterRef("pk")),
            review_status=Subquery(reviews.values("review_status")[:1]),
        )
        .order_by("created", "pk")
    )
    for exam_id, exam in sorted(exams.items()):
        ref = exam_ref(exam)
        for chunk in _chunks(attempts.filter(proctored_exam_id=exam_id)):
            yield _attempt_records(chunk, ref)


def _chunks(attempts: QuerySet[ProctoredExamStudentAttempt]) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the values of attempts at one exam, which are sorted by creation and id.

    Each piece begins where the one before ended, in the index by exam and creation: sorted by id alone, a database may
    look at all attempts for each piece.
    """
    rest = attempts
    while chunk := list(rest.values_list(*_ATTEMPT_VALUES)[:CHUNK]):
        yield chunk
        pk, created = chunk[-1][:2]
        rest = attempts.filter(Q(created__gt=created) | Q(pk__gt=pk), created__gte=created)


def _attempt_records(chunk: Sequence[tuple[Any, ...]], exam: ExamRef) -> list[Record]:
    extended = extended_minutes([row[0] for row in chunk if row[-1]])
    return [
        {
            "attempt_id": pk,
            "attempt_code": code,
            "exam_id": exam.id,
            "exam_name": exam.name,
            "exam_type": exam.type,
            "username": username,
            "email": email,
            "status": status,
            "started_at": started_at,
            "completed_at": completed_at,
            "expires_at": expiry.expires_at(started_at, minutes),
            "allowed_minutes": minutes,
            "extended_minutes": extended.get(pk, 0) if is_extended else 0,
            "taken_as_proctored": is_proctored,
            "during_outage": is_outage,
            "resumable": is_resumable,
            "ready_to_resume": ready_to_resume,
            "review_status": review_status,
        }
        for (
            pk,
            _created,
            code,
            username,
            email,
            status,
            started_at,
            completed_at,
            minutes,
            is_proctored,
            is_outage,
            is_resumable,
            ready_to_resume,
            review_status,
            is_extended,
        ) in chunk
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
    yield from _until_error(_csv(_cells(piece, columns)) for piece in pieces)


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


def _cells(piece: Sequence[Record], columns: Sequence[str]) -> Iterable[Iterable[Any]]:
    """Return the rows of a piece as cells. By columns, because most have values of one type."""
    return zip(*(_column([record[name] for record in piece]) for name in columns), strict=True)


def _column(values: Sequence[Any]) -> Sequence[Any]:
    kinds = set(map(type, values)) - {type(None)}
    if len(kinds) > 1:
        return [_column([value])[0] for value in values]
    if kinds == {str}:
        return [f"'{value}" if value and value[0] in _RUN_BY_SPREADSHEETS else value for value in values]
    if kinds == {bool}:
        return [_BOOLEANS[value] for value in values]
    if kinds == {datetime}:
        return [value and value.isoformat().replace("+00:00", "Z") for value in values]
    # None becomes an empty cell.
    return values


def _plain(value: Any) -> Any:
    """Return a value of JSON; moments are in UTC."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
