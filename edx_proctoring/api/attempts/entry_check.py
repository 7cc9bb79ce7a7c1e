"""Everything that decides whether a learner may create an attempt."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from edx_proctoring.api.lifecycle import permitted_actions, queries
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
    def is_provider_out(self) -> bool:
        """Whether the exam is taken without its provider, because staff said that it is out of order."""
        exam = self.exam
        return getattr(exam, "outage_id", None) is not None and exam.is_proctored and not exam.is_practice_exam

    @property
    def replaces(self) -> ProctoredExamStudentAttempt | None:
        """The attempt that does not exclude a new one although staff have not released it, or None."""
        current = self.current
        if current is None or current.is_sample_attempt or self.resumes is not None:
            return None
        is_open = permitted_actions.is_entered_again(current.status, is_proctored=self.exam.is_proctored)
        return current if is_open else None

    @property
    def resumes(self) -> ProctoredExamStudentAttempt | None:
        """The attempt that the new one takes up, or None."""
        current = self.current
        return current if current is not None and (current.ready_to_resume or current.resumed) else None

    @property
    def unfinished(self) -> ProctoredExamStudentAttempt | None:
        """The attempt with which entering goes on, because an earlier entry did not get further, or None."""
        current = self.current
        return current if current is not None and self.resumes is None and is_unfinished(current) else None

    @property
    def predecessor(self) -> ProctoredExamStudentAttempt | None:
        """The attempt whose remaining seconds limit what is entered now, or None."""
        return self.unfinished or self.resumes or self.replaces


def is_unfinished(attempt: ProctoredExamStudentAttempt) -> bool:
    """Return whether entering goes on with the attempt; see ``permitted_actions.is_continued``.

    Practice exams are entered again in any status.
    """
    exam = attempt.proctored_exam
    is_registered = attempt.taking_as_proctored or bool(attempt.external_id)
    return not exam.is_practice_exam and permitted_actions.is_continued(
        attempt.status, is_proctored=exam.is_proctored, is_registered=is_registered
    )


def waits_for_entry(attempt: ProctoredExamStudentAttempt) -> bool:
    """Return whether the learner has not entered the exam as it is now, although there is an unreleased attempt."""
    exam = attempt.proctored_exam
    if exam.is_practice_exam:
        return False
    is_entered_again = permitted_actions.is_entered_again(attempt.status, is_proctored=exam.is_proctored)
    return is_entered_again or is_unfinished(attempt)


def look_up(exam_id: int, user_id: int, *, user: Any = None) -> Entry:
    """Return the exam, the learner and the learner's current attempt.

    ``user``: the learner, from callers who have loaded them. Raises
    ``ProctoredExamNotFoundException``, ``UserNotFoundException``.
    """
    try:
        exam = ProctoredExam.objects.with_outage(timezone.now()).get(pk=exam_id)
    except ProctoredExam.DoesNotExist:
        raise ProctoredExamNotFoundException(
            f"Attempted to get exam_id={exam_id}, but this exam does not exist."
        ) from None
    user = user or get_user_model().objects.filter(pk=user_id).first()
    if user is None:
        raise UserNotFoundException(f"user_id={user_id} does not exist")
    return Entry(exam, user, current_attempt(exam, user.pk))


def current_attempt(exam: ProctoredExam, user_id: int) -> ProctoredExamStudentAttempt | None:
    """Return the learner's newest attempt at the exam as it is now, or None.

    One from when the exam was practice does not count: the learner enters the real exam for the first time.
    """
    attempts = list(ProctoredExamStudentAttempt.objects.of_learner(exam.pk, user_id))
    for attempt in attempts:
        attempt.proctored_exam = exam
    return queries.newest_of(attempt for attempt in attempts if not queries.is_left_from_practice(attempt))


def refuse_second_attempt(entry: Entry) -> None:
    """Raise ``StudentExamAttemptAlreadyExistsException`` if the current attempt excludes a new one.

    Practice attempts may be repeated; an attempt that staff released is resumed by a new one. A learner
    who opted out of proctoring, or was not onboarded, enters again when the exam is timed by now.
    """
    current = entry.current
    if current is not None and not current.is_sample_attempt and entry.resumes is None and entry.replaces is None:
        raise already_exists(entry)


def already_exists(entry: Entry) -> StudentExamAttemptAlreadyExistsException:
    """Return the exception for an attempt that exists; clients match its text."""
    return StudentExamAttemptAlreadyExistsException(
        f"Cannot create new exam attempt for exam_id={entry.exam.pk} and user_id={entry.user.pk} "
        f"in course_id={entry.exam.course_id} because it already exists!"
    )
