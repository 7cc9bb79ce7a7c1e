"""Takes back registrations whose attempt was not created here, so that no provider waits for such a learner.

Contract: contract/attempts#registration-withdrawn, contract/attempts#registration-lost.

A removal that fails is an effect, and so is a registration whose reply was lost. The id of the latter is unknown, and
the protocol has no call that lists registrations. But a registration carries the attempt code as ``Idempotency-Key``:
a provider that honours it answers the same request with the id that it gave before. One that does not registers a
second attempt, which is removed at once; its first one stays, and ``honours_idempotency_key`` says so.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import connection

from edx_proctoring import backends
from edx_proctoring.api.effects import outbox
from edx_proctoring.api.effects.outbox import Effect
from edx_proctoring.api.effects.routes import Delivery, receives
from edx_proctoring.api.lifecycle import timing
from edx_proctoring.api.providers import registration_context
from edx_proctoring.backends import call_options, reply_errors
from edx_proctoring.backends.removal import remove_or_raise
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderOnboardingException,
)
from edx_proctoring.models import (
    AttemptEffect,
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAttempt,
    RetiredLearner,
)
from edx_proctoring.serializers import exam_dict
from edx_proctoring.utils.db import inner_savepoint

__all__: list[str] = []

log = logging.getLogger(__name__)

# Call of an effect that finds a registration whose reply was lost, and removes it.
WITHDRAW_LOST: Final = "withdraw_lost_registration"


def withdraw_registration(exam: Mapping[str, Any], external_id: str | None, attempt_code: str) -> None:
    """Remove the registration of an attempt that was not created after all. Never raises.

    What the provider does not remove now is an effect (``exam``: exam dict). In a caller's transaction it is
    rolled back with the rest.
    """
    if external_id is None or _is_in_use(attempt_code, external_id):
        return
    try:
        with call_options.use(is_page_waiting=True):
            remove_or_raise(backends.get_backend_provider(exam), exam["external_id"], external_id)
    except Exception as error:  # pylint: disable=broad-except
        # Plug-ins may raise anything, and the caller reports an error of its own.
        _keep(exam, outbox.removal_of(external_id, exam), error, attempt_code)


def _is_in_use(attempt_code: str, external_id: str) -> bool:
    """Return whether an attempt here has the registration.

    Two requests that register the same attempt may get the same registration, and one of them was faster.
    """
    if connection.in_atomic_block and connection.needs_rollback:
        return False
    attempts = ProctoredExamStudentAttempt.objects.filter(attempt_code=attempt_code, external_id=external_id)
    try:
        return attempts.exists()
    except Exception:  # pylint: disable=broad-except
        log.exception("attempt of a registration not looked up: attempt_code=%s", attempt_code)
        return False


def keep_lost_registration(
    exam: Mapping[str, Any],
    user_id: int,
    attempt_code: str,
    allowed_minutes: int | None,
    error: BackendProviderCannotRegisterAttempt,
) -> None:
    """Record that a provider may have registered an attempt of whose registration we have no id. Never raises."""
    if not exam.get("external_id") or not reply_errors.may_be_registered(error):
        return
    try:
        provider = backends.get_backend_provider(exam)
    except Exception:  # pylint: disable=broad-except
        return
    if getattr(provider, "honours_idempotency_key", False) is not True:
        log.warning(
            "registration may be left at the provider: exam_id=%s backend=%s attempt_code=%s",
            exam["id"],
            exam["backend"],
            attempt_code,
        )
        return
    arguments = {
        "backend": exam["backend"],
        "exam_external_id": exam["external_id"],
        "attempt_code": attempt_code,
        "user_id": user_id,
        "time_limit_mins": allowed_minutes,
    }
    _keep(exam, Effect(AttemptEffect.KIND_PROVIDER, WITHDRAW_LOST, arguments), error, attempt_code)


def _keep(exam: Mapping[str, Any], effect: Effect, error: Exception, attempt_code: str) -> None:
    try:
        with inner_savepoint():
            outbox.keep_failed_of_exam(exam["id"], effect, error, attempt_code=attempt_code)
    except Exception:  # pylint: disable=broad-except
        log.exception(
            "registration left at the provider, and that was not recorded: exam_id=%s call=%s arguments=%s",
            exam["id"],
            effect.call,
            dict(effect.arguments),
        )


@receives(AttemptEffect.KIND_PROVIDER, WITHDRAW_LOST, outlives_attempt=True)
def _withdraw_lost(delivery: Delivery) -> None:
    arguments = delivery.arguments
    code, user_id, backend = arguments["attempt_code"], arguments["user_id"], arguments["backend"]
    if ProctoredExamStudentAttempt.objects.filter(attempt_code=code).exists():
        # It was registered again with the same code, and so with the same key.
        return
    user = get_user_model().objects.filter(pk=user_id).first()
    if user is None or RetiredLearner.objects.includes(user_id):
        # The name must not be sent again; the retirement removes the registration.
        return
    stored = ProctoredExam.objects.filter(pk=delivery.exam_id).first()
    if stored is None:
        raise LookupError("the exam was removed, so the registration cannot be looked for")
    exam = {**exam_dict(stored), "backend": backend, "external_id": arguments["exam_external_id"]}
    profile_name, email = registration_context.profile_of(user_id, exam["course_id"])
    context = registration_context.context_of(
        user_id,
        exam,
        code,
        ProctoredExamReviewPolicy.get_review_policy_for_exam(stored.pk),
        full_name=registration_context.verified_name_of(user) or profile_name,
        email=email,
        allowed_minutes=arguments["time_limit_mins"],
        grants=timing.grants_for(stored.pk, user_id),
    )
    provider = backends.get_backend_provider(name=backend)
    try:
        external_id = provider.register_exam_attempt(exam, context=context)
    except BackendProviderOnboardingException:
        # Refused, so there is no registration.
        return
    log.info("lost registration found: exam_id=%s external_id=%s", stored.pk, external_id)
    try:
        remove_or_raise(provider, exam["external_id"], external_id)
    except Exception as error:  # pylint: disable=broad-except
        # An effect of its own, so that a provider which does not honour the key is not asked to register again.
        outbox.keep_failed_of_exam(stored.pk, outbox.removal_of(external_id, exam), error, attempt_code=code)
