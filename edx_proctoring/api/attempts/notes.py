"""Notes of invigilators about an attempt, for colleagues and examiners. Contract: contract/staff-jobs#notes.

A note is an incident that only staff read. Its text is never changed: a note that was wrong is retracted, and stays on
record.
"""

import logging
from datetime import datetime
from typing import Any, Final

from edx_proctoring.api.audit.staff_record import Subject, record_action, requested_by
from edx_proctoring.api.lifecycle import queries
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import AttemptIncident, ProctoredExam, ProctoredExamStudentAttempt, RetiredLearner
from edx_proctoring.models.locking import locked_row
from edx_proctoring.serializers import attempt_dict, exam_dict
from edx_proctoring.utils import emit_event
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["LONGEST_NOTE", "NoteRetracted", "NoteTooEarly", "UnknownNote", "add_note", "retract_note"]

log = logging.getLogger(__name__)

LONGEST_NOTE: Final = 2000
_RETRACTED: Final = "retracted"


class UnknownNote(ProctoredBaseException):
    """There is no note with this id."""

    http_status = 404
    code = "not_found"


class NoteTooEarly(ProctoredBaseException):
    """It was seen before the attempt was created."""


class NoteRetracted(ProctoredBaseException):
    """The note was retracted before."""

    http_status = 409
    code = "conflict"


def add_note(
    attempt_id: int, /, *, category: str, text: str, by: Any, now: datetime, at: datetime | None = None
) -> int:
    """Note what was seen during an attempt, also one that is over. Return the id of the note.

    Args:
        attempt_id: id of a live attempt.
        category: one of ``conf.proctoring.note_categories``.
        text: 1 to ``LONGEST_NOTE`` characters. Not kept about a retired learner.
        by: the ``User`` of staff.
        now: the moment.
        at: when it was seen, from the minute on in which the attempt was created, not after ``now``; None: now.

    Raises ``StudentExamAttemptDoesNotExistsException`` and ``NoteTooEarly``. Locks: the attempt.
    """
    attempt = queries.existing_attempt(attempt_id)
    # Clients may give the minute only.
    if at is not None and at < attempt.created.replace(second=0, microsecond=0):
        raise NoteTooEarly(f"{at} is before attempt_id={attempt.pk} was created.")
    exam = attempt.proctored_exam
    note = _written(
        AttemptIncident(
            kind=AttemptIncident.KIND_NOTE,
            exam_id=exam.pk,
            user_id=attempt.user_id,
            attempt_id=attempt.pk,
            attempt_code=attempt.attempt_code or "",
            source=AttemptIncident.SOURCE_STAFF,
            opened_at=at or now,
            opened_by=by.pk,
            category=category,
            text=text,
        ),
        attempt.pk,
        course_id=exam.course_id,
        by=by,
    )
    log.info("note added: note_id=%s attempt_id=%s category=%s by=%s", note.pk, attempt.pk, category, by.pk)
    emit_event(exam_dict(exam), "note_added", attempt=attempt_dict(attempt), override_data=requested_by(by))
    return note.pk


@short_transaction
def _written(note: AttemptIncident, attempt_id: int, *, course_id: str, by: Any) -> AttemptIncident:
    # A retirement locks the attempt, too: it is either committed, and found here, or waits, and finds the note.
    ProctoredExamStudentAttempt.objects.locked(attempt_id)
    if RetiredLearner.objects.includes(note.user_id):
        note.text = ""
    note.save(force_insert=True)
    _record("note", note, course_id=course_id, by=by)
    return note


def retract_note(note_id: int, /, *, by: Any, reason: str, now: datetime) -> int:
    """Close a note that was wrong, on record with its reason; its text stays. Return its id.

    ``by``: the ``User`` of staff. Raises ``UnknownNote`` and ``NoteRetracted``. Locks: the attempt, unless it was
    removed, then the note.
    """
    note = _retracted(note_id, by, reason, now)
    log.info("note retracted: note_id=%s attempt_id=%s by=%s", note.pk, note.attempt_id, by.pk)
    return note.pk


@short_transaction
def _retracted(note_id: int, by: Any, reason: str, now: datetime) -> AttemptIncident:
    notes = AttemptIncident.objects.filter(kind=AttemptIncident.KIND_NOTE, pk=note_id)
    attempt_id = notes.values_list("attempt_id", flat=True).first()
    if attempt_id is not None:
        # As in ``_written``: no reason is kept about a retired learner.
        locked_row(ProctoredExamStudentAttempt.objects.all(), attempt_id)
    note = notes.select_for_update().first()
    if note is None:
        raise UnknownNote(f"note_id={note_id}")
    if note.closed_at is not None:
        raise NoteRetracted(f"note_id={note_id} was retracted before.")
    note.closed_at, note.closed_by, note.outcome = now, by.pk, _RETRACTED
    note.save()
    course_id = ProctoredExam.objects.values_list("course_id", flat=True).get(pk=note.exam_id)
    _record("note_retract", note, course_id=course_id, by=by, reason=reason)
    return note


def _record(kind: str, note: AttemptIncident, *, course_id: str, by: Any, reason: str = "") -> None:
    about = Subject(note.exam_id, note.user_id, note.attempt_id, {"note_id": note.pk, "category": note.category})
    record_action(kind, about, course_id=course_id, by=by, reason=reason)
