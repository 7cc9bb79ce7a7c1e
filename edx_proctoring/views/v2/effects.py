"""Effects that were not delivered. Contract: contract/rest-v2#effects-list."""

from collections.abc import Mapping
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.course_staff import effect_list
from edx_proctoring.views.base import caller
from edx_proctoring.views.idempotency import idempotent
from edx_proctoring.views.v2.base import NoBody, StaffView
from edx_proctoring.views.v2.lists import IdsField, ListQuery, ReasonRequest, WordsField
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.serializers import (
    EffectSerializer,
    TriedEffectSerializer,
)

__all__ = ["EffectGiveUp", "EffectRetry", "EffectsOfCourse"]


class EffectsQuery(ListQuery):
    """Filters of the list of effects."""

    exam = IdsField(required=False)
    attempt = IdsField(required=False)
    kind = WordsField(effect_list.KINDS, required=False)
    state = WordsField(effect_list.STATES, required=False)


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
        effects = effect_list.effects_of_course(
            course_id,
            exam_ids=self.query.get("exam"),
            attempt_ids=self.query.get("attempt"),
            kinds=self.query.get("kind"),
            states=self.query.get("state", effect_list.STATES),
        )
        return self.reply_rows(effects, effect_list.effect_rows)


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
        return self.reply(effect_list.retry_effect(effect_id))


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
        return self.reply(effect_list.give_up_effect(effect_id, by=caller(request), reason=body["reason"]))
