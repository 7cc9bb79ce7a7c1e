"""The special exams of a course. Their app may be absent, so it is found by name."""

from collections.abc import Mapping
from typing import Any, Final

from django.apps import apps
from django.db.models import QuerySet

# What is told about an exam, by the names that the app for special exams uses.
_COLUMNS: Final = ("id", "content_id", "exam_name", "is_proctored", "is_practice_exam", "is_active")

Exam = Mapping[str, Any]


def of_course(course_id: str) -> "QuerySet[Any, dict[str, Any]] | None":
    """Return a course's exams by name, withdrawn ones too; None on a host without special exams."""
    if not apps.is_installed("edx_proctoring"):
        return None
    exams = apps.get_model("edx_proctoring", "ProctoredExam").objects.filter(course_id=course_id)
    return exams.order_by("exam_name", "pk").values(*_COLUMNS)


def find(course_id: str, content_id: str) -> Exam | None:
    """Return one exam, or None. One query."""
    exams = of_course(course_id)
    return None if exams is None else exams.filter(content_id=content_id).first()
