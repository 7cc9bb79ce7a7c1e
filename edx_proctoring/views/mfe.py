"""Exam and attempt for the learning micro-frontend.

Contract: GET /v1/proctored_exam/attempt/course_id/{course_id}, GET /v1/proctored_exam/active_attempt.
"""

from typing import Any

from django.contrib.auth import get_user_model
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring.api.attempts import last_contact
from edx_proctoring.api.learner import mfe, safe_exam_browser
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.etags import VOLATILE, unless_known
from edx_proctoring.views.permissions import staff_required_text
from edx_proctoring.views.request_fields import is_true_in_query, parse_id


def learner_of(request: Request) -> Any:
    """Return the learner of the request: the caller or, for global staff, query ``user_id``.

    Raises PermissionDenied (403) if others name a user, even themselves; ParseError (400) for text that is not an id;
    NotFound (404) for an unknown user.
    """
    user_id = request.query_params.get("user_id")
    if not user_id:
        return request.user
    if not request.user.is_staff:
        raise PermissionDenied(staff_required_text())
    user = get_user_model().objects.filter(pk=parse_id(user_id, "user_id")).first()
    if user is None:
        raise NotFound
    return user


class ProctoredExamAttemptView(ProctoredAPIView):
    """One exam as a learner sees it, with its attempt, and the running attempt.

    GET: any user for themselves; global staff for anybody.
    """

    def get(self, request: Request, course_id: str) -> Response:
        """Return ``exam`` and ``active_attempt``; empty objects instead of 404."""
        query = request.query_params
        is_learning_mfe = is_true_in_query(query.get("is_learning_mfe"))
        answer = mfe.exam_and_active_attempt(
            course_id, query.get("content_id"), learner_of(request), is_learning_mfe=is_learning_mfe
        )
        if is_learning_mfe:
            _make_links_absolute(request, answer["exam"].get("prerequisite_status", {}))
        answer["exam"] = safe_exam_browser.add_launch_info(answer["exam"], request)
        return unless_known(request, Response(answer), VOLATILE)


def _make_links_absolute(request: Request, prerequisites: dict[str, Any]) -> None:
    """Add our origin to the links to prerequisites: the micro-frontend has another one.

    Contract: GET /v1/proctored_exam/attempt/course_id/{course_id}.
    """
    for name in ("failed_prerequisites", "pending_prerequisites"):
        for requirement in prerequisites.get(name) or []:
            if requirement.get("jumpto_url"):
                requirement["jumpto_url"] = request.build_absolute_uri(requirement["jumpto_url"])


class ProctoredExamActiveAttemptView(ProctoredAPIView):
    """The attempt whose clock is running.

    GET: any user for themselves; global staff for anybody.
    """

    def get(self, request: Request) -> Response:
        """Return the attempt's data with links into the micro-frontend, or an empty object."""
        learner = learner_of(request)
        data = mfe.active_attempt_data(learner, is_learning_mfe=True)
        if data and learner == request.user:
            last_contact.note(data["attempt_id"])
        return Response(data)
