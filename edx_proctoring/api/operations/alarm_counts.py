"""The numbers that say whether something is stuck, for alarms. contract/commands#check-effects."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from edx_proctoring import backends
from edx_proctoring.api.operations.sweeping import RECEIVED_IS_LEFT_AFTER
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.models import (
    AttemptEffect,
    ProctoredExam,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

__all__ = ["StuckReport", "count_stuck"]


@dataclass(frozen=True, slots=True)
class StuckReport:
    """What waits, at one moment.

    ``oldest_due_seconds``: for how long the oldest effect has been due, 0 if none is; one that failed is due again at
    its next try. ``failed``: effects that were given up and that no person has acknowledged. ``received``: reviews
    whose process died. ``held``: reviews that wait for their provider or a person. ``overdue_reviews``: proctored
    attempts that were submitted long ago and have no review.
    """

    due: int
    oldest_due_seconds: int
    failed: int
    received: int
    held: int
    overdue_reviews: int


def count_stuck(*, review_days: int, now: datetime | None = None) -> StuckReport:
    """Count what waits. ``review_days``: a review is overdue so many days after the submission."""
    now = now or timezone.now()
    due = AttemptEffect.objects.due(now)
    oldest = due.order_by("next_try_at").values_list("next_try_at", flat=True).first()
    entries = ReviewInboxEntry.objects
    left = entries.filter(outcome=ReviewInboxEntry.OUTCOME_RECEIVED, modified__lt=now - RECEIVED_IS_LEFT_AFTER)
    return StuckReport(
        due=due.count(),
        oldest_due_seconds=0 if oldest is None else int((now - oldest).total_seconds()),
        failed=AttemptEffect.objects.filter(state=AttemptEffect.STATE_FAILED).count(),
        received=left.count(),
        held=entries.filter(outcome__in=ReviewInboxEntry.HELD_OUTCOMES).count(),
        overdue_reviews=_overdue_reviews(now - timedelta(days=review_days)),
    )


def _overdue_reviews(submitted_before: datetime) -> int:
    submitted = ProctoredExamStudentAttempt.objects.filter(
        status=Status.submitted,
        taking_as_proctored=True,
        completed_at__lt=submitted_before,
        proctored_exam__is_proctored=True,
        proctored_exam__is_practice_exam=False,
    )
    reviews = ProctoredExamSoftwareSecureReview.objects.filter(attempt_code=OuterRef("attempt_code"))
    return submitted.exclude(proctored_exam__backend__in=_never_reviewing()).exclude(Exists(reviews)).count()


def _never_reviewing() -> list[str]:
    """Return the names of providers that never review: stand-ins for platforms without proctoring."""
    names = ProctoredExam.objects.filter(is_proctored=True).exclude(backend=None)
    return [
        name
        for name in names.order_by().values_list("backend", flat=True).distinct()
        if name and type(backends.find_backend_provider({"id": None, "backend": name})) is NullBackendProvider
    ]
