"""Exams: create, change and read them. Contract: contract/exams#create, contract/exams#update, contract/exams#read.

The receivers in ``handlers`` send each saved exam to its provider, see ``provider_copy``.
"""

import logging
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import UsageKey

from edx_proctoring import backends, constants
from edx_proctoring.exceptions import ProctoredExamAlreadyExists, ProctoredExamNotFoundException
from edx_proctoring.models import ProctoredExam
from edx_proctoring.serializers import exam_dict
from edx_proctoring.utils import emit_event
from edx_proctoring.utils.datetimes import with_zone
from edx_proctoring.utils.sorting_and_paging import listed
from edx_proctoring.utils.storable import as_id
from edx_proctoring.utils.texts import as_text
from edx_proctoring.utils.transactions import inner_savepoint

__all__ = [
    "create_exam",
    "get_all_exams_for_course",
    "get_exam_by_content_id",
    "get_exam_by_id",
    "update_exam",
]

log = logging.getLogger(__name__)


def create_exam(
    course_id: str,
    content_id: str,
    exam_name: str | None,
    time_limit_mins: int | None,
    due_date: datetime | None = None,
    is_proctored: bool = True,
    is_practice_exam: bool = False,
    external_id: str | None = None,
    is_active: bool = True,
    hide_after_due: bool = False,
    backend: str | None = None,
) -> int:
    """Create an exam and return its id. A proctored exam is sent to its provider.

    Without ``backend`` the configured default is stored, for timed exams too. A due date without a
    zone is in UTC. Studio publishes unfinished subsections: an exam without a title is named after
    its block, and one without a limit gets 0 minutes, so that the course's other exams are
    registered (contract/exams#unfinished). Raises ``ProctoredExamAlreadyExists`` if the course has an
    exam with this content id, and the database's error for a value that does not fit its column.
    """
    course_id, content_id = as_text(course_id), as_text(content_id)
    if exam_name is None or time_limit_mins is None:
        log.warning(
            "unfinished exam: course_id=%s content_id=%s has_name=%s has_limit=%s",
            course_id,
            content_id,
            exam_name is not None,
            time_limit_mins is not None,
        )
    if ProctoredExam.get_exam_by_content_id(course_id, content_id) is not None:
        raise already_exists(course_id, content_id)
    exam = build_exam(
        course_id,
        content_id,
        exam_name,
        time_limit_mins,
        due_date=due_date,
        is_proctored=is_proctored,
        is_practice_exam=is_practice_exam,
        external_id=external_id,
        is_active=is_active,
        hide_after_due=hide_after_due,
        backend=backend,
    )
    try:
        with inner_savepoint():
            exam.save(force_insert=True)
    except IntegrityError as error:
        if content_id in existing_content_ids(course_id, [content_id]):
            # Another request created it after the check above.
            raise already_exists(course_id, content_id) from error
        raise
    log.info(
        "exam created: exam_id=%s course_id=%s content_id=%s is_proctored=%s is_practice_exam=%s backend=%s",
        exam.id,
        course_id,
        content_id,
        is_proctored,
        is_practice_exam,
        exam.backend,
    )
    emit_event(exam_dict(exam), "created")
    return exam.id


def update_exam(
    exam_id: int,
    exam_name: str | None = None,
    time_limit_mins: int | None = None,
    due_date: datetime | None = constants.MINIMUM_TIME,
    is_proctored: bool | None = None,
    is_practice_exam: bool | None = None,
    external_id: str | None = None,
    is_active: bool | None = None,
    hide_after_due: bool | None = None,
    backend: str | None = None,
) -> int:
    """Change the given fields and return the exam's id; None leaves a field unchanged.

    For ``due_date``, None clears it; leaving it out (*identity* with ``constants.MINIMUM_TIME``)
    leaves it unchanged. Saves even without changes, which sends the exam to its provider again.
    Raises ``ProctoredExamNotFoundException``.
    """
    exam = _find_exam(exam_id)
    if exam is None:
        raise ProctoredExamNotFoundException(f"Attempted to update exam_id={exam_id}, but this exam does not exist.")
    changes: dict[str, Any] = {
        "exam_name": exam_name,
        "time_limit_mins": time_limit_mins,
        "is_proctored": is_proctored,
        "is_practice_exam": is_practice_exam,
        "external_id": external_id,
        "is_active": is_active,
        "hide_after_due": hide_after_due,
        "backend": backend,
    }
    given = {name: value for name, value in changes.items() if value is not None}
    if due_date is not constants.MINIMUM_TIME:
        given["due_date"] = with_zone(due_date)
    for name, value in given.items():
        setattr(exam, name, value)
    exam.save()
    log.info("exam updated: exam_id=%s course_id=%s fields=%s", exam_id, exam.course_id, ",".join(given) or "none")
    emit_event(exam_dict(exam), "updated")
    return exam.id


def get_exam_by_id(exam_id: int) -> dict[str, Any]:
    """Return the exam dict. Raises ``ProctoredExamNotFoundException``."""
    exam = _find_exam(exam_id)
    if exam is None:
        raise ProctoredExamNotFoundException(f"Attempted to get exam_id={exam_id}, but this exam does not exist.")
    return exam_dict(exam)


def get_exam_by_content_id(course_id: Any, content_id: Any) -> dict[str, Any]:
    """Return the exam dict; ids may be text, opaque keys or bytes. Raises ``ProctoredExamNotFoundException``."""
    course_id, content_id = as_text(course_id), as_text(content_id)
    exam = ProctoredExam.get_exam_by_content_id(course_id, content_id)
    if exam is None:
        raise ProctoredExamNotFoundException(
            f"Cannot find proctored exam in course_id={course_id} with content_id={content_id}"
        )
    return exam_dict(exam)


def get_all_exams_for_course(
    course_id: Any, active_only: bool = False, ordering: str | None = None
) -> list[dict[str, Any]]:
    """Return the dicts of a course's exams of all kinds; without ``ordering`` in no particular order."""
    exams = listed(ProctoredExam.get_all_exams_for_course(as_text(course_id), active_only), ordering)
    return [exam_dict(exam) for exam in exams]


# For modules of this package


def build_exam(
    course_id: str,
    content_id: str,
    exam_name: str | None = None,
    time_limit_mins: int | None = None,
    *,
    due_date: datetime | None = None,
    is_proctored: bool = True,
    is_practice_exam: bool = False,
    external_id: str | None = None,
    is_active: bool = True,
    hide_after_due: bool = False,
    backend: str | None = None,
) -> ProctoredExam:
    """Return an unsaved exam with the defaults of ``create_exam``."""
    return ProctoredExam(
        course_id=course_id,
        content_id=content_id,
        external_id=external_id,
        exam_name=_name_of_block(content_id) if exam_name is None else exam_name,
        time_limit_mins=0 if time_limit_mins is None else time_limit_mins,
        due_date=with_zone(due_date),
        # A field of the course that was never edited may be null.
        is_proctored=bool(is_proctored),
        is_practice_exam=bool(is_practice_exam),
        is_active=bool(is_active),
        hide_after_due=bool(hide_after_due),
        backend=backend or backends.default_backend_name(),
    )


def existing_content_ids(course_id: str, content_ids: Collection[str]) -> set[str]:
    """Return which of the content ids have an exam now, including exams committed after our transaction's snapshot."""
    with transaction.atomic():
        found = ProctoredExam.objects.select_for_update().filter(course_id=course_id, content_id__in=content_ids)
        return set(found.values_list("content_id", flat=True))


def already_exists(course_id: str, content_id: str) -> ProctoredExamAlreadyExists:
    """Return the exception for a second exam with the same content id."""
    return ProctoredExamAlreadyExists(
        f"Attempted to create proctored exam with course_id={course_id} content_id={content_id}, "
        "but this exam already exists."
    )


def _find_exam(exam_id: Any) -> ProctoredExam | None:
    number = as_id(exam_id)
    return None if number is None else ProctoredExam.get_exam_by_id(number)


def _name_of_block(content_id: str) -> str:
    try:
        return str(UsageKey.from_string(content_id).block_id)
    except InvalidKeyError:
        return content_id
