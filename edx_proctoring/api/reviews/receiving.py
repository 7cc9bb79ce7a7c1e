"""Receiving a review: keep it, check it, store it and let the attempt follow, in one transaction.

While a person's decision stands, a review is kept in the inbox and changes nothing.
Locks: the live attempt, then its review. Contract: contract/reviews#steps, contract/reviews#outcome.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import crum
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured, MultipleObjectsReturned, ObjectDoesNotExist
from django.db import IntegrityError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from edx_proctoring import backends, host, runtime
from edx_proctoring.api.access import course_staff
from edx_proctoring.api.lifecycle import status_change
from edx_proctoring.api.lifecycle.status_change import Change, Locked
from edx_proctoring.api.reviews import applying, inbox
from edx_proctoring.api.reviews.payload import NormalizedReview, ReviewComment, parse_review
from edx_proctoring.backends import video_links
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.exceptions import (
    ProctoredExamReviewAlreadyExists,
    ProctoredExamSuspiciousLookup,
    ReviewNotUnderstood,
    StudentExamAttemptDoesNotExistsException,
)
from edx_proctoring.models import (
    ProctoredExamSoftwareSecureComment,
    ProctoredExamSoftwareSecureReview,
    ProctoredExamSoftwareSecureReviewHistory,
    ProctoredExamStudentAttempt,
    RetiredLearner,
    ReviewDecision,
    ReviewInboxEntry,
    archive_model,
)
from edx_proctoring.models.locking import locked_row
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ReviewStatus, SoftwareSecureReviewStatus
from edx_proctoring.utils.storable import is_storable, storable
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["ReviewReceipt", "receive_review", "replay_review"]

log = logging.getLogger(__name__)
# Outside code matches messages under the logger that they have always had.
_callback_log = logging.getLogger("edx_proctoring_views")

# Databases limit the size of a statement.
_COMMENTS_PER_STATEMENT: Final = 500


@dataclass(frozen=True, slots=True)
class ReviewReceipt:
    """What became of a received review.

    ``review_id``: the review of the attempt; None if the exam is no longer proctored, so that no review
    was to be stored, or while its provider is not configured. ``inbox_id``: the entry of the inbox.
    ``is_held``: it waits in the inbox, because staff have decided (the review on record stays as it is)
    or because its provider is not configured.
    """

    review_id: int | None
    inbox_id: int
    is_held: bool = False

    @property
    def is_accepted(self) -> bool:
        """Whether the review was stored, or is held."""
        return self.review_id is not None or self.is_held


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One review on its way in.

    ``attempt``: attempt dict. ``data``: what the provider sent. ``by_person``: staff receive it again, which
    overrides a decision. ``takes_reviewer``: it may name the account of a person as its reviewer. ``seen``: the
    attempt as it was read, with exam and user, None from callers who have only its dict. ``has_waited``: it is
    received from the inbox, so a review that arrived later may have been applied already.
    """

    attempt: Mapping[str, Any]
    data: Any
    entry: ReviewInboxEntry
    by_person: bool
    takes_reviewer: bool
    seen: ProctoredExamStudentAttempt | None
    has_waited: bool = False


@dataclass(frozen=True, slots=True)
class _Stored:
    """A review that was stored, or is held.

    ``before``: the attempt dict as it was; ``change``: its status change, if any. ``is_retired``: of a retired learner,
    so no personal text was stored and nothing is mailed.
    """

    review: ProctoredExamSoftwareSecureReview
    before: Mapping[str, Any]
    change: Change | None
    is_retired: bool
    is_held: bool = False


def receive_review(
    attempt: Mapping[str, Any],
    data: Mapping[str, Any],
    *,
    backend: Any = None,
    request: HttpRequest | None = None,
    message_key: str = "",
    takes_reviewer: bool = True,
    seen: ProctoredExamStudentAttempt | None = None,
) -> ReviewReceipt:
    """Take a provider's review of an attempt, live or archived; the attempt follows the verdict.

    Args:
        attempt: serialized attempt; its exam's ``backend`` decides who the provider is.
        data: what the provider sent; not changed.
        backend: the provider, if it is known by other means.
        request: the request that brought it; the current one if not given.
        message_key: what identifies a signed message, so that a replay is recognised.
        takes_reviewer: whether ``reviewed_by`` may name the account of a person. False for reviews that do not prove
            who sent them.
        seen: the attempt, with exam and user, from callers who have read it.

    The inbox entry is written first and stays whatever happens. Then, in one transaction: the
    attempt and its review are locked, a former review is archived, comments are replaced, the
    attempt's status changes, the entry is settled. If that fails, nothing of it is stored, and the
    provider can send the review again. Effects are delivered after the commit. While a decision of
    staff stands, the entry is all that is stored.

    While the provider is not configured, the review is held in the inbox (``api.sweep`` receives it
    once the provider is back).

    Raises ``ReviewNotUnderstood``, ``ProctoredExamBadReviewStatus``,
    ``ProctoredExamReviewAlreadyExists``, ``ProctoredExamSuspiciousLookup``.
    """
    return _receive(
        attempt,
        data,
        backend=backend,
        request=request,
        message_key=message_key,
        takes_reviewer=takes_reviewer,
        seen=seen,
    )


def _receive(
    attempt: Mapping[str, Any],
    data: Mapping[str, Any],
    *,
    backend: Any,
    request: HttpRequest | None = None,
    message_key: str = "",
    by_person: bool = False,
    takes_reviewer: bool = True,
    seen: ProctoredExamStudentAttempt | None = None,
) -> ReviewReceipt:
    request = request or crum.get_current_request()
    entry = inbox.write(attempt, data, request, key=message_key)
    delivery = _Delivery(attempt, data, entry, by_person=by_person, takes_reviewer=takes_reviewer, seen=seen)
    return _take_and_settle(delivery, backend, request)


def receive_waiting_review(entry: ReviewInboxEntry, /) -> ReviewReceipt | None:
    """Receive a review that waits in the inbox, and settle its entry.

    That is one whose provider was not configured, or whose process died. None: it goes on waiting,
    because its provider is not configured, or because a person has to decide (its signature could not be
    checked when it came). Raises as ``receive_review``, and ``ProctoredExamReviewAlreadyExists`` also if a
    review that arrived later was applied.
    """
    if entry.outcome == ReviewInboxEntry.OUTCOME_HELD_WITHOUT_PROVIDER and not _may_be_released(entry):
        return None
    found = applying.find_attempt(entry.attempt_code)
    if found is None:
        inbox.settle(entry, ReviewInboxEntry.OUTCOME_REFUSED, reason="The attempt of this review is unknown.")
        return ReviewReceipt(review_id=None, inbox_id=entry.pk)
    attempt = found[0]
    try:
        data = json.loads(entry.body)
        is_whole = True
    except ValueError:
        data, is_whole = None, False
    delivery = _Delivery(
        attempt_dict(attempt),
        data,
        entry,
        by_person=False,
        takes_reviewer=_came_with_login(entry),
        seen=attempt,
        has_waited=True,
    )
    if not is_whole:
        return _refuse(delivery, "the body was not kept whole")
    return _take_and_settle(delivery, _provider_of(entry), None)


def _refuse(delivery: _Delivery, reason: str) -> ReviewReceipt:
    """Settle the entry of a review of which nothing is stored; return its receipt."""
    _settle_unapplied(delivery, ReviewInboxEntry.OUTCOME_REFUSED, reason)
    return ReviewReceipt(review_id=None, inbox_id=delivery.entry.pk)


@short_transaction
def _settle_unapplied(
    delivery: _Delivery, outcome: str, reason: Exception | str | None = None, *, keeps_body: bool = True
) -> None:
    """Settle the entry of a review that was not applied. Locks: the attempt. Options as of ``inbox.settle``."""
    attempt = delivery.attempt
    # A retirement locks the attempt, too: it is either committed, and found here, or waits, and finds the entry.
    locked_row(ProctoredExamStudentAttempt.objects.all(), attempt["id"])
    is_retired = RetiredLearner.objects.includes(attempt["user"]["id"])
    _settle_under_lock(delivery, outcome, reason, is_retired=is_retired, keeps_body=keeps_body)


def _settle_under_lock(
    delivery: _Delivery,
    outcome: str,
    reason: Exception | str | None = None,
    *,
    is_retired: bool,
    keeps_body: bool = True,
) -> None:
    """Settle an entry; of a retired learner's keep the verdict if it waits, and nothing otherwise."""
    if not is_retired:
        inbox.settle(delivery.entry, outcome, reason=reason, keeps_body=keeps_body)
    elif outcome in ReviewInboxEntry.HELD_OUTCOMES:
        inbox.hold_verdict(delivery.entry, outcome, delivery.data)
    else:
        # The text of an exception may quote the input.
        reason = type(reason).__name__ if isinstance(reason, Exception) else reason
        inbox.settle(delivery.entry, outcome, reason=reason, keeps_body=False)


def _provider_of(entry: ReviewInboxEntry) -> Any:
    """Return the provider that an entry names, None if it names none."""
    return backends.get_backend_provider(name=entry.backend) if entry.backend else None


def _came_with_login(entry: ReviewInboxEntry) -> bool:
    """Return whether a login proved who sent the review; only then may it name a person as its reviewer."""
    return entry.actor_id is not None


def _may_be_released(entry: ReviewInboxEntry) -> bool:
    """Return whether a held review may be received without a person.

    Its provider was missing when it came, so neither a signature nor the sort of provider was checked:
    an anonymous review counts for RPNow only, and where callbacks are signed its sender is not known.
    """
    try:
        provider = backends.get_backend_provider(name=entry.backend or None)
    except (NotImplementedError, ImproperlyConfigured):
        return False
    if getattr(provider, "callback_secrets", None):
        return False
    return entry.actor_id is not None or isinstance(provider, SoftwareSecureBackendProvider)


def _take_and_settle(delivery: _Delivery, backend: Any, request: HttpRequest | None) -> ReviewReceipt:
    try:
        return _take(delivery, backend, request)
    except Exception as exc:
        outcome = ReviewInboxEntry.OUTCOME_REFUSED
        if isinstance(exc, ProctoredExamReviewAlreadyExists):
            outcome = ReviewInboxEntry.OUTCOME_DUPLICATE
        _settle_unapplied(
            delivery,
            outcome,
            exc,
            # The record locator is the only proof of an unsigned review.
            keeps_body=not isinstance(exc, ProctoredExamSuspiciousLookup),
        )
        raise


def replay_review(inbox_id: int, /) -> ReviewReceipt:
    """Receive a review once more from its inbox entry, on behalf of a member of staff.

    A review that was refused for a reason that no longer holds is accepted now. One that was held
    because staff had decided is accepted, too: receiving it again is a person's decision, and the
    former one no longer stands. The link to the recording is not in the inbox; what is stored of a
    former delivery stays. The replay gets an entry of its own. Raises as ``receive_review`` does,
    ``ReviewInboxEntry.DoesNotExist`` for an unknown id, ``ReviewNotUnderstood`` if the body was not
    kept whole or the attempt is unknown.
    """
    entry = ReviewInboxEntry.objects.get(pk=inbox_id)
    try:
        data = json.loads(entry.body)
    except ValueError as exc:
        raise ReviewNotUnderstood("The body of this review was not kept whole, it cannot be replayed.") from exc
    found = applying.find_attempt(entry.attempt_code)
    if found is None:
        raise ReviewNotUnderstood("The attempt of this review is unknown.")
    attempt, _is_archived = found
    receipt = _receive(
        attempt_dict(attempt),
        data,
        backend=_provider_of(entry),
        by_person=True,
        takes_reviewer=_came_with_login(entry),
        seen=attempt,
    )
    if entry.outcome == ReviewInboxEntry.OUTCOME_HELD and receipt.is_accepted:
        inbox.settle(entry, ReviewInboxEntry.OUTCOME_APPLIED)
    return receipt


def apply_review_again(review: ProctoredExamSoftwareSecureReview, *, sends_mail: bool) -> None:
    """Archive and save a review unchanged, and let its attempt follow it once more; for operators."""
    if sends_mail:
        # The receiver of the model's signal applies it.
        review.save()
        return
    archive_model(ProctoredExamSoftwareSecureReviewHistory, review, id=None)
    ProctoredExamSoftwareSecureReview.objects.filter(pk=review.pk).update(modified=timezone.now())
    applying.apply_review(review, sends_mail=False)


def _take(delivery: _Delivery, backend: Any, request: HttpRequest | None) -> ReviewReceipt:
    attempt, entry, data = delivery.attempt, delivery.entry, delivery.data
    exam = attempt["proctored_exam"]
    try:
        backend = backend or backends.get_backend_provider(exam)
    except (NotImplementedError, ImproperlyConfigured):
        log.warning("review held, its provider is not configured: attempt_id=%s exam_id=%s", attempt["id"], exam["id"])
        _settle_unapplied(delivery, ReviewInboxEntry.OUTCOME_HELD_WITHOUT_PROVIDER)
        return ReviewReceipt(review_id=None, inbox_id=entry.pk, is_held=True)
    if backend is None:
        log.warning(
            "review of an attempt whose exam is no longer proctored: attempt_id=%s exam_id=%s",
            attempt["id"],
            exam["id"],
        )
        return _refuse(delivery, "exam no longer proctored")
    if not isinstance(data, Mapping):
        raise ReviewNotUnderstood("The review must be an object.")
    data = storable(dict(data.items()))
    # Before the provider sees the data, which it may change.
    values = _values(delivery, data)
    normalized = parse_review(backend.on_review_callback(attempt, data))
    values |= _encrypted_video_url(backend, normalized, attempt)
    stored = _store(delivery, normalized, values)
    review = stored.review
    if stored.is_held:
        log.info("review held, staff have decided: review_id=%s inbox_id=%s", review.pk, entry.pk)
        return ReviewReceipt(review_id=review.pk, inbox_id=entry.pk, is_held=True)
    _warn_of_stranger(review, attempt)
    if stored.change is not None:
        stored.change.deliver()
    applying.announce(review, stored.before)
    if review.should_notify and not stored.is_retired:
        _notify_support(attempt, review, request)
    return ReviewReceipt(review_id=review.pk, inbox_id=entry.pk)


def _values(delivery: _Delivery, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the review that come from the payload, besides the verdict and the link to the recording."""
    return {
        "raw_data": inbox.json_without_video_link(data),
        "reviewed_by": _reviewer(data.get("reviewed_by")) if delivery.takes_reviewer else None,
    }


def _store(delivery: _Delivery, normalized: NormalizedReview, values: Mapping[str, Any]) -> _Stored:
    try:
        return _store_and_apply(delivery, normalized, values)
    except IntegrityError:
        # Only the unique code keeps two first reviews of an archived attempt apart: there is no live
        # row to lock. The other delivery won, so now there is a review to update.
        code = delivery.attempt["attempt_code"]
        if not ProctoredExamSoftwareSecureReview.objects.filter(attempt_code=code).exists():
            raise
        return _store_and_apply(delivery, normalized, values)


@short_transaction
def _store_and_apply(delivery: _Delivery, normalized: NormalizedReview, values: Mapping[str, Any]) -> _Stored:
    attempt, seen = delivery.attempt, delivery.seen
    locked: Locked | None
    try:
        if seen is None:
            locked = status_change.lock(attempt["id"], attempt["proctored_exam"]["id"], attempt["user"]["id"])
        else:
            locked = status_change.lock_seen(seen)
    except StudentExamAttemptDoesNotExistsException:
        # Removed; its archive gets the review and stays as it is.
        locked = None
    # Under the lock, because a retirement takes it, too: it is either committed, and found here, or waits.
    is_retired = RetiredLearner.objects.includes(attempt["user"]["id"])
    if is_retired:
        normalized = replace(normalized, comments=())
        values = {"raw_data": "", "reviewed_by": values["reviewed_by"]}
    former = _locked_review(attempt["attempt_code"])
    if former is not None and delivery.has_waited and inbox.has_newer(delivery.entry):
        raise ProctoredExamReviewAlreadyExists(
            f"attempt_code={former.attempt_code} has a review that arrived later than inbox_id={delivery.entry.pk}."
        )
    is_decided = former is not None and ReviewDecision.objects.stands_for(former)
    if former is not None and is_decided:
        if not delivery.by_person:
            ReviewStatus.validate(normalized.status)
            _settle_under_lock(delivery, ReviewInboxEntry.OUTCOME_HELD, is_retired=is_retired)
            return _Stored(former, attempt, None, is_retired, is_held=True)
        ReviewDecision.objects.withdraw(former)
    elif former is not None and not backends.provider_setting(
        attempt["proctored_exam"]["backend"], "ALLOW_REVIEW_UPDATES"
    ):
        raise ProctoredExamReviewAlreadyExists(
            f"attempt_code={former.attempt_code} was reviewed before, and reviews may not be updated."
        )
    review = _store_review(delivery, former, normalized, values)
    before, change = attempt, None
    if locked is not None:
        live, others, has_leftovers = locked
        before = attempt_dict(live)
        change = applying.write_verdict(
            live,
            others,
            review,
            has_leftovers=has_leftovers,
            sends_mail=not is_retired,
            # A provider repeats a review whose answer it has not received.
            mails_again=False,
        )
    _settle_under_lock(delivery, ReviewInboxEntry.OUTCOME_APPLIED, is_retired=is_retired)
    return _Stored(review, before, change, is_retired)


def _locked_review(attempt_code: str) -> ProctoredExamSoftwareSecureReview | None:
    """Return the review of an attempt, locked; None if there is none."""
    reviews = ProctoredExamSoftwareSecureReview.objects
    # Nearly always there is none, and to ask for a key costs half as much as to read a row.
    keys = reviews.select_for_update().filter(attempt_code=attempt_code).values_list("pk", flat=True)
    return next((reviews.locked(key) for key in keys), None)


def _store_review(
    delivery: _Delivery,
    former: ProctoredExamSoftwareSecureReview | None,
    normalized: NormalizedReview,
    values: Mapping[str, Any],
) -> ProctoredExamSoftwareSecureReview:
    """Insert or update the review with its comments, without the model's signals: the caller applies it."""
    attempt, reviews = delivery.attempt, ProctoredExamSoftwareSecureReview.objects
    code, exam = attempt["attempt_code"], attempt["proctored_exam"]
    review = former or ProctoredExamSoftwareSecureReview(attempt_code=code)
    if former is not None:
        _callback_log.warning("review replaces a former one: attempt_code=%s review_id=%s", code, review.pk)
        archive_model(ProctoredExamSoftwareSecureReviewHistory, review, id=None)
    # After the look at the former review: a provider that repeats itself is told that first.
    ReviewStatus.validate(normalized.status)
    review.review_status = SoftwareSecureReviewStatus.from_standard_status[normalized.status]
    review.student_id = attempt["user"]["id"]
    review.exam_id = exam["id"]
    for name, value in values.items():
        setattr(review, name, value)
    if former is None:
        reviews.bulk_create([review])
        if not review.pk:
            # MySQL does not return the key.
            review.pk = reviews.values_list("pk", flat=True).get(attempt_code=code)
    else:
        review.modified = timezone.now()
        reviews.bulk_update([review], ["review_status", "student", "exam", "modified", *values])
        ProctoredExamSoftwareSecureComment.objects.filter(review=review).delete()
    _add_comments(review, normalized.comments)
    return review


def _add_comments(review: ProctoredExamSoftwareSecureReview, comments: tuple[ReviewComment, ...]) -> None:
    ProctoredExamSoftwareSecureComment.objects.bulk_create(
        (
            ProctoredExamSoftwareSecureComment(
                review=review,
                start_time=comment.start,
                stop_time=comment.stop,
                duration=comment.duration,
                comment=comment.comment,
                status=comment.status,
            )
            for comment in comments
        ),
        batch_size=_COMMENTS_PER_STATEMENT,
    )


def _reviewer(email: Any) -> Any:
    """Return the user with this address; None if there is none, or if the address is ambiguous."""
    if not isinstance(email, str) or not email or not is_storable(email):
        return None
    users = get_user_model()
    try:
        return users._default_manager.get(email=email)
    except ObjectDoesNotExist:
        return None
    except MultipleObjectsReturned:
        log.warning("several users have the address of the reviewer, the review counts as the provider's own")
        return None


def _warn_of_stranger(review: ProctoredExamSoftwareSecureReview, attempt: Mapping[str, Any]) -> None:
    """Log a warning if the named reviewer is not staff of the course. The review counts all the same."""
    reviewer, course_id = review.reviewed_by, attempt["proctored_exam"]["course_id"]
    if reviewer is not None and not course_staff.is_user_course_or_global_staff(reviewer, course_id):
        # Contract (contract/reviews#reviewer): format and arguments are matched exactly.
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
        link = video_links.encrypt(normalized.video_url, key, external_id=attempt["external_id"])
        return {"encrypted_video_url": link}
    except ValueError:
        # A verdict is worth more than its recording: a wrong key must not keep it out.
        log.error("link to the recording not stored, the key cannot be used: attempt_id=%s", attempt["id"])
        return {}


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
