"""What is in force in an exam, as the course team sees it. Contract: contract/rest-v2#measure."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db.models import OuterRef, Subquery

from edx_proctoring.models import ExamMeasure
from edx_proctoring.models.exam_measures import ExamMeasureQuerySet

__all__ = ["Measure", "Person", "measures_in_force", "shown"]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that staff put in force. ``opened_by``, ``closed_by``: None if unknown or ended by its time."""

    id: int
    kind: str
    exam_id: int
    user_id: int | None
    text: str
    reason: str
    starts_at: datetime
    ends_at: datetime | None
    opened_by: Person | None
    closed_by: Person | None
    is_in_force: bool


def measures_in_force(exam_id: int, *, now: datetime) -> list[Measure]:
    """Return what is in force in an exam, oldest first, without announcements. One query."""
    measures = ExamMeasure.objects.in_force(now).filter(exam_id=exam_id)
    return shown(measures.exclude(kind=ExamMeasure.KIND_ANNOUNCEMENT).order_by("id"), now=now)


def shown(measures: ExamMeasureQuerySet, *, now: datetime) -> list[Measure]:
    """Return stored measures as they are shown, in their order. One query."""
    rows = measures.annotate(opener=_username("opened_by"), closer=_username("closed_by"))
    return [
        Measure(
            id=row.pk,
            kind=row.kind,
            exam_id=row.exam_id,
            user_id=row.user_id,
            text=row.text,
            reason=row.reason,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            opened_by=_person(row.opened_by, row.opener),
            closed_by=_person(row.closed_by, row.closer),
            is_in_force=row.is_in_force(now),
        )
        for row in rows
    ]


def _username(column: str) -> Subquery:
    return Subquery(get_user_model().objects.filter(pk=OuterRef(column)).values("username")[:1])


def _person(user_id: int | None, username: str | None) -> Person | None:
    return None if user_id is None or username is None else Person(user_id, username)
