"""The course of an exam or attempt, read to decide whether the caller may access it.

Contract: contract/rest-rules#course-staff, contract/rest-rules#course-scope.

One column is read and nothing is changed. The functions that return a whole attempt may end it if its time is up.
"""

from collections.abc import Collection

from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt

__all__ = ["course_id_of_attempt", "course_id_of_exam", "course_ids_of_exams"]


def course_ids_of_exams(exam_ids: Collection[int], /) -> dict[int, str]:
    """Return ``{exam id: course id}`` without unknown exams. One query, none without ids."""
    if not exam_ids:
        return {}
    rows = ProctoredExam.objects.filter(pk__in=exam_ids).values_list("pk", "course_id")
    return dict(rows)


def course_id_of_exam(exam_id: int, /) -> str | None:
    """Return the course id of an exam, None for an unknown exam."""
    return course_ids_of_exams([exam_id]).get(exam_id)


def course_id_of_attempt(attempt_id: int, /) -> str | None:
    """Return the course id of a live attempt, None for an unknown attempt."""
    return (
        ProctoredExamStudentAttempt.objects.filter(pk=attempt_id)
        .values_list("proctored_exam__course_id", flat=True)
        .first()
    )
