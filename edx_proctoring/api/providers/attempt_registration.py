"""Registers an attempt with its provider, before its row exists.

Contract: contract/attempts#registration, contract/provider-interface#registration-context.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from edx_proctoring import backends, conf, host, runtime
from edx_proctoring.api.lifecycle import allowed_time, queries, timing
from edx_proctoring.api.lifecycle.timing import Grants
from edx_proctoring.backends import call_options
from edx_proctoring.exceptions import (
    BackendProviderCannotRegisterAttempt,
    BackendProviderOnboardingException,
)
from edx_proctoring.models import ProctoredExam, ProctoredExamReviewPolicy
from edx_proctoring.utils import obscured_user_id

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
    profile_name, email = _profile_of(user_id, exam["course_id"])
    full_name = verified_name or profile_name
    context: dict[str, Any] = {
        "lms_host": conf.proctoring.lms_host,
        "time_limit_mins": allowed_minutes,
        "attempt_code": attempt_code,
        "is_sample_attempt": exam["is_practice_exam"],
        "user_id": obscured_user_id(user_id, exam["backend"]),
        "full_name": full_name,
        "email": email,
    }
    if review_policy is not None:
        context["review_policy"] = review_policy.review_policy
    if grants.review_policy_exception:
        context["review_policy_exception"] = grants.review_policy_exception

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


def withdraw_registration(exam: Mapping[str, Any], external_id: str | None) -> None:
    """Remove the registration of an attempt that was not created after all. Best effort, never raises."""
    if external_id is None:
        return
    try:
        with call_options.use(is_page_waiting=True):
            backends.get_backend_provider(exam).remove_exam_attempt(exam["external_id"], external_id)
    except Exception:  # pylint: disable=broad-except
        log.warning("registration not withdrawn: exam_id=%s external_id=%s", exam["id"], external_id, exc_info=True)


def _profile_of(user_id: int, course_id: str) -> tuple[str, str | None]:
    """Return the learner's name (maybe empty) and e-mail address as the credit service has them."""
    credit: host.CreditService | None = runtime.get_runtime_service(host.CREDIT)
    state = credit.get_credit_state(user_id, course_id) if credit is not None else None
    if not state:
        return "", None
    return state.get("profile_fullname") or "", state.get("student_email")
