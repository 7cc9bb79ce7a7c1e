"""Attempts for the course team. Contract: contract/rest-v2#attempts-list, contract/rest-v2#attempt."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.attempts import removal
from edx_proctoring.api.attempts.deadline_report import explain_deadline
from edx_proctoring.api.attempts.extension import extend
from edx_proctoring.api.attempts.removal import StaffRequest
from edx_proctoring.api.course_staff import attempt_search, sort_orders
from edx_proctoring.api.course_staff.attempt_search import AttemptFilter
from edx_proctoring.api.lifecycle import queries
from edx_proctoring.serializers import MAX_MINUTES
from edx_proctoring.views.base import caller
from edx_proctoring.views.idempotency import idempotent
from edx_proctoring.views.request_fields import IdField
from edx_proctoring.views.v2.base import StaffView
from edx_proctoring.views.v2.exams import EXAM_TYPES
from edx_proctoring.views.v2.lists import (
    FlagField,
    IdsField,
    InstantField,
    ListQuery,
    OrderingField,
    ReasonRequest,
    SearchField,
    WordField,
    WordsField,
    envelope_of,
    page_number_of,
    page_size_of,
)
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.serializers import AttemptSerializer, DeadlineSerializer

__all__ = ["Attempt", "AttemptDeadline", "AttemptsOfCourse", "Extend", "LearnerDeadline"]


PAST_DUE_IS_FOR_GLOBAL_STAFF: Final = _("Only global staff may extend an attempt beyond the due date.")
FORCE_IS_FOR_GLOBAL_STAFF: Final = _("Only global staff may reset an attempt without its proctoring service.")


class AttemptFilters(serializers.Serializer):
    """Which attempts of a course are meant."""

    exam = IdsField(required=False)
    type = WordsField(EXAM_TYPES, required=False)
    status = WordsField(attempt_search.STATUSES, required=False)
    user = IdField(required=False)
    started_after = InstantField(required=False)
    started_before = InstantField(required=False)
    resumable = FlagField(required=False)
    needs_review = FlagField(required=False)
    during_outage = FlagField(required=False)
    search = SearchField(required=False)
    latest_only = FlagField(required=False)


class AttemptsQuery(AttemptFilters, ListQuery):
    """Filters and order of the list of attempts."""

    ordering = OrderingField(sort_orders.ATTEMPTS, required=False)


def filter_of(query: Mapping[str, Any]) -> AttemptFilter:
    """Return the filter that validated ``AttemptFilters`` mean."""
    return AttemptFilter(
        exam_ids=query.get("exam"),
        types=query.get("type"),
        statuses=query.get("status"),
        user_id=query.get("user"),
        started_after=query.get("started_after"),
        started_before=query.get("started_before"),
        is_resumable=query.get("resumable"),
        needs_review=query.get("needs_review"),
        during_outage=query.get("during_outage"),
        search=query.get("search"),
        latest_only=query.get("latest_only", True),
    )


class AttemptsOfCourse(StaffView):
    """GET: attempts of a course."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "attempts_list",
            "List the attempts of a course, newest first.",
            Access.COURSE,
            queries=8,
            query=AttemptsQuery,
            response=AttemptSerializer,
            is_list=True,
        )
    }

    def get(self, request: Request, course_id: str) -> Response:
        """Return one page of attempts."""
        page = attempt_search.attempts_page(
            course_id,
            filter_of(self.query),
            ordering=self.query.get("ordering"),
            page=page_number_of(request),
            page_size=page_size_of(request),
        )
        return self.reply_page(envelope_of(page, request))


class OneAttempt(StaffView):
    """A resource of one attempt.

    ``attempt``: with exam and user, as it was before the operation; None if it does not exist, which only the
    repetition of a request gets past.
    """

    attempt: Any = None

    def course_concerned(self) -> str | None:
        """Read the attempt and return its course; None if it does not exist."""
        self.attempt = queries.attempt_with(pk=self.kwargs["attempt_id"])
        return None if self.attempt is None else self.attempt.proctored_exam.course_id

    def existing(self) -> Any:
        """Return the attempt. Raises ``StudentExamAttemptDoesNotExistsException``."""
        if self.attempt is None:
            raise queries.does_not_exist(self.kwargs["attempt_id"])
        return self.attempt

    def is_owner(self) -> bool:
        """Return whether the caller is the learner of the attempt."""
        return bool(self.attempt.user_id == caller(self.request).pk)


class ResetQuery(serializers.Serializer):
    """``scope``: ``all`` attempts of the learner at the exam, or ``this`` one."""

    scope = WordField(choices=("all", "this"), required=False)


class ResetRequest(ReasonRequest):
    """Why. ``force_local``: also where the provider cannot remove the attempt; for global staff."""

    force_local = serializers.BooleanField(default=False)


class Attempt(OneAttempt):
    """GET, DELETE: one attempt."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "attempts_read",
            "Read one attempt.",
            Access.COURSE_OR_OWNER,
            queries=6,
            response=AttemptSerializer,
            has_etag=True,
            volatile=frozenset({"time_remaining_seconds"}),
        ),
        "DELETE": Operation(
            "attempts_reset",
            "Remove an attempt, or all attempts of its learner at the exam; the learner may begin again.",
            Access.COURSE,
            queries=15,
            query=ResetQuery,
            request=ResetRequest,
            response=None,
            status=204,
            problems=("not_allowed", "provider_rejected", "provider_unavailable"),
        ),
    }

    def get(self, request: Request, attempt_id: int) -> Response:
        """Return the attempt. Unlike version 1, this does not end an attempt whose time is up."""
        return self.reply(attempt_search.attempt_row(attempt_id))

    @idempotent
    def delete(self, request: Request, attempt_id: int) -> Response:
        """Remove it, at the provider first. What was removed before the provider failed stays removed."""
        body, by = self.body(), caller(request)
        if body["force_local"]:
            self.require_global_staff(FORCE_IS_FOR_GLOBAL_STAFF)
        reset = StaffRequest(by, body["reason"], is_forced=body["force_local"])
        removal.reset_for_staff(attempt_id, reset, only_this=self.query.get("scope") == "this")
        return self.reply(None)


class AttemptDeadline(OneAttempt):
    """GET: why the learner's time ends when it ends."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "attempts_deadline",
            "Explain when the time of an attempt ends, and why.",
            Access.COURSE_OR_OWNER,
            queries=10,
            response=DeadlineSerializer,
        )
    }

    def get(self, request: Request, attempt_id: int) -> Response:
        """Return the explanation."""
        return self.reply(explain_deadline(attempt_id))


class LearnerDeadline(StaffView):
    """GET: how much time a learner would get, or has."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "exams_deadline",
            "Explain how much time a learner has in an exam, also before an attempt exists.",
            Access.COURSE,
            queries=10,
            response=DeadlineSerializer,
        )
    }

    def get(self, request: Request, exam_id: int, user_id: int) -> Response:
        """Return the explanation."""
        return self.reply(explain_deadline(exam_id=exam_id, user_id=user_id))


class ExtensionFields(serializers.Serializer):
    """How much time. ``past_due``: also beyond the due date; for global staff."""

    minutes = serializers.IntegerField(min_value=-MAX_MINUTES, max_value=MAX_MINUTES)
    past_due = serializers.BooleanField(default=False)

    def validate_minutes(self, value: int) -> int:
        """Refuse an extension by nothing."""
        if value == 0:
            raise serializers.ValidationError(_("Must not be 0."))
        return value


class ExtendRequest(ExtensionFields, ReasonRequest):
    """How much time, and why."""


class Extend(OneAttempt):
    """POST: give the learner of a running attempt more or less time."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "POST": Operation(
            "attempts_extend",
            "Change the time of a running attempt; the learner's clock follows at its next poll.",
            Access.COURSE,
            queries=14,
            request=ExtendRequest,
            response=DeadlineSerializer,
            problems=("not_allowed", "illegal_transition", "past_due", "too_short"),
        )
    }

    @idempotent
    def post(self, request: Request, attempt_id: int) -> Response:
        """Extend the attempt and return the explanation of its deadline."""
        body = self.body()
        minutes, by = body["minutes"], caller(request)
        if body["past_due"]:
            self.require_global_staff(PAST_DUE_IS_FOR_GLOBAL_STAFF)
        explanation = extend(self.existing(), minutes, by, body["reason"], past_due=body["past_due"])
        return self.reply(explanation)
