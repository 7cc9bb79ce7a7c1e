"""One row per learner and exam: the attempt that blocks a second one."""

from typing import TYPE_CHECKING, ClassVar

from django.db import IntegrityError, models, transaction

from edx_proctoring.models.attempts import ProctoredExamStudentAttempt

if TYPE_CHECKING:
    from django.db.models.manager import Manager

    OpenAttemptBase = Manager["OpenAttempt"]
else:
    OpenAttemptBase = models.Manager


class OpenAttemptManager(OpenAttemptBase):
    """Reserve the exam for an attempt, and release it."""

    def take(self, attempt: ProctoredExamStudentAttempt, /) -> bool:
        """Reserve the exam for an attempt; return False if another attempt excludes it.

        A row whose attempt is gone or was released is stale and is taken over.
        """
        try:
            with transaction.atomic():
                self.create(exam_id=attempt.proctored_exam_id, user_id=attempt.user_id, attempt=attempt)
            return True
        except IntegrityError:
            # The row exists. An older snapshot (REPEATABLE READ) does not show it: then it is not stale either.
            reserved = self.filter(exam_id=attempt.proctored_exam_id, user_id=attempt.user_id)
            holder = reserved.first()
        if holder is None:
            return False
        excludes = ProctoredExamStudentAttempt.objects.filter(
            pk=holder.attempt_id,
            proctored_exam_id=attempt.proctored_exam_id,
            user_id=attempt.user_id,
            ready_to_resume=False,
            resumed=False,
        )
        if excludes.exists():
            return False
        return bool(reserved.filter(attempt_id=holder.attempt_id).update(attempt=attempt))

    def release(self, attempt_id: int, /) -> None:
        """Delete the row of an attempt, if it has one."""
        self.filter(attempt_id=attempt_id).delete()


class OpenAttempt(models.Model):
    """The attempt that blocks a second one of the same learner at the same exam.

    The row is inserted with the attempt, in one transaction, and deleted with it or when staff
    release the attempt for resumption. Statuses do not matter: a finished attempt blocks a second
    one as well. Practice attempts have no row. The unique constraint stops the race that no look-up
    can stop: two requests that both found nothing and both insert.

    Attempts created by 6.1.4 have no row here; they are found by the ordinary query. A row that
    6.1.4 left stale is taken over by the next attempt. So there is no foreign key in the database:
    6.1.4 can delete what it likes. Contract: contract/tables#one-open-attempt, contract/attempts#one.

    .. no_pii:
    """

    exam_id = models.IntegerField()
    user_id = models.IntegerField()
    # Without a constraint: Django deletes rows with their attempts, the database sees a number.
    attempt = models.ForeignKey(
        ProctoredExamStudentAttempt, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )

    objects: ClassVar[OpenAttemptManager] = OpenAttemptManager()

    class Meta:
        db_table = "proctoring_openattempt"
        verbose_name = "open attempt"
        constraints = [
            # Two requests that both found no attempt: one of the two inserts fails.
            models.UniqueConstraint(fields=["exam_id", "user_id"], name="proctoring_one_open_attempt"),
        ]

    def __str__(self) -> str:
        return f"exam_id={self.exam_id} user_id={self.user_id} attempt_id={self.attempt_id}"
