"""Takes back registrations whose attempt was not created here, so that no provider waits for such a learner.

Contract: contract/attempts#registration-withdrawn. A registration whose id is unknown: ``registration_intents``.
"""

import logging
from collections.abc import Mapping
from typing import Any

from edx_proctoring import backends
from edx_proctoring.api.effects import outbox
from edx_proctoring.api.providers import registration_intents
from edx_proctoring.backends import call_options
from edx_proctoring.backends.attempt_removal import remove_or_raise
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt
from edx_proctoring.utils.transactions import inner_savepoint, is_transaction_broken

__all__: list[str] = []

log = logging.getLogger(__name__)


def withdraw_registration(
    exam: Mapping[str, Any], external_id: str | None, attempt_code: str, intent: AttemptEffect | None
) -> None:
    """Remove the registration of an attempt that was not created after all. Never raises.

    What the provider does not remove now is an effect (``exam``: exam dict). In a caller's transaction it is
    rolled back with the rest. ``intent``: that of the registration.
    """
    if external_id is None or _is_in_use(attempt_code, external_id):
        registration_intents.discard(intent)
        return
    try:
        with call_options.use(is_page_waiting=True):
            remove_or_raise(backends.get_backend_provider(exam), exam["external_id"], external_id)
    except Exception as error:  # pylint: disable=broad-except
        # Plug-ins may raise anything, and the caller reports an error of its own.
        if not _keep_removal(exam, external_id, attempt_code, error):
            # Without the database there is only the intent.
            return
    registration_intents.discard(intent)


def _is_in_use(attempt_code: str, external_id: str) -> bool:
    """Return whether an attempt here has the registration.

    Two requests that register the same attempt may get the same registration, and one of them was faster.
    """
    if is_transaction_broken():
        return False
    attempts = ProctoredExamStudentAttempt.objects.filter(attempt_code=attempt_code, external_id=external_id)
    try:
        return attempts.exists()
    except Exception:  # pylint: disable=broad-except
        log.exception("attempt of a registration not looked up: attempt_code=%s", attempt_code)
        return False


def _keep_removal(exam: Mapping[str, Any], external_id: str, attempt_code: str, error: Exception) -> bool:
    """Record a removal that failed; return whether that was possible."""
    removal = outbox.removal_of(external_id, exam)
    try:
        with inner_savepoint():
            outbox.keep_failed_of_exam(exam["id"], removal, error, attempt_code=attempt_code)
    except Exception:  # pylint: disable=broad-except
        log.exception(
            "registration left at the provider, and that was not recorded: exam_id=%s arguments=%s",
            exam["id"],
            dict(removal.arguments),
        )
        return False
    return True
