"""Allowances for the course team.

Contract: contract/rest-v2#allowances-list, contract/rest-v2#allowances-change, contract/rest-v2#allowances-give,
contract/rest-v2#allowances-bulk.
"""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from django.core.files import File
from django.utils.http import parse_etags
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.course_staff import allowance_bulk_actions, allowance_file, allowance_search, sort_orders
from edx_proctoring.api.course_staff.allowance_bulk_actions import Mode
from edx_proctoring.api.course_staff.allowance_file import WantedAllowance
from edx_proctoring.api.course_staff.allowance_search import AllowanceFilter
from edx_proctoring.api.exams import allowance_changes, allowance_values
from edx_proctoring.api.exams.allowance_changes import AllowanceChange
from edx_proctoring.api.jobs.allowances import ACTIONS, SET
from edx_proctoring.utils.storable import MAX_ID
from edx_proctoring.views.base import caller
from edx_proctoring.views.idempotency import idempotent
from edx_proctoring.views.problem_details import Problem
from edx_proctoring.views.request_fields import TextField
from edx_proctoring.views.v2.base import NoBody, StaffView, read, refuse_unknown
from edx_proctoring.views.v2.jobs import REQUEST_PROBLEMS, JobView
from edx_proctoring.views.v2.lists import (
    FlagField,
    IdsField,
    ListQuery,
    OrderingField,
    SearchField,
    WordField,
    WordsField,
)
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.selections import RequestOptions
from edx_proctoring.views.v2.serializers import AllowanceSerializer, JobSerializer, UndoneSerializer

__all__ = ["Allowance", "AllowanceFilters", "AllowanceUndo", "AllowancesBulk", "AllowancesOfCourse", "filter_of"]

# The record of a change, by which it can be undone.
CHANGE_HEADER = "X-Proctoring-Change"


class LearnerField(serializers.CharField):
    """A username or an e-mail address."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=255, **kwargs)


class AllowanceFilters(serializers.Serializer):
    """Which allowances of a course are meant."""

    exam = IdsField(required=False)
    type = WordsField(allowance_search.TYPES, required=False)
    search = SearchField(required=False)
    running = FlagField(required=False)


class AllowancesQuery(AllowanceFilters, ListQuery):
    """Filters and order of the list of allowances."""

    ordering = OrderingField(sort_orders.ALLOWANCES, required=False)


def filter_of(query: Mapping[str, Any]) -> AllowanceFilter:
    """Return the filter that validated ``AllowanceFilters`` mean."""
    return AllowanceFilter(
        exam_ids=query.get("exam"),
        types=query.get("type"),
        search=query.get("search"),
        is_running=query.get("running"),
    )


class PairsRequest(RequestOptions):
    """Each of these learners gets the allowance in each of these exams."""

    exam_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=MAX_ID), min_length=1, max_length=IdsField.most
    )
    learners = serializers.ListField(child=LearnerField(), min_length=1, max_length=allowance_file.MOST_ROWS)
    type = WordField(choices=allowance_values.TYPES)
    value = TextField()


class RowRequest(serializers.Serializer):
    """An allowance as in a line of a file."""

    learner = LearnerField()
    exam = TextField()
    type = TextField()
    value = TextField(allow_blank=True, required=False, default="")
    action = WordField(choices=ACTIONS, default=SET)

    def to_internal_value(self, data: Any) -> Any:
        """Refuse members that a row does not have."""
        if isinstance(data, Mapping):
            refuse_unknown(data, self.fields, within="rows")
        return super().to_internal_value(data)


class RowsRequest(RequestOptions):
    """The rows of an order."""

    rows = serializers.ListField(child=RowRequest(), min_length=1, max_length=allowance_file.MOST_ROWS)


class AllowancesOfCourse(JobView):
    """GET: the allowances of a course. POST: give them."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "allowances_list",
            "List the allowances of a course, by the learner's name.",
            Access.COURSE,
            queries=8,
            query=AllowancesQuery,
            response=AllowanceSerializer,
            is_list=True,
        ),
        "POST": Operation(
            "allowances_give",
            "Give many learners an allowance in many exams; or see what would happen.",
            Access.COURSE,
            queries=40,
            request=PairsRequest,
            response=JobSerializer,
            unfinished=True,
            problems=("invalid_allowance", *REQUEST_PROBLEMS),
        ),
    }

    def get(self, request: Request, course_id: str) -> Response:
        """Return one page of allowances."""
        found = allowance_search.matching(course_id, filter_of(self.query))
        return self.reply_rows(
            allowance_search.ordered(found, self.query.get("ordering")), allowance_search.allowance_rows
        )

    @idempotent
    def post(self, request: Request, course_id: str) -> Response:
        """Order it, and work on it for a while."""
        body = self.body()
        return self.reply_job(
            allowance_bulk_actions.request_for_pairs(
                course_id, body["exam_ids"], body["learners"], body["type"], body["value"], mode_of(body, request)
            )
        )


class AllowancesBulk(JobView):
    """POST: give and remove allowances row by row, from JSON or from a file."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "POST": Operation(
            "allowances_bulk",
            "Give and remove allowances row by row; or see what would happen. Also as a CSV file (multipart, `file`).",
            Access.COURSE,
            queries=40,
            request=RowsRequest,
            response=JobSerializer,
            unfinished=True,
            problems=("bad_file", "too_large", *REQUEST_PROBLEMS),
        )
    }

    @idempotent
    def post(self, request: Request, course_id: str) -> Response:
        """Order it, and work on it for a while."""
        file = file_of(request)
        if file is None:
            body = self.body()
            rows = [
                WantedAllowance(
                    learner=row["learner"],
                    exam=row["exam"].strip(),
                    type=row["type"].strip().lower(),
                    value=row["value"],
                    action=row["action"],
                    line=number,
                )
                for number, row in enumerate(body["rows"], 1)
            ]
        else:
            fields: Any = request.data
            body = read(RequestOptions, {name: value for name, value in fields.items() if name != "file"})
            rows = _rows_of(file)
        return self.reply_job(allowance_bulk_actions.request_allowances(course_id, rows, mode_of(body, request)))


class AllowanceChangeRequest(serializers.Serializer):
    """The new type, the new value, or both."""

    type = WordField(choices=allowance_values.TYPES, required=False)
    value = TextField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a change of nothing."""
        if not attrs:
            raise serializers.ValidationError(_("Give a type, a value, or both."))
        return attrs


class Allowance(StaffView):
    """GET, PATCH, DELETE: one allowance."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "allowances_read",
            "Read one allowance.",
            Access.COURSE,
            queries=12,
            response=AllowanceSerializer,
            has_version=True,
        ),
        "PATCH": Operation(
            "allowances_change",
            "Change the value of an allowance, or replace it by one of another type.",
            Access.COURSE,
            queries=20,
            request=AllowanceChangeRequest,
            response=AllowanceSerializer,
            has_version=True,
            problems=("conflict", "exam_inactive", "invalid_allowance", "precondition_failed"),
        ),
        "DELETE": Operation(
            "allowances_remove",
            "Remove an allowance.",
            Access.COURSE,
            queries=20,
            request=NoBody,
            response=None,
            status=204,
            has_version=True,
            problems=("precondition_failed",),
        ),
    }

    def get(self, request: Request, allowance_id: int) -> Response:
        """Return the allowance."""
        return self._reply_with(allowance_id)

    @idempotent
    def patch(self, request: Request, allowance_id: int) -> Response:
        """Change it and return what it is then."""
        body = self.body()
        change = allowance_changes.change_allowance(
            allowance_id,
            kind=body.get("type"),
            value=body.get("value"),
            versions=versions_in(request.headers.get("If-Match")),
            by=caller(request),
        )
        return _noting(change, self._reply_with(change.allowance_id or allowance_id))

    @idempotent
    def delete(self, request: Request, allowance_id: int) -> Response:
        """Remove it."""
        self.body()
        versions = versions_in(request.headers.get("If-Match"))
        change = allowance_changes.remove_allowance(allowance_id, versions=versions, by=caller(request))
        return _noting(change, self.reply(None))

    def _reply_with(self, allowance_id: int) -> Response:
        row = allowance_search.allowance_row(allowance_id)
        if row is None:
            raise NotFound
        return self.reply(row)


class AllowanceUndo(StaffView):
    """POST: undo the change of an allowance."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "POST": Operation(
            "allowances_undo",
            "Restore what an allowance was before a change; that can be undone, too.",
            Access.COURSE,
            queries=20,
            request=NoBody,
            response=UndoneSerializer,
            problems=("already_undone", "changed_since"),
        )
    }

    @idempotent
    def post(self, request: Request, row_id: int) -> Response:
        """Undo it, and return what it is then."""
        self.body()
        change = allowance_changes.undo_allowance_change(row_id, by=caller(request))
        return _noting(change, self.reply(change))


def mode_of(body: Mapping[str, Any], request: Request) -> Mode:
    """Return how a request is carried out that a validated ``RequestOptions`` means."""
    return Mode(
        by=caller(request),
        reason=body.get("reason", ""),
        dry_run=body["dry_run"],
        expected_count=body.get("expected_count"),
    )


def file_of(request: Request) -> File | None:
    """Return the file of a multipart request, None for a request without files. Raises ``bad_file``."""
    files: Any = getattr(request.data, "lists", dict)()
    sent = [(name, value) for name, values in dict(files).items() for value in values if isinstance(value, File)]
    if not sent:
        return None
    if [name for name, _value in sent] != ["file"]:
        raise allowance_file.BadFile(str(_("Send one file, with the name “file”.")), 1)
    file: File = sent[0][1]
    return file


def _rows_of(file: File) -> list[WantedAllowance]:
    if (file.size or 0) > allowance_file.MOST_BYTES:
        raise Problem("too_large", _("The file is larger than 1 MiB. Split it into several files."))
    return allowance_file.rows_of_file(file.read())


def versions_in(if_match: str | None) -> Collection[str] | None:
    """Return the versions that an ``If-Match`` header names; None if every version is meant."""
    if if_match is None:
        return None
    etags = parse_etags(if_match)
    # A weak ETag never matches here (RFC 9110).
    return None if etags == ["*"] else {etag.strip('"') for etag in etags if not etag.startswith("W/")}


def _noting(change: AllowanceChange, response: Response) -> Response:
    """Add the record of a change to the reply."""
    if change.row_id is not None:
        response[CHANGE_HEADER] = str(change.row_id)
    return response
