"""What a provider is told about an attempt that is registered with it.

Contract: contract/provider-interface#registration-context.
"""

from collections.abc import Mapping
from typing import Any

from edx_proctoring import conf, host, runtime
from edx_proctoring.api.lifecycle.allowed_time import Grants
from edx_proctoring.models import ProctoredExamReviewPolicy
from edx_proctoring.utils import obscured_user_id

__all__: list[str] = []


def context_of(
    user_id: int,
    exam: Mapping[str, Any],
    attempt_code: str,
    review_policy: ProctoredExamReviewPolicy | None,
    *,
    full_name: str,
    email: str | None,
    allowed_minutes: int | None,
    grants: Grants,
) -> dict[str, Any]:
    """Return the context of a registration. ``exam``: exam dict; ``allowed_minutes``: the learner's time limit."""
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
    return context


def profile_of(user_id: int, course_id: str) -> tuple[str, str | None]:
    """Return the learner's name (maybe empty) and e-mail address as the credit service has them."""
    credit: host.CreditService | None = runtime.get_runtime_service(host.CREDIT)
    state = credit.get_credit_state(user_id, course_id) if credit is not None else None
    if not state:
        return "", None
    return state.get("profile_fullname") or "", state.get("student_email")


def verified_name_of(user: Any) -> str | None:
    """Return the learner's name as the name affirmation service has it; None without the service or a name."""
    service: host.NameAffirmationService | None = runtime.get_runtime_service(host.NAME_AFFIRMATION)
    if service is None:
        return None
    verified = service.get_verified_name(user, is_verified=False, statuses_to_exclude=["denied"])
    return None if verified is None else verified.verified_name
