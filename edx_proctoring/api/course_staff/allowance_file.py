"""Read allowances from a CSV file of a spreadsheet. Contract: contract/rest-v2#allowances-file.

Spreadsheets write UTF-8 with or without a byte order mark, and separate cells by commas, semicolons (where the comma
is the decimal sign) or tabs. Which of them it is is told by the header; nothing else is guessed.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

from django.utils.translation import gettext as _

from edx_proctoring.api.jobs.allowances import SET
from edx_proctoring.exceptions import ProctoredBaseException

__all__ = ["COLUMNS", "MOST_BYTES", "MOST_ROWS", "BadFile", "WantedAllowance", "rows_of_file"]

COLUMNS: Final = ("learner", "exam", "type", "value")
_ACTION: Final = "action"
_SEPARATORS: Final = (",", ";", "\t")

MOST_BYTES: Final = 1024 * 1024
MOST_ROWS: Final = 5000


class BadFile(ProctoredBaseException):
    """The file cannot be read. ``line``: where, from 1; the text says what to do."""

    http_status = 422
    code = "bad_file"
    is_for_people = True

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class WantedAllowance:
    """An allowance as staff wrote it. ``line``: of the file, from 1; None if it is of no file."""

    learner: str
    exam: str
    type: str
    value: str
    action: str = SET
    line: int | None = None


def rows_of_file(data: bytes) -> list[WantedAllowance]:
    """Return the rows of a CSV file; lines without any text are left out. Raises ``BadFile``."""
    text = _decoded(data)
    lines = csv.reader(StringIO(text, newline=None), delimiter=_separator(text), strict=True)
    try:
        return _rows(lines)
    except csv.Error as exc:
        raise BadFile(_("The line is not valid CSV. Check its quotation marks."), lines.line_num) from exc


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise BadFile(_("The file is not in UTF-8. Save it as “CSV UTF-8”."), line) from exc
    if "\x00" in text:
        raise BadFile(
            _("The file is not in UTF-8. Save it as “CSV UTF-8”."), text[: text.index("\x00")].count("\n") + 1
        )
    return text


def _separator(text: str) -> str:
    """Return what separates the cells: the one by which the header has all columns."""
    header = text.splitlines()[0] if text else ""
    for separator in _SEPARATORS:
        if set(COLUMNS) <= set(_names(header.split(separator))):
            return separator
    raise BadFile(_("The first line must name these columns: {names}.").format(names=", ".join((*COLUMNS, _ACTION))), 1)


def _names(cells: Sequence[str]) -> list[str]:
    return [cell.strip().strip('"').strip().lower() for cell in cells]


def _rows(lines: Any) -> list[WantedAllowance]:
    """Return the rows that a ``csv.reader`` reads."""
    names = _names(next(iter(lines)))
    unknown = [name for name in names if name not in (*COLUMNS, _ACTION)]
    if unknown or len(set(names)) < len(names):
        raise BadFile(
            _("The first line must name these columns, each once: {names}.").format(
                names=", ".join((*COLUMNS, _ACTION))
            ),
            1,
        )
    rows: list[WantedAllowance] = []
    before = lines.line_num
    for cells in lines:
        # A cell may have line ends; its row begins after the end of the row before.
        line, before = before + 1, lines.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(names):
            raise BadFile(_("The line has more cells than the first line has columns."), line)
        if len(rows) == MOST_ROWS:
            raise BadFile(
                _("A file can have at most {count} rows. Split it into several files.").format(count=MOST_ROWS), line
            )
        row = dict(zip(names, (cell.strip() for cell in cells), strict=False))
        rows.append(
            WantedAllowance(
                learner=row.get("learner", ""),
                exam=row.get("exam", ""),
                type=row.get("type", "").lower(),
                value=row.get("value", ""),
                action=row.get(_ACTION, "").lower() or SET,
                line=line,
            )
        )
    if not rows:
        raise BadFile(_("The file has no rows below the first line."), 1)
    return rows
