"""Which course does this exam or attempt belong to?

Asked before anything else is done, to decide whether the caller may touch the object
(rest-api.md 2.2 and 10, number 1). So it reads one column and changes nothing: the functions that
read a whole attempt may time it out on the way.
"""

from collections.abc import Collection

from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt

__all__ = ["course_of_attempt", "course_of_exam", "courses_of_exams"]


def courses_of_exams(exam_ids: Collection[int], /) -> dict[int, str]:
    """Return ``{exam id: course id}``; unknown ids are absent. One query, none for no ids."""
    if not exam_ids:
        return {}
    rows = ProctoredExam.objects.filter(pk__in=exam_ids).values_list("pk", "course_id")
    return dict(rows)


def course_of_exam(exam_id: int, /) -> str | None:
    """Return the course id of an exam, None if there is no such exam."""
    return courses_of_exams([exam_id]).get(exam_id)


def course_of_attempt(attempt_id: int, /) -> str | None:
    """Return the course id of a live attempt, None if there is no such attempt."""
    return (
        ProctoredExamStudentAttempt.objects.filter(pk=attempt_id)
        .values_list("proctored_exam__course_id", flat=True)
        .first()
    )
