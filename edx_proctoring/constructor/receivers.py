"""A review that came before the submission is applied when the learner submits."""

from typing import Any, Final

from django.apps import apps
from django.dispatch import receiver

from edx_proctoring.backends.constructor import ConstructorProctoringProvider
from edx_proctoring.constructor import received_reviews
from edx_proctoring.signals import exam_attempt_status_signal
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

_SUBMITTED: Final = frozenset({Status.submitted, Status.timed_out})


@receiver(exam_attempt_status_signal, dispatch_uid="edx_proctoring.constructor")
def apply_waiting_review(sender: Any, attempt_id: int, status: str, **kwargs: Any) -> None:
    """Apply the review that waits for this attempt, if there is one. Costs nothing without a backend of our class."""
    if status in _SUBMITTED and _is_in_use():
        received_reviews.apply_draft_of(attempt_id)


def _is_in_use() -> bool:
    configured = apps.get_app_config("edx_proctoring").backends.values()  # type: ignore[attr-defined]
    return any(isinstance(provider, ConstructorProctoringProvider) for provider in configured)
