"""Stand-in for the name-affirmation plug-in, which listens to this package (Spec: host-platform.md 5.2, 8.1).

Its receiver has every keyword as a *required* argument: a signal sent with one less fails here as it would there.
"""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete

from demo.services import journal


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
    """Receiver of ``exam_attempt_status_signal``: notes what it got."""
    journal.write(
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
    journal.write("signal", "attempt_deleted", {"attempt_id": instance.id})


def connect() -> None:
    """Wire both receivers, once."""
    from edx_proctoring.models import ProctoredExamStudentAttempt
    from edx_proctoring.signals import exam_attempt_status_signal

    exam_attempt_status_signal.connect(on_attempt_status, dispatch_uid="demo.observers.status")
    post_delete.connect(on_attempt_deleted, sender=ProctoredExamStudentAttempt, dispatch_uid="demo.observers.deleted")
