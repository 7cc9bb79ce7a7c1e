"""Attempts at special exams. Their app may be absent, so it is found by name."""

from datetime import datetime
from typing import Final

from django.apps import apps

# Statuses of an attempt whose learner works on the exam.
RUNNING: Final = ("started", "ready_to_submit")


def running_since(user_id: int, course_id: str, content_id: str) -> datetime | None:
    """Return when the learner's running attempt at an exam was started, None without one. One query."""
    if not apps.is_installed("edx_proctoring"):
        return None
    attempts = apps.get_model("edx_proctoring", "ProctoredExamStudentAttempt").objects.filter(
        user_id=user_id,
        proctored_exam__course_id=course_id,
        proctored_exam__content_id=content_id,
        status__in=RUNNING,
        started_at__isnull=False,
    )
    started: datetime | None = attempts.order_by("-started_at").values_list("started_at", flat=True).first()
    return started
