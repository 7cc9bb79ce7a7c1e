"""Ask providers to remove attempts whose rows are about to be deleted.

Contract: contract/attempts#removal-strict, contract/attempts#removal-many.

The provider is called before the row is deleted, because the row holds the ids that the call needs.
Both functions are published under ``edx_proctoring.api``; they are here, below the models, because
a model manager uses them too.
"""

import logging
from collections.abc import Collection, Iterable
from typing import Any

import requests
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from edx_proctoring import backends
from edx_proctoring.backends import reply_errors
from edx_proctoring.exceptions import (
    BackendProviderCannotRemoveAttempt,
    BackendProviderGone,
    BackendProviderRemovalNotConfirmed,
)

log = logging.getLogger(__name__)


def _remove_exam_attempt_from_backend(attempt: Any) -> None:
    """Ask the provider of an attempt to remove it; the caller must not delete the row if this raises.

    ``attempt``: a ``ProctoredExamStudentAttempt``. Does nothing for an attempt that has no provider
    or was never registered with it. Raises ``BackendProviderCannotRemoveAttempt`` if the provider
    fails; its subclass ``BackendProviderGone`` if the provider is not configured or cannot remove
    attempts at all; its subclass ``BackendProviderRemovalNotConfirmed`` if the provider answers
    without confirming the removal.
    """
    exam = attempt.proctored_exam
    if not (exam.is_proctored and attempt.external_id):
        return
    facts = (attempt.pk, exam.pk, exam.backend)
    try:
        provider = backends.get_backend_provider(name=exam.backend)
    except (NotImplementedError, ImproperlyConfigured) as cause:
        log.warning("provider of attempt is not configured: attempt_id=%s exam_id=%s backend=%s", *facts)
        raise BackendProviderGone(_unavailable_text()) from cause
    try:
        is_removed = provider is None or provider.remove_exam_attempt(exam.external_id, attempt.external_id)
    except Exception as cause:
        log.exception("provider cannot remove attempt: attempt_id=%s exam_id=%s backend=%s", *facts)
        has_no_such_call = reply_errors.status_of(cause) in reply_errors.NO_SUCH_CALL
        # The text is shown to people; the technical cause goes to the log only.
        raise (BackendProviderGone if has_no_such_call else BackendProviderCannotRemoveAttempt)(
            _unavailable_text()
        ) from cause
    if not is_removed:
        log.warning("provider did not confirm removal: attempt_id=%s exam_id=%s backend=%s", *facts)
        raise BackendProviderRemovalNotConfirmed(_unavailable_text())


def remove_or_raise(provider: Any, exam_external_id: str, external_id: str) -> None:
    """Ask a provider to remove an attempt, for callers who keep a row for the call.

    Raises what the provider raises; ``reply_errors.ProviderRefused`` if repeating the call cannot help;
    ``BackendProviderRemovalNotConfirmed``.
    """
    try:
        is_removed = provider.remove_exam_attempt(exam_external_id, external_id)
    except requests.HTTPError as error:
        reply_errors.raise_if_refused(error)
        raise
    if not is_removed:
        raise BackendProviderRemovalNotConfirmed("the provider did not confirm the removal")


def _remove_exam_attempts_from_backend(
    attempts: Iterable[Any], failed_backends: Collection[str | None] = frozenset()
) -> set[str | None]:
    """Ask providers to remove many attempts; the rows may be deleted whatever the providers answer.

    Never raises because of a provider. One that fails is not called again, so a provider that is
    down costs one time limit and not one per attempt; one that does not confirm is called again.

    Args:
        attempts: ``ProctoredExamStudentAttempt`` objects, best loaded with their exams.
        failed_backends: names of providers that are not to be called.

    Returns ``failed_backends`` plus the providers that failed now: the next batch gets this set.
    """
    failed = set(failed_backends)
    for attempt in attempts:
        name = attempt.proctored_exam.backend
        if name in failed:
            continue
        try:
            _remove_exam_attempt_from_backend(attempt)
        except BackendProviderRemovalNotConfirmed:
            log.warning("removal not confirmed, continuing: attempt_id=%s backend=%s", attempt.pk, name)
        except BackendProviderCannotRemoveAttempt:
            log.warning("provider failed, not called again in this run: attempt_id=%s backend=%s", attempt.pk, name)
            failed.add(name)
    return failed


def _unavailable_text() -> str:
    return _(
        "The proctoring service is temporarily unavailable, so the attempt was not removed. "
        "Please try again in a few minutes."
    )
