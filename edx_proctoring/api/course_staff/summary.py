"""The exams of a course in numbers, for charts. Contract: contract/rest-v2#summary.

Counted in the database, in a constant number of queries. Medians are those of bins, so no attempt is read. The result
is kept in the cache for a minute.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, TypeVar

from django.core.cache import cache
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Count, F, IntegerField, Max, Min, Model, QuerySet, Value
from django.db.models.functions import Cast, Floor, Greatest, Least, Trunc

from edx_proctoring.api.course_staff import newest_attempts
from edx_proctoring.api.course_staff.attempt_rows import exam_ref
from edx_proctoring.exceptions import ProctoredBaseException
from edx_proctoring.models import (
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
    ReviewDecision,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils.sql_functions import SecondsBetween

__all__ = ["BUCKETS", "MOST_POINTS", "TooManyPoints", "course_summary"]

BUCKETS: Final[Mapping[str, timedelta]] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
# Of a series.
MOST_POINTS: Final = 366
BIN_MINUTES: Final = 5
# Longer ones are in the last bin: 30 hours.
_LAST_BIN: Final = MOST_POINTS - 1

# With a number, which changes with the shape of the summary: servers of two releases may share the cache.
_KEY: Final = "edx_proctoring.summary.2.{}"
_KEPT_SECONDS: Final = 60

ModelT = TypeVar("ModelT", bound=Model)


class TooManyPoints(ProctoredBaseException):
    """The span has more than ``MOST_POINTS`` buckets."""

    http_status = 422
    code = "too_many_points"


@dataclass(frozen=True, slots=True)
class _Span:
    """What was made in it; None: without end. ``after`` counts itself, ``before`` does not."""

    after: datetime | None
    before: datetime | None

    def of(self, rows: QuerySet[ModelT]) -> QuerySet[ModelT]:
        given = {"created__gte": self.after, "created__lt": self.before}
        return rows.filter(**{name: moment for name, moment in given.items() if moment is not None})


def course_summary(
    course_id: str,
    *,
    now: datetime,
    exam_ids: Collection[int] | None = None,
    after: datetime | None = None,
    before: datetime | None = None,
    bucket: str | None = None,
) -> dict[str, Any]:
    """Return the numbers of a course, as plain data (contract/rest-v2#summary).

    Args:
        course_id: the course.
        now: the moment, for a summary that is not in the cache.
        exam_ids: only these; all of the course without.
        after, before: only attempts that were made in this span.
        bucket: of ``BUCKETS``, for the starts; without, the smallest from a day on that fits.

    Raises ``TooManyPoints``. Eight queries at the most, none from the cache.
    """
    wanted = [course_id, None if exam_ids is None else sorted(exam_ids), after, before, bucket]
    key = _KEY.format(sha256(json.dumps(wanted, cls=DjangoJSONEncoder).encode()).hexdigest())
    summary: dict[str, Any] | None = cache.get(key)
    if summary is None:
        summary = _summary(course_id, now, exam_ids, _Span(after, before), bucket)
        cache.set(key, summary, _KEPT_SECONDS)
    return summary


def _summary(
    course_id: str, now: datetime, exam_ids: Collection[int] | None, span: _Span, bucket: str | None
) -> dict[str, Any]:
    exams = ProctoredExam.objects.filter(course_id=course_id).order_by("exam_name", "pk")
    if exam_ids is not None:
        exams = exams.filter(pk__in=exam_ids)
    found = {exam.pk: exam for exam in exams}
    attempts = span.of(ProctoredExamStudentAttempt.objects.filter(proctored_exam_id__in=list(found))).order_by()
    # Before the long queries, because it may be refused.
    starts = _starts(attempts.exclude(started_at=None), bucket)
    by_status = _by_status(found, span)
    durations = _durations(attempts)
    allowances = dict(
        ProctoredExamStudentAllowance.objects.filter(proctored_exam_id__in=list(found))
        .order_by()
        .values_list("proctored_exam_id")
        .annotate(n=Count("pk"))
    )
    open_reviews = sum(counts.get(Status.second_review_required, 0) for counts in by_status.values())
    return {
        "as_of": now,
        "exams": [
            _exam(exam, by_status[pk], durations.get(pk, {}), allowances.get(pk, 0)) for pk, exam in found.items()
        ],
        "starts": starts,
        "durations": [{"exam_id": pk, "bins": _as_bins(durations[pk])} for pk in found if pk in durations],
        "reviews": {"open": open_reviews, **_decided(found, span)},
        "in_exam_now": _in_exam_now(found),
    }


def _exam(
    exam: ProctoredExam, by_status: Mapping[str, int], durations: Mapping[int, int], allowances: int
) -> dict[str, Any]:
    ref = exam_ref(exam)
    return {
        "id": ref.id,
        "name": ref.name,
        "type": ref.type,
        "time_limit_minutes": exam.time_limit_mins,
        "by_status": dict(by_status),
        "learners": sum(by_status.values()),
        "flagged": by_status.get(Status.second_review_required, 0) + by_status.get(Status.rejected, 0),
        "median_minutes": _quantile(durations, 0.5, BIN_MINUTES),
        "p90_minutes": _quantile(durations, 0.9, BIN_MINUTES),
        "allowances": allowances,
    }


def _by_status(exams: Collection[int], span: _Span) -> dict[int, dict[str, int]]:
    """Return exam id → status → learners, by their newest attempt."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    rows = span.of(newest_attempts.query(exams)).order_by().values_list("proctored_exam_id", "status")
    for exam_id, status, number in rows.annotate(n=Count("pk")):
        counts[exam_id][status] = number
    return counts


def _starts(started: QuerySet[ProctoredExamStudentAttempt], bucket: str | None) -> dict[str, Any]:
    ends = started.aggregate(first=Min("started_at"), last=Max("started_at"))
    name = _bucket_that_fits(ends["first"], ends["last"], bucket)
    rows = (
        started.annotate(at=Trunc("started_at", name, tzinfo=UTC))
        .values_list("at", "proctored_exam_id")
        .annotate(n=Count("pk"))
        .order_by("at", "proctored_exam_id")
    )
    return {"bucket": name, "points": [{"at": at, "exam_id": exam_id, "n": n} for at, exam_id, n in rows]}


def _bucket_that_fits(first: datetime | None, last: datetime | None, wanted: str | None) -> str:
    candidates = ("day", "week") if wanted is None else (wanted,)
    for name in candidates:
        if first is None or last is None or (last - first) / BUCKETS[name] < MOST_POINTS:
            return name
    raise TooManyPoints(f"{candidates[-1]} is too small a bucket from {first} to {last}")


def _durations(attempts: QuerySet[ProctoredExamStudentAttempt]) -> dict[int, dict[int, int]]:
    """Return exam id → number of the bin → attempts that took so long."""
    counts: dict[int, dict[int, int]] = defaultdict(dict)
    ended = attempts.filter(completed_at__gte=F("started_at"))
    for exam_id, number, n in _binned(ended, "started_at", "completed_at", BIN_MINUTES * 60, "proctored_exam_id"):
        counts[exam_id][number] = n
    return counts


def _decided(exams: Collection[int], span: _Span) -> dict[str, Any]:
    """Return how many reviews persons decided, and how many hours the median one had waited."""
    decisions = ReviewDecision.objects.filter(stands=True, review__exam_id__in=list(exams)).order_by()
    bins: dict[int, int] = dict(_binned(span.of(decisions), "review__created", "created", 30 * 60))
    return {"decided": sum(bins.values()), "median_hours": _quantile(bins, 0.5, 0.5)}


def _binned(rows: QuerySet[Any], earlier: str, later: str, seconds: int, *groups: str) -> Iterable[Any]:
    """Return the groups, the number of the bin of so many seconds, and how many rows are in it. One query.

    A bin includes its end and not its beginning, except that the first one includes 0. So a learner who used all of the
    time limit is counted within it.
    """
    number = Floor((SecondsBetween(earlier, later) - Value(1)) / Value(float(seconds)))
    binned = rows.annotate(bin_number=Greatest(Value(0), Least(Cast(number, IntegerField()), Value(_LAST_BIN))))
    return binned.values_list(*groups, "bin_number").annotate(n=Count("pk"))


def _in_exam_now(exams: Collection[int]) -> int:
    return ProctoredExamStudentAttempt.objects.filter(proctored_exam_id__in=list(exams)).running().count()


def _as_bins(bins: Mapping[int, int]) -> list[dict[str, int]]:
    return [
        {"from_minutes": number * BIN_MINUTES, "to_minutes": (number + 1) * BIN_MINUTES, "n": bins[number]}
        for number in sorted(bins)
    ]


def _quantile(bins: Mapping[int, int], share: float, width: float) -> float | None:
    """Return the value below which a share of the rows is, spread evenly inside its bin; None without rows."""
    left = sum(bins.values()) * share
    for number in sorted(bins):
        if left <= bins[number]:
            return round((number + left / bins[number]) * width, 1)
        left -= bins[number]
    return None
