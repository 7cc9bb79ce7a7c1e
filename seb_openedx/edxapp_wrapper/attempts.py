"""Attempts at special exams. Their app may be absent, so it is found by name."""

from collections.abc import Collection
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


def running_at(exams: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those exams at which an attempt is running. ``exams``: course id and section of each. One query."""
    if not exams or not apps.is_installed("edx_proctoring"):
        return set()
    rows = apps.get_model("edx_proctoring", "ProctoredExamStudentAttempt").objects.filter(
        proctored_exam__course_id__in={course_id for course_id, _content_id in exams},
        proctored_exam__content_id__in={content_id for _course_id, content_id in exams},
        status__in=RUNNING,
    )
    found = rows.values_list("proctored_exam__course_id", "proctored_exam__content_id").distinct()
    return set(exams) & set(found)
