"""What happened to an attempt. Contract: contract/rest-v2#history."""

from collections.abc import Mapping
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.course_staff.attempt_history import history_of
from edx_proctoring.views.v2.attempts import OneAttempt
from edx_proctoring.views.v2.base import StaffView
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.serializers import HistorySerializer

__all__ = ["HistoryByCode", "HistoryOfAttempt"]


class HistoryOfAttempt(OneAttempt):
    """GET: the timeline of an attempt; its learner sees a part of it."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "attempts_history",
            "Read what happened to an attempt, oldest first.",
            Access.COURSE_OR_OWNER,
            queries=10,
            response=HistorySerializer,
        )
    }

    def get(self, request: Request, attempt_id: int) -> Response:
        """Return the timeline."""
        return self.reply(history_of(attempt_id=attempt_id, for_staff=self.is_for_staff))


class HistoryByCode(StaffView):
    """GET: the timeline of an attempt by its code, also of a removed one."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "attempts_history_by_code",
            "Read what happened to an attempt, also to one that was removed.",
            Access.COURSE,
            queries=10,
            response=HistorySerializer,
        )
    }

    def get(self, request: Request, attempt_code: str) -> Response:
        """Return the timeline."""
        return self.reply(history_of(attempt_code=attempt_code))
