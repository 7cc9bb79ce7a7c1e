"""Enter an exam: create an attempt, registered with the provider first if it is proctored.

Locks: the attempt that the new one resumes, if there is one. Contract: contract/attempts#create,
contract/attempts#race.
"""

import logging
import uuid
from dataclasses import replace

from django.utils import timezone

from edx_proctoring import backends
from edx_proctoring.api.attempts import entry_check, resuming
from edx_proctoring.api.attempts.entry_check import Entry
from edx_proctoring.api.effects import receivers
from edx_proctoring.api.lifecycle import allowed_time, expiry, status_change
from edx_proctoring.api.providers import (
    attempt_registration,
    registration_context,
    registration_intents,
    registration_withdrawal,
)
from edx_proctoring.api.providers.attempt_registration import Registration
from edx_proctoring.exceptions import StudentExamAttemptOnPastDueProctoredExam
from edx_proctoring.models import AttemptIncident, OpenAttempt, ProctoredExamReviewPolicy, ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import emit_event
from edx_proctoring.utils.transactions import short_transaction

__all__ = ["create_exam_attempt"]

log = logging.getLogger(__name__)


def create_exam_attempt(exam_id: int, user_id: int, taking_as_proctored: bool = False) -> int:
    """Create an attempt and return its id; a proctored one is registered with the provider first.

    An attempt that staff released for resumption is resumed: the new one gets the time it had left.
    Practice attempts may be repeated freely. ``taking_as_proctored`` has no meaning for an exam that
    is not proctored. Without a registration there is no attempt; no row is locked while the provider
    is called. Two requests do not make two attempts: see ``_insert``.

    Raises ``ProctoredExamNotFoundException``, ``UserNotFoundException``,
    ``StudentExamAttemptAlreadyExistsException``, ``StudentExamAttemptOnPastDueProctoredExam`` and
    what the registration raises.
    """
    return enter(entry_check.look_up(exam_id, user_id), taking_as_proctored=taking_as_proctored).pk


def enter(entry: Entry, *, taking_as_proctored: bool) -> ProctoredExamStudentAttempt:
    """As ``create_exam_attempt``, for callers who have looked the entry up; return the attempt."""
    exam = entry.exam_dict
    taking_as_proctored = taking_as_proctored and exam["is_proctored"]
    # Who opts out is not concerned: the provider would not be asked anyway.
    is_provider_out = taking_as_proctored and entry.is_provider_out
    taking_as_proctored = taking_as_proctored and not is_provider_out
    entry_check.refuse_second_attempt(entry)
    attempt_code = str(uuid.uuid4()).upper()
    policy = ProctoredExamReviewPolicy.get_review_policy_for_exam(exam["id"])
    registration = Registration()
    if taking_as_proctored:
        registration = _register(entry, attempt_code, policy)
    try:
        attempt = _insert(
            entry,
            attempt_code=attempt_code,
            taking_as_proctored=taking_as_proctored,
            # Of the rules that the provider was told.
            review_policy_id=None if policy is None else policy.pk,
            registration=registration,
            is_provider_out=is_provider_out,
        )
    except Exception:
        # Another request was faster, or the database failed: the provider must not wait for this learner.
        registration_withdrawal.withdraw_registration(exam, registration.external_id, attempt_code, registration.intent)
        raise
    _announce(attempt, entry, registration)
    log.info(
        "attempt created: attempt_id=%s exam_id=%s user_id=%s course_id=%s taking_as_proctored=%s status=%s",
        attempt.pk,
        exam["id"],
        entry.user.pk,
        exam["course_id"],
        taking_as_proctored,
        attempt.status,
    )
    return attempt


def enter_or_go_on(entry: Entry, *, taking_as_proctored: bool, starts_clock: bool) -> ProctoredExamStudentAttempt:
    """As ``enter``, but go on with ``entry.unfinished`` if there is one; return the attempt.

    For requests that are repeated after a later step failed, and for attempts from before the exam
    became timed or proctored. Such an attempt keeps its id and code. A request that only creates an
    attempt at a timed exam finds that there is one, and is refused.
    """
    exam, unfinished = entry.exam_dict, entry.unfinished
    is_provider_out = taking_as_proctored and entry.is_provider_out
    if starts_clock and (is_provider_out or not exam["is_proctored"]):
        limit = allowed_time.limit_until(entry.due_date, exam, entry.user.pk, entry.predecessor)
        if not limit.can_start:
            raise status_change.no_time_left(exam["id"], entry.user.pk, limit)
    if unfinished is None or not (starts_clock or exam["is_proctored"]):
        return enter(entry, taking_as_proctored=taking_as_proctored)
    unfinished.user = entry.user
    if is_provider_out:
        return _go_on_without_provider(entry, unfinished)
    return _register_unfinished(entry, unfinished) if taking_as_proctored else unfinished


@short_transaction
def _go_on_without_provider(entry: Entry, seen: ProctoredExamStudentAttempt) -> ProctoredExamStudentAttempt:
    """Note that an unregistered attempt is taken without the provider; return it. Locks: the attempt."""
    attempt = ProctoredExamStudentAttempt.objects.locked(seen.pk)
    attempt.proctored_exam, attempt.user = entry.exam, entry.user
    if not entry_check.is_unfinished(attempt):
        raise entry_check.already_exists(entry)
    AttemptIncident.objects.open_outage(attempt, now=timezone.now())
    return attempt


def _register_unfinished(entry: Entry, seen: ProctoredExamStudentAttempt) -> ProctoredExamStudentAttempt:
    """Register an attempt that the provider does not know; return it as a new one would be."""
    policy = ProctoredExamReviewPolicy.get_review_policy_for_exam(entry.exam.pk)
    registration = _register(entry, seen.attempt_code or "", policy)
    try:
        attempt = _save_registration(entry, seen, registration, review_policy_id=None if policy is None else policy.pk)
    except Exception:
        registration_withdrawal.withdraw_registration(
            entry.exam_dict, registration.external_id, seen.attempt_code or "", registration.intent
        )
        raise
    _announce(attempt, entry, registration)
    log.info(
        "attempt registered later: attempt_id=%s exam_id=%s user_id=%s course_id=%s status=%s",
        attempt.pk,
        entry.exam.pk,
        entry.user.pk,
        entry.exam.course_id,
        attempt.status,
    )
    return attempt


@short_transaction
def _save_registration(
    entry: Entry, seen: ProctoredExamStudentAttempt, registration: Registration, *, review_policy_id: int | None
) -> ProctoredExamStudentAttempt:
    """Save the registration of an attempt. Locks: the attempt.

    Not a status change of the tables, but the second half of creating the attempt. Raises
    ``StudentExamAttemptAlreadyExistsException`` if another request was faster.
    """
    attempt = ProctoredExamStudentAttempt.objects.locked(seen.pk)
    attempt.proctored_exam, attempt.user = entry.exam, entry.user
    if attempt.status != seen.status or not entry_check.is_unfinished(attempt):
        raise entry_check.already_exists(entry)
    attempt.status = registration.force_status or Status.created
    attempt.taking_as_proctored = True
    attempt.review_policy_id = review_policy_id
    attempt.external_id = registration.external_id
    attempt.save()
    # Entered while the provider was out of order, and not started then.
    AttemptIncident.objects.close_outage(attempt.pk, "registered", now=timezone.now())
    registration_intents.settle(registration.intent)
    return attempt


def _register(entry: Entry, attempt_code: str, policy: ProctoredExamReviewPolicy | None) -> Registration:
    exam, user_id = entry.exam_dict, entry.user.pk
    if expiry.is_over(exam, entry.due_date):
        raise StudentExamAttemptOnPastDueProctoredExam(
            f"user_id={user_id} cannot attempt exam_id={exam['id']} in course_id={exam['course_id']}: "
            "its due date has passed."
        )
    grants = allowed_time.grants_for(exam["id"], user_id)
    limit = allowed_time.limit_until(entry.due_date, exam, user_id, entry.predecessor, grants=grants)
    if not limit.can_start:
        # Set-up would lead nowhere, and the provider would wait for this learner.
        raise status_change.no_time_left(exam["id"], user_id, limit)
    registration = attempt_registration.register(
        user_id,
        exam,
        attempt_code,
        policy,
        verified_name=registration_context.verified_name_of(entry.user),
        allowed_minutes=limit.minutes,
        grants=grants,
    )
    # The provider may have got to know the exam with this attempt.
    entry.exam.external_id = exam["external_id"]
    return registration


@short_transaction
def _insert(
    entry: Entry,
    *,
    attempt_code: str,
    taking_as_proctored: bool,
    review_policy_id: int | None,
    registration: Registration,
    is_provider_out: bool,
) -> ProctoredExamStudentAttempt:
    """Insert the row, once and with its final status.

    The unique constraint on ``OpenAttempt`` lets one of several requests in, also under a caller's
    older snapshot (REPEATABLE READ). The current attempt is looked at again if the provider was
    called meanwhile: an attempt made by 6.1.4 has no such row.
    """
    exam, user = entry.exam, entry.user
    # To ask whether there is an attempt costs half as much as to read the rows; for a first entry there is none.
    if taking_as_proctored and (
        entry.current is not None or ProctoredExamStudentAttempt.objects.of_learner(exam.pk, user.pk).exists()
    ):
        entry = replace(entry, current=entry_check.current_attempt(exam, user.pk))
        entry_check.refuse_second_attempt(entry)
    predecessor = entry.predecessor
    time_remaining_seconds = None if predecessor is None else predecessor.time_remaining_seconds
    if entry.resumes is not None:
        resuming.mark_exam_attempt_as_resumed(entry.resumes.pk)
    attempt = ProctoredExamStudentAttempt.create_exam_attempt(
        exam.pk,
        user.pk,
        attempt_code,
        taking_as_proctored,
        exam.is_practice_exam,
        registration.external_id,
        review_policy_id=review_policy_id,
        status=registration.force_status,
        time_remaining_seconds=time_remaining_seconds,
    )
    attempt.proctored_exam, attempt.user = exam, user
    if entry.replaces is not None:
        OpenAttempt.objects.release(entry.replaces.pk)
    if not attempt.is_sample_attempt and not OpenAttempt.objects.take(attempt):
        # Raised inside the transaction: the attempt row goes with it.
        raise entry_check.already_exists(entry)
    registration_intents.settle(registration.intent)
    if is_provider_out:
        AttemptIncident.objects.open_outage(attempt, now=timezone.now())
    return attempt


def _announce(attempt: ProctoredExamStudentAttempt, entry: Entry, registration: Registration) -> None:
    exam = entry.exam_dict
    provider = backends.get_backend_provider(exam)
    try:
        # Not an effect with a row: this signal carries the learner's name, which is not stored anywhere.
        receivers.send_status_signal(
            attempt_id=attempt.pk,
            user_id=attempt.user_id,
            status=attempt.status,
            full_name=registration.full_name,
            profile_name=registration.profile_name,
            is_practice_exam=exam["is_practice_exam"],
            is_proctored=attempt.taking_as_proctored,
            backend_supports_onboarding=provider.supports_onboarding if provider else None,
        )
    except Exception:  # pylint: disable=broad-except
        # The attempt exists; a failing receiver must not turn that into an error for the learner.
        log.exception("receiver of the status signal failed: attempt_id=%s", attempt.pk)
    emit_event(exam, attempt.status, attempt=attempt_dict(attempt))
