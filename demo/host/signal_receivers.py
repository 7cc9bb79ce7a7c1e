"""Stand-in for the name-affirmation plug-in, which connects receivers to this package's signals.

Like there, every keyword of the status receiver is *required*: a signal sent without one of them fails.
"""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete

from demo.host import call_log
from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.signals import exam_attempt_status_signal


def on_attempt_status(
    sender: str,
    attempt_id: int,
    user_id: int,
    status: str,
    full_name: str | None,
    profile_name: str | None,
    is_practice_exam: bool,
    is_proctored: bool,
    backend_supports_onboarding: bool | None,
    **kwargs: Any,
) -> None:
    """Receiver of ``exam_attempt_status_signal``: logs what it received."""
    call_log.write(
        "signal",
        "exam_attempt_status",
        {
            "attempt_id": attempt_id,
            "user_id": user_id,
            "status": status,
            "is_practice_exam": is_practice_exam,
            "is_proctored": is_proctored,
            "backend_supports_onboarding": backend_supports_onboarding,
        },
    )


def on_attempt_deleted(sender: type, instance: Any, **kwargs: Any) -> None:
    """Receiver of the attempt model's ``post_delete``: reads the id, as the plug-in does."""
    call_log.write("signal", "attempt_deleted", {"attempt_id": instance.id})


def connect() -> None:
    """Connect both receivers; connecting them again changes nothing."""
    exam_attempt_status_signal.connect(on_attempt_status, dispatch_uid="demo.signal_receivers.status")
    post_delete.connect(
        on_attempt_deleted, sender=ProctoredExamStudentAttempt, dispatch_uid="demo.signal_receivers.deleted"
    )
