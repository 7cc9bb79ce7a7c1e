"""Whether the exams of a course can be taken. Contract: contract/rest-v2#readiness."""

from collections.abc import Mapping
from hashlib import sha256
from typing import ClassVar, Final

from django.core.cache import cache
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.course_staff.readiness import check_readiness
from edx_proctoring.views.problem_details import Problem
from edx_proctoring.views.request_fields import IdField
from edx_proctoring.views.v2.base import StaffView
from edx_proctoring.views.v2.lists import WordField
from edx_proctoring.views.v2.operations import Access, Operation

__all__ = ["ReadinessOfCourse"]

# By what is asked: the answer without the providers, which is quick, does not wait for the one with them, and a page
# that turns to another exam does not wait for the answer it has given up.
_KEY: Final = "edx_proctoring.readiness.{offline}.{exam}.{course}"
# Longer than the providers are waited for.
_LOCK_SECONDS: Final = 15


class ReadinessQuery(serializers.Serializer):
    """What is checked."""

    exam = IdField(required=False)
    offline = WordField(("0", "1"), default="0")


class SubjectSerializer(serializers.Serializer):
    """What a check is about."""

    kind = serializers.CharField()
    id = serializers.CharField()
    name = serializers.CharField()


class CheckSerializer(serializers.Serializer):
    """One answer."""

    code = serializers.CharField()
    level = serializers.CharField()
    subject = SubjectSerializer()
    text = serializers.CharField()
    fix = serializers.CharField()
    link = serializers.CharField(allow_null=True)


class ReadinessSerializer(serializers.Serializer):
    """All answers, errors first; ``summary``: level to number."""

    course_id = serializers.CharField()
    checked_at = serializers.DateTimeField()
    summary = serializers.DictField(child=serializers.IntegerField())
    checks = CheckSerializer(many=True)


class ReadinessOfCourse(StaffView):
    """GET: whether the exams of a course can be taken."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "courses_readiness",
            "Check whether the exams of a course can be taken.",
            Access.COURSE,
            queries=20,
            query=ReadinessQuery,
            response=ReadinessSerializer,
            problems=("already_running",),
        )
    }

    def get(self, request: Request, course_id: str) -> Response:
        """Return the answers."""
        offline = self.query["offline"]
        exam_id = self.query.get("exam")
        key = _KEY.format(offline=offline, exam=exam_id or "all", course=sha256(course_id.encode()).hexdigest())
        if not cache.add(key, True, _LOCK_SECONDS):
            raise Problem("already_running")
        try:
            report = check_readiness(
                course_id,
                now=timezone.now(),
                exam_id=exam_id,
                ask_providers=offline == "0",
            )
        finally:
            cache.delete(key)
        return self.reply(report)
