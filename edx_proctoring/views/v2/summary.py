"""The exams of a course in numbers. Contract: contract/rest-v2#summary."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.course_staff import summary
from edx_proctoring.views.v2.base import StaffView
from edx_proctoring.views.v2.lists import IdsField, InstantField, WordField
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.serializers import ExamRefSerializer

__all__ = ["SummaryOfCourse"]


class SummaryQuery(serializers.Serializer):
    """Which attempts are counted."""

    exam = IdsField(required=False)
    to = InstantField(required=False)
    bucket = WordField(tuple(summary.BUCKETS), required=False)

    def get_fields(self) -> dict[str, Any]:
        """Add ``from``, a reserved word in Python."""
        return {**super().get_fields(), "from": InstantField(required=False)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a span that ends before it begins."""
        if "from" in attrs and "to" in attrs and attrs["to"] <= attrs["from"]:
            raise serializers.ValidationError({"to": _("Must be later than “from”.")})
        return attrs


class ExamSummarySerializer(ExamRefSerializer):
    """An exam in numbers."""

    time_limit_minutes = serializers.IntegerField()
    by_status = serializers.DictField(child=serializers.IntegerField())
    learners = serializers.IntegerField()
    flagged = serializers.IntegerField()
    median_minutes = serializers.FloatField(allow_null=True)
    p90_minutes = serializers.FloatField(allow_null=True)
    allowances = serializers.IntegerField()


class StartPointSerializer(serializers.Serializer):
    """How many attempts at an exam were started in one bucket."""

    at = serializers.DateTimeField()
    exam_id = serializers.IntegerField()
    n = serializers.IntegerField()


class StartsSerializer(serializers.Serializer):
    """Starts over time; buckets without any are left out."""

    bucket = serializers.CharField()
    points = StartPointSerializer(many=True)


class DurationBinSerializer(serializers.Serializer):
    """How many attempts took so long."""

    from_minutes = serializers.IntegerField()
    to_minutes = serializers.IntegerField()
    n = serializers.IntegerField()


class DurationsSerializer(serializers.Serializer):
    """How long the attempts at an exam took; bins without any are left out."""

    exam_id = serializers.IntegerField()
    bins = DurationBinSerializer(many=True)


class ReviewNumbersSerializer(serializers.Serializer):
    """Reviews that wait for a person, and those that persons decided."""

    open = serializers.IntegerField()
    decided = serializers.IntegerField()
    median_hours = serializers.FloatField(allow_null=True)


class SummarySerializer(serializers.Serializer):
    """A course in numbers."""

    as_of = serializers.DateTimeField()
    exams = ExamSummarySerializer(many=True)
    starts = StartsSerializer()
    durations = DurationsSerializer(many=True)
    reviews = ReviewNumbersSerializer()
    in_exam_now = serializers.IntegerField()


class SummaryOfCourse(StaffView):
    """GET: the exams of a course in numbers."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "courses_summary",
            "Count the attempts of a course, for charts.",
            Access.COURSE,
            queries=10,
            query=SummaryQuery,
            response=SummarySerializer,
            has_etag=True,
            volatile=frozenset({"as_of"}),
            problems=("too_many_points",),
        )
    }

    def get(self, request: Request, course_id: str) -> Response:
        """Return the numbers."""
        return self.reply(
            summary.course_summary(
                course_id,
                now=timezone.now(),
                exam_ids=self.query.get("exam"),
                after=self.query.get("from"),
                before=self.query.get("to"),
                bucket=self.query.get("bucket"),
            )
        )
