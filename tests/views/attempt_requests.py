"""Requests for attempts, and the keys of their answers."""

from typing import Any

from django.urls import reverse

from edx_proctoring.models import ProctoredExamStudentAttempt

ATTEMPT_KEYS = [
    "id",
    "created",
    "modified",
    "user",
    "started_at",
    "completed_at",
    "external_id",
    "status",
    "proctored_exam",
    "allowed_time_limit_mins",
    "attempt_code",
    "is_sample_attempt",
    "taking_as_proctored",
    "review_policy_id",
    "is_status_acknowledged",
    "time_remaining_seconds",
    "is_resumable",
    "ready_to_resume",
    "resumed",
]
ATTEMPT_DATA_KEYS = {
    "in_timed_exam",
    "taking_as_proctored",
    "exam_type",
    "exam_display_name",
    "exam_url_path",
    "time_remaining_seconds",
    "total_time",
    "low_threshold_sec",
    "critically_low_threshold_sec",
    "course_id",
    "attempt_id",
    "external_id",
    "accessibility_time_string",
    "attempt_status",
    "exam_started_poll_url",
    "attempt_ready_to_resume",
    "use_legacy_attempt_api",
    "desktop_application_js_url",
    "ping_interval",
    "attempt_code",
}
COLLECTION = "/edx_proctoring/v1/proctored_exam/attempt"


def url(attempt_id: int) -> str:
    return reverse("edx_proctoring:proctored_exam.attempt", args=[attempt_id])


def put(client: Any, attempt: ProctoredExamStudentAttempt, **body: Any) -> Any:
    return client.put(url(attempt.pk), body, format="json")


def status_of(attempt: ProctoredExamStudentAttempt) -> str:
    attempt.refresh_from_db()
    return attempt.status
