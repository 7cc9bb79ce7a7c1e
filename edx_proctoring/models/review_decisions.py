"""Decisions of staff on reviews: what a later message of the provider must not change."""

import json
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from model_utils.models import TimeStampedModel

from edx_proctoring.models.reviews import ProctoredExamSoftwareSecureReview

if TYPE_CHECKING:
    from django.db.models.manager import Manager

    ReviewDecisionBase = Manager["ReviewDecision"]
else:
    ReviewDecisionBase = models.Manager


class ReviewDecisionManager(ReviewDecisionBase):
    """Record decisions, and ask whether one stands."""

    def record(
        self, review: ProctoredExamSoftwareSecureReview, /, *, actor_id: int | None, comment: str = ""
    ) -> "ReviewDecision":
        """Record that a person gave a review its present verdict; earlier decisions no longer stand."""
        self.withdraw(review)
        decision: ReviewDecision = self.create(
            review=review, review_status=review.review_status, actor_id=actor_id, comment=comment
        )
        return decision

    def withdraw(self, review: ProctoredExamSoftwareSecureReview, /) -> None:
        """Let the provider's next message decide again. The record of former decisions stays."""
        self.filter(review=review, stands=True).update(stands=False)

    def stands_for(self, review: ProctoredExamSoftwareSecureReview, /) -> bool:
        """Return whether the verdict of a review is a person's decision. At most two queries.

        Decisions made with 6.1.4 have no row here. There, a reviewer is a person who saved the form in admin, unless
        the provider's payload named that person.
        """
        if self.filter(review=review, stands=True).exists():
            return True
        return review.reviewed_by is not None and not _is_named(review.reviewed_by, review.raw_data)


class ReviewDecision(TimeStampedModel):
    """A person decided about a review, in admin or through ``api.decide_review``.

    While a decision stands, later reviews of the provider are kept in the inbox (``held``) and change nothing.

    .. pii: the comment is free-form text about the learner
    .. pii_types: other
    .. pii_retirement: local_api
    """

    # Without a constraint in the database, because 6.1.4 deletes reviews without knowing this table.
    review = models.ForeignKey(
        ProctoredExamSoftwareSecureReview, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    # The verdict that was given, one of ``SoftwareSecureReviewStatus``.
    review_status = models.CharField(max_length=255)
    comment = models.TextField(default="")
    # User.id. Without a foreign key, because the record outlives the account.
    actor_id = models.IntegerField(null=True)
    # False once a later decision replaced this one, or staff accepted a later review of the provider.
    stands = models.BooleanField(default=True)

    objects: ClassVar[ReviewDecisionManager] = ReviewDecisionManager()

    class Meta:
        db_table = "proctoring_reviewdecision"
        verbose_name = "decision on a review"
        verbose_name_plural = "decisions on reviews"

    def __str__(self) -> str:
        return f"decision_id={self.pk} review_status={self.review_status}"


def _is_named(reviewer: Any, raw_data: str) -> bool:
    """Return whether a stored payload contains the reviewer's e-mail address."""
    try:
        # Without the escapes of JSON.
        payload = json.dumps(json.loads(raw_data), ensure_ascii=False)
    except ValueError:
        payload = raw_data
    return bool(reviewer.email) and reviewer.email.casefold() in payload.casefold()
