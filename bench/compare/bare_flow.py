"""The least that a whole attempt can cost with Django REST framework: the floor of the row "whole attempt".

Each request signs in by session, locks the row, saves it together with its history row, and answers.
"""

import uuid
from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from edx_proctoring.models import ProctoredExamStudentAttempt


class _BareView(APIView):
    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated]


class BareAttempts(_BareView):
    """POST: create an attempt."""

    def post(self, request: Request) -> Response:
        """Insert the row and its history row."""
        body: Any = request.data
        attempt = ProctoredExamStudentAttempt.objects.create(
            user_id=request.user.pk,
            proctored_exam_id=body["exam_id"],
            attempt_code=str(uuid.uuid4()),
            taking_as_proctored=True,
            status="created",
        )
        return Response({"exam_attempt_id": attempt.pk})


class BareAttempt(_BareView):
    """PUT: give the attempt another status."""

    def put(self, request: Request, attempt_id: int) -> Response:
        """Lock the row, update it and insert its history row."""
        body: Any = request.data
        attempt = ProctoredExamStudentAttempt.objects.select_for_update().get(pk=attempt_id, user_id=request.user.pk)
        attempt.status = body["status"]
        attempt.save()
        return Response({"exam_attempt_id": attempt.pk})
