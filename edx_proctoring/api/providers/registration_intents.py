"""What is recorded before a registration, so that none stays at its provider without an attempt here.

Contract: contract/attempts#registration-intent, contract/attempts#registration-lost.

The intent is an effect, written before the provider is called and deleted in the transaction that inserts the attempt.
If the process dies in between, or the reply is lost, the effect becomes due. The id of the registration is unknown
then, and the protocol has no call that lists registrations. But a registration carries the attempt code as
``Idempotency-Key``: a provider that honours it answers the same request with the id that it gave before, and that is
removed. One that does not would register a second attempt, so it is not asked: the effect fails, and a person asks the
provider.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth import get_user_model

from edx_proctoring import backends
from edx_proctoring.api.effects import outbox, retrying
from edx_proctoring.api.effects.outbox import Effect
from edx_proctoring.api.effects.routes import Delivery, receives
from edx_proctoring.api.lifecycle import allowed_time
from edx_proctoring.api.providers import registration_context
from edx_proctoring.backends import call_options
from edx_proctoring.backends.attempt_removal import remove_or_raise
from edx_proctoring.backends.reply_errors import ProviderRefused
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt, BackendProviderOnboardingException
from edx_proctoring.models import (
    AttemptEffect,
    ProctoredExam,
    ProctoredExamReviewPolicy,
    ProctoredExamStudentAttempt,
    RetiredLearner,
)
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status
from edx_proctoring.utils.transactions import is_transaction_broken

__all__: list[str] = []

log = logging.getLogger(__name__)

# Call of an effect that finds a registration without an attempt, and removes it.
WITHDRAW_LOST: Final = "withdraw_lost_registration"

# Status of the exception if the registration was withdrawn while it was being made.
_TRY_AGAIN: Final = 503


def record(
    provider: Any, exam: Mapping[str, Any], user_id: int, attempt_code: str, allowed_minutes: int | None
) -> AttemptEffect | None:
    """Record that a registration is about to be made; None for a provider that needs no withdrawal.

    Needed are withdrawals by the providers over REST. Software Secure has no call for it, and other plug-ins say with
    the attribute ``honours_idempotency_key`` that they register elsewhere. ``exam``: exam dict.
    """
    if not isinstance(getattr(provider, "honours_idempotency_key", None), bool):
        return None
    arguments = {
        "backend": exam["backend"],
        # Blank if the provider gets to know the exam only with this registration.
        "exam_external_id": exam.get("external_id") or "",
        "attempt_code": attempt_code,
        "user_id": user_id,
        "time_limit_mins": allowed_minutes,
    }
    effect = Effect(AttemptEffect.KIND_PROVIDER, WITHDRAW_LOST, arguments)
    return outbox.record_intent(exam["id"], effect, attempt_code=attempt_code)


def settle(intent: AttemptEffect | None) -> None:
    """Delete an intent in the transaction that stores the registration.

    Raises ``BackendProviderCannotRegisterAttempt`` if this process was so slow that another one has begun to withdraw
    the registration.
    """
    if intent is not None and not outbox.settle_intent(intent):
        raise BackendProviderCannotRegisterAttempt("The registration took too long; try again.", _TRY_AGAIN)


def discard(intent: AttemptEffect | None) -> None:
    """Delete an intent: there is no registration, or its removal is recorded. Never raises.

    One that cannot be deleted is found obsolete when it is due.
    """
    if intent is None or is_transaction_broken():
        return
    try:
        outbox.settle_intent(intent)
    except Exception:  # pylint: disable=broad-except
        log.exception("intent of a registration not deleted: effect_id=%s", intent.pk)


def keep(intent: AttemptEffect | None, error: Exception) -> None:
    """Note that the provider may have registered an attempt of whose registration we have no id. Never raises."""
    if intent is None or is_transaction_broken():
        return
    try:
        retrying.note_failure(intent, error)
    except Exception:  # pylint: disable=broad-except
        # It becomes due by itself.
        log.exception("failure of a registration not recorded: effect_id=%s", intent.pk)


@receives(AttemptEffect.KIND_PROVIDER, WITHDRAW_LOST, outlives_attempt=True)
def _withdraw_lost(delivery: Delivery) -> None:
    arguments = delivery.arguments
    code, user_id = arguments["attempt_code"], arguments["user_id"]
    if _is_in_use(code):
        return
    user = get_user_model().objects.filter(pk=user_id).first()
    if user is None or RetiredLearner.objects.includes(user_id):
        # The name must not be sent again; the retirement removes the registration.
        return
    stored = ProctoredExam.objects.filter(pk=delivery.exam_id).first()
    if stored is None:
        raise LookupError("the exam was removed, so the registration cannot be looked for")
    exam_external_id = arguments["exam_external_id"] or stored.external_id
    exam = {**exam_dict(stored), "backend": arguments["backend"], "external_id": exam_external_id}
    provider = backends.get_backend_provider(name=arguments["backend"])
    _refuse_unless_found_by_code(provider, exam, code)
    external_id = _register_again(provider, exam, user, code, arguments["time_limit_mins"])
    if external_id is None:
        return
    log.info("lost registration found: exam_id=%s external_id=%s", stored.pk, external_id)
    try:
        remove_or_raise(provider, exam["external_id"], external_id)
    except Exception as error:  # pylint: disable=broad-except
        # An effect of its own, so that a provider which does not honour the key is not asked to register again.
        outbox.keep_failed_of_exam(stored.pk, outbox.removal_of(external_id, exam), error, attempt_code=code)


def _is_in_use(attempt_code: str) -> bool:
    """Return whether an attempt here is registered with this code, and so with the same key.

    Raises ``LookupError`` for one that is about to be: it was made before its exam was proctored, and its learner's
    next try sends the same key.
    """
    attempts = ProctoredExamStudentAttempt.objects.filter(attempt_code=attempt_code)
    attempt = attempts.values("external_id", "status").first()
    if attempt is None:
        return False
    if attempt["external_id"]:
        return True
    if attempt["status"] == Status.created:
        raise LookupError("the attempt is here and waits for its learner to register it again")
    return False


def _refuse_unless_found_by_code(provider: Any, exam: Mapping[str, Any], attempt_code: str) -> None:
    """Raise ``ProviderRefused`` if the provider cannot be asked for a registration of which only the code is known."""
    if not exam["external_id"]:
        raise ProviderRefused("the provider's id of the exam is unknown; ask the provider for the attempt code")
    if getattr(provider, "honours_idempotency_key", False) is not True:
        raise ProviderRefused("the provider finds nothing by the attempt code; ask it to remove the registration")


def _register_again(
    provider: Any, exam: dict[str, Any], user: Any, attempt_code: str, allowed_minutes: int | None
) -> str | None:
    """Send a registration once more, with the same key; return the id, None if the provider demands onboarding."""
    profile_name, email = registration_context.profile_of(user.pk, exam["course_id"])
    context = registration_context.context_of(
        user.pk,
        exam,
        attempt_code,
        ProctoredExamReviewPolicy.get_review_policy_for_exam(exam["id"]),
        full_name=registration_context.verified_name_of(user) or profile_name,
        email=email,
        allowed_minutes=allowed_minutes,
        grants=allowed_time.grants_for(exam["id"], user.pk),
    )
    try:
        with call_options.use(is_in_background=True):
            external_id: str = provider.register_exam_attempt(exam, context=context)
    except BackendProviderOnboardingException:
        # Refused, so there is no registration.
        return None
    return external_id
