"""The provider's copy of an exam: sent when an exam or its review policy changes, and again if that fails.

Contract: contract/exams#becomes-timed, contract/exams#provider-id, contract/exams#provider-failure.
"""

import logging
from collections.abc import Sequence
from typing import Any, Final

import requests
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from edx_proctoring import backends
from edx_proctoring.api.effects import outbox
from edx_proctoring.api.effects.outbox import Effect
from edx_proctoring.api.effects.routes import Delivery, receives
from edx_proctoring.backends import call_options
from edx_proctoring.models import AttemptEffect, ProctoredExam, ProctoredExamReviewPolicy
from edx_proctoring.serializers import ProctoredExamJSONSafeSerializer, data_of
from edx_proctoring.utils.transactions import inner_savepoint

__all__ = [
    "deactivate_exam_at_provider",
    "keep_unsent",
    "push_exam_to_provider",
    "record_sends",
    "report_deleted_exam",
    "report_timed_exam",
    "send_exam_to_provider",
    "settle_sends",
]

log = logging.getLogger(__name__)

# Call of an effect that sends an exam, as it is at that moment, to its provider.
SAVE_AT_PROVIDER: Final = "on_exam_saved"


def push_exam_to_provider(exam: ProctoredExam, policy: ProctoredExamReviewPolicy | None = None) -> None:
    """Send a proctored exam to its provider and store the id that the provider returns; never raises.

    ``policy``: the exam's review policy, read if not given. A new id is stored on ``exam`` and in its row, with a
    history row. When the provider fails, the exam stays saved and is sent again later (``keep_unsent``). Timed exams
    are not sent. Contract: contract/exams#provider-id, contract/exams#provider-failure.
    """
    try:
        send_exam_to_provider(exam, policy)
    except Exception as error:  # pylint: disable=broad-except
        # Plug-ins may raise anything, and a course must be publishable while its provider is down
        # (architecture#no-network-in-transactions).
        log.exception("exam not sent to its provider: exam_id=%s backend=%s", exam.id, exam.backend)
        keep_unsent([(exam, error)])


def send_exam_to_provider(exam: ProctoredExam, policy: ProctoredExamReviewPolicy | None = None) -> None:
    """As ``push_exam_to_provider``, but raise what the provider raises; for callers who record it for many exams."""
    if not exam.is_proctored:
        return
    if policy is None:
        policy = ProctoredExamReviewPolicy.get_review_policy_for_exam(exam.id)
    payload = data_of(ProctoredExamJSONSafeSerializer, exam)
    if policy is not None:
        payload["rule_summary"] = policy.review_policy
    provider = backends.get_backend_provider(payload)
    with call_options.use(raises_on_error=True):
        external_id = provider.on_exam_saved(payload)
    if external_id and external_id != exam.external_id:
        exam.external_id = external_id
        exam.modified = timezone.now()
        # Not save(): its receiver would send the exam again, without end if the provider returns a new id each time.
        bulk_update_with_history([exam], ProctoredExam, ["external_id", "modified"])


def report_timed_exam(exam: ProctoredExam) -> None:
    """Tell the provider that an exam became a timed exam. Contract: contract/exams#becomes-timed.

    A provider that is not configured any more is logged; one that does not answer is told later. Raises what else a
    plug-in raises.
    """
    try:
        deactivate_exam_at_provider(exam)
    except requests.RequestException as error:
        log.warning("provider not informed of an exam that became timed: exam_id=%s backend=%s", exam.id, exam.backend)
        keep_unsent([(exam, error)])


def report_deleted_exam(exam: ProctoredExam) -> None:
    """Tell the provider of a proctored exam that it was deleted, now or later; never raises."""
    if not exam.is_proctored:
        return
    try:
        deactivate_exam_at_provider(exam)
    except Exception as error:  # pylint: disable=broad-except
        log.exception("provider not informed of deleted exam: exam_id=%s backend=%s", exam.id, exam.backend)
        keep_unsent([(exam, error)])


def deactivate_exam_at_provider(exam: ProctoredExam) -> None:
    """Send an exam as inactive. A provider that is not configured is logged. Raises what the provider raises."""
    try:
        provider = backends.get_backend_provider(name=exam.backend)
    except NotImplementedError:
        log.exception("provider is not configured: exam_id=%s backend=%s", exam.id, exam.backend)
        return
    _send_as_inactive(exam, provider)


def _send_as_inactive(exam: ProctoredExam, provider: Any) -> None:
    payload = data_of(ProctoredExamJSONSafeSerializer, exam)
    payload["is_active"] = False
    with call_options.use(raises_on_error=True):
        provider.on_exam_saved(payload)


def record_sends(exams: Sequence[ProctoredExam]) -> list[AttemptEffect]:
    """Record, in the transaction that writes the exams, that their providers are to get them after it.

    If the process dies before ``settle_sends``, the deliverer sends them.
    """
    configured = {name for name in {exam.backend for exam in exams} if _is_configured(name)}
    return outbox.record_intents_of_exams(
        [(exam.pk, _save_at(exam.backend)) for exam in exams if exam.backend in configured]
    )


def settle_sends(recorded: Sequence[AttemptEffect], failed: Sequence[tuple[ProctoredExam, Exception]]) -> None:
    """Delete what ``record_sends`` recorded, now that the exams are sent; those that failed are kept. Never raises."""
    try:
        with transaction.atomic():
            if recorded:
                outbox.settle_intents_of_exams(recorded)
            keep_unsent(failed)
    except Exception:  # pylint: disable=broad-except
        # They become due by themselves, and are sent once more.
        log.exception("effects of sent exams not deleted: exam_ids=%s", [row.exam_id for row in recorded])


def _is_configured(backend: str | None) -> bool:
    try:
        backends.get_backend_provider(name=backend)
    except (NotImplementedError, ImproperlyConfigured):
        return False
    return True


def _save_at(backend: str | None) -> Effect:
    return Effect(AttemptEffect.KIND_PROVIDER, SAVE_AT_PROVIDER, {"backend": backend})


def keep_unsent(failed: Sequence[tuple[ProctoredExam, Exception]]) -> None:
    """Record that providers have not heard of these exams, each with what went wrong. Never raises.

    A provider that is not configured is no failure: hosts name providers that run elsewhere.
    """
    failures = [
        (exam.id, _save_at(exam.backend), error)
        for exam, error in failed
        if not isinstance(error, (NotImplementedError, ImproperlyConfigured))
    ]
    try:
        with inner_savepoint():
            outbox.keep_failed_of_exams(failures)
    except Exception:  # pylint: disable=broad-except
        log.exception("exams that were not sent are not recorded: exam_ids=%s", [exam.id for exam, _ in failed])


@receives(AttemptEffect.KIND_PROVIDER, SAVE_AT_PROVIDER, outlives_attempt=True)
def _save_at_provider(delivery: Delivery) -> None:
    # Of the exam as it is now, so that the newest save has the last word.
    exam = ProctoredExam.objects.filter(pk=delivery.exam_id).first()
    backend = delivery.arguments["backend"]
    if exam is not None and exam.is_proctored:
        if exam.backend == backend:
            send_exam_to_provider(exam)
        # Otherwise the exam moved to another provider, which was told when it did.
        return
    if exam is None:
        last = ProctoredExam.history.filter(id=delivery.exam_id).first()
        exam = None if last is None else last.instance
    if exam is not None and exam.external_id:
        _send_as_inactive(exam, backends.get_backend_provider(name=backend))
