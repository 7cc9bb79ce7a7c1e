"""Whether staff have said that the provider of an exam is out of order. Contract: contract/outage.

Staff start and end an outage in ``course_staff.outage_mode``; here it is looked up.
"""

from datetime import datetime

from edx_proctoring import backends
from edx_proctoring.backends import circuit_breakers
from edx_proctoring.models import ExamMeasure, ProctoredExam

__all__ = ["outage_of"]


def outage_of(exam_id: int, *, now: datetime) -> ExamMeasure | None:
    """Return the outage in force in an exam at this moment, or None. One query."""
    measure: ExamMeasure | None = ExamMeasure.objects.outages().in_force(now).filter(exam_id=exam_id).first()
    return measure


def is_suggested(exam: ProctoredExam) -> bool:
    """Return whether the provider of an exam does not answer at the moment, as far as processes tell. No query."""
    if not exam.is_proctored or exam.is_practice_exam:
        return False
    name = exam.backend or backends.default_backend_name() or ""
    seen = circuit_breakers.seen(name)
    return seen is not None and seen["state"] != circuit_breakers.CLOSED
