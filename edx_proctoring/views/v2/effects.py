"""Effects that were not delivered, and reviews as they came in. Contract: contract/rest-v2#effects-list."""

from collections.abc import Mapping
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.course_staff import problem_list
from edx_proctoring.views.base import caller
from edx_proctoring.views.idempotency import idempotent
from edx_proctoring.views.v2.base import NoBody, StaffView
from edx_proctoring.views.v2.lists import IdsField, ListQuery, ReasonRequest, WordsField
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.serializers import (
    EffectSerializer,
    InboxSerializer,
    OutcomeSerializer,
    TriedEffectSerializer,
)

__all__ = ["EffectGiveUp", "EffectRetry", "EffectsOfCourse", "InboxOfCourse", "InboxReplay"]


class EffectsQuery(ListQuery):
    """Filters of the list of effects."""

    exam = IdsField(required=False)
    attempt = IdsField(required=False)
    kind = WordsField(problem_list.KINDS, required=False)
    state = WordsField(problem_list.STATES, required=False)


class EffectsOfCourse(StaffView):
    """GET: the effects of a course that were not delivered."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation(
            "effects_list",
            "List the effects of a course that wait or were given up, the oldest first.",
            Access.COURSE,
            queries=8,
            query=EffectsQuery,
            response=EffectSerializer,
            is_list=True,
        )
    }

    def get(self, request: Request, course_id: str) -> Response:
        """Return one page of effects."""
        effects = problem_list.effects_of_course(
            course_id,
            exam_ids=self.query.get("exam"),
            attempt_ids=self.query.get("attempt"),
            kinds=self.query.get("kind"),
            states=self.query.get("state", problem_list.STATES),
        )
        return self.reply_rows(effects, problem_list.effect_rows)


class EffectRetry(StaffView):
    """POST: try to deliver an effect at once."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "POST": Operation(
            "effects_retry",
            "Try to deliver an effect at once, also one that was given up.",
            Access.COURSE,
            queries=20,
            request=NoBody,
            response=TriedEffectSerializer,
            problems=("not_due",),
        )
    }

    @idempotent
    def post(self, request: Request, effect_id: int) -> Response:
        """Try it, and return what became of it."""
        self.body()
        return self.reply(problem_list.retry_effect(effect_id))


class EffectGiveUp(StaffView):
    """POST: stop trying to deliver an effect."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "POST": Operation(
            "effects_give_up",
            "Stop trying to deliver an effect.",
            Access.COURSE,
            queries=20,
            request=ReasonRequest,
            response=EffectSerializer,
            problems=("not_due",),
        )
    }

    @idempotent
    def post(self, request: Request, effect_id: int) -> Response:
        """Give it up, and return it."""
        body = self.body()
        return self.reply(problem_list.give_up_effect(effect_id, by=caller(request), reason=body["reason"]))


class InboxQuery(ListQuery):
    """Filters of the list of received reviews."""

    outcome = WordsField(problem_list.OUTCOMES, required=False)


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
        found = problem_list.inbox_of_course(course_id, outcomes=self.query.get("outcome"))
        return self.reply_rows(found, problem_list.inbox_rows)


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
        return self.reply({"outcome": problem_list.receive_again(inbox_id, by=caller(request))})
