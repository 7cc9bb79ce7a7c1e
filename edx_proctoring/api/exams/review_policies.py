"""Review policies: what the reviewers of an exam should allow; one per exam. Contract: contract/exams#policies."""

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
    """Create the policy of an exam and return its id. The exam is sent to its provider with the policy.

    For automatic edits Studio passes no author, or one that is unknown here. The author is then the
    user in ``PROCTORING_SETTINGS['SYSTEM_USERNAME']``. Without such a user no policy is created, a
    warning is logged and None returned, so that publishing goes on (contract/exams#policy-author). Raises
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

    If the author is unknown here, the former author stays. Raises
    ``ProctoredExamReviewPolicyNotFoundException``.
    """
    policy = _existing_policy(exam_id)
    if not review_policy:
        policy.delete()
        log.info("review policy removed: exam_id=%s user_id=%s", exam_id, set_by_user_id)
        return
    # An unchanged author need not be looked up.
    author_id = set_by_user_id if set_by_user_id == policy.set_by_user_id else _author(set_by_user_id)
    policy.set_by_user_id = policy.set_by_user_id if author_id is None else author_id
    policy.review_policy = review_policy
    policy.save()
    log.info("review policy updated: exam_id=%s policy_id=%s user_id=%s", exam_id, policy.id, set_by_user_id)


def remove_review_policy(exam_id: int) -> None:
    """Delete the policy. Raises ``ProctoredExamReviewPolicyNotFoundException``."""
    _existing_policy(exam_id).delete()
    log.info("review policy removed: exam_id=%s", exam_id)


def get_review_policy_by_exam_id(exam_id: int) -> dict[str, Any]:
    """Return the policy dict. Raises ``ProctoredExamReviewPolicyNotFoundException``."""
    return data_of(ProctoredExamReviewPolicySerializer, _existing_policy(exam_id))


def _get_review_policy_by_exam_id(exam_id: int) -> str | None:
    """Return only the text, None if the exam has no policy. Published name (contract/published-names#api)."""
    policy = _find(exam_id)
    return None if policy is None else policy.review_policy


def _author(user_id: int | None) -> int | None:
    """Return the id of the policy's author: this user, else the system user, else None."""
    users = get_user_model().objects
    # Studio passes negative ids for automatic edits.
    if user_id is not None and users.filter(pk=user_id).exists():
        return user_id
    name = conf.proctoring.system_username
    system_user_id: int | None = users.filter(username=name).values_list("pk", flat=True).first() if name else None
    return system_user_id


def _find(exam_id: Any) -> ProctoredExamReviewPolicy | None:
    number = as_id(exam_id)
    return None if number is None else ProctoredExamReviewPolicy.get_review_policy_for_exam(number)


def _existing_policy(exam_id: int) -> ProctoredExamReviewPolicy:
    policy = _find(exam_id)
    if policy is None:
        raise ProctoredExamReviewPolicyNotFoundException(f"exam_id={exam_id} has no review policy")
    return policy
