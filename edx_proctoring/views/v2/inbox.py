"""Reviews as they came in. Contract: contract/rest-v2#inbox-list."""

from collections.abc import Mapping
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.course_staff import inbox_list
from edx_proctoring.views.base import caller
from edx_proctoring.views.idempotency import idempotent
from edx_proctoring.views.v2.base import NoBody, StaffView
from edx_proctoring.views.v2.lists import ListQuery, WordsField
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.serializers import (
    InboxSerializer,
    OutcomeSerializer,
)

__all__ = ["InboxOfCourse", "InboxReplay"]


class InboxQuery(ListQuery):
    """Filters of the list of received reviews."""

    outcome = WordsField(inbox_list.OUTCOMES, required=False)


class InboxOfCourse(StaffView):
    """GET: the reviews that came in for a course."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "inbox_list",
            "List the reviews that came in for a course, the newest first.",
            Access.COURSE,
            queries=8,
            query=InboxQuery,
            response=InboxSerializer,
            is_list=True,
        )
    }

    def get(self, request: Request, course_id: str) -> Response:
        """Return one page of received reviews."""
        found = inbox_list.inbox_of_course(course_id, outcomes=self.query.get("outcome"))
        return self.reply_rows(found, inbox_list.inbox_rows)


class InboxReplay(StaffView):
    """POST: receive a review once more."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "POST": Operation(
            "inbox_replay",
            "Receive a review once more; it also overrides a decision of staff.",
            Access.STAFF,
            queries=40,
            request=NoBody,
            response=OutcomeSerializer,
            problems=("provider_not_configured",),
        )
    }

    @idempotent
    def post(self, request: Request, inbox_id: int) -> Response:
        """Receive it, and return what became of it."""
        self.body()
        return self.reply({"outcome": inbox_list.receive_again(inbox_id, by=caller(request))})
