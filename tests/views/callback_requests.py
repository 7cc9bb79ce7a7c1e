"""Requests of providers."""

import json
from typing import Any

from django.urls import reverse
from rest_framework.test import APIClient

from edx_proctoring.backends.tests.test_review_payload import create_test_review_payload
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.serializers import ProctoredExamStudentAttemptSerializer
from tests.views.attempt_requests import status_of as status_of

ANONYMOUS = reverse("edx_proctoring:anonymous.proctoring_review_callback")
REVIEW = {
    "status": "passed",
    "comments": [{"comment": "Looked away", "status": "Suspicious", "start": 1, "stop": 3, "duration": 2}],
}


def url(kind: str, external_id: str) -> str:
    name = {"ready": "ready_callback", "reviewed": "callback"}[kind]
    return reverse(f"edx_proctoring:proctored_exam.attempt.{name}", args=[external_id])


def as_dict(attempt: ProctoredExamStudentAttempt) -> dict[str, Any]:
    return dict(ProctoredExamStudentAttemptSerializer(attempt).data)


def payload(attempt: ProctoredExamStudentAttempt, **fields: Any) -> dict[str, Any]:
    text = create_test_review_payload(attempt_code=attempt.attempt_code, external_id=attempt.external_id, **fields)
    return json.loads(text)


def post(body: Any, client: APIClient | None = None, **headers: Any) -> Any:
    body = body if isinstance(body, (str, bytes)) else json.dumps(body)
    headers = {"content_type": "application/json", **headers}
    return (client or APIClient()).generic("POST", ANONYMOUS, body, **headers)
