"""What the exam desk needs before it shows anything. Contract: contract/rest-v2#desk."""

from collections.abc import Mapping
from typing import ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.course_staff.desk import course_desk
from edx_proctoring.views.base import caller
from edx_proctoring.views.v2.base import StaffView
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.serializers import DeskSerializer

__all__ = ["DeskOfCourse"]


class DeskOfCourse(StaffView):
    """GET: whether the course team has the exam desk, and what is on it."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "desk_read",
            "Say whether the exam desk is on in a course, its exams, and what waits for its staff.",
            Access.COURSE,
            queries=6,
            response=DeskSerializer,
            has_etag=True,
        )
    }

    def get(self, request: Request, course_id: str) -> Response:
        """Return the desk."""
        return self.reply(course_desk(course_id, caller(request), now=timezone.now()))
