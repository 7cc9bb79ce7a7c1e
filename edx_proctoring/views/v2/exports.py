"""Lists as files. Contract: contract/rest-v2#exports."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Final

from django.http import StreamingHttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from edx_proctoring.api.course_staff import allowance_search, exports, job_list, onboarding_list, violation_report
from edx_proctoring.api.course_staff.exports import Record
from edx_proctoring.views.base import caller
from edx_proctoring.views.v2 import allowances, attempts
from edx_proctoring.views.v2.base import StaffView
from edx_proctoring.views.v2.lists import FlagField, IdsField
from edx_proctoring.views.v2.negotiation import AnyAccept
from edx_proctoring.views.v2.onboarding import OnboardingFilters, asked_for
from edx_proctoring.views.v2.operations import Access, Operation

__all__ = ["AllowancesFile", "AttemptsFile", "JobsFile", "OnboardingFile", "ViolationsFile"]

log = logging.getLogger(__name__)

CSV: Final = "text/csv"
JSON_LINES: Final = "application/x-ndjson"
_NOT_IN_FILE_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")


class FileQuery(serializers.Serializer):
    """``bom``: begin a CSV file with a byte order mark, for old spreadsheets. Subclasses add filters."""

    bom = FlagField(required=False)


def _export(
    operation_id: str, summary: str, query: type[FileQuery], problems: tuple[str, ...] = ()
) -> Mapping[str, Operation]:
    """Return the operation of a file."""
    return {
        "GET": Operation(
            operation_id,
            summary,
            Access.COURSE,
            queries=8,
            query=query,
            response=None,
            media_types=(CSV, JSON_LINES),
            problems=problems,
        )
    }


class _File(StaffView):
    """GET: a list as CSV, or as one JSON object per line.

    ``name``: in the file's name. ``columns``: names of its columns.
    """

    content_negotiation_class = AnyAccept
    name: ClassVar[str]
    columns: ClassVar[Sequence[str]]

    def pieces(self, course_id: str) -> Iterator[list[Record]]:
        """Return the rows in pieces, as the filters of the query ask for. What it refuses, it refuses at once."""
        raise NotImplementedError

    def get(self, request: Request, course_id: str, ending: str) -> StreamingHttpResponse:
        """Return the file, written while it is read from the database."""
        pieces = exports.on_record(
            self.pieces(course_id),
            self.name,
            course_id=course_id,
            by=caller(request),
            ending=ending,
            asked={name: value for name, value in self.query.items() if name != "bom"},
        )
        if ending == "csv":
            parts = exports.as_csv(pieces, self.columns, with_bom=self.query.get("bom", False))
            media_type = f"{CSV}; charset=utf-8"
        else:
            parts = exports.as_json_lines(pieces, self.columns)
            media_type = JSON_LINES
        log.info("%s exported: course_id=%s by=%s format=%s", self.name, course_id, caller(request).pk, ending)
        name = _NOT_IN_FILE_NAMES.sub("-", f"{course_id}-{self.name}-{timezone.now():%Y-%m-%d}")
        return StreamingHttpResponse(
            parts,
            content_type=media_type,
            headers={
                "Content-Disposition": f'attachment; filename="{name}.{ending}"',
                "X-Content-Type-Options": "nosniff",
            },
        )


class AttemptsFileQuery(attempts.AttemptFilters, FileQuery):
    """The filters of the list."""


class AttemptsFile(_File):
    """GET: attempts of a course."""

    name = "attempts"
    columns = exports.ATTEMPT_COLUMNS
    operations: ClassVar[Mapping[str, Operation]] = _export(
        "attempts_export", "Download the attempts of a course, filtered like the list.", AttemptsFileQuery
    )

    def pieces(self, course_id: str) -> Iterator[list[Record]]:
        """Return the attempts."""
        return exports.attempt_records(course_id, attempts.filter_of(self.query))


class AllowancesFileQuery(allowances.AllowanceFilters, FileQuery):
    """The filters of the list."""


class AllowancesFile(_File):
    """GET: the allowances of a course."""

    name = "allowances"
    columns = allowance_search.COLUMNS
    operations: ClassVar[Mapping[str, Operation]] = _export(
        "allowances_export", "Download the allowances of a course, filtered like the list.", AllowancesFileQuery
    )

    def pieces(self, course_id: str) -> Iterator[list[Record]]:
        """Return the allowances."""
        return allowance_search.records(course_id, allowances.filter_of(self.query))


class OnboardingFileQuery(OnboardingFilters, FileQuery):
    """The filters of the list."""


class OnboardingFile(_File):
    """GET: the learners of a course with their onboarding."""

    name = "onboarding"
    columns = onboarding_list.COLUMNS
    operations: ClassVar[Mapping[str, Operation]] = _export(
        "onboarding_export",
        "Download how far the learners of a course are with onboarding, filtered like the list.",
        OnboardingFileQuery,
        problems=("provider_unavailable",),
    )

    def pieces(self, course_id: str) -> Iterator[list[Record]]:
        """Return the learners."""
        return onboarding_list.records(asked_for(course_id, self.query))


class JobsFile(_File):
    """GET: what the staff of a course ordered, one row per learner."""

    name = "jobs"
    columns = job_list.FILE_COLUMNS
    operations: ClassVar[Mapping[str, Operation]] = _export(
        "jobs_export", "Download what the staff of a course ordered, one row per learner.", FileQuery
    )

    def pieces(self, course_id: str) -> Iterator[list[Record]]:
        """Return the rows of the jobs."""
        return job_list.job_records(course_id)


class ViolationsFileQuery(FileQuery):
    """``exam``: only these."""

    exam = IdsField(required=False)


class ViolationsFile(_File):
    """GET: what the reviews of a course found."""

    name = "violations"
    columns = violation_report.COLUMNS
    operations: ClassVar[Mapping[str, Operation]] = _export(
        "violations_export", "Download what the reviews of a course found, one row per attempt.", ViolationsFileQuery
    )

    def pieces(self, course_id: str) -> Iterator[list[Record]]:
        """Return the attempts with the findings of their reviews."""
        return violation_report.violation_records(course_id, exam_ids=self.query.get("exam"))
