"""What the exam desk, the course team's screen, needs before it shows anything. Contract: contract/rest-v2#desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from edx_proctoring import backends, conf
from edx_proctoring.api.access import reviewers
from edx_proctoring.api.course_staff import outage_mode, review_list
from edx_proctoring.api.course_staff.attempt_rows import exam_ref
from edx_proctoring.api.course_staff.board import REFRESH_SECONDS
from edx_proctoring.api.course_staff.exam_overview import course_exams
from edx_proctoring.api.course_staff.outage_mode import ExamOutage
from edx_proctoring.models import AttemptEffect, ProctoredExam
from edx_proctoring.serializers import exam_dict
from edx_proctoring.utils import get_exam_due_date

__all__ = ["REFRESH_SECONDS", "Desk", "DeskExam", "course_desk"]

_ONBOARDING: Final = "onboarding"
_PROCTORED: Final = "proctored"


@dataclass(frozen=True, slots=True)
class DeskExam:
    """An exam to choose from. ``due_date``: for everybody."""

    id: int
    name: str
    type: str
    due_date: datetime | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """The exam desk of one course for one person.

    ``features``: what this person can do here beside looking. ``note_categories``: words for notes about attempts.
    ``counts``: what waits: ``open_reviews`` for a person's decision, ``effects`` for their delivery or, given up, for a
    person. ``outages``: exams that are taken without their provider, or with attempts of that kind to decide about.
    Where the desk is off, the rest is empty.
    """

    enabled: bool
    is_global_staff: bool = False
    refresh_seconds: int = REFRESH_SECONDS
    features: Mapping[str, bool] | None = None
    note_categories: Sequence[str] = ()
    exams: Sequence[DeskExam] = ()
    counts: Mapping[str, int] | None = None
    outages: Sequence[ExamOutage] = ()


def course_desk(course_id: str, user: Any, *, now: datetime) -> Desk:
    """Return the desk of a course for a member of its staff. At most six queries, none where it is off.

    Args:
        course_id: the course.
        user: who asks; staff of the course, or global staff.
        now: the moment.
    """
    if not conf.proctoring.exam_desk(course_id):
        return Desk(enabled=False)
    listed = list(course_exams(course_id))
    exams = [_desk_exam(exam) for exam in listed]
    proctored = [exam.id for exam in exams if exam.type == _PROCTORED]
    return Desk(
        enabled=True,
        is_global_staff=bool(user.is_staff),
        features={
            "decide_reviews": _may_decide(course_id, user, listed),
            "onboarding": any(exam.type == _ONBOARDING for exam in exams),
            "outage": bool(proctored) and outage_mode.may_change(user),
        },
        note_categories=conf.proctoring.note_categories,
        exams=exams,
        counts={
            "open_reviews": review_list.reviews_of_course(course_id, state=review_list.OPEN).count(),
            "effects": AttemptEffect.objects.of_course(course_id).unsettled().count(),
        },
        outages=outage_mode.outages_of(proctored, now=now) if proctored else (),
    )


def _may_decide(course_id: str, user: Any, exams: Sequence[ProctoredExam]) -> bool:
    """Return whether the user decides reviews of at least one of these exams. At most one query."""
    if user.is_staff or conf.proctoring.course_staff_decide_reviews(course_id):
        return True
    providers = {exam.backend or backends.default_backend_name() or "" for exam in exams if exam.is_proctored}
    return reviewers.reviews_for(user, providers)


def _desk_exam(exam: ProctoredExam) -> DeskExam:
    ref = exam_ref(exam)
    return DeskExam(ref.id, ref.name, ref.type, get_exam_due_date(exam_dict(exam)), exam.is_active)
