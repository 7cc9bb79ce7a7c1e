"""The requests a learner, or the page on the learner's behalf, sends during an exam.

Each action of a client is one function here; which status may follow which is decided by the tables
of ``lifecycle.transitions``. Clients repeat requests when the network is bad, so a request whose
purpose is already reached is answered like the first one. Spec: rest-api.md 4.3, 4.4.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import waffle

from edx_proctoring import backends, constants
from edx_proctoring.api.attempts import entry, marking, removal, resuming, starting
from edx_proctoring.api.attempts.entry_check import Entry
from edx_proctoring.api.lifecycle import queries, status_change, timing
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

# The exam was handed in, whatever became of it since. A late "submit" of the timer changes nothing:
# it must neither move the time of submission nor put a verdict back to "submitted".
_HANDED_IN: Final = frozenset(
    {
        ProctoredExamStudentAttemptStatus.submitted,
        ProctoredExamStudentAttemptStatus.second_review_required,
        ProctoredExamStudentAttemptStatus.verified,
        ProctoredExamStudentAttemptStatus.rejected,
    }
)

# The learner's browser chooses the text of an error report: no line breaks, not endless.
_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MAX_DETAIL: Final = 500


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """One request about one attempt.

    ``attempt``: as just read, with exam and user. ``requesting_user``: the caller, passed on to
    services. ``detail``: the browser's description of an error.
    """

    attempt: ProctoredExamStudentAttempt
    requesting_user: Any
    detail: str = ""


def create_attempt_for_learner(asked: Entry, /, *, take_as_proctored: bool, start_clock: bool) -> int:
    """Let a learner enter an exam; return the id of the attempt.

    Args:
        asked: exam and learner, as just looked up.
        take_as_proctored: the learner's choice; has no meaning for a timed exam.
        start_clock: start at once. A learner who opts out of proctoring has the attempt declined
            instead, and starts afterwards.

    Raises ProctoredExamPermissionDenied when the exam is past due for this learner, what the look-up
    of an unknown provider raises, and what ``entry.create_exam_attempt`` raises; then nothing is
    left behind. A provider that wants the learner onboarded first is no error: the attempt then has
    an ``onboarding_*`` status, and no clock starts.
    """
    exam = asked.exam_dict
    if not exam["is_practice_exam"] and timing.is_over(exam, asked.due_date):
        raise ProctoredExamPermissionDenied(
            f"Attempted to access expired exam with exam_id {exam['id']} in course_id {exam['course_id']}"
        )
    proctored = bool(exam["is_proctored"])
    # Asked before anything is made: without its provider the attempt could be neither declined nor started.
    backends.get_backend_provider(exam)
    attempt = entry.enter(asked, taking_as_proctored=proctored and take_as_proctored)
    if proctored and not take_as_proctored:
        status_change.update_attempt_status(attempt.pk, ProctoredExamStudentAttemptStatus.declined)
    elif start_clock and not (proctored and _needs_onboarding(attempt)):
        starting.start(attempt)
    return attempt.pk


def _needs_onboarding(attempt: ProctoredExamStudentAttempt) -> bool:
    """Whether the provider wants the learner onboarded before this attempt."""
    return attempt.status in ProctoredExamStudentAttemptStatus.onboarding_errors


def perform_action(action: str, request: ActionRequest) -> int | None:
    """Perform the requested action; return the id of the attempt the learner is in now.

    None: nothing was changed, on purpose (an error report that does not count). Raises ``KeyError``
    for an action not in ``ACTIONS``, and the exceptions of the transition.
    """
    return ACTIONS[action](request)


def _start(request: ActionRequest) -> int:
    # A learner starts the current attempt of the exam, even if the request names an older one.
    attempt = request.attempt
    if queries.newest_attempt_id(attempt.proctored_exam_id, attempt.user_id) == attempt.pk:
        return starting.start(attempt)
    return starting.start_exam_attempt(exam_id=attempt.proctored_exam_id, user_id=attempt.user_id)


def _stop(request: ActionRequest) -> int:
    return _move_to(request, ProctoredExamStudentAttemptStatus.ready_to_submit)


def _submit(request: ActionRequest) -> int:
    # Asked under the lock: of two tabs that hand in together, the second finds it done.
    return _move_to(
        request,
        ProctoredExamStudentAttemptStatus.submitted,
        condition=lambda attempt: attempt.status not in _HANDED_IN,
    )


def _click_download_software(request: ActionRequest) -> int:
    return _move_to(request, ProctoredExamStudentAttemptStatus.download_software_clicked)


def _decline(request: ActionRequest) -> int:
    return _move_to(request, ProctoredExamStudentAttemptStatus.declined)


def _reset_attempt(request: ActionRequest) -> int:
    return removal.reset_practice_exam(
        request.attempt.proctored_exam_id, request.attempt.user_id, requesting_user=request.requesting_user
    )


def _mark_ready_to_resume(request: ActionRequest) -> int:
    return resuming.mark_exam_attempt_as_ready_to_resume(request.attempt.pk)


def _report_error(request: ActionRequest) -> int | None:
    """End the attempt because the browser lost the proctoring software, unless that does not matter.

    It does not when the operator switched passing through on for the provider, or when the attempt
    is over. The time that was left is kept for staff to let the learner resume.
    """
    attempt = request.attempt
    backend = attempt.proctored_exam.backend
    passes_through = bool(backend) and waffle.switch_is_active(
        constants.PING_FAILURE_PASSTHROUGH_TEMPLATE.format(backend)
    )
    blocks = not passes_through and not ProctoredExamStudentAttemptStatus.is_completed_status(attempt.status)
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
    if attempt.started_at is not None:
        # Before the start no time was used: zero seconds left would be a punishment on resuming.
        marking.update_exam_attempt(
            attempt.pk, time_remaining_seconds=int(get_time_remaining_for_attempt(attempt_dict(attempt)))
        )
    # Asked again under the lock: an exam that is handed in meanwhile stays handed in.
    return _move_to(
        request,
        ProctoredExamStudentAttemptStatus.error,
        condition=lambda current: not ProctoredExamStudentAttemptStatus.is_completed_status(current.status),
    )


def _move_to(request: ActionRequest, status: str, *, condition: status_change.Condition | None = None) -> int:
    return status_change.change_status(request.attempt.pk, status, seen=request.attempt, condition=condition)


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
