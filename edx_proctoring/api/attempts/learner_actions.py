"""What a learner, or the page on the learner's behalf, asks for during an exam.

Spec: rest-api.md 4.3 and 4.4. Each request of a client is one function here; the rules of who may
become what are those of ``transitions``. A client repeats itself when the network is bad, so a
request whose purpose is already reached is answered like the first one.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import waffle
from django.utils import timezone

from edx_proctoring import backends, constants
from edx_proctoring.api.attempts import attempts, removal
from edx_proctoring.api.attempts.entry_check import Entrance
from edx_proctoring.api.lifecycle import timing, transitions
from edx_proctoring.exceptions import ProctoredExamPermissionDenied
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus
from edx_proctoring.utils import get_time_remaining_for_attempt
from edx_proctoring.utils.storable import storable

__all__ = ["ActionRequest", "create_attempt_for_learner", "perform_action", "perform_at_once"]

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

# What a browser says about its error is the learner's to choose: no line breaks, not endless.
_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MAX_DETAIL: Final = 500


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """One request about one attempt.

    ``attempt``: attempt dict as just read. ``requesting_user``: who is signed in, as far as other
    services need to know. ``detail``: what the browser says about an error. ``seen``: the attempt that
    the dict was made of, with exam and user; without it, it is read once more.
    """

    attempt: Mapping[str, Any]
    requesting_user: Any
    detail: str = ""
    seen: ProctoredExamStudentAttempt | None = None

    @property
    def attempt_id(self) -> int:
        """The id of the attempt."""
        return self.attempt["id"]

    @property
    def exam(self) -> Mapping[str, Any]:
        """The exam dict."""
        return self.attempt["proctored_exam"]

    @property
    def user_id(self) -> int:
        """The id of the learner whose attempt it is."""
        return self.attempt["user"]["id"]


def create_attempt_for_learner(entrance: Entrance, /, *, take_as_proctored: bool, start_clock: bool) -> int:
    """Let a learner enter an exam; return the id of the attempt (rest-api.md 4.3).

    Args:
        entrance: exam and learner, as just looked at.
        take_as_proctored: the learner's choice; means nothing for a timed exam.
        start_clock: start at once. A learner who opts out of proctoring has the attempt declined
            instead, and starts afterwards.

    Raises ProctoredExamPermissionDenied when the exam is past due for this learner, what the look-up
    of an unknown provider raises, and what ``attempts.create_exam_attempt`` raises; then nothing is
    left behind. A provider that wants the learner onboarded first is no error: the attempt then has
    an ``onboarding_*`` status, and no clock starts.
    """
    exam, user_id = entrance.exam_dict, entrance.user_id
    if not exam["is_practice_exam"] and timing.is_exam_passed_due(dict(exam), user_id):
        raise ProctoredExamPermissionDenied(
            f"Attempted to access expired exam with exam_id {exam['id']} in course_id {exam['course_id']}"
        )
    proctored = bool(exam["is_proctored"])
    # Asked before anything is made: without its provider the attempt could be neither declined nor started.
    backends.get_backend_provider(exam)
    attempt = attempts.enter(entrance, taking_as_proctored=proctored and take_as_proctored)
    if proctored and not take_as_proctored:
        transitions.update_attempt_status(attempt.pk, ProctoredExamStudentAttemptStatus.declined)
    elif start_clock and not (proctored and _is_kept_out(attempt)):
        attempts.start(attempt)
    return attempt.pk


def _is_kept_out(attempt: ProctoredExamStudentAttempt) -> bool:
    """Whether the provider wants the learner onboarded before this attempt."""
    return attempt.status in ProctoredExamStudentAttemptStatus.onboarding_errors


def perform_action(action: str, request: ActionRequest) -> int | None:
    """Do what was asked; return the id of the attempt the learner is in now.

    None: nothing was changed, on purpose (an error report that does not count). Raises ``KeyError``
    for an action not in ``ACTIONS``, and the exceptions of the transition.
    """
    return ACTIONS[action](request)


# What the timer and its page ask for: nobody but the attempt's owner may, and no gate or service has a say.
_AT_ONCE: Final = {
    "stop": ProctoredExamStudentAttemptStatus.ready_to_submit,
    "submit": ProctoredExamStudentAttemptStatus.submitted,
}


def perform_at_once(
    action: Any, attempt_id: int, *, authorize: Callable[[ProctoredExamStudentAttempt], None]
) -> int | None:
    """Do what was asked with a single look at the attempt, under its lock; return its id.

    None: it cannot be done so, and nothing was changed; ``perform_action`` can, for an attempt that was read
    before. ``authorize``: raises if the caller may not. Raises ``StudentExamAttemptDoesNotExistsException``,
    and the exceptions of the transition.
    """
    if not isinstance(action, str) or action not in _AT_ONCE:
        return None
    try:
        return transitions.change_status(
            attempt_id, _AT_ONCE[action], condition=lambda attempt: _may_be_done_at_once(action, attempt, authorize)
        )
    except _TimeIsUp:
        return None


class _TimeIsUp(Exception):
    """The clock has run out unnoticed: to end the attempt is a change of its own, and comes first."""


def _may_be_done_at_once(
    action: str, attempt: ProctoredExamStudentAttempt, authorize: Callable[[ProctoredExamStudentAttempt], None]
) -> bool:
    authorize(attempt)
    if transitions.time_is_up(attempt, timezone.now()):
        raise _TimeIsUp
    return action != "submit" or _is_not_handed_in(attempt)


def _is_not_handed_in(attempt: ProctoredExamStudentAttempt) -> bool:
    return attempt.status not in _HANDED_IN


def _start(request: ActionRequest) -> int:
    # By its id a learner starts the current attempt, which this one is as long as it is the only one.
    if request.seen is not None and not getattr(request.seen, "has_others", True):
        return attempts.start(request.seen)
    return attempts.start_exam_attempt(exam_id=request.exam["id"], user_id=request.user_id)


def _stop(request: ActionRequest) -> int:
    return attempts.stop_exam_attempt(request.attempt_id)


def _submit(request: ActionRequest) -> int:
    # Asked under the lock: of two tabs that hand in together, the second finds it done.
    return transitions.change_status(
        request.attempt_id, ProctoredExamStudentAttemptStatus.submitted, condition=_is_not_handed_in
    )


def _click_download_software(request: ActionRequest) -> int:
    return _moved_to(request, ProctoredExamStudentAttemptStatus.download_software_clicked)


def _decline(request: ActionRequest) -> int:
    return _moved_to(request, ProctoredExamStudentAttemptStatus.declined)


def _reset_attempt(request: ActionRequest) -> int:
    return removal.reset_practice_exam(request.exam["id"], request.user_id, requesting_user=request.requesting_user)


def _mark_ready_to_resume(request: ActionRequest) -> int:
    return attempts.mark_exam_attempt_as_ready_to_resume(request.attempt_id)


def _report_error(request: ActionRequest) -> int | None:
    """End the attempt because the browser lost the proctoring software, unless that does not matter.

    It does not when the operator switched passing through on for the provider, or when the attempt
    is over. The time that was left is kept for staff to let the learner resume.
    """
    backend = request.exam["backend"]
    passes_through = bool(backend) and waffle.switch_is_active(
        constants.PING_FAILURE_PASSTHROUGH_TEMPLATE.format(backend)
    )
    status = request.attempt["status"]
    blocks = not passes_through and not ProctoredExamStudentAttemptStatus.is_completed_status(status)
    log.warning(
        "browser reported an error: attempt_id=%s exam_id=%s user_id=%s status=%s blocked=%s detail=%s",
        request.attempt_id,
        request.exam["id"],
        request.user_id,
        status,
        blocks,
        storable(_CONTROL_CHARACTERS.sub(" ", request.detail))[:_MAX_DETAIL],
    )
    if not blocks:
        return None
    if request.attempt["started_at"] is not None:
        # Before the start nothing was used: zero seconds left would be a punishment on resuming.
        attempts.update_exam_attempt(
            request.attempt_id, time_remaining_seconds=int(get_time_remaining_for_attempt(request.attempt))
        )
    # Asked again under the lock: an exam that is handed in meanwhile stays handed in.
    return transitions.change_status(
        request.attempt_id,
        ProctoredExamStudentAttemptStatus.error,
        condition=lambda attempt: not ProctoredExamStudentAttemptStatus.is_completed_status(attempt.status),
    )


def _moved_to(request: ActionRequest, status: str) -> int:
    transitions.update_attempt_status(request.attempt_id, status)
    return request.attempt_id


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
