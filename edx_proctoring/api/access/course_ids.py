"""The course of an exam, attempt, allowance, effect, received review or job: who may access it depends on that.

Contract: contract/rest-rules#course-staff, contract/rest-rules#course-scope.

One column is read and nothing is changed. The functions that return a whole attempt may end it if its time is up.
"""

from collections.abc import Collection

from edx_proctoring.models import (
    AttemptEffect,
    AttemptIncident,
    HistoricalProctoredExamStudentAttempt,
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
    StaffJob,
    StaffJobRow,
)
from edx_proctoring.utils.storable import is_storable

__all__ = [
    "course_id_of_allowance",
    "course_id_of_attempt",
    "course_id_of_attempt_code",
    "course_id_of_effect",
    "course_id_of_exam",
    "course_id_of_inbox_entry",
    "course_id_of_job",
    "course_id_of_job_row",
    "course_id_of_note",
    "course_ids_of_exams",
]


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


def course_id_of_allowance(allowance_id: int, /) -> str | None:
    """Return the course id of an allowance, None for an unknown one."""
    allowances = ProctoredExamStudentAllowance.objects.filter(pk=allowance_id)
    return allowances.values_list("proctored_exam__course_id", flat=True).first()


def course_id_of_job_row(row_id: int, /) -> str | None:
    """Return the course id of the job that a row belongs to, None for an unknown row."""
    return StaffJobRow.objects.filter(pk=row_id).values_list("job__course_id", flat=True).first()


def course_id_of_effect(effect_id: int, /) -> str | None:
    """Return the course id of the exam that an effect is about, None for an unknown effect."""
    exam_ids = AttemptEffect.objects.filter(pk=effect_id).values("exam_id")
    return ProctoredExam.objects.filter(pk__in=exam_ids).values_list("course_id", flat=True).first()


def course_id_of_note(note_id: int, /) -> str | None:
    """Return the course id of the exam that a note is about, None for an unknown note."""
    notes = AttemptIncident.objects.filter(pk=note_id, kind=AttemptIncident.KIND_NOTE)
    return ProctoredExam.objects.filter(pk__in=notes.values("exam_id")).values_list("course_id", flat=True).first()


def course_id_of_inbox_entry(inbox_id: int, /) -> str | None:
    """Return the course id of the attempt that a received review names, also of a removed one; None if unknown."""
    codes = ReviewInboxEntry.objects.filter(pk=inbox_id).values("attempt_code")
    for attempts in (ProctoredExamStudentAttempt, HistoricalProctoredExamStudentAttempt):
        exam_ids = attempts.objects.filter(attempt_code__in=codes).values("proctored_exam_id")
        course_id = ProctoredExam.objects.filter(pk__in=exam_ids).values_list("course_id", flat=True).first()
        if course_id is not None:
            return course_id
    return None


def course_id_of_job(code: str, /) -> str | None:
    """Return the course id of a job of staff, None for an unknown code."""
    return StaffJob.objects.filter(code=code).values_list("course_id", flat=True).first()


def course_id_of_attempt_code(attempt_code: str, /) -> str | None:
    """Return the course id of an attempt, live or removed; None for an unknown code. Two queries."""
    if not is_storable(attempt_code):
        return None
    states = HistoricalProctoredExamStudentAttempt.objects.filter(attempt_code=attempt_code).order_by("-history_id")
    exam_id = states.values_list("proctored_exam_id", flat=True).first()
    return None if exam_id is None else course_id_of_exam(exam_id)
