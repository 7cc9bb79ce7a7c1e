"""Looking attempts up, without changing them. Contract: contract/attempts#read, contract/attempts#lists.

The published functions that read *one* attempt also end it if its time is up; they are in
``attempts``, built on these. One query each.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db.models import DateTimeField, F, Func

from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.models import (
    AttemptIncident,
    HistoricalProctoredExamStudentAttempt,
    ProctoredExam,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.models.attempts import ProctoredExamStudentAttemptQuerySet
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils.sorting_and_paging import listed
from edx_proctoring.utils.storable import as_id, is_storable
from edx_proctoring.utils.texts import as_text

__all__ = [
    "count_exam_attempts",
    "get_all_exam_attempts",
    "get_filtered_exam_attempts",
    "get_last_exam_completion_date",
    "get_user_attempts_by_exam_id",
    "is_attempt_in_resume_process",
    "is_attempt_ready_to_resume",
]


# Criteria by which an attempt is found that are numbers; the others are codes.
_NUMBERS: Final = frozenset({"pk", "proctored_exam_id", "user_id"})


def get_all_exam_attempts(
    course_id: Any,
    ordering: str | None = None,
    *,
    exam_id: int | None = None,
    offset: int | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return the attempt dicts of a course, or of one exam in it, newest first unless ``ordering`` says otherwise.

    ``ordering``, ``offset``, ``limit``: see ``utils.sorting_and_paging``. One query.
    """
    attempts = listed(_attempts_of(course_id, exam_id), ordering, offset=offset, limit=limit)
    return [attempt_dict(attempt) for attempt in attempts]


def get_filtered_exam_attempts(
    course_id: Any,
    search_by: str | None,
    ordering: str | None = None,
    *,
    exam_id: int | None = None,
    offset: int | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """As ``get_all_exam_attempts``, of learners whose username or e-mail contains ``search_by``."""
    attempts = listed(_attempts_of(course_id, exam_id, search_by), ordering, offset=offset, limit=limit)
    return [attempt_dict(attempt) for attempt in attempts]


def count_exam_attempts(course_id: Any, *, exam_id: int | None = None, search: str | None = None) -> int:
    """Return how many attempts the two functions above have to list."""
    return _attempts_of(course_id, exam_id, search).count()


def _attempts_of(course_id: Any, exam_id: int | None, search: str | None = None) -> ProctoredExamStudentAttemptQuerySet:
    attempts = ProctoredExamStudentAttempt.objects
    course = as_text(course_id)
    found = attempts.get_filtered_exam_attempts(course, search) if search else attempts.get_all_exam_attempts(course)
    return found if exam_id is None else found.filter(proctored_exam_id=exam_id)


def get_user_attempts_by_exam_id(user_id: int, exam_id: int) -> list[dict[str, Any]]:
    """Return the attempt dicts of one learner in one exam, newest first."""
    user, exam = as_id(user_id), as_id(exam_id)
    if user is None or exam is None:
        return []
    attempts = ProctoredExamStudentAttempt.objects.get_user_attempts_by_exam_id(user, exam)
    return [attempt_dict(attempt) for attempt in attempts]


def get_last_exam_completion_date(course_id: Any, username: str) -> Any:
    """Return when the learner completed the last proctored exam of a course; None until all are.

    Inactive exams count, practice exams do not. Of an exam taken several times, each attempt must
    be complete, but for one that broke off and was taken up again by the next.
    """
    exam_ids = set(
        ProctoredExam.get_all_exams_for_course(as_text(course_id), proctored_exams_only=True).values_list(
            "id", flat=True
        )
    )
    taken = list(
        ProctoredExamStudentAttempt.objects.get_proctored_exam_attempts(as_text(course_id), username)
        .filter(resumed=False)
        .values_list("proctored_exam_id", "completed_at")
    )
    completion_dates = [completed_at for _, completed_at in taken if completed_at is not None]
    if not taken or len(completion_dates) < len(taken) or {exam_id for exam_id, _ in taken} != exam_ids:
        return None
    return max(completion_dates)


def attempt_with(**criteria: Any) -> ProctoredExamStudentAttempt | None:
    """Return the newest attempt that matches, with exam and user, or None."""
    return newest_of(matching(**criteria).with_exam_and_user())


def attempt_by_id(attempt_id: int | str) -> ProctoredExamStudentAttempt:
    """Return the attempt with its exam; the user is loaded when asked for. Raises as ``existing_attempt``."""
    attempt = next(iter(matching(pk=attempt_id).select_related("proctored_exam")), None)
    if attempt is None:
        raise does_not_exist(attempt_id)
    return attempt


def does_not_exist(attempt_id: int | str) -> StudentExamAttemptDoesNotExistsException:
    """Return the exception for an unknown attempt."""
    return StudentExamAttemptDoesNotExistsException(
        f"Attempted to access attempt_id={attempt_id}, but this attempt does not exist."
    )


def newest_of(attempts: Iterable[ProctoredExamStudentAttempt]) -> ProctoredExamStudentAttempt | None:
    """Return the newest attempt, or None. For few attempts: to order them here is cheaper than in the database."""
    return max(attempts, key=lambda attempt: (attempt.created, attempt.pk), default=None)


def newest_attempt_id(exam_id: int, user_id: int) -> int | None:
    """Return the id of the learner's current attempt at the exam, or None."""
    attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id=exam_id, user_id=user_id)
    newest = max(attempts.values_list("created", "pk"), default=None)
    return None if newest is None else newest[1]


def counting_attempt(exam_id: int, user_id: int | None) -> ProctoredExamStudentAttempt | None:
    """Return the learner's newest attempt at the exam that counts for it, with exam and user, or None. One query."""
    attempts = matching(proctored_exam_id=exam_id, user_id=user_id).with_exam_and_user()
    return newest_of(attempt for attempt in attempts if not is_left_from_practice(attempt))


def error_reported_at(attempt: ProctoredExamStudentAttempt) -> datetime | None:
    """Return when the attempt broke off: when ``error`` was first reported, None if it never was. One query."""
    errors = attempt.history.filter(status=Status.error).order_by("history_date", "history_id")
    moment: datetime | None = errors.values_list("history_date", flat=True).first()
    return moment


class ErrorReportedAt(Func):
    """Of an attempt in ``error`` in a query, what ``error_reported_at`` returns; None of others. No query more.

    In SQL: to build this subquery takes Django as long as a page's attempts take to be read.
    """

    output_field = DateTimeField()
    # The expressions are the status and the id: the history is not searched for attempts that did not break off.
    template = "CASE WHEN %(expressions)s) END"
    arg_joiner = " = 'error' THEN (SELECT MIN(history_date) FROM {} past WHERE past.status = 'error' AND past.id = "

    def __init__(self) -> None:
        table = HistoricalProctoredExamStudentAttempt._meta.db_table
        super().__init__(F("status"), F("pk"), arg_joiner=self.arg_joiner.format(table))


def is_taken_without_provider(attempt: ProctoredExamStudentAttempt) -> bool:
    """Return whether the attempt is taken without its provider, because staff said that it is out of order.

    ``attempt``: loaded with its exam. One query for an attempt at a proctored exam that is not proctored, else none.
    """
    return bool(AttemptIncident.objects.is_taken_without_provider(attempt))


def is_left_from_practice(attempt: ProctoredExamStudentAttempt) -> bool:
    """Return whether the exam was practice when the attempt was made and counts now: then it is no result of it."""
    return attempt.is_sample_attempt and not attempt.proctored_exam.is_practice_exam


def matching(**criteria: Any) -> ProctoredExamStudentAttemptQuerySet:
    """Return the attempts that match; none if a value is not a valid id or code.

    ``attempt_code=None`` matches nothing; it must not match attempts that have no code.
    """
    attempts = ProctoredExamStudentAttempt.objects
    wanted = {name: as_id(value) if name in _NUMBERS else _as_code(value) for name, value in criteria.items()}
    return attempts.none() if None in wanted.values() else attempts.filter(**wanted)


def _as_code(value: Any) -> str | None:
    code = None if value is None else as_text(value)
    return code if code and is_storable(code) else None


def existing_attempt(attempt_id: int | str) -> ProctoredExamStudentAttempt:
    """Return the attempt, with exam and user. Raises ``StudentExamAttemptDoesNotExistsException``."""
    attempt = attempt_with(pk=attempt_id)
    if attempt is None:
        raise does_not_exist(attempt_id)
    return attempt


def is_attempt_ready_to_resume(attempt: Mapping[str, Any]) -> bool:
    """Return whether staff released the attempt (a dict) and the learner has not taken it up yet."""
    return bool(attempt["ready_to_resume"] and not attempt["resumed"])


def is_attempt_in_resume_process(attempt_obj: ProctoredExamStudentAttempt) -> bool:
    """Return whether the attempt (a model instance) was released for resumption, taken up or not."""
    return attempt_obj.ready_to_resume or attempt_obj.resumed
