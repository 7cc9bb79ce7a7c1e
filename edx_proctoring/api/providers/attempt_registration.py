"""Registers an attempt with its provider, before its row exists.

Contract: contract/attempts#registration, contract/provider-interface#registration-context.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from edx_proctoring import backends
from edx_proctoring.api.lifecycle import allowed_time, queries
from edx_proctoring.api.lifecycle.allowed_time import Grants
from edx_proctoring.api.providers import registration_context, registration_intents
from edx_proctoring.backends import reply_errors
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderOnboardingException,
)
from edx_proctoring.models import AttemptEffect, ProctoredExam, ProctoredExamReviewPolicy

__all__: list[str] = []

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Registration:
    """What a provider answered to a registration; the defaults are for attempts without one.

    ``force_status``: onboarding status in which the attempt must be created, because the provider refuses it for that
    reason. Names are never stored by us. ``intent``: to be settled in the transaction that stores the registration.
    """

    external_id: str | None = None
    force_status: str | None = None
    full_name: str = ""
    profile_name: str = ""
    intent: AttemptEffect | None = None


def _register_proctored_exam_attempt(
    user_id: int,
    exam_id: int,
    exam: Mapping[str, Any],
    attempt_code: str,
    review_policy: ProctoredExamReviewPolicy | None,
    verified_name: str | None = None,
) -> tuple[str | None, str | None, str, str]:
    """Register an attempt with the exam's provider. Contract name, for callers who store the registration themselves.

    Returns ``(external_id, force_status, full_name, profile_name)``, as in ``Registration``. Raises
    ``BackendProviderCannotRegisterAttempt`` and ``BackendProviderSentNoAttemptID``.
    """
    grants = allowed_time.grants_for(exam_id, user_id)
    current = queries.attempt_with(proctored_exam_id=exam_id, user_id=user_id)
    made = register(
        user_id,
        exam,
        attempt_code,
        review_policy,
        verified_name=verified_name,
        allowed_minutes=allowed_time.limit_now(exam, user_id, current, grants=grants).minutes,
        grants=grants,
    )
    registration_intents.discard(made.intent)
    return made.external_id, made.force_status, made.full_name, made.profile_name


def register(
    user_id: int,
    exam: Mapping[str, Any],
    attempt_code: str,
    review_policy: ProctoredExamReviewPolicy | None,
    *,
    verified_name: str | None,
    allowed_minutes: int | None,
    grants: Grants,
) -> Registration:
    """Register an attempt with the exam's provider (``exam``: exam dict).

    Raises ``BackendProviderCannotRegisterAttempt`` and ``BackendProviderSentNoAttemptID``.
    """
    exam_id = exam["id"]
    profile_name, email = registration_context.profile_of(user_id, exam["course_id"])
    full_name = verified_name or profile_name
    context = registration_context.context_of(
        user_id,
        exam,
        attempt_code,
        review_policy,
        full_name=full_name,
        email=email,
        allowed_minutes=allowed_minutes,
        grants=grants,
    )
    external_id = force_status = None
    is_exam_known = bool(exam.get("external_id"))
    provider = backends.get_backend_provider(exam)
    if callable(require_slot := getattr(provider, "require_registration_slot", None)):
        require_slot()
    intent = registration_intents.record(provider, exam, user_id, attempt_code, allowed_minutes)
    try:
        # A plug-in may change the context, so it is not read afterwards.
        external_id = provider.register_exam_attempt(exam, context=context)
    except BackendProviderCannotRegisterAttempt as error:
        log.error(
            "provider did not register the attempt: user_id=%s exam_id=%s course_id=%s status=%s response=%s",
            user_id,
            exam_id,
            exam["course_id"],
            error.http_status,
            error.digest,
        )
        if exam.get("external_id") and reply_errors.may_be_registered(error):
            registration_intents.keep(intent, error)
        else:
            registration_intents.discard(intent)
        raise
    except BackendProviderOnboardingException as error:
        force_status = error.status
        log.error(
            "provider requires onboarding first: user_id=%s exam_id=%s course_id=%s status=%s",
            user_id,
            exam_id,
            exam["course_id"],
            force_status,
        )
    except Exception as error:
        # A fault of the plug-in; what it had sent by then is unknown.
        registration_intents.keep(intent, error)
        raise
    finally:
        if not is_exam_known:
            _keep_exam_id(exam)
    return Registration(external_id, force_status, full_name, profile_name, intent)


def _keep_exam_id(exam: Mapping[str, Any]) -> None:
    """Store the provider's id of an exam that was created there only with this attempt.

    A provider that was down when the exam was saved creates it with the first attempt, and puts the
    id into the exam dict. Later calls need the id. An update, not ``save()``, because the latter would
    send the exam to the provider again.
    """
    if not exam.get("external_id"):
        return
    unknown = ProctoredExam.objects.filter(pk=exam["id"]).filter(Q(external_id=None) | Q(external_id=""))
    if unknown.update(external_id=exam["external_id"]):
        log.info(
            "exam created at its provider: exam_id=%s course_id=%s external_id=%s",
            exam["id"],
            exam["course_id"],
            exam["external_id"],
        )
