"""Whose turn it is: the attempt that keeps its learner from entering the same exam a second time."""

from typing import TYPE_CHECKING, ClassVar

from django.db import models

from edx_proctoring.models.attempts import ProctoredExamStudentAttempt

if TYPE_CHECKING:
    from django.db.models.manager import Manager

    OpenAttemptBase = Manager["OpenAttempt"]
else:
    OpenAttemptBase = models.Manager


class OpenAttemptManager(OpenAttemptBase):
    """Take the place, give it back. Who has it is seen together with the attempts: ``api.entrances``."""

    def take(self, attempt: ProctoredExamStudentAttempt, /, *, stale_holder: int | None) -> bool:
        """Give the place to an attempt; return whether it was still as the caller had seen it.

        ``stale_holder``: id of the attempt that had the place when the caller looked whether an attempt
        stands in the way, None if it was free; none does, so that row was left behind and heals here. Raises
        ``IntegrityError`` if the place was free then and is taken now.
        """
        if stale_holder is None:
            self.create(exam_id=attempt.proctored_exam_id, user_id=attempt.user_id, attempt=attempt)
            return True
        seen = self.filter(exam_id=attempt.proctored_exam_id, user_id=attempt.user_id, attempt_id=stale_holder)
        return bool(seen.update(attempt=attempt))

    def release(self, attempt_id: int, /) -> None:
        """Free the place that an attempt has, if it has one."""
        self.filter(attempt_id=attempt_id).delete()


class OpenAttempt(models.Model):
    """The place of one learner in one exam, held by the attempt that keeps a second one out.

    The row is made in the transaction that inserts the attempt and goes in the one that deletes it
    or releases it for resumption; statuses do not matter, because a finished attempt keeps a second
    one out as well (python-api.md 8.5). Practice attempts have none. The unique constraint stops
    what no look-up can: two requests that both found nothing and both insert.

    An attempt without a row is of a release that knew none: it counts as ever, by the look-up. A
    row whose attempt is gone or released was left by such a release; the next creation takes it
    over. So there are no foreign keys in the database, and 6.1.4 can delete what it likes. Spec:
    cross-cutting.md C8, C19.

    .. no_pii:
    """

    exam_id = models.IntegerField()
    user_id = models.IntegerField()
    # Known to Django only, so that rows go with their attempts: to the database it is a number.
    attempt = models.ForeignKey(
        ProctoredExamStudentAttempt, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )

    objects: ClassVar[OpenAttemptManager] = OpenAttemptManager()

    class Meta:
        db_table = "proctoring_openattempt"
        verbose_name = "open attempt"
        constraints = [
            # Two tabs, two workers, two clicks: one of them gets in.
            models.UniqueConstraint(fields=["exam_id", "user_id"], name="proctoring_one_open_attempt"),
        ]

    def __str__(self) -> str:
        return f"exam_id={self.exam_id} user_id={self.user_id} attempt_id={self.attempt_id}"
