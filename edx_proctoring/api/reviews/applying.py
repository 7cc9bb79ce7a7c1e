"""Applying a review: the attempt follows the verdict.

Called by ``receiving`` in the transaction that stores a review, and for every other save of a review
by the receiver of the model's signal. Contract: contract/reviews#outcome.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.utils import timezone

from edx_proctoring import backends
from edx_proctoring.api.lifecycle import queries, status_change
from edx_proctoring.api.lifecycle.status_change import Change
from edx_proctoring.exceptions import StudentExamAttemptDoesNotExistsException
from edx_proctoring.models import (
    AttemptIncident,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
    RetiredLearner,
)
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.statuses import SoftwareSecureReviewStatus
from edx_proctoring.utils import emit_event, locate_attempt_by_attempt_code
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["apply_review", "deactivate_review_of"]

log = logging.getLogger(__name__)
# Outside code matches one message under the logger that it has always had.
_receiver_log = logging.getLogger("edx_proctoring.handlers")


def apply_review(review: ProctoredExamSoftwareSecureReview, *, sends_mail: bool = True) -> None:
    """Let the attempt follow a review that was saved, also one that was saved unchanged.

    Archived attempts and replaced onboarding attempts stay as they are. A review whose code
    matches no attempt is kept, logged, and moves nothing. Afterwards the tracking event
    ``review_received`` describes the attempt as it was before. ``sends_mail``: False for operators who
    apply reviews again; a retired learner never gets a mail. Locks: the attempt.
    """
    found = find_attempt(review.attempt_code)
    if found is None:
        return
    attempt, is_archived = found
    before, change = attempt_dict(attempt), None
    if not is_archived:
        try:
            before, change = _apply_under_lock(attempt, review, sends_mail)
        except StudentExamAttemptDoesNotExistsException:
            # Removed since it was found: its archive does not follow a review.
            log.info("attempt removed before its review was applied: attempt_id=%s", attempt.pk)
    if change is not None:
        change.deliver()
    announce(review, before)


@short_transaction
def _apply_under_lock(
    seen: ProctoredExamStudentAttempt, review: ProctoredExamSoftwareSecureReview, sends_mail: bool
) -> tuple[dict[str, Any], Change | None]:
    attempt, others, has_leftovers = status_change.lock_seen(seen)
    before = attempt_dict(attempt)
    # Under the lock that a retirement takes, too.
    sends_mail = sends_mail and not RetiredLearner.objects.includes(attempt.user_id)
    return before, write_verdict(attempt, others, review, has_leftovers=has_leftovers, sends_mail=sends_mail)


def write_verdict(
    attempt: ProctoredExamStudentAttempt,
    others: Sequence[str],
    review: ProctoredExamSoftwareSecureReview,
    *,
    has_leftovers: bool,
    sends_mail: bool = True,
    mails_again: bool = True,
) -> Change | None:
    """Move an attempt to the status of its review, in the caller's transaction; the caller delivers.

    ``attempt``, ``others``, ``has_leftovers``: as ``status_change.lock_seen`` returned them. ``mails_again``: also to
    a learner whose attempt has that status already.

    None: the attempt stays as it is. If its provider is not configured, the review stays too, and
    saving it again once the provider is back moves the attempt.
    """
    if review.exam_id == attempt.proctored_exam_id:
        # Loaded with the attempt; the review asks the exam's provider what its verdict means.
        review.exam = attempt.proctored_exam
    if attempt.proctored_exam.is_proctored and not backends.is_configured(attempt.proctored_exam.backend):
        # Only the provider says which of its verdicts pass.
        log.warning(
            "attempt does not follow its review, its provider is not configured: attempt_id=%s backend=%s",
            attempt.pk,
            attempt.proctored_exam.backend,
        )
        return None
    status = status_after(review, attempt)
    if status is None:
        return None
    sends_mail = sends_mail and (mails_again or attempt.status != status)
    if queries.is_taken_without_provider(attempt):
        # It was registered before its provider went out of order; nothing is left for staff to decide.
        AttemptIncident.objects.close_outage(attempt.pk, "reviewed", now=timezone.now(), by=review.reviewed_by_id)
    return status_change.write_change(
        attempt,
        others,
        status,
        has_leftovers=has_leftovers,
        actor=review.reviewed_by or None,
        sends_mail=sends_mail,
    )


def announce(review: ProctoredExamSoftwareSecureReview, attempt: Mapping[str, Any]) -> None:
    """Track that a review was received. ``attempt``: attempt dict, as it was before."""
    emit_event(
        attempt["proctored_exam"],
        "review_received",
        attempt=attempt,
        override_data={"review_attempt_code": review.attempt_code, "review_status": review.review_status},
    )


def find_attempt(attempt_code: str) -> tuple[ProctoredExamStudentAttempt, bool] | None:
    """Return the attempt and whether it is archived; None, logged, if it or its exam is unknown."""
    attempt, is_archived = locate_attempt_by_attempt_code(attempt_code)
    if attempt is None:
        return None
    try:
        # An archived attempt outlives its exam and its learner.
        _ = (attempt.proctored_exam, attempt.user)
    except ObjectDoesNotExist:
        log.error("exam or learner of a reviewed attempt is gone: attempt_code=%s", attempt_code)
        return None
    return attempt, bool(is_archived)


def deactivate_review_of(attempt_code: str) -> None:
    """Mark the review of a removed attempt, if there is one. Saved once, so it is archived once."""
    review = ProctoredExamSoftwareSecureReview.get_review_by_attempt_code(attempt_code)
    if review is not None:
        review.is_attempt_active = False
        review.save()


def status_after(review: ProctoredExamSoftwareSecureReview, attempt: ProctoredExamStudentAttempt) -> str | None:
    """Return the status that a live attempt gets by its review, None for none."""
    backend = attempt.proctored_exam.backend
    if attempt.status == Status.onboarding_reset:
        return None
    if review.is_passing:
        if was_submitted(attempt):
            return Status.verified
        # Contract: the only warning of this path; fragment and keys are matched.
        _receiver_log.warning(
            "passing review for a never-submitted attempt: review_status=%(review_status)s "
            "attempt_id=%(attempt_id)s status=%(status)s",
            {"review_status": review.review_status, "attempt_id": attempt.pk, "status": attempt.status},
        )
        return Status.error
    if review.review_status == SoftwareSecureReviewStatus.not_reviewed:
        return Status.error
    if review.reviewed_by_id or not backends.provider_setting(backend, "REQUIRE_FAILURE_SECOND_REVIEWS"):
        return Status.rejected
    if attempt.is_sample_attempt and _supports_onboarding(backend):
        return Status.rejected
    return Status.second_review_required


def was_submitted(attempt: ProctoredExamStudentAttempt) -> bool:
    """Whether the learner, or the end of the time, submitted the exam."""
    return attempt.completed_at is not None or attempt.history.filter(status=Status.timed_out).exists()


def _supports_onboarding(backend: str | None) -> bool:
    try:
        provider = backends.get_backend_provider(name=backend)
    except (NotImplementedError, ImproperlyConfigured):
        return False
    return bool(provider is not None and provider.supports_onboarding)
