"""What polled calls are compared with: a bare view that reads one row for a signed-in user."""

from typing import Any

from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response

import test_urls
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.utils import AuthenticatedAPIView

PATH = "/bench/bare/{attempt_id}"
# The same view as a page of a course and of a block in it, which is what Safe Exam Browser's middleware looks at.
COURSE_PATH = "/bench/courses/{course_id}/bare/{attempt_id}"
BLOCK_PATH = "/bench/blocks/{usage_id}/bare/{attempt_id}"


class BareView(AuthenticatedAPIView):
    """The minimum for a REST framework view about an attempt: authenticate, read, answer."""

    def get(self, request: Request, attempt_id: int, **_keys: str) -> Response:
        """Return two columns of one row."""
        attempt: Any = ProctoredExamStudentAttempt.objects.get(pk=attempt_id, user_id=request.user.id)
        return Response({"id": attempt.pk, "status": attempt.status})


urlpatterns = [
    path("bench/bare/<int:attempt_id>", BareView.as_view()),
    path("bench/courses/<str:course_id>/bare/<int:attempt_id>", BareView.as_view()),
    path("bench/blocks/<str:usage_id>/bare/<int:attempt_id>", BareView.as_view()),
    path("", include(test_urls)),
]
