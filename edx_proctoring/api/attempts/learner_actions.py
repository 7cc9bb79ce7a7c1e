"""The requests a learner, or the page on the learner's behalf, sends during an exam.

Each action of a client is one function here; whether it is done is decided by the table of
``lifecycle.permitted_actions``. Clients repeat requests when the network is bad, so a request whose
purpose is already reached is answered like the first one. Contract: POST /v1/proctored_exam/attempt,
PUT /v1/proctored_exam/attempt/{attempt_id}.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import waffle
from django.utils import timezone

from edx_proctoring import backends, constants
from edx_proctoring.api.attempts import entry, marking, opting_out, permitted_action_check, removal, resuming, starting
from edx_proctoring.api.attempts.entry_check import Entry
from edx_proctoring.api.lifecycle import expiry, permitted_actions, queries, status_change
from edx_proctoring.api.lifecycle.permitted_actions import Action, Kind, Outcome
from edx_proctoring.api.lifecycle.status_change import Condition
from edx_proctoring.api.providers import declared_outages
from edx_proctoring.exceptions import ProctoredExamPermissionDenied
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.serializers import attempt_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus
from edx_proctoring.utils import get_time_remaining_for_attempt
from edx_proctoring.utils.storable import storable

__all__ = ["create_attempt_for_learner", "perform_action"]

log = logging.getLogger(__name__)

START: Final = "start"
MARK_READY_TO_RESUME: Final = "mark_ready_to_resume"

# The learner's browser chooses the text of an error report: no line breaks, not endless.
_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MAX_DETAIL: Final = 500


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """One request about one attempt.

    ``attempt``: as just read, with exam and user. ``requesting_user``: the caller, passed on to
    services. ``detail``: the browser's description of an error. ``by``: the caller if it is a member of staff who
    acts for the learner, and goes on record with ``reason``. ``expected_status``: act only if the attempt still has
    this status; None: whatever it has.
    """

    attempt: ProctoredExamStudentAttempt
    requesting_user: Any
    detail: str = ""
    by: Any = None
    reason: str = ""
    expected_status: str | None = None


def create_attempt_for_learner(asked: Entry, /, *, take_as_proctored: bool, start_clock: bool) -> int:
    """Let a learner enter an exam; return the id of the attempt.

    Args:
        asked: exam and learner, as just looked up.
        take_as_proctored: the learner's choice; has no meaning for a timed exam.
        start_clock: start at once. A learner who opts out of proctoring has the attempt declined
            instead, and starts afterwards.

    A learner whose provider must report readiness first gets the attempt, and no clock starts. A request
    that is repeated because a step of it failed goes on with the attempt that is there. While staff say that the
    provider is out of order, the attempt is made without it and started at once, whatever the arguments.

    Raises ProctoredExamPermissionDenied when the exam is past due for this learner, or when the learner
    opts out and the host does not allow it; what the look-up of an unknown provider raises; and what
    ``entry.create_exam_attempt`` raises; then nothing is left behind. A provider that requires onboarding
    first is no error: the attempt then has an ``onboarding_*`` status, and no clock starts.
    """
    exam = asked.exam_dict
    if not exam["is_practice_exam"] and expiry.is_over(exam, asked.due_date, fresh=True):
        raise ProctoredExamPermissionDenied(
            f"Attempted to access expired exam with exam_id {exam['id']} in course_id {exam['course_id']}"
        )
    proctored = bool(exam["is_proctored"])
    # Asked before anything is made: without its provider the attempt could be neither declined nor started.
    backends.get_backend_provider(exam)
    if asked.is_provider_out:
        return starting.start(entry.enter_or_go_on(asked, taking_as_proctored=True, starts_clock=True))
    opts_out = proctored and not take_as_proctored
    if opts_out:
        _require_opting_out(asked)
    attempt = entry.enter_or_go_on(asked, taking_as_proctored=proctored and take_as_proctored, starts_clock=start_clock)
    if opts_out:
        status_change.update_attempt_status(attempt.pk, ProctoredExamStudentAttemptStatus.declined)
    elif start_clock:
        facts = permitted_action_check.facts_of(asked.exam, attempt)
        if permitted_actions.find_rule(Action.START, facts).outcome is Outcome.DONE:
            starting.start(attempt)
    return attempt.pk


def _require_opting_out(asked: Entry) -> None:
    """Raise ProctoredExamPermissionDenied if the learner could opt out, but the host does not allow it."""
    # An opt-out that failed halfway has to be allowed like a first one.
    facts = permitted_action_check.facts_of(asked.exam, None if asked.unfinished else asked.current)
    if facts.kind is Kind.PROCTORED:
        facts = replace(facts, may_opt_out=opting_out.is_allowed(asked.exam.course_id))
    rule = permitted_actions.find_rule(Action.ENTER_WITHOUT_PROCTORING, facts)
    # An existing attempt is refused by ``entry.enter``, with the text that clients compare.
    if rule.outcome is Outcome.FORBIDDEN:
        raise ProctoredExamPermissionDenied(
            f"user_id={asked.user.pk} cannot opt out of proctoring in exam_id={asked.exam.pk}: {rule.reason}."
        )


def perform_action(action: str, request: ActionRequest) -> int | None:
    """Perform the requested action; return the id of the attempt the learner is in now.

    None: nothing was changed, on purpose (an error report that does not count). Raises ``KeyError``
    for an action not in ``ACTIONS``, ``StatusConflict``, and the exceptions of the transition.
    """
    status_change.require_status(request.attempt, request.expected_status)
    return ACTIONS[action](request)


def _as_expected(request: ActionRequest, condition: Condition) -> Condition:
    """Return the condition of a status change that also asks, under the lock, for the expected status."""

    def check(attempt: ProctoredExamStudentAttempt) -> bool:
        status_change.require_status(attempt, request.expected_status)
        return condition(attempt)

    return check


def _start(request: ActionRequest) -> int:
    # A learner starts the current attempt of the exam, even if the request names an older one.
    attempt = request.attempt
    if queries.newest_attempt_id(attempt.proctored_exam_id, attempt.user_id) != attempt.pk:
        attempt = starting.current_attempt(attempt.proctored_exam_id, attempt.user_id)
    facts = permitted_action_check.facts_of(attempt.proctored_exam, attempt)
    return starting.start(attempt, condition=_as_expected(request, permitted_action_check.permits(Action.START, facts)))


def _stop(request: ActionRequest) -> int:
    return _perform(request, Action.STOP, ProctoredExamStudentAttemptStatus.ready_to_submit)


def _submit(request: ActionRequest) -> int:
    return _perform(request, Action.SUBMIT, ProctoredExamStudentAttemptStatus.submitted)


def _click_download_software(request: ActionRequest) -> int:
    return _perform(request, Action.CLICK_DOWNLOAD, ProctoredExamStudentAttemptStatus.download_software_clicked)


def _decline(request: ActionRequest) -> int:
    return _perform(request, Action.DECLINE, ProctoredExamStudentAttemptStatus.declined)


def _reset_attempt(request: ActionRequest) -> int:
    return removal.reset_practice_exam(
        request.attempt.proctored_exam_id, request.attempt.user_id, requesting_user=request.requesting_user
    )


def _mark_ready_to_resume(request: ActionRequest) -> int:
    return resuming.release_for_resumption(
        request.attempt.pk, seen=request.attempt, by=request.by, reason=request.reason
    )


def _report_error(request: ActionRequest) -> int | None:
    """End the attempt because the browser lost the proctoring software, unless that does not matter.

    It does not when the operator switched passing through on for the provider, or when the attempt is
    over. The time that was left is kept for staff to let the learner resume.
    """
    attempt = request.attempt
    backend = attempt.proctored_exam.backend
    passes_through = bool(backend) and waffle.switch_is_active(
        constants.PING_FAILURE_PASSTHROUGH_TEMPLATE.format(backend)
    )
    facts = permitted_action_check.facts_of(attempt.proctored_exam, attempt)
    outcome = permitted_actions.find_rule(Action.ERROR, facts).outcome
    blocks = not passes_through and outcome is not Outcome.IGNORED and not _is_provider_out(attempt)
    log.warning(
        "browser reported an error: attempt_id=%s exam_id=%s user_id=%s status=%s blocked=%s detail=%s",
        attempt.pk,
        attempt.proctored_exam_id,
        attempt.user_id,
        attempt.status,
        blocks,
        storable(_CONTROL_CHARACTERS.sub(" ", request.detail))[:_MAX_DETAIL],
    )
    if not blocks:
        return None
    if attempt.started_at is not None and outcome is Outcome.DONE:
        # Before the start no time was used: zero seconds left would be a punishment on resuming.
        seconds = int(get_time_remaining_for_attempt(attempt_dict(attempt)))
        saved = marking.update_and_return(attempt.pk, time_remaining_seconds=seconds)
        saved.proctored_exam, saved.user = attempt.proctored_exam, attempt.user
        request = replace(request, attempt=saved)
    return _perform(request, Action.ERROR, ProctoredExamStudentAttemptStatus.error)


def _is_provider_out(attempt: ProctoredExamStudentAttempt) -> bool:
    """Return whether errors of the proctoring software are expected: staff said that its provider is out of order."""
    exam = attempt.proctored_exam
    if not exam.is_proctored or exam.is_practice_exam:
        return False
    if declared_outages.outage_of(exam.pk, now=timezone.now()) is not None:
        return True
    return queries.is_taken_without_provider(attempt)


def _perform(request: ActionRequest, action: Action, status: str) -> int:
    """Change the status as the table says, asked under the lock: of two tabs, the second finds it done."""
    attempt = request.attempt
    facts = permitted_action_check.facts_of(attempt.proctored_exam, attempt)
    if action is Action.DECLINE and facts.kind is Kind.PROCTORED:
        # Outside the transaction: the host may read the course.
        facts = replace(facts, may_opt_out=opting_out.is_allowed(attempt.proctored_exam.course_id))
    condition = _as_expected(request, permitted_action_check.permits(action, facts))
    return status_change.change_status(attempt.pk, status, seen=attempt, condition=condition)


ACTIONS: Final[Mapping[str, Callable[[ActionRequest], int | None]]] = {
    START: _start,
    "stop": _stop,
    "submit": _submit,
    "click_download_software": _click_download_software,
    "decline": _decline,
    "reset_attempt": _reset_attempt,
    MARK_READY_TO_RESUME: _mark_ready_to_resume,
    "error": _report_error,
}
