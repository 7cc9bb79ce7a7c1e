"""A provider's verdict: received, stored, applied to the attempt.

Spec: backends.md 9, python-api.md 11.3, data-model.md 5.6, beyond.md 1. Two ways lead here: a
callback (``receive_review``), and every save of a review, by whomever (``apply_review``, called
by the receiver of the model's signal).
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import crum
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured, MultipleObjectsReturned, ObjectDoesNotExist
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse

from edx_proctoring import backends, host, runtime
from edx_proctoring.api.access import course_staff
from edx_proctoring.api.lifecycle import transitions
from edx_proctoring.api.reviews.payload import NormalizedReview, ReviewComment, parse_review
from edx_proctoring.exceptions import (
    BackendProviderNotConfigured,
    ProctoredBaseException,
    ProctoredExamReviewAlreadyExists,
    ReviewNotUnderstood,
)
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamStudentAttempt,
    ReviewInboxEntry,
)
from edx_proctoring.serializers import ProctoredExamStudentAttemptSerializer, data_of
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus, ReviewStatus, SoftwareSecureReviewStatus
from edx_proctoring.utils import emit_event, encrypt_and_encode, locate_attempt_by_attempt_code
from edx_proctoring.utils.storable import is_storable, storable

__all__ = ["ReviewReceipt", "apply_review", "deactivate_review_of", "receive_review", "replay_review"]

log = logging.getLogger(__name__)
# Two messages are matched by outside code under the loggers that they have always had.
_callback_log = logging.getLogger("edx_proctoring_views")
_receiver_log = logging.getLogger("edx_proctoring.handlers")

# Characters of a received body that are kept. A review with its comments has some ten thousand.
MAX_BODY_LENGTH: Final = 1024 * 1024

# The link to the recording is stored encrypted or not at all.
_VIDEO_LINK: Final = "videoReviewLink"


@dataclass(frozen=True, slots=True)
class ReviewReceipt:
    """What became of a received review.

    ``review_id``: the stored review; None if the exam is no longer proctored, so that nobody's
    review was to be stored. ``inbox_id``: the entry of the inbox.
    """

    review_id: int | None
    inbox_id: int

    @property
    def is_accepted(self) -> bool:
        """Whether the review was stored."""
        return self.review_id is not None


def receive_review(
    attempt: Mapping[str, Any],
    data: Mapping[str, Any],
    *,
    backend: Any = None,
    request: HttpRequest | None = None,
) -> ReviewReceipt:
    """Take a provider's review of an attempt, live or archived; the attempt follows the verdict.

    Args:
        attempt: serialized attempt; its exam's ``backend`` decides who the provider is.
        data: what the provider sent; not changed.
        backend: the provider, if it is known by other means.
        request: the request that brought it; the current one if not given.

    The inbox entry is written first and stays whatever happens. Then, in one transaction: the
    attempt and its review are locked, a former review is archived, comments are replaced. After
    that transaction the attempt's status changes and the support team hears of a suspicious
    review, because both may talk to other systems.

    Raises ``ReviewNotUnderstood``, ``ProctoredExamBadReviewStatus``,
    ``ProctoredExamReviewAlreadyExists``, ``ProctoredExamSuspiciousLookup``,
    ``BackendProviderNotConfigured``. Spec: backends.md 9.1.
    """
    request = request or crum.get_current_request()
    entry = _write_inbox(attempt, data, request)
    try:
        return _take(attempt, data, backend, request, entry)
    except Exception as exc:
        outcome = ReviewInboxEntry.OUTCOME_REFUSED
        if isinstance(exc, ProctoredExamReviewAlreadyExists):
            outcome = ReviewInboxEntry.OUTCOME_DUPLICATE
        _settle(entry, outcome, reason=exc)
        raise


def replay_review(inbox_id: int, /) -> ReviewReceipt:
    """Receive a review once more from its inbox entry, on behalf of a member of staff.

    A review that was refused for a reason that no longer holds is accepted now. The link to the
    recording is not in the inbox; what is stored of a former delivery stays. The replay gets an
    entry of its own. Raises as ``receive_review`` does, ``ReviewInboxEntry.DoesNotExist`` for an
    unknown id, ``ReviewNotUnderstood`` if the body was not kept whole or the attempt is unknown.
    """
    entry = ReviewInboxEntry.objects.get(pk=inbox_id)
    try:
        data = json.loads(entry.body)
    except ValueError as exc:
        raise ReviewNotUnderstood("The body of this review was not kept whole, it cannot be replayed.") from exc
    found = _find_attempt(entry.attempt_code)
    if found is None:
        raise ReviewNotUnderstood("The attempt of this review is unknown.")
    attempt, _is_archived = found
    provider = backends.get_backend_provider(name=entry.backend) if entry.backend else None
    return receive_review(_attempt_dict(attempt), data, backend=provider)


def apply_review(review: ProctoredExamSoftwareSecureReview) -> None:
    """Let the attempt follow a review that was saved, also one that was saved unchanged.

    Archived attempts and replaced onboarding attempts stay as they are. A review whose code
    matches no attempt is kept, logged, and moves nothing. Afterwards the tracking event
    ``review_received`` tells of the attempt as it was before. Spec: python-api.md 11.3.
    """
    if getattr(review, _HELD, False):
        return
    found = _find_attempt(review.attempt_code)
    if found is None:
        return
    attempt, is_archived = found
    attempt_dict = _attempt_dict(attempt)
    for looks_left in reversed(range(_MAX_LOOKS)):
        if review.exam_id == attempt.proctored_exam_id:
            # Loaded with the attempt; the verdict's meaning is asked of the exam's provider.
            review.exam = attempt.proctored_exam
        status = None if is_archived else _status_after(review, attempt, attempt_dict["proctored_exam"])
        if status is None or _move(attempt, status, review, whatever_happened=not looks_left):
            break
        # Submitted, reset or removed while the verdict was thought about: look again.
        found = _find_attempt(review.attempt_code)
        if found is None:
            return
        attempt, is_archived = found
        attempt_dict = _attempt_dict(attempt)
    emit_event(
        attempt_dict["proctored_exam"],
        "review_received",
        attempt=attempt_dict,
        override_data={"review_attempt_code": review.attempt_code, "review_status": review.review_status},
    )


def deactivate_review_of(attempt_code: str) -> None:
    """Mark the review of a removed attempt, if there is one. Saved once, so it is archived once."""
    review = ProctoredExamSoftwareSecureReview.get_review_by_attempt_code(attempt_code)
    if review is not None:
        review.is_attempt_active = False
        review.save()


# Receiving


# Set on a review whose comments are still to come: the attempt follows it when it is complete.
_HELD: Final = "_is_held"


def _take(
    attempt: Mapping[str, Any],
    data: Mapping[str, Any],
    backend: Any,
    request: HttpRequest | None,
    entry: ReviewInboxEntry,
) -> ReviewReceipt:
    backend = backend or _provider_of(attempt["proctored_exam"])
    if backend is None:
        log.warning(
            "review of an attempt whose exam is no longer proctored: attempt_id=%s exam_id=%s",
            attempt["id"],
            attempt["proctored_exam"]["id"],
        )
        _settle(entry, ReviewInboxEntry.OUTCOME_REFUSED, reason="exam no longer proctored")
        return ReviewReceipt(review_id=None, inbox_id=entry.pk)
    if not isinstance(data, Mapping):
        raise ReviewNotUnderstood("The review must be an object.")
    data = storable(dict(data.items()))
    # A copy: providers may change what they get.
    normalized = parse_review(backend.on_review_callback(attempt, storable(data)))
    values = {
        "raw_data": _json_without_video_link(data),
        "reviewed_by": _reviewer(data.get("reviewed_by")),
        **_encrypted_video_url(backend, normalized, attempt),
    }
    review = _store(attempt, normalized, values)
    _warn_of_stranger(review, attempt)
    _apply_last_word(review)
    _settle(entry, ReviewInboxEntry.OUTCOME_APPLIED)
    if review.should_notify:
        _notify_support(attempt, review, request)
    return ReviewReceipt(review_id=review.pk, inbox_id=entry.pk)


def _apply_last_word(review: ProctoredExamSoftwareSecureReview) -> None:
    """Apply a review; if another delivery replaced it meanwhile, that one as well.

    Reviews are applied outside the transaction that stores them. Of two deliveries, the one that
    was stored first may come to be applied last; it then finds that its word is not the last.
    """
    apply_review(review)
    latest = ProctoredExamSoftwareSecureReview.objects.filter(pk=review.pk).first()
    if latest is not None and _verdict(latest) != _verdict(review):
        apply_review(latest)


def _verdict(review: ProctoredExamSoftwareSecureReview) -> tuple[str, int | None]:
    return review.review_status, review.reviewed_by_id


def _provider_of(exam: Mapping[str, Any]) -> Any:
    try:
        return backends.get_backend_provider(exam)
    except (NotImplementedError, ImproperlyConfigured) as exc:
        raise BackendProviderNotConfigured(
            f"The provider of exam_id={exam['id']} is not configured: backend={exam['backend']}"
        ) from exc


def _store(
    attempt: Mapping[str, Any], normalized: NormalizedReview, values: Mapping[str, Any]
) -> ProctoredExamSoftwareSecureReview:
    try:
        return _store_locked(attempt, normalized, values)
    except IntegrityError:
        # Nothing but the unique code holds two first reviews of an archived attempt apart: there
        # is no live row to lock. The other delivery won, so now there is a review to update.
        if not _review_exists(attempt["attempt_code"]):
            raise
        return _store_locked(attempt, normalized, values)


@transaction.atomic
def _store_locked(
    attempt: Mapping[str, Any], normalized: NormalizedReview, values: Mapping[str, Any]
) -> ProctoredExamSoftwareSecureReview:
    """Insert or update the review with its comments. Locks: the live attempt, then its review."""
    code = attempt["attempt_code"]
    live = ProctoredExamStudentAttempt.objects.filter(attempt_code=code).values_list("pk", flat=True).first()
    if live is not None:
        ProctoredExamStudentAttempt.objects.locked(live)
    reviews = ProctoredExamSoftwareSecureReview.objects
    review = reviews.select_for_update().filter(attempt_code=code).first()
    exam = attempt["proctored_exam"]
    is_first = review is None
    if review is None:
        review = ProctoredExamSoftwareSecureReview(attempt_code=code)
    elif not backends.provider_setting(exam["backend"], "ALLOW_REVIEW_UPDATES"):
        raise ProctoredExamReviewAlreadyExists(
            f"attempt_code={code} was reviewed before, and reviews may not be updated."
        )
    else:
        _callback_log.warning("review replaces a former one: attempt_code=%s review_id=%s", code, review.pk)
    # After the look at the former review: a provider that repeats itself hears of that first.
    ReviewStatus.validate(normalized.status)
    review.review_status = SoftwareSecureReviewStatus.from_standard_status[normalized.status]
    review.student_id = attempt["user"]["id"]
    review.exam_id = exam["id"]
    for name, value in values.items():
        setattr(review, name, value)
    setattr(review, _HELD, True)
    review.save()
    delattr(review, _HELD)
    if not is_first:
        ProctoredExamSoftwareSecureComment.objects.filter(review=review).delete()
    _add_comments(review, normalized.comments)
    return review


def _add_comments(review: ProctoredExamSoftwareSecureReview, comments: tuple[ReviewComment, ...]) -> None:
    ProctoredExamSoftwareSecureComment.objects.bulk_create(
        ProctoredExamSoftwareSecureComment(
            review=review,
            start_time=comment.start,
            stop_time=comment.stop,
            duration=comment.duration,
            comment=comment.comment,
            status=comment.status,
        )
        for comment in comments
    )


def _review_exists(attempt_code: str) -> bool:
    return ProctoredExamSoftwareSecureReview.objects.filter(attempt_code=attempt_code).exists()


def _reviewer(email: Any) -> Any:
    """Return the user with this address; None if there is none, or if it is not clear who it is."""
    if not isinstance(email, str) or not email or not is_storable(email):
        return None
    users = get_user_model()
    try:
        return users._default_manager.get(email=email)
    except ObjectDoesNotExist:
        return None
    except MultipleObjectsReturned:
        log.warning("several users have the address of the reviewer, the review is taken for the provider's own")
        return None


def _warn_of_stranger(review: ProctoredExamSoftwareSecureReview, attempt: Mapping[str, Any]) -> None:
    """Say so if the named reviewer is no staff of the course. The review counts all the same."""
    reviewer, course_id = review.reviewed_by, attempt["proctored_exam"]["course_id"]
    if reviewer is not None and not course_staff.is_user_course_or_global_staff(reviewer, course_id):
        # Contract (backends.md 9.1, number 7): format and arguments are matched exactly.
        _callback_log.warning(
            "user=%(user)s does not have the required permissions to submit a review for "
            "attempt_code=%(attempt_code)s.",
            {"user": reviewer, "attempt_code": review.attempt_code},
        )


def _encrypted_video_url(backend: Any, normalized: NormalizedReview, attempt: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the encrypted link as a value of the review; nothing without a link or without a key."""
    key = backend.get_video_review_aes_key() if normalized.video_url else None
    if not key or not normalized.video_url:
        return {}
    try:
        return {"encrypted_video_url": encrypt_and_encode(normalized.video_url.encode(), bytes.fromhex(key))}
    except ValueError:
        # A verdict is worth more than its recording: a wrong key must not keep it out.
        log.error("link to the recording not stored, the key is unfit: attempt_id=%s", attempt["id"])
        return {}


def _json_without_video_link(data: Any) -> str:
    """Return the received body as JSON text; the link to the recording is not part of it."""
    if isinstance(data, Mapping):
        kept = {key: value for key, value in data.items() if key != _VIDEO_LINK}
        inner = kept.get("payload")
        if isinstance(inner, Mapping) and _VIDEO_LINK in inner:
            kept["payload"] = {key: value for key, value in inner.items() if key != _VIDEO_LINK}
        data = kept
    return json.dumps(data)


def _notify_support(
    attempt: Mapping[str, Any], review: ProctoredExamSoftwareSecureReview, request: HttpRequest | None
) -> None:
    service: host.InstructorService | None = runtime.get_runtime_service(host.INSTRUCTOR)
    if service is None or request is None:
        return
    exam = attempt["proctored_exam"]
    path = reverse(
        "edx_proctoring:instructor_dashboard_exam",
        kwargs={"course_id": exam["course_id"], "exam_id": exam["id"]},
    )
    try:
        service.send_support_notification(
            course_id=exam["course_id"],
            exam_name=exam["exam_name"],
            student_username=attempt["user"]["username"],
            review_status=review.review_status,
            review_url=f"{request.build_absolute_uri(path)}?attempt={attempt['external_id']}",
        )
    except Exception:
        # The review is stored and applied; a ticket system that is down must not make the provider send it again.
        log.exception("support not notified of a suspicious review: review_id=%s exam_id=%s", review.pk, exam["id"])


# The inbox


def _write_inbox(attempt: Mapping[str, Any], data: Mapping[str, Any], request: HttpRequest | None) -> ReviewInboxEntry:
    user = getattr(request, "user", None)
    return ReviewInboxEntry.objects.create(
        attempt_code=attempt["attempt_code"] or "",
        external_id=attempt["external_id"] or "",
        backend=attempt["proctored_exam"]["backend"] or "",
        body=_json_without_video_link(data)[:MAX_BODY_LENGTH],
        actor_id=getattr(user, "pk", None),
    )


def _settle(entry: ReviewInboxEntry, outcome: str, *, reason: Exception | str | None = None) -> None:
    """Note what became of an entry. Reasons of ours are readable; of others the class must do: no personal data."""
    if isinstance(reason, Exception):
        reason = str(reason) if isinstance(reason, ProctoredBaseException) else type(reason).__name__
    if outcome == ReviewInboxEntry.OUTCOME_REFUSED:
        # A refusal may quote what made it one.
        outcome = storable(f"{outcome}: {reason}")
    entry.outcome = outcome[:255]
    entry.save(update_fields=["outcome", "modified"])


# Applying

# How often a verdict is thought about anew because the attempt moved on meanwhile.
_MAX_LOOKS: Final = 5


def _move(
    attempt: ProctoredExamStudentAttempt,
    status: str,
    review: ProctoredExamSoftwareSecureReview,
    *,
    whatever_happened: bool,
) -> bool:
    """Change the status; return False, with nothing changed, if the attempt is no longer as it was seen."""
    moved_on = False

    def is_as_seen(current: ProctoredExamStudentAttempt) -> bool:
        nonlocal moved_on
        moved_on = (current.status, current.completed_at) != (attempt.status, attempt.completed_at)
        return whatever_happened or not moved_on

    try:
        with transitions.provided_that(is_as_seen):
            transitions.update_attempt_status(
                attempt.pk, status, raise_if_not_found=False, update_attributable_to=review.reviewed_by or None
            )
    except NotImplementedError:
        # Raised by the look-up of the provider. The review stays; saving it again, once the
        # provider is back, moves the attempt.
        log.exception(
            "attempt does not follow its review, its provider is not configured: attempt_id=%s backend=%s",
            attempt.pk,
            attempt.proctored_exam.backend,
        )
    return whatever_happened or not moved_on


def _find_attempt(attempt_code: str) -> tuple[ProctoredExamStudentAttempt, bool] | None:
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


def _attempt_dict(attempt: ProctoredExamStudentAttempt) -> dict[str, Any]:
    return data_of(ProctoredExamStudentAttemptSerializer, attempt)


def _status_after(
    review: ProctoredExamSoftwareSecureReview, attempt: ProctoredExamStudentAttempt, exam: Mapping[str, Any]
) -> str | None:
    """Return the status that a live attempt gets by its review, None for none (backends.md 9.4)."""
    if attempt.status == ProctoredExamStudentAttemptStatus.onboarding_reset:
        return None
    if review.is_passing:
        if _was_submitted(attempt):
            return ProctoredExamStudentAttemptStatus.verified
        # Contract: the only warning of this path; fragment and keys are matched.
        _receiver_log.warning(
            "passing review for a never-submitted attempt: review_status=%(review_status)s "
            "attempt_id=%(attempt_id)s status=%(status)s",
            {"review_status": review.review_status, "attempt_id": attempt.pk, "status": attempt.status},
        )
        return ProctoredExamStudentAttemptStatus.error
    if review.review_status == SoftwareSecureReviewStatus.not_reviewed:
        return ProctoredExamStudentAttemptStatus.error
    if review.reviewed_by_id or not backends.provider_setting(exam["backend"], "REQUIRE_FAILURE_SECOND_REVIEWS"):
        return ProctoredExamStudentAttemptStatus.rejected
    if attempt.is_sample_attempt and _supports_onboarding(exam):
        return ProctoredExamStudentAttemptStatus.rejected
    return ProctoredExamStudentAttemptStatus.second_review_required


def _was_submitted(attempt: ProctoredExamStudentAttempt) -> bool:
    """Whether the learner handed the exam in, or the clock did it for him."""
    return (
        attempt.completed_at is not None
        or attempt.history.filter(status=ProctoredExamStudentAttemptStatus.timed_out).exists()
    )


def _supports_onboarding(exam: Mapping[str, Any]) -> bool:
    try:
        provider = backends.get_backend_provider(exam)
    except (NotImplementedError, ImproperlyConfigured):
        return False
    return bool(provider is not None and provider.supports_onboarding)
