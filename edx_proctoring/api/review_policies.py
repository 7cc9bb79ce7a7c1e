"""Review policies: what the reviewers of an exam should let pass; one per exam. Spec: python-api.md 8.2."""

import logging
from typing import Any

from edx_proctoring.exceptions import (
    ProctoredExamReviewPolicyAlreadyExists,
    ProctoredExamReviewPolicyNotFoundException,
)
from edx_proctoring.models import ProctoredExamReviewPolicy
from edx_proctoring.serializers import ProctoredExamReviewPolicySerializer

__all__ = [
    "create_exam_review_policy",
    "get_review_policy_by_exam_id",
    "remove_review_policy",
    "update_review_policy",
]

log = logging.getLogger(__name__)


def create_exam_review_policy(exam_id: int, set_by_user_id: int, review_policy: str) -> int:
    """Give an exam its policy and return the policy's id. Saving it tells the provider.

    Raises ``ProctoredExamReviewPolicyAlreadyExists``.
    """
    if ProctoredExamReviewPolicy.get_review_policy_for_exam(exam_id) is not None:
        raise ProctoredExamReviewPolicyAlreadyExists(f"exam_id={exam_id} has a review policy already")
    policy = ProctoredExamReviewPolicy.objects.create(
        proctored_exam_id=exam_id, set_by_user_id=set_by_user_id, review_policy=review_policy
    )
    log.info("review policy created: exam_id=%s policy_id=%s user_id=%s", exam_id, policy.id, set_by_user_id)
    return policy.id


def update_review_policy(exam_id: int, set_by_user_id: int, review_policy: str | None) -> None:
    """Replace the text and its author; an empty text deletes the policy.

    Raises ``ProctoredExamReviewPolicyNotFoundException``.
    """
    policy = _policy_of(exam_id)
    if not review_policy:
        policy.delete()
        log.info("review policy removed: exam_id=%s user_id=%s", exam_id, set_by_user_id)
        return
    policy.set_by_user_id = set_by_user_id
    policy.review_policy = review_policy
    policy.save()
    log.info("review policy updated: exam_id=%s policy_id=%s user_id=%s", exam_id, policy.id, set_by_user_id)


def remove_review_policy(exam_id: int) -> None:
    """Delete the policy. Raises ``ProctoredExamReviewPolicyNotFoundException``."""
    _policy_of(exam_id).delete()
    log.info("review policy removed: exam_id=%s", exam_id)


def get_review_policy_by_exam_id(exam_id: int) -> dict[str, Any]:
    """Return the policy dict. Raises ``ProctoredExamReviewPolicyNotFoundException``."""
    data: dict[str, Any] = ProctoredExamReviewPolicySerializer(_policy_of(exam_id)).data
    return data


def _get_review_policy_by_exam_id(exam_id: int) -> str | None:
    """Return the text only, None if the exam has no policy. Contract name (python-api.md 1.2)."""
    policy = ProctoredExamReviewPolicy.get_review_policy_for_exam(exam_id)
    return None if policy is None else policy.review_policy


def _policy_of(exam_id: int) -> ProctoredExamReviewPolicy:
    policy = ProctoredExamReviewPolicy.get_review_policy_for_exam(exam_id)
    if policy is None:
        raise ProctoredExamReviewPolicyNotFoundException(f"exam_id={exam_id} has no review policy")
    return policy
