"""Jobs: what the course team ordered for many, and what became of it. Contract: contract/rest-v2#jobs."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.course_staff import attempt_bulk_actions, job_list
from edx_proctoring.api.jobs import working
from edx_proctoring.api.jobs.creating import JobOutcome
from edx_proctoring.views.base import caller
from edx_proctoring.views.idempotency import idempotent
from edx_proctoring.views.v2.attempts import FORCE_IS_FOR_GLOBAL_STAFF, PAST_DUE_IS_FOR_GLOBAL_STAFF, ExtensionFields
from edx_proctoring.views.v2.base import NoBody, StaffView
from edx_proctoring.views.v2.lists import ListQuery, WordField, WordsField
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.selections import FilterInBody, SelectionRequest, selection_of
from edx_proctoring.views.v2.serializers import JobRowSerializer, JobSerializer

__all__ = ["BulkAction", "ExtendMany", "Job", "JobRows", "JobStop", "JobView", "JobWork", "JobsOfCourse"]

# Refusals of every request for many.
REQUEST_PROBLEMS: Final = ("selection_changed", "too_many")


class JobView(StaffView):
    """A resource that answers with a job: 200 if it is finished, else 202 and its address."""

    def reply_job(self, outcome: JobOutcome) -> Response:
        """Return a job; one that was only planned with its rows."""
        view = job_list.view_of(outcome)
        context = self.get_renderer_context()
        data = dict(JobSerializer(view, context=context).data)
        if outcome.rows is not None:
            rows = job_list.row_views(outcome.rows)
            data["rows"] = JobRowSerializer(rows, many=True, context=context).data
            data["is_more"] = outcome.job.total > len(rows)
            return Response(data)
        if outcome.job.is_finished:
            return Response(data)
        return Response(
            data, status=202, headers={"Location": reverse("edx_proctoring:edx_proctoring_v2:job", args=[view.code])}
        )


class BulkRequest(SelectionRequest):
    """A reset or a release for resumption; ``only_this`` and ``force_local`` are about resets."""

    action = WordField(choices=(attempt_bulk_actions.RESET, attempt_bulk_actions.RESUME))
    filter = FilterInBody(required=False)
    only_this = serializers.BooleanField(default=False)
    force_local = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what only resets have."""
        if attrs["action"] != attempt_bulk_actions.RESET:
            wrong = [name for name in ("only_this", "force_local") if attrs[name]]
            if wrong:
                raise serializers.ValidationError(dict.fromkeys(wrong, _("Only a reset accepts this.")))
        return super().validate(attrs)


class BulkAction(JobView):
    """POST: reset attempts, or let learners resume them."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "POST": Operation(
            "attempts_bulk",
            "Reset many attempts, or let many learners resume; or see what would happen.",
            Access.COURSE,
            queries=12,
            request=BulkRequest,
            response=JobSerializer,
            unfinished=True,
            problems=("not_allowed", *REQUEST_PROBLEMS),
        )
    }

    @idempotent
    def post(self, request: Request, course_id: str) -> Response:
        """Order it, and work on it for a while."""
        body, by = self.body(), caller(request)
        if body["force_local"]:
            self.require_global_staff(FORCE_IS_FOR_GLOBAL_STAFF)
        return self.reply_job(
            attempt_bulk_actions.request_for_attempts(
                body["action"],
                course_id,
                selection_of(body),
                by=by,
                reason=body["reason"],
                only_this=body["only_this"],
                force_local=body["force_local"],
            )
        )


class ExtendManyRequest(ExtensionFields, SelectionRequest):
    """How much time, and for whom. ``trim``: who is due earlier gets what fits."""

    trim = serializers.BooleanField(default=True)


class ExtendMany(JobView):
    """POST: give many learners of an exam more or less time."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "POST": Operation(
            "exams_extend",
            "Change the time of many running attempts at an exam; or see what would happen.",
            Access.COURSE,
            queries=30,
            request=ExtendManyRequest,
            response=JobSerializer,
            unfinished=True,
            problems=("not_allowed", *REQUEST_PROBLEMS),
        )
    }

    @idempotent
    def post(self, request: Request, exam_id: int) -> Response:
        """Order it, and work on it for a while."""
        body, by = self.body(), caller(request)
        if body["past_due"]:
            self.require_global_staff(PAST_DUE_IS_FOR_GLOBAL_STAFF)
        return self.reply_job(
            attempt_bulk_actions.request_extension(
                exam_id,
                body["minutes"],
                by=by,
                reason=body["reason"],
                attempt_ids=body.get("attempt_ids"),
                past_due=body["past_due"],
                trim=body["trim"],
                expected_count=body.get("expected_count"),
                dry_run=body["dry_run"],
            )
        )


class JobsOfCourse(StaffView):
    """GET: the jobs in a course."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "jobs_list",
            "List what the staff of a course ordered, newest first; single actions are on record too.",
            Access.COURSE,
            queries=6,
            query=ListQuery,
            response=JobSerializer,
            is_list=True,
        )
    }

    def get(self, request: Request, course_id: str) -> Response:
        """Return one page of jobs."""
        return self.reply_rows(job_list.jobs_of_course(course_id), job_list.views_of)


class Job(StaffView):
    """GET: one job."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "jobs_read",
            "Read a job with its progress.",
            Access.COURSE,
            queries=6,
            response=JobSerializer,
            has_etag=True,
        )
    }

    def get(self, request: Request, code: str) -> Response:
        """Return the job."""
        return self.reply(job_list.view_of(JobOutcome(working.job_with(code))))


class JobRowsQuery(ListQuery):
    """Which rows."""

    state = WordsField(job_list.ROW_STATES, required=False)


class JobRows(StaffView):
    """GET: the rows of a job."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "jobs_rows",
            "List the rows of a job with their outcomes.",
            Access.COURSE,
            queries=6,
            query=JobRowsQuery,
            response=JobRowSerializer,
            is_list=True,
        )
    }

    def get(self, request: Request, code: str) -> Response:
        """Return one page of rows."""
        return self.reply_rows(job_list.rows_of_job(code, states=self.query.get("state")), job_list.row_views)


class JobWork(JobView):
    """POST: go on with a job."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "POST": Operation(
            "jobs_work",
            "Work on a job for a while, unless another process does; for a client that watches it.",
            Access.COURSE,
            # And those of the rows that are done.
            queries=12,
            request=NoBody,
            response=JobSerializer,
            unfinished=True,
        )
    }

    @idempotent
    def post(self, request: Request, code: str) -> Response:
        """Work on it, and return it as it is then."""
        self.body()
        return self.reply_job(JobOutcome(working.go_on(code)))


class JobStop(StaffView):
    """POST: stop a job."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "POST": Operation(
            "jobs_stop",
            "Begin no further row of a job; what is done stays done.",
            Access.COURSE,
            queries=6,
            request=NoBody,
            response=JobSerializer,
        )
    }

    @idempotent
    def post(self, request: Request, code: str) -> Response:
        """Stop it, and return it."""
        self.body()
        return self.reply(job_list.view_of(JobOutcome(working.stop(code, by=caller(request)))))
