"""When an attempt is over, its session ends, and a review that came before the submission is handed to the core."""

from typing import Any, Final

from django.apps import apps
from django.dispatch import receiver

from edx_proctoring.backends.constructor import ConstructorProctoringProvider
from edx_proctoring.constructor import received_reviews, sessions
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

_SUBMITTED: Final = frozenset({Status.submitted, Status.timed_out})


@receiver(exam_attempt_status_signal, dispatch_uid="edx_proctoring.constructor")
def follow_attempt(sender: Any, attempt_id: int, status: str, **kwargs: Any) -> None:
    """Follow the attempt. Costs nothing without a backend of our class.

    The provider's call ends the session, too. It is not made for every end, and what it writes is undone with it if the
    vendor does not answer inside a transaction of the host.
    """
    if status in sessions.OPEN_STATUSES or not _is_in_use():
        return
    sessions.note_attempt_over(attempt_id)
    if status in _SUBMITTED:
        received_reviews.hand_over_waiting(attempt_id)


def _is_in_use() -> bool:
    configured = apps.get_app_config("edx_proctoring").backends.values()  # type: ignore[attr-defined]
    return any(isinstance(provider, ConstructorProctoringProvider) for provider in configured)
