"""Attempts: create, start, stop, look up. Spec: python-api.md 7.6, 7.7, 8.4-8.6, 8.8.

To look one attempt up may change it: whoever notices that the time is up, ends it. Limits and
deadlines are computed in ``timing``, statuses changed in ``transitions``.
"""

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.utils import timezone

from edx_proctoring import backends, host, runtime
from edx_proctoring.api.attempts import entry_check
from edx_proctoring.api.attempts.entry_check import Entrance
from edx_proctoring.api.effects import outbox, receivers
from edx_proctoring.api.effects.outbox import KIND_CASCADE, Delivery, Effect, receives
from edx_proctoring.api.exams import exams
from edx_proctoring.api.lifecycle import queries, timing, transitions
from edx_proctoring.api.lifecycle.queries import (
    attempt_dict,
    attempt_with,
    is_attempt_in_resume_process,
)
from edx_proctoring.api.providers import attempt_registration
from edx_proctoring.exceptions import (
    ProctoredExamIllegalResumeUpdate,
    ProctoredExamPermissionDenied,
    StudentExamAttemptAlreadyExistsException,
    StudentExamAttemptDoesNotExistsException,
    StudentExamAttemptedAlreadyStarted,
    StudentExamAttemptOnPastDueProctoredExam,
    UserNotFoundException,
)
from edx_proctoring.models import (
    AttemptEffect,
    OpenAttempt,
    ProctoredExam,
    ProctoredExamStudentAllowance,
    ProctoredExamStudentAttempt,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils import emit_event, humanized_time
from edx_proctoring.utils.db import inner_savepoint, short_transaction
from edx_proctoring.utils.storable import as_id
from edx_proctoring.utils.texts import as_text

__all__ = [
    "create_exam_attempt",
    "get_active_exams_for_user",
    "get_current_exam_attempt",
    "get_exam_attempt_by_code",
    "get_exam_attempt_by_external_id",
    "get_exam_attempt_by_id",
    "get_total_allowed_time_for_exam",
    "mark_exam_attempt_as_ready",
    "mark_exam_attempt_as_ready_to_resume",
    "mark_exam_attempt_as_resumed",
    "mark_exam_attempt_timeout",
    "mark_waiting_attempt_as_ready",
    "start_exam_attempt",
    "start_exam_attempt_by_code",
    "stop_exam_attempt",
    "update_exam_attempt",
]

log = logging.getLogger(__name__)

# The only fields that ``update_exam_attempt`` may change.
UPDATABLE_FIELDS = frozenset({"is_status_acknowledged", "time_remaining_seconds"})


# Looking one up


def get_current_exam_attempt(exam_id: int, user_id: int) -> dict[str, Any] | None:
    """Return the dict of the learner's newest attempt at the exam, or None."""
    return _get_exam_attempt(attempt_with(proctored_exam_id=exam_id, user_id=user_id))


def get_exam_attempt_by_id(attempt_id: int) -> dict[str, Any] | None:
    """Return the attempt dict, or None."""
    return _get_exam_attempt(attempt_with(pk=attempt_id))


def get_exam_attempt_by_external_id(external_id: str) -> dict[str, Any] | None:
    """Return the dict of the attempt that a provider calls so, or None; the newest of several."""
    return _get_exam_attempt(attempt_with(external_id=external_id))


def find_attempt(**criteria: Any) -> ProctoredExamStudentAttempt | None:
    """Return the newest attempt that matches, after its time-out if its time is up, or None.

    For doors that hand it on: with exam and user, and ``has_others``. One query.
    """
    found = queries.matching(**criteria).with_exam_and_user().knowing_others().newest_first().first()
    return None if found is None else transitions.end_if_time_is_up(found)


def get_exam_attempt_by_code(attempt_code: str) -> dict[str, Any] | None:
    """Return the dict of the attempt with our code, or None."""
    return _get_exam_attempt(attempt_with(attempt_code=attempt_code))


def get_active_exams_for_user(user_id: int, course_id: Any = None) -> list[dict[str, Any]]:
    """Return the exams in which the learner's clock is ticking, newest attempt first.

    Each item: ``exam`` and ``attempt`` dicts, and ``allowances``, a list of dicts. Two queries.
    """
    learner = as_id(user_id)
    if learner is None:
        return []
    course = None if course_id is None else as_text(course_id)
    seen = ProctoredExamStudentAttempt.objects.get_active_student_attempts(learner, course)
    running = [
        attempt
        for attempt in (transitions.end_if_time_is_up(attempt) for attempt in seen)
        if Status.is_in_progress_status(attempt.status)
    ]
    if not running:
        return []
    allowances = list(
        ProctoredExamStudentAllowance.objects.filter(
            user_id=learner, proctored_exam_id__in={attempt.proctored_exam_id for attempt in running}
        ).select_related("user", "proctored_exam")
    )
    return [
        {
            "exam": exams.exam_dict(attempt.proctored_exam),
            "attempt": attempt_dict(attempt),
            "allowances": [
                queries.allowance_dict(allowance)
                for allowance in allowances
                if allowance.proctored_exam_id == attempt.proctored_exam_id
            ],
        }
        for attempt in running
    ]


def _get_exam_attempt(exam_attempt_obj: ProctoredExamStudentAttempt | None) -> dict[str, Any] | None:
    """Return the dict of a loaded attempt, after its time-out if its time is up. Contract name."""
    if exam_attempt_obj is None:
        return None
    return attempt_dict(transitions.end_if_time_is_up(exam_attempt_obj))


def _check_for_attempt_timeout(attempt: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the attempt dict, fresh if its time was up and it was ended by this call. Contract name."""
    if attempt is None or not timing.has_run_out(
        attempt["status"], attempt["started_at"], attempt["allowed_time_limit_mins"], now=timezone.now()
    ):
        return attempt
    current = attempt_with(pk=attempt["id"])
    return attempt if current is None else attempt_dict(transitions.end_if_time_is_up(current))


def get_total_allowed_time_for_exam(exam: Mapping[str, Any], user_id: int) -> str:
    """Return in words how long the learner may work if the clock starts now."""
    return humanized_time(_calculate_allowed_mins(exam, user_id))


def _calculate_allowed_mins(exam: Mapping[str, Any], user_id: int) -> int:
    """Return the whole minutes the learner gets if the clock starts now; may be negative. Contract name.

    Reads the learner's current attempt, and so ends it if its time is up.
    """
    learner = as_id(user_id)
    current = attempt_with(proctored_exam_id=exam["id"], user_id=learner)
    if current is not None:
        current = transitions.end_if_time_is_up(current)
    return timing.calculate_allowed_minutes(
        exam, learner, carry_over_seconds=None if current is None else current.time_remaining_seconds
    )


# Creating


def create_exam_attempt(exam_id: int, user_id: int, taking_as_proctored: bool = False) -> int:
    """Create an attempt and return its id; a proctored one is registered with the provider first.

    An attempt that staff released for resumption is taken up: the new one gets what was left of its
    time. Practice attempts may be repeated freely. Proctoring of an exam that is not proctored is
    not asked for. Without a registration there is no attempt; the provider is not called while
    rows are locked. Two requests do not make two attempts: see ``_insert``.

    Raises ``ProctoredExamNotFoundException``, ``UserNotFoundException``,
    ``StudentExamAttemptAlreadyExistsException``, ``StudentExamAttemptOnPastDueProctoredExam`` and
    what the registration raises.
    """
    return enter(entry_check.look(exam_id, user_id), taking_as_proctored=taking_as_proctored).pk


def enter(entrance: Entrance, *, taking_as_proctored: bool) -> ProctoredExamStudentAttempt:
    """As ``create_exam_attempt``, for callers who have looked at the entrance; return the attempt."""
    exam, exam_id, user_id = entrance.exam_dict, entrance.exam.pk, entrance.user_id
    taking_as_proctored = taking_as_proctored and exam["is_proctored"]
    log.info(
        "creating attempt: exam_id=%s user_id=%s course_id=%s taking_as_proctored=%s",
        exam_id,
        user_id,
        exam["course_id"],
        taking_as_proctored,
    )
    _refuse_second(entrance)
    attempt_code = str(uuid.uuid4()).upper()
    provider = backends.get_backend_provider(exam)
    registration = _Registration()
    if taking_as_proctored:
        registration = _register(entrance, attempt_code)
        # The provider may have learned of the exam only now.
        entrance.exam.external_id = exam["external_id"]
    try:
        attempt = _insert(
            entrance, attempt_code=attempt_code, taking_as_proctored=taking_as_proctored, registration=registration
        )
    except Exception:
        # Another request was faster, or the database failed: the provider must not wait for this learner.
        attempt_registration.withdraw_registration(exam, registration.external_id)
        raise
    _announce(attempt, exam, provider, registration)
    log.info(
        "attempt created: attempt_id=%s exam_id=%s user_id=%s course_id=%s status=%s",
        attempt.pk,
        exam_id,
        user_id,
        exam["course_id"],
        attempt.status,
    )
    return attempt


def create_and_decline_attempt(exam_id: int, user_id: int) -> None:
    """Make the learner's opt-out explicit: an attempt that is declined, with all that follows."""
    attempt_id = create_exam_attempt(exam_id, user_id)
    transitions.update_attempt_status(attempt_id, Status.declined, raise_if_not_found=False)


@dataclass(frozen=True, slots=True)
class _Registration:
    """What came of the registration with the provider; the defaults are for attempts without one."""

    external_id: str | None = None
    force_status: str | None = None
    full_name: str = ""
    profile_name: str = ""


def _refuse_second(entrance: Entrance) -> None:
    """Raise if the learner's current attempt stands in the way of a new one."""
    if entrance.former is not None and entrance.former.stands_in_the_way:
        raise _already_exists(entrance.exam.pk, entrance.user_id, entrance.exam.course_id)


def _already_exists(exam_id: int, user_id: int, course_id: str) -> StudentExamAttemptAlreadyExistsException:
    return StudentExamAttemptAlreadyExistsException(
        f"Cannot create new exam attempt for exam_id={exam_id} and user_id={user_id} "
        f"in course_id={course_id} because it already exists!"
    )


def _register(entrance: Entrance, attempt_code: str) -> _Registration:
    exam, user_id, grants, former = entrance.exam_dict, entrance.user_id, entrance.grants, entrance.former
    if timing.is_exam_passed_due(exam, user=user_id):
        raise StudentExamAttemptOnPastDueProctoredExam(
            f"user_id={user_id} cannot attempt exam_id={exam['id']} in course_id={exam['course_id']}: "
            "its due date has passed."
        )
    external_id, force_status, full_name, profile_name = attempt_registration._register_proctored_exam_attempt(
        user_id,
        exam["id"],
        exam,
        attempt_code,
        entrance.review_policy,
        verified_name=_verified_name(user_id),
        allowed_minutes=timing.calculate_allowed_minutes(
            exam,
            user_id,
            carry_over_seconds=None if former is None else former.time_remaining_seconds,
            extra_minutes=grants.extra_minutes,
        ),
        grants=grants,
    )
    return _Registration(external_id, force_status, full_name, profile_name)


def _verified_name(user_id: int) -> str | None:
    service: host.NameAffirmationService | None = runtime.get_runtime_service(host.NAME_AFFIRMATION)
    if service is None:
        return None
    user = get_user_model().objects.get(pk=user_id)
    verified = service.get_verified_name(user, is_verified=False, statuses_to_exclude=["denied"])
    return None if verified is None else verified.verified_name


@short_transaction
def _insert(
    entrance: Entrance, *, attempt_code: str, taking_as_proctored: bool, registration: _Registration
) -> ProctoredExamStudentAttempt:
    """Insert the row, once and with its final status.

    Where the entrance is clear, the unique place of ``OpenAttempt`` lets one of several requests in. It is looked at
    again if the provider was asked meanwhile, which takes time: an attempt of 6.1.4 takes no place. Where something is
    to be dealt with, it is done under a lock. Locks, only then: the user, so that the second of two requests sees what
    the first one did. Where a caller's transaction shows it an older state of the tables, the place stops it.
    """
    exam, user_id = entrance.exam, entrance.user_id
    now = entry_check.look(exam.pk, user_id) if entrance.is_clear and taking_as_proctored else entrance
    if now.is_clear:
        user = entrance.user or _learner(user_id)
    else:
        user = _learner(user_id, lock=True)
        now = entry_check.look(exam.pk, user_id)
    _refuse_second(now)
    time_remaining_seconds = None
    if now.former is not None and now.former.in_resume_process:
        time_remaining_seconds = now.former.time_remaining_seconds
        mark_exam_attempt_as_resumed(now.former.attempt_id)
    attempt = ProctoredExamStudentAttempt.create_exam_attempt(
        exam.pk,
        user_id,
        attempt_code,
        taking_as_proctored,
        exam.is_practice_exam,
        registration.external_id,
        # Of the rules that the provider was told.
        review_policy_id=None if entrance.review_policy is None else entrance.review_policy.pk,
        status=registration.force_status,
        time_remaining_seconds=time_remaining_seconds,
    )
    attempt.proctored_exam, attempt.user = exam, user
    if not attempt.is_sample_attempt:
        _take_place(attempt, now.place_holder)
    return attempt


def _learner(user_id: int, *, lock: bool = False) -> Any:
    """Return the user, held to the end of the transaction if asked for. Raises ``UserNotFoundException``."""
    users = get_user_model().objects
    found = (users.select_for_update() if lock else users).filter(pk=user_id).first()
    if found is None:
        raise UserNotFoundException(f"user_id={user_id} does not exist")
    return found


def _take_place(attempt: ProctoredExamStudentAttempt, stale_holder: int | None) -> None:
    try:
        is_ours = OpenAttempt.objects.take(attempt, stale_holder=stale_holder)
    except IntegrityError as error:
        # The transaction is lost, and is to be: the insertion goes with it.
        raise _already_exists(attempt.proctored_exam_id, attempt.user_id, attempt.proctored_exam.course_id) from error
    if not is_ours:
        raise _already_exists(attempt.proctored_exam_id, attempt.user_id, attempt.proctored_exam.course_id)


def _announce(
    attempt: ProctoredExamStudentAttempt,
    exam: Mapping[str, Any],
    provider: Any,
    registration: _Registration,
) -> None:
    try:
        # Not an effect with a row: this signal carries the learner's name, which is nowhere stored.
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
        # The attempt exists; whoever listens must not turn that into an error for the learner.
        log.exception("receiver of the status signal failed: attempt_id=%s", attempt.pk)
    emit_event(exam, attempt.status, attempt=attempt_dict(attempt))


@receives(KIND_CASCADE, "decline_other_exams", status_must_hold=True, keeps_parts=True)
def _decline_other_exams(delivery: Delivery) -> None:
    """Close the learner's other proctored exams of the course: credit needs all of them (7.5)."""
    exam, user_id = delivery.attempt.proctored_exam, delivery.attempt.user_id
    others = [
        other
        for other in ProctoredExam.get_all_exams_for_course(exam.course_id, active_only=True, proctored_exams_only=True)
        if other.content_id != exam.content_id
    ]
    newest_first = (
        ProctoredExamStudentAttempt.objects.filter(user_id=user_id, proctored_exam__in=others)
        .with_exam_and_user()
        .newest_first()
    )
    # Read from the oldest on, so that the newest of an exam stays.
    current = {attempt.proctored_exam_id: attempt for attempt in reversed(newest_first)}
    failures: list[Exception] = []
    for other in others:
        try:
            with inner_savepoint():
                _decline_exam(other, user_id, current.get(other.pk))
        except Exception as error:  # pylint: disable=broad-except
            # One exam with a problem does not keep the others open; the cascade is tried again.
            failures.append(error)
    if failures:
        raise failures[0]


def _decline_exam(exam: ProctoredExam, user_id: int, attempt: ProctoredExamStudentAttempt | None) -> None:
    if attempt is not None:
        attempt = transitions.end_if_time_is_up(attempt)
        if Status.is_completed_status(attempt.status):
            return
        attempt_id = attempt.pk
    else:
        attempt_id = create_exam_attempt(exam.pk, user_id, taking_as_proctored=False)
    transitions.update_attempt_status(attempt_id, Status.declined, cascade_effects=False)


# Starting, stopping, marking


def start_exam_attempt(exam_id: int, user_id: int) -> int:
    """Start the learner's current attempt and return its id.

    Raises ``StudentExamAttemptDoesNotExistsException``, ``StudentExamAttemptedAlreadyStarted``,
    ``ProctoredExamIllegalStatusTransition``.
    """
    attempt = attempt_with(proctored_exam_id=exam_id, user_id=user_id)
    if attempt is None:
        raise StudentExamAttemptDoesNotExistsException(
            f"Cannot start exam_id={exam_id} for user_id={user_id}: there is no attempt."
        )
    return start(attempt)


def start_exam_attempt_by_code(attempt_code: str) -> int:
    """Start the attempt with our code and return its id; raises as ``start_exam_attempt``."""
    attempt = attempt_with(attempt_code=attempt_code)
    if attempt is None:
        raise StudentExamAttemptDoesNotExistsException(
            f"Cannot start attempt_code={attempt_code}: there is no such attempt."
        )
    return start(attempt)


def start(seen: ProctoredExamStudentAttempt) -> int:
    """Start this attempt, loaded with exam and user, and return its id; raises as ``start_exam_attempt``."""
    attempt = transitions.end_if_time_is_up(seen)
    return transitions.change_status(attempt.pk, Status.started, seen=attempt, condition=_has_not_started)


def _has_not_started(attempt: ProctoredExamStudentAttempt) -> bool:
    # Asked under the lock: of two tabs that press Start together, the second comes here when the clock runs.
    if attempt.started_at and attempt.status == Status.started:
        raise StudentExamAttemptedAlreadyStarted(
            f"attempt_id={attempt.pk} of exam_id={attempt.proctored_exam_id} has started already."
        )
    return True


def stop_exam_attempt(attempt_id: int) -> int:
    """Lead the learner to the submit page, the clock still ticking; return the attempt's id."""
    return _change(attempt_id, Status.ready_to_submit)


def mark_exam_attempt_timeout(attempt_id: int) -> int:
    """End an attempt whose time is up, as of now; return its id."""
    return _change(attempt_id, Status.timed_out)


def mark_exam_attempt_as_ready(attempt_id: int) -> int:
    """Note that the provider has checked the learner in; return the attempt's id."""
    return _change(attempt_id, Status.ready_to_start)


def mark_waiting_attempt_as_ready(attempt_id: int) -> int:
    """As ``mark_exam_attempt_as_ready``, if the attempt still waits for the provider; return the attempt's id.

    For providers, who say so at any time and more than once: a learner who started meanwhile must not
    be taken for one who enters a running exam again, which would submit it. Raises
    ``StudentExamAttemptDoesNotExistsException``.
    """
    return transitions.change_status(attempt_id, Status.ready_to_start, condition=_waits_for_provider)


def mark_as_ready_if_waiting(seen: ProctoredExamStudentAttempt) -> int:
    """As ``mark_waiting_attempt_as_ready``, for callers who have loaded the attempt with exam and user."""
    return transitions.change_status(seen.pk, Status.ready_to_start, seen=seen, condition=_waits_for_provider)


def _waits_for_provider(attempt: ProctoredExamStudentAttempt) -> bool:
    return attempt.status in (Status.created, Status.download_software_clicked)


def _change(attempt_id: int, to_status: str) -> int:
    # Never None: unknown ids raise, by default.
    return cast(int, transitions.update_attempt_status(attempt_id, to_status))


@short_transaction
def update_exam_attempt(attempt_id: int, **kwargs: Any) -> None:
    """Change ``is_status_acknowledged`` and ``time_remaining_seconds``; no event, no signal.

    Raises ``StudentExamAttemptDoesNotExistsException``, and ``ProctoredExamPermissionDenied`` for
    any other keyword, with nothing changed. Locks: the attempt.
    """
    attempt = ProctoredExamStudentAttempt.objects.locked(attempt_id)
    forbidden = sorted(kwargs.keys() - UPDATABLE_FIELDS)
    if forbidden:
        raise ProctoredExamPermissionDenied(
            f"You do not have permission to update {', '.join(forbidden)} of attempt_id={attempt_id}"
        )
    for name, value in kwargs.items():
        setattr(attempt, name, value)
    attempt.save()


# Resuming


@short_transaction
def mark_exam_attempt_as_ready_to_resume(attempt_id: int) -> int:
    """Let a learner take up an errored attempt again; return its id. The status stays. Locks: the attempt.

    Raises ``StudentExamAttemptDoesNotExistsException``, ``ProctoredExamIllegalResumeUpdate``.
    """
    attempt = ProctoredExamStudentAttempt.objects.locked(attempt_id)
    if not attempt.is_resumable:
        raise ProctoredExamIllegalResumeUpdate(f"attempt_id={attempt_id} is not resumable: status={attempt.status}")
    attempt.ready_to_resume, attempt.is_resumable = True, False
    attempt.save()
    OpenAttempt.objects.release(attempt.pk)
    log.info(
        "attempt released for resumption: attempt_id=%s exam_id=%s user_id=%s",
        attempt_id,
        attempt.proctored_exam_id,
        attempt.user_id,
    )
    return attempt.pk


@short_transaction
def mark_exam_attempt_as_resumed(attempt_id: int) -> int:
    """Note that the learner has taken up a released attempt; return its id. Locks: the attempt.

    Raises ``StudentExamAttemptDoesNotExistsException``, ``ProctoredExamIllegalResumeUpdate``.
    """
    attempt = ProctoredExamStudentAttempt.objects.locked(attempt_id)
    if not is_attempt_in_resume_process(attempt):
        raise ProctoredExamIllegalResumeUpdate(f"attempt_id={attempt_id} was not released for resumption")
    attempt.resumed, attempt.is_resumable = True, False
    attempt.save()
    log.info(
        "attempt resumed: attempt_id=%s exam_id=%s user_id=%s", attempt_id, attempt.proctored_exam_id, attempt.user_id
    )
    return attempt.pk


# For doors


def report_completion(attempt: ProctoredExamStudentAttempt) -> None:
    """Tell the instructor service that the learner is through; called when ``completed_at`` gets set.

    Not if a status change does so: it has the report among its effects. A service that fails does
    not keep the attempt from being saved; it is tried again later (C3).
    """
    if outbox.is_completion_planned(attempt.pk):
        return
    instructor: host.InstructorService | None = runtime.get_runtime_service(host.INSTRUCTOR)
    if instructor is None:
        return
    try:
        with inner_savepoint():
            instructor.complete_student_attempt(attempt.user.username, attempt.proctored_exam.content_id)
    except Exception as error:  # pylint: disable=broad-except
        outbox.keep_failed(attempt, Effect(AttemptEffect.KIND_INSTRUCTOR, "complete_student_attempt"), error)


# Contract name (python-api.md 8.5), used by prerequisites and the learner's page.
_create_and_decline_attempt = create_and_decline_attempt
