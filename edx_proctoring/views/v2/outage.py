"""Outage mode of an exam. Contract: contract/outage#rest."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import conf
from edx_proctoring.api.attempts import outage_attempts
from edx_proctoring.api.course_staff import job_list, outage_mode
from edx_proctoring.views.base import caller
from edx_proctoring.views.idempotency import idempotent
from edx_proctoring.views.problem_details import Problem
from edx_proctoring.views.v2.base import StaffView
from edx_proctoring.views.v2.jobs import REQUEST_PROBLEMS, JobView
from edx_proctoring.views.v2.lists import InstantField, ReasonRequest, WordField
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.selections import SelectionRequest
from edx_proctoring.views.v2.serializers import JobSerializer, MeasureSerializer

__all__ = ["OutageDecisions", "OutageOfExam"]


class UntilRequest(ReasonRequest):
    """Until when, and why."""

    until = InstantField()

    def validate_until(self, value: Any) -> Any:
        """Refuse an end that is over or too far ahead."""
        try:
            outage_mode.check_end(value, timezone.now())
        except ValueError as exc:
            text = _("Must be in the future, and at most {hours} hours ahead.")
            raise serializers.ValidationError(text.format(hours=conf.proctoring.outage_max_hours)) from exc
        return value


class OutageRequest(UntilRequest):
    """What is put in force. ``text``: for learners; ``include_setup``: also for those who are being set up."""

    text = serializers.CharField(max_length=outage_mode.LONGEST_TEXT, required=False, allow_blank=True, default="")
    include_setup = serializers.BooleanField(default=True)


class OutageSerializer(serializers.Serializer):
    """The outage in force, whether one is suggested, and how many attempts are to be decided."""

    measure = MeasureSerializer(allow_null=True)
    suggested = serializers.BooleanField()
    undecided = serializers.IntegerField()


class OutageStartedSerializer(serializers.Serializer):
    """The outage that was started, and the job for learners who are being set up; null without any."""

    measure = MeasureSerializer()
    job = JobSerializer(allow_null=True)


class OutageOfExam(StaffView):
    """The outage of an exam's provider.

    GET: course staff. POST: start one. PATCH: let it end at another time. DELETE: end it.
    """

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "outages_read",
            "Read whether an exam is taken without its provider, and whether that is suggested.",
            Access.COURSE,
            queries=6,
            response=OutageSerializer,
        ),
        "POST": Operation(
            "outages_start",
            "Let an exam be taken without its provider for a while.",
            Access.COURSE,
            queries=10,
            status=201,
            request=OutageRequest,
            response=OutageStartedSerializer,
            problems=("not_allowed", "feature_off", "measure_in_force", "no_provider"),
        ),
        "PATCH": Operation(
            "outages_prolong",
            "Let the outage end at another time.",
            Access.COURSE,
            queries=10,
            request=UntilRequest,
            response=MeasureSerializer,
            problems=("not_allowed", "feature_off", "not_in_force"),
        ),
        "DELETE": Operation(
            "outages_end",
            "End the outage.",
            Access.COURSE,
            queries=10,
            request=ReasonRequest,
            response=MeasureSerializer,
            problems=("not_allowed", "feature_off", "not_in_force"),
        ),
    }

    def get(self, request: Request, exam_id: int) -> Response:
        """Return what is known."""
        return self.reply(outage_mode.outage_view(exam_id, now=timezone.now()))

    @idempotent
    def post(self, request: Request, exam_id: int) -> Response:
        """Start the outage."""
        body = self._body_of_who_may()
        started = outage_mode.start(
            exam_id,
            until=body["until"],
            by=caller(request),
            reason=body["reason"],
            text=body["text"],
            include_setup=body["include_setup"],
        )
        setup = started.setup
        job = None if setup is None else job_list.view_of(setup)
        return self.reply({"measure": started.measure, "job": job})

    @idempotent
    def patch(self, request: Request, exam_id: int) -> Response:
        """Let it end at another time."""
        body = self._body_of_who_may()
        found = outage_mode.prolong_outage(exam_id, until=body["until"], by=caller(request), reason=body["reason"])
        return self.reply(found)

    @idempotent
    def delete(self, request: Request, exam_id: int) -> Response:
        """End it."""
        body = self._body_of_who_may()
        return self.reply(outage_mode.end_outage(exam_id, by=caller(request), reason=body["reason"]))

    def _body_of_who_may(self) -> Mapping[str, Any]:
        """Return the body. Raises ``feature_off``, and ``not_allowed`` for course staff if only global staff may."""
        if conf.proctoring.outage_mode == "off":
            raise Problem("feature_off")
        if not outage_mode.may_change(caller(self.request)):
            raise Problem(
                "not_allowed", _("Only global staff may let an exam continue without its proctoring service.")
            )
        return self.body()


class DecisionsRequest(SelectionRequest):
    """What is decided, and about which attempts."""

    decision = WordField(outage_attempts.DECISIONS)


class OutageDecisions(JobView):
    """POST: decide about attempts that were taken during an outage.

    ``exam``: None if it does not exist, which only the repetition of a request gets past.
    """

    exam: Any = None

    operations: ClassVar[Mapping[str, Operation]] = {
        "POST": Operation(
            "outages_decide",
            "Accept, reject or reset attempts that were taken during an outage; or see what would happen.",
            Access.REVIEW,
            queries=10,
            request=DecisionsRequest,
            response=JobSerializer,
            unfinished=True,
            problems=("not_allowed", *REQUEST_PROBLEMS),
        )
    }

    def course_concerned(self) -> str | None:
        """Read the exam and return its course; None if it does not exist."""
        self.exam = outage_mode.find_exam(self.kwargs["exam_id"])
        return None if self.exam is None else self.exam.course_id

    def reviewed(self) -> Mapping[str, Any]:
        """Return the exam."""
        return outage_mode.exam_as_reviewed(self.exam)

    @idempotent
    def post(self, request: Request, exam_id: int) -> Response:
        """Order it, and work on it for a while."""
        body = self.body()
        if self.exam is None:
            raise Problem("not_found")
        return self.reply_job(
            outage_mode.request_decisions(
                self.exam,
                body["decision"],
                by=caller(request),
                reason=body["reason"],
                attempt_ids=body.get("attempt_ids"),
                expected_count=body.get("expected_count"),
                dry_run=body["dry_run"],
            )
        )
