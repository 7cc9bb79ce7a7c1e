"""The review policy: what the reviewers of an exam should allow."""

import logging
from typing import Any, ClassVar, NoReturn, Self

from django.conf import settings
from django.db import models
from model_utils.models import TimeStampedModel

from edx_proctoring.models.exams import ProctoredExam

log = logging.getLogger(__name__)


class ProctoredExamReviewPolicy(TimeStampedModel):
    """The rules of one exam, in the course author's words, for the provider's reviewers.

    The API keeps one row per exam; the table allows several. Each change copies the former text to
    ``ProctoredExamReviewPolicyHistory``.

    .. no_pii:
    """

    set_by_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    proctored_exam = models.ForeignKey(ProctoredExam, db_index=True, on_delete=models.CASCADE)
    review_policy = models.TextField(default="")

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        db_table = "proctoring_proctoredexamreviewpolicy"
        verbose_name = "Proctored exam review policy"
        verbose_name_plural = "Proctored exam review policies"

    def __str__(self) -> str:
        return f"ProctoredExamReviewPolicy: {self.set_by_user} ({self.proctored_exam})"

    @classmethod
    def get_review_policy_for_exam(cls, exam_id: int) -> Self | None:
        """Return the policy of an exam, or None; the newest if there are several."""
        policies = list(cls.objects.filter(proctored_exam_id=exam_id))
        newest = max(policies, key=lambda policy: policy.pk, default=None)
        if newest is not None and len(policies) > 1:
            log.warning(
                "several review policies for one exam, using the newest: exam_id=%s policy_id=%s",
                exam_id,
                newest.pk,
            )
        return newest


class ProctoredExamReviewPolicyHistory(TimeStampedModel):
    """A former text of a review policy.

    Written when a policy is saved again (the old text) or deleted (the last text). ``created`` is the time of
    archiving. An attempt's ``review_policy_id`` finds its row here after the policy was changed.

    .. no_pii:
    """

    # The id of the policy.
    original_id = models.IntegerField(db_index=True)
    set_by_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    proctored_exam = models.ForeignKey(ProctoredExam, db_index=True, on_delete=models.CASCADE)
    review_policy = models.TextField()

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        db_table = "proctoring_proctoredexamreviewpolicyhistory"
        verbose_name = "proctored exam review policy history"

    def __str__(self) -> str:
        return f"ProctoredExamReviewPolicyHistory: original_id={self.original_id} exam_id={self.proctored_exam_id}"

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise: the archive is append-only. Cascades from exam and user bypass this method."""
        raise NotImplementedError("the archive of review policies is append-only")
