"""Notes about one attempt, as the course team reads them. Contract: contract/rest-v2#notes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from edx_proctoring.api.course_staff.attempt_rows import ExamRef, Learner, exam_ref, learner_of
from edx_proctoring.api.course_staff.measures import Person
from edx_proctoring.models import AttemptIncident, ProctoredExam
from edx_proctoring.models.attempt_incidents import AttemptIncidentQuerySet
from edx_proctoring.utils import user_names

__all__ = ["Note", "note_row", "note_rows", "notes_of_attempt"]


@dataclass(frozen=True, slots=True)
class Note:
    """A note. ``outcome``: ``retracted``, or empty. ``user``: None if the account is gone."""

    id: int
    kind: str
    exam: ExamRef
    user: Learner | None
    attempt_id: int | None
    source: str
    opened_at: datetime
    opened_by: Person | None
    closed_at: datetime | None
    closed_by: Person | None
    outcome: str
    category: str
    text: str


def notes_of_attempt(attempt_id: int, /) -> AttemptIncidentQuerySet:
    """Return the notes about an attempt, the newest first, also retracted ones."""
    notes = AttemptIncident.objects.filter(attempt_id=attempt_id, kind=AttemptIncident.KIND_NOTE)
    return notes.order_by("-opened_at", "-pk")


def note_rows(notes: Iterable[AttemptIncident]) -> list[Note]:
    """Return a page of notes as rows. Two queries, none without notes."""
    found = list(notes)
    if not found:
        return []
    exams = ProctoredExam.objects.in_bulk({note.exam_id for note in found})
    known = user_names.users_by_id({pk for note in found for pk in (note.user_id, note.opened_by, note.closed_by)})
    staff: dict[int | None, Person] = {user_id: Person(user_id, user.username) for user_id, user in known.items()}
    return [
        Note(
            id=note.pk,
            kind=note.kind,
            exam=exam_ref(exams[note.exam_id]),
            user=learner_of(known[note.user_id]) if note.user_id in known else None,
            attempt_id=note.attempt_id,
            source=note.source,
            opened_at=note.opened_at,
            opened_by=staff.get(note.opened_by),
            closed_at=note.closed_at,
            closed_by=staff.get(note.closed_by),
            outcome=note.outcome,
            category=note.category,
            text=note.text,
        )
        for note in found
    ]


def note_row(note_id: int, /) -> Note:
    """Return one note. Three queries."""
    [row] = note_rows(AttemptIncident.objects.filter(pk=note_id))
    return row
