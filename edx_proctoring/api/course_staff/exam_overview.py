"""The exams of a course with how many learners are where. Contract: contract/rest-v2#exam."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count
from django.db.models.expressions import OrderBy

from edx_proctoring import backends
from edx_proctoring.api.course_staff import newest_attempts
from edx_proctoring.api.course_staff.attempt_rows import exam_ref
from edx_proctoring.models import ProctoredExam
from edx_proctoring.serializers import exam_dict
from edx_proctoring.utils import get_exam_due_date

__all__ = [
    "ExamOverview",
    "Provider",
    "course_exams",
    "exam_overview",
    "overviews_of",
    "provider_of",
    "status_counts",
]


@dataclass(frozen=True, slots=True)
class Provider:
    """A proctoring provider: its name in the configuration, and the one for people."""

    name: str
    verbose_name: str


@dataclass(frozen=True, slots=True)
class ExamOverview:
    """An exam. ``due_date``: for everybody. ``counts``: status → learners, by their newest attempt.

    ``provider``: None for an exam without one, and for one whose provider is not configured.
    """

    id: int
    name: str
    type: str
    course_id: str
    content_id: str
    time_limit_minutes: int
    due_date: datetime | None
    hide_after_due: bool
    is_active: bool
    provider: Provider | None
    external_id: str | None
    counts: Mapping[str, int] = field(default_factory=dict)


def course_exams(
    course_id: str,
    *,
    types: Collection[str] | None = None,
    is_active: bool | None = None,
    ordering: Sequence[OrderBy] | None = None,
) -> list[ProctoredExam]:
    """Return the exams of a course; by name without ``ordering``. One query.

    ``types``: words of ``ExamRef.type``. Whether practice is onboarding is decided by the provider and not by the
    database, so that all exams of the course are read; there are as many as it has graded sequences.
    """
    exams = ProctoredExam.objects.filter(course_id=course_id).order_by(*(ordering or ("exam_name", "pk")))
    if is_active is not None:
        exams = exams.filter(is_active=is_active)
    return [exam for exam in exams if types is None or exam_ref(exam).type in types]


def exam_overview(exam_id: int, /) -> ExamOverview:
    """Return one exam. Raises ``ProctoredExamNotFoundException``. Two queries."""
    exam = ProctoredExam.objects.existing(exam_id)
    [overview] = overviews_of([exam])
    return overview


def overviews_of(exams: Iterable[ProctoredExam]) -> list[ExamOverview]:
    """Return what the course team sees of these exams, in their order. One query, none without exams."""
    exams = list(exams)
    counts = status_counts({exam.pk: exam for exam in exams})
    return [_overview(exam, counts.get(exam.pk, {})) for exam in exams]


def status_counts(exams: Mapping[int, ProctoredExam]) -> dict[int, dict[str, int]]:
    """Return exam id → status → number of learners whose newest attempt has it. One query, none without exams."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    if not exams:
        return counts
    rows = newest_attempts.query(exams).order_by().values_list("proctored_exam_id", "status")
    for exam_id, status, number in rows.annotate(number=Count("pk")):
        counts[exam_id][status] = number
    return counts


def _overview(exam: ProctoredExam, counts: Mapping[str, int]) -> ExamOverview:
    ref, data = exam_ref(exam), exam_dict(exam)
    return ExamOverview(
        id=exam.pk,
        name=exam.exam_name,
        type=ref.type,
        course_id=exam.course_id,
        content_id=exam.content_id,
        time_limit_minutes=exam.time_limit_mins,
        due_date=get_exam_due_date(data),
        hide_after_due=exam.hide_after_due,
        is_active=exam.is_active,
        provider=provider_of(exam, data),
        external_id=exam.external_id,
        counts=counts,
    )


def provider_of(exam: ProctoredExam, data: Mapping[str, object]) -> Provider | None:
    """Return the provider of an exam (``data``: its dict), None without one or if it is not configured."""
    provider = backends.find_backend_provider(data) if exam.is_proctored else None
    if provider is None:
        return None
    name = exam.backend or backends.default_backend_name() or ""
    return Provider(name, str(getattr(provider, "verbose_name", name)))
