"""What learners and the course team do to one attempt. Contract: contract/rest-v2#transitions."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import conf
from edx_proctoring.api.attempts import ending_by_staff, learner_actions, start_gates
from edx_proctoring.api.course_staff import attempt_search
from edx_proctoring.api.lifecycle import status_change
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.views.base import caller
from edx_proctoring.views.idempotency import idempotent
from edx_proctoring.views.problem_details import GateRefusal, Problem
from edx_proctoring.views.v2.attempts import OneAttempt
from edx_proctoring.views.v2.lists import ReasonField, WordField
from edx_proctoring.views.v2.operations import Access, Operation
from edx_proctoring.views.v2.serializers import TransitionSerializer

__all__ = ["Transitions"]

_RESUME: Final = "resume"
_END: Final = "end"
# What only the learner does: word of version 2 → word of version 1.
_OF_LEARNER: Final[Mapping[str, str]] = {
    "start": learner_actions.START,
    "stop": "stop",
    "submit": "submit",
    "decline": "decline",
    "click_download_software": "click_download_software",
    "error": "error",
    "reset_practice": "reset_attempt",
}
_MOST_DETAIL: Final = 2000


class TransitionRequest(serializers.Serializer):
    """What is to be done. ``detail``: of an error; ``reason``: needed by staff."""

    action = WordField(choices=(*_OF_LEARNER, _RESUME, _END))
    detail = serializers.CharField(required=False, allow_blank=True, max_length=_MOST_DETAIL)
    reason = ReasonField(required=False)
    expected_status = WordField(choices=attempt_search.STATUSES, required=False)


class Transitions(OneAttempt):
    """POST: change the status of an attempt."""

    operations: ClassVar[Mapping[str, Operation]] = {
        "POST": Operation(
            "attempts_transition",
            "Start, stop, submit, decline, report an error, reset practice; for staff: let resume, end.",
            Access.COURSE_OR_OWNER,
            queries=17,
            request=TransitionRequest,
            response=TransitionSerializer,
            problems=(
                "not_owner",
                "not_allowed",
                "start_refused",
                "conflict",
                "illegal_transition",
                "already_started",
                "attempt_exists",
                "past_due",
                "not_resumable",
                "provider_rejected",
                "provider_unavailable",
                "provider_not_configured",
            ),
        )
    }

    @idempotent
    def post(self, request: Request, attempt_id: int) -> Response:
        """Do it, and return the attempt as it is then; of a reset practice exam, the new one."""
        body = self.body()
        seen = status_change.end_if_time_is_up(self.existing())
        before = (seen.pk, seen.status, seen.ready_to_resume)
        changed_id = self._perform(body, seen)
        row = attempt_search.attempt_row(attempt_id if changed_id is None else changed_id)
        is_changed = changed_id is not None and (row.id, row.status, row.ready_to_resume) != before
        return self.reply({"attempt_id": row.id, "changed": is_changed, "attempt": row})

    def _perform(self, body: Mapping[str, Any], attempt: Any) -> int | None:
        user, action = caller(self.request), body["action"]
        expected_status = body.get("expected_status")
        if action in _OF_LEARNER:
            if attempt.user_id != user.pk:
                raise Problem("not_owner")
            if action == "start":
                self._ask_gates(attempt)
            asked = learner_actions.ActionRequest(
                attempt, requesting_user=user, detail=body.get("detail", ""), expected_status=expected_status
            )
            return learner_actions.perform_action(_OF_LEARNER[action], asked)
        reason = self._reason_of_staff(body)
        if action == _END:
            return ending_by_staff.end(attempt, by=user, reason=reason, expected_status=expected_status)
        asked = learner_actions.ActionRequest(
            attempt,
            requesting_user=user,
            by=user if self.is_for_staff else None,
            reason=reason,
            expected_status=expected_status,
        )
        return learner_actions.perform_action(learner_actions.MARK_READY_TO_RESUME, asked)

    def _reason_of_staff(self, body: Mapping[str, Any]) -> str:
        """Return why staff act. Raises ``not_allowed`` for learners, except those who may resume."""
        if not self.is_for_staff:
            if body["action"] == _RESUME and conf.proctoring.learner_may_resume:
                return ""
            raise Problem("not_allowed")
        if "reason" not in body:
            raise Problem("validation_error", errors=[{"field": "reason", "message": str(_("Give a reason."))}])
        return str(body["reason"])

    def _ask_gates(self, attempt: Any) -> None:
        data = attempt_dict(attempt)
        refusal = start_gates.check_start_gates(self.request.user, data["proctored_exam"], data, self.request)
        if refusal is not None:
            raise GateRefusal(refusal.code, refusal.detail, refusal.launch_url)
