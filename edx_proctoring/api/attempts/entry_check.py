"""Everything that decides whether a learner may create an attempt."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model

from edx_proctoring.api.lifecycle import queries
from edx_proctoring.exceptions import (
    ProctoredExamNotFoundException,
    StudentExamAttemptAlreadyExistsException,
    UserNotFoundException,
)
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import exam_dict
from edx_proctoring.utils import get_exam_due_date

__all__: list[str] = []


@dataclass(frozen=True)
class Entry:
    """A learner who asks to enter an exam. ``current``: the learner's newest attempt at it, or None."""

    exam: ProctoredExam
    user: Any
    current: ProctoredExamStudentAttempt | None

    @cached_property
    def exam_dict(self) -> dict[str, Any]:
        """The exam as the contract's dict; one object, so an id that the provider puts into it is seen by all."""
        return exam_dict(self.exam)

    @cached_property
    def due_date(self) -> datetime | None:
        """When the exam is due for the learner, read from the date service at this moment."""
        return get_exam_due_date(self.exam_dict, self.user.pk, fresh=True)

    @property
    def resumes(self) -> ProctoredExamStudentAttempt | None:
        """The attempt that the new one takes up, or None."""
        current = self.current
        return current if current is not None and (current.ready_to_resume or current.resumed) else None


def look_up(exam_id: int, user_id: int, *, user: Any = None) -> Entry:
    """Return the exam, the learner and the learner's current attempt.

    ``user``: the learner, from callers who have loaded them. Raises
    ``ProctoredExamNotFoundException``, ``UserNotFoundException``.
    """
    exam = ProctoredExam.get_exam_by_id(exam_id)
    if exam is None:
        raise ProctoredExamNotFoundException(f"Attempted to get exam_id={exam_id}, but this exam does not exist.")
    user = user or get_user_model().objects.filter(pk=user_id).first()
    if user is None:
        raise UserNotFoundException(f"user_id={user_id} does not exist")
    return Entry(exam, user, current_attempt(exam_id, user_id))


def current_attempt(exam_id: int, user_id: int) -> ProctoredExamStudentAttempt | None:
    """Return the learner's newest attempt at the exam as it is now, or None."""
    return queries.newest_of(ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=exam_id, user_id=user_id))


def refuse_second_attempt(entry: Entry) -> None:
    """Raise ``StudentExamAttemptAlreadyExistsException`` if the current attempt excludes a new one.

    Practice attempts may be repeated; an attempt that staff released is resumed by a new one.
    """
    if entry.current is not None and not entry.current.is_sample_attempt and entry.resumes is None:
        raise already_exists(entry)


def already_exists(entry: Entry) -> StudentExamAttemptAlreadyExistsException:
    """Return the exception for an attempt that exists; clients match its text."""
    return StudentExamAttemptAlreadyExistsException(
        f"Cannot create new exam attempt for exam_id={entry.exam.pk} and user_id={entry.user.pk} "
        f"in course_id={entry.exam.course_id} because it already exists!"
    )
