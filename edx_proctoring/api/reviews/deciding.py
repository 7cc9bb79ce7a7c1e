"""Deciding a review: a person's verdict, which later messages of the provider do not change.

Locks: the live attempt, then its review.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from edx_proctoring.api.audit.staff_record import Subject, record_action, requested_by
from edx_proctoring.api.lifecycle import queries, status_change
from edx_proctoring.api.lifecycle.status_change import Change
from edx_proctoring.api.reviews import applying
from edx_proctoring.exceptions import (
    ProctoredExamBadReviewStatus,
    ProctoredExamIllegalStatusTransition,
    ReviewNotFound,
)
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
    RetiredLearner,
    ReviewDecision,
    archive_model,
)
from edx_proctoring.serializers import attempt_dict, exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.statuses import SoftwareSecureReviewStatus as Verdict
from edx_proctoring.utils import emit_event
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["Decision", "decide_review", "save_decision"]

log = logging.getLogger(__name__)

# What a person can decide, and the stored verdicts that mean it: the first that the provider's own list puts on
# that side, because providers differ in what passes.
_PASSES: Final[Mapping[str, bool]] = {Status.verified: True, Status.rejected: False}
_CANDIDATES: Final[Mapping[str, tuple[str, ...]]] = {
    Status.verified: (Verdict.clean,),
    Status.rejected: (Verdict.violation, Verdict.suspicious),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided. ``status``: of the attempt; ``review_status``: the verdict that was stored."""

    attempt_id: int
    status: str
    review_id: int
    review_status: str


@dataclass(frozen=True, slots=True)
class _Decided:
    review: ProctoredExamSoftwareSecureReview
    before: Mapping[str, Any]
    change: Change


def decide_review(
    attempt_id: int, verdict: str, *, by: Any, comment: str = "", expected_status: str | None = None
) -> Decision:
    """Decide a reviewed attempt, as saving its review in admin does; later reviews are held.

    Args:
        attempt_id: id of a live attempt.
        verdict: ``verified`` or ``rejected``, the status that the attempt gets.
        by: the ``User`` who decides.
        comment: free text, kept with the decision; blank if the learner is retired.
        expected_status: decide only if the attempt still has this status; None: whatever it has.

    Raises, with nothing saved, ``ProctoredExamBadReviewStatus`` for another verdict,
    ``StudentExamAttemptDoesNotExistsException``, ``StatusConflict``, ``ReviewNotFound``, and
    ``ProctoredExamIllegalStatusTransition`` if the attempt cannot get this status: for example, one
    that was never submitted cannot be verified.
    """
    if verdict not in _PASSES:
        raise ProctoredExamBadReviewStatus(f"A decision is one of {', '.join(_PASSES)}, not {verdict!r}.")
    decided = _decide(queries.existing_attempt(attempt_id), verdict, by, comment, expected_status)
    decided.change.deliver()
    applying.announce(decided.review, decided.before)
    emit_event(
        exam_dict(decided.change.attempt.proctored_exam),
        "review_decided",
        attempt=attempt_dict(decided.change.attempt),
        override_data={"review_status": decided.review.review_status, **requested_by(by)},
    )
    log.info(
        "review decided: attempt_id=%s review_id=%s verdict=%s actor_id=%s",
        attempt_id,
        decided.review.pk,
        verdict,
        by.pk,
    )
    return Decision(
        attempt_id=decided.change.attempt.pk,
        status=decided.change.attempt.status,
        review_id=decided.review.pk,
        review_status=decided.review.review_status,
    )


def save_decision(review: ProctoredExamSoftwareSecureReview, /, *, by: Any, comment: str = "") -> None:
    """Save a review that a person changed, and record the decision; the attempt follows by the model's signal."""
    review.reviewed_by = by
    _record(review, review.student_id, by, comment)
    review.save()
    log.info("review decided: review_id=%s review_status=%s actor_id=%s", review.pk, review.review_status, by.pk)


@short_transaction
def _decide(
    seen: ProctoredExamStudentAttempt, verdict: str, by: Any, comment: str, expected_status: str | None
) -> _Decided:
    attempt, others, has_leftovers = status_change.lock_seen(seen)
    status_change.require_status(attempt, expected_status)
    review = (
        ProctoredExamSoftwareSecureReview.objects.select_for_update().filter(attempt_code=attempt.attempt_code).first()
    )
    if review is None:
        raise ReviewNotFound(f"attempt_id={attempt.pk} has no review to decide.")
    if verdict == Status.verified and not applying.was_submitted(attempt):
        raise _not_possible(attempt, verdict)
    before = attempt_dict(attempt)
    archive_model(ProctoredExamSoftwareSecureReviewHistory, review, id=None)
    review.review_status = _stored_verdict(review, verdict)
    review.reviewed_by, review.modified = by, timezone.now()
    # Without the model's signals: the change is written here, in the same transaction.
    ProctoredExamSoftwareSecureReview.objects.bulk_update([review], ["review_status", "reviewed_by", "modified"])
    is_retired = _record(review, attempt.user_id, by, comment)
    if applying.status_after(review, attempt) != verdict:
        raise _not_possible(attempt, verdict)
    change = applying.write_verdict(attempt, others, review, has_leftovers=has_leftovers, sends_mail=not is_retired)
    if change is None:
        raise _not_possible(attempt, verdict)
    record_action(
        "review_decision",
        Subject(seen.proctored_exam_id, attempt.user_id, attempt.pk, {"from": before["status"], "to": verdict}),
        course_id=seen.proctored_exam.course_id,
        by=by,
    )
    return _Decided(review, before, change)


def _record(review: ProctoredExamSoftwareSecureReview, user_id: int | None, by: Any, comment: str) -> bool:
    """Record the decision; return whether the learner is retired, about whom no text is kept."""
    is_retired = user_id is not None and RetiredLearner.objects.includes(user_id)
    ReviewDecision.objects.record(review, actor_id=by.pk, comment="" if is_retired else comment)
    return is_retired


def _stored_verdict(review: ProctoredExamSoftwareSecureReview, verdict: str) -> str:
    passes = _PASSES[verdict]
    passing = review.passing_statuses()
    candidates = (*_CANDIDATES[verdict], *(passing if passes else ()))
    return next((status for status in candidates if (status in passing) is passes), candidates[0])


def _not_possible(attempt: ProctoredExamStudentAttempt, verdict: str) -> ProctoredExamIllegalStatusTransition:
    return ProctoredExamIllegalStatusTransition(
        f"attempt_id={attempt.pk} is {attempt.status} and cannot be decided as {verdict}."
    )
