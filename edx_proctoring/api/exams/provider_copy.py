"""The provider's copy of an exam: sent when an exam or its review policy changes.

Contract: contract/exams#becomes-timed, contract/exams#provider-id, contract/exams#provider-failure.
"""

import logging

from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from edx_proctoring import backends
from edx_proctoring.models import ProctoredExam, ProctoredExamReviewPolicy
from edx_proctoring.serializers import ProctoredExamJSONSafeSerializer, data_of

__all__ = ["deactivate_exam_at_provider", "push_exam_to_provider", "send_exam_to_provider"]

log = logging.getLogger(__name__)


def push_exam_to_provider(exam: ProctoredExam, policy: ProctoredExamReviewPolicy | None = None) -> None:
    """Send a proctored exam to its provider and store the id that the provider returns; never raises.

    ``policy``: the exam's review policy, read if not given. A new id is stored on ``exam`` and in its row, with a
    history row. When the provider fails or is not configured, the exam stays saved, and the next save sends it again.
    Timed exams are not sent. Contract: contract/exams#provider-id, contract/exams#provider-failure.
    """
    try:
        send_exam_to_provider(exam, policy)
    except Exception:  # pylint: disable=broad-except
        # Plug-ins may raise anything, and a course must be publishable while its provider is down
        # (architecture#no-network-in-transactions).
        log.exception("exam not sent to its provider: exam_id=%s backend=%s", exam.id, exam.backend)


def send_exam_to_provider(exam: ProctoredExam, policy: ProctoredExamReviewPolicy | None = None) -> None:
    """As ``push_exam_to_provider``, but raise what the provider raises; for callers who log it for many exams."""
    if not exam.is_proctored:
        return
    if policy is None:
        policy = ProctoredExamReviewPolicy.get_review_policy_for_exam(exam.id)
    payload = data_of(ProctoredExamJSONSafeSerializer, exam)
    if policy is not None:
        payload["rule_summary"] = policy.review_policy
    external_id = backends.get_backend_provider(payload).on_exam_saved(payload)
    if external_id and external_id != exam.external_id:
        exam.external_id = external_id
        exam.modified = timezone.now()
        # Not save(): its receiver would send the exam again, without end if the provider returns a new id each time.
        bulk_update_with_history([exam], ProctoredExam, ["external_id", "modified"])


def deactivate_exam_at_provider(exam: ProctoredExam) -> None:
    """Tell the provider that an exam became a timed exam or was deleted. Contract: contract/exams#becomes-timed.

    A provider that is not configured any more is logged. Raises what the provider raises.
    """
    payload = data_of(ProctoredExamJSONSafeSerializer, exam)
    payload["is_active"] = False
    try:
        backends.get_backend_provider(name=payload["backend"]).on_exam_saved(payload)
    except NotImplementedError:
        log.exception("provider is not configured: exam_id=%s backend=%s", exam.id, exam.backend)
