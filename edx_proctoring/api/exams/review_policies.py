"""Review policies: what the reviewers of an exam should let pass; one per exam. Spec: python-api.md 8.2."""

import logging
from typing import Any

from django.contrib.auth import get_user_model

from edx_proctoring import conf
from edx_proctoring.exceptions import (
    ProctoredExamReviewPolicyAlreadyExists,
    ProctoredExamReviewPolicyNotFoundException,
)
from edx_proctoring.models import ProctoredExamReviewPolicy
from edx_proctoring.serializers import ProctoredExamReviewPolicySerializer, data_of
from edx_proctoring.utils.storable import as_id

__all__ = [
    "create_exam_review_policy",
    "get_review_policy_by_exam_id",
    "remove_review_policy",
    "update_review_policy",
]

log = logging.getLogger(__name__)


def create_exam_review_policy(exam_id: int, set_by_user_id: int | None, review_policy: str) -> int | None:
    """Give an exam its policy and return the policy's id. Saving it tells the provider.

    Studio names nobody, or somebody unknown here, for what the system edited. The policy is then the
    work of the user in ``PROCTORING_SETTINGS['SYSTEM_USERNAME']``; without such a user it is left
    out, with a warning, and None returned: publishing goes on (host-platform.md 6.3). Raises
    ``ProctoredExamReviewPolicyAlreadyExists``.
    """
    if ProctoredExamReviewPolicy.get_review_policy_for_exam(exam_id) is not None:
        raise ProctoredExamReviewPolicyAlreadyExists(f"exam_id={exam_id} has a review policy already")
    author_id = _author(set_by_user_id)
    if author_id is None:
        log.warning("review policy left out, its author is unknown: exam_id=%s user_id=%s", exam_id, set_by_user_id)
        return None
    policy = ProctoredExamReviewPolicy.objects.create(
        proctored_exam_id=exam_id, set_by_user_id=author_id, review_policy=review_policy
    )
    log.info("review policy created: exam_id=%s policy_id=%s user_id=%s", exam_id, policy.id, author_id)
    return policy.id


def update_review_policy(exam_id: int, set_by_user_id: int | None, review_policy: str | None) -> None:
    """Replace the text and its author; an empty text deletes the policy.

    An author who is unknown here leaves the policy with the one before. Raises
    ``ProctoredExamReviewPolicyNotFoundException``.
    """
    policy = _policy_of(exam_id)
    if not review_policy:
        policy.delete()
        log.info("review policy removed: exam_id=%s user_id=%s", exam_id, set_by_user_id)
        return
    # No relation is needed to know that the author stays the same.
    author_id = set_by_user_id if set_by_user_id == policy.set_by_user_id else _author(set_by_user_id)
    policy.set_by_user_id = policy.set_by_user_id if author_id is None else author_id
    policy.review_policy = review_policy
    policy.save()
    log.info("review policy updated: exam_id=%s policy_id=%s user_id=%s", exam_id, policy.id, set_by_user_id)


def remove_review_policy(exam_id: int) -> None:
    """Delete the policy. Raises ``ProctoredExamReviewPolicyNotFoundException``."""
    _policy_of(exam_id).delete()
    log.info("review policy removed: exam_id=%s", exam_id)


def get_review_policy_by_exam_id(exam_id: int) -> dict[str, Any]:
    """Return the policy dict. Raises ``ProctoredExamReviewPolicyNotFoundException``."""
    return data_of(ProctoredExamReviewPolicySerializer, _policy_of(exam_id))


def _get_review_policy_by_exam_id(exam_id: int) -> str | None:
    """Return the text only, None if the exam has no policy. Contract name (python-api.md 1.2)."""
    policy = _find(exam_id)
    return None if policy is None else policy.review_policy


def _author(user_id: int | None) -> int | None:
    """Return the id of the user who answers for a policy, None if there is nobody."""
    users = get_user_model().objects
    # Studio writes negative ids for edits of the system.
    if user_id is not None and users.filter(pk=user_id).exists():
        return user_id
    name = conf.proctoring.system_username
    system_user_id: int | None = users.filter(username=name).values_list("pk", flat=True).first() if name else None
    return system_user_id


def _find(exam_id: Any) -> ProctoredExamReviewPolicy | None:
    number = as_id(exam_id)
    return None if number is None else ProctoredExamReviewPolicy.get_review_policy_for_exam(number)


def _policy_of(exam_id: int) -> ProctoredExamReviewPolicy:
    policy = _find(exam_id)
    if policy is None:
        raise ProctoredExamReviewPolicyNotFoundException(f"exam_id={exam_id} has no review policy")
    return policy
