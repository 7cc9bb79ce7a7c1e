"""Registers an attempt with its provider, before its row exists.

Contract: contract/attempts#registration, contract/provider-interface#registration-context.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from edx_proctoring import backends
from edx_proctoring.api.lifecycle import allowed_time, queries, timing
from edx_proctoring.api.lifecycle.timing import Grants
from edx_proctoring.api.providers import registration_context, registration_withdrawal
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderOnboardingException,
)
from edx_proctoring.models import ProctoredExam, ProctoredExamReviewPolicy

__all__: list[str] = []

log = logging.getLogger(__name__)


def _register_proctored_exam_attempt(
    user_id: int,
    exam_id: int,
    exam: Mapping[str, Any],
    attempt_code: str,
    review_policy: ProctoredExamReviewPolicy | None,
    verified_name: str | None = None,
    *,
    allowed_minutes: int | None = None,
    grants: Grants | None = None,
) -> tuple[str | None, str | None, str, str]:
    """Register an attempt with the exam's provider. Contract name.

    ``allowed_minutes``, ``grants``: from callers that have computed them already.

    Returns ``(external_id, force_status, full_name, profile_name)``. ``force_status`` is the
    onboarding status in which the attempt must be created because the provider refuses it for
    that reason; else None. Names are never stored by us. Raises
    ``BackendProviderCannotRegisterAttempt`` and ``BackendProviderSentNoAttemptID``.
    """
    grants = grants or timing.grants_for(exam_id, user_id)
    if allowed_minutes is None:
        current = queries.attempt_with(proctored_exam_id=exam_id, user_id=user_id)
        allowed_minutes = allowed_time.limit_now(exam, user_id, current, grants=grants).minutes
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
    external_id: str | None = None
    force_status: str | None = None
    is_exam_known = bool(exam.get("external_id"))
    try:
        # A provider may change the context, so it is not read afterwards.
        external_id = backends.get_backend_provider(exam).register_exam_attempt(exam, context=context)
    except BackendProviderCannotRegisterAttempt as error:
        log.error(
            "provider did not register the attempt: user_id=%s exam_id=%s course_id=%s status=%s response=%s",
            user_id,
            exam_id,
            exam["course_id"],
            error.http_status,
            error.digest,
        )
        registration_withdrawal.keep_lost_registration(exam, user_id, attempt_code, allowed_minutes, error)
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
    finally:
        if not is_exam_known:
            _keep_exam_id(exam)
    return external_id, force_status, full_name, profile_name


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
