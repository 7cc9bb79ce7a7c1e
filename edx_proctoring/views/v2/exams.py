"""The exams of a course. Contract: contract/rest-v2#exam."""

from collections.abc import Mapping
from typing import ClassVar, Final

from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.course_staff import exam_overview, sort_orders
from edx_proctoring.views.v2.base import StaffView
from edx_proctoring.views.v2.lists import FlagField, ListQuery, OrderingField, WordsField
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.serializers import ExamSerializer

__all__ = ["EXAM_TYPES", "Exam", "ExamsOfCourse"]

EXAM_TYPES: Final = ("timed", "proctored", "practice", "onboarding")


class ExamsQuery(ListQuery):
    """Filters of the list of exams."""

    type = WordsField(EXAM_TYPES, required=False)
    active = FlagField(required=False)
    ordering = OrderingField(sort_orders.EXAMS, required=False)


class ExamsOfCourse(StaffView):
    """GET: the exams of a course."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "exams_list",
            "List the exams of a course with the number of learners per status.",
            Access.COURSE,
            queries=5,
            query=ExamsQuery,
            response=ExamSerializer,
            is_list=True,
            has_etag=True,
        )
    }

    def get(self, request: Request, course_id: str) -> Response:
        """Return one page of exams."""
        exams = exam_overview.course_exams(
            course_id,
            types=self.query.get("type"),
            is_active=self.query.get("active"),
            ordering=self.query.get("ordering"),
        )
        return self.reply_rows(exams, exam_overview.overviews_of)


class Exam(StaffView):
    """GET: one exam."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "exams_read",
            "Read one exam with the number of learners per status.",
            Access.COURSE,
            queries=5,
            response=ExamSerializer,
            has_etag=True,
        )
    }

    def get(self, request: Request, exam_id: int) -> Response:
        """Return the exam."""
        return self.reply(exam_overview.exam_overview(exam_id))
