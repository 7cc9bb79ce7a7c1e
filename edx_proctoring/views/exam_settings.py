"""An exam's proctoring settings and review policy, for display.

Contract: GET /v1/proctored_exam/settings/exam_id/{exam_id}/, GET /v1/proctored_exam/review_policy/exam_id/{exam_id}/.
"""

from rest_framework.request import Request
from rest_framework.response import Response

from edx_proctoring import api
from edx_proctoring.exceptions import ProctoredExamReviewPolicyNotFoundException
from edx_proctoring.views.base import ProctoredAPIView
from edx_proctoring.views.error_responses import LOG


class ProctoredSettingsView(ProctoredAPIView):
    """Contact details and rules of an exam's provider.

    GET: any user.
    """

    def get(self, request: Request, exam_id: int) -> Response:
        """Return the settings; 400 for an unknown exam, 500 if its provider is not configured."""
        return Response(api.get_proctoring_settings_by_exam_id(exam_id))


class ProctoredExamReviewPolicyView(ProctoredAPIView):
    """The course team's rules for reviewers.

    GET: any user.
    """

    def get(self, request: Request, exam_id: int) -> Response:
        """Return the text; null if there is none, or no such exam."""
        try:
            text = api.get_review_policy_by_exam_id(exam_id)["review_policy"]
        except ProctoredExamReviewPolicyNotFoundException:
            LOG.warning("exam has no review policy: exam_id=%s", exam_id)
            text = None
        return Response({"review_policy": text})
