"""Keys of the numbers about an exam that are kept in the cache, for those who have to forget them.

The numbers themselves belong to ``api.course_staff.row_count``; status changes, which are below it, forget them.
"""

from typing import Final

from django.core.cache import cache

from edx_proctoring.utils.db import after_commit

__all__ = ["LEARNERS", "SUPERSEDED", "forget_all", "forget_superseded"]

# To be formatted with the id of the exam.
LEARNERS: Final = "edx_proctoring.learners_of_exam.{}"
SUPERSEDED: Final = "edx_proctoring.superseded_attempts.{}"


def forget_all(exam_id: int) -> None:
    """Count again after the transaction, because an attempt at the exam was created or deleted."""
    after_commit(cache.delete_many, [LEARNERS.format(exam_id), SUPERSEDED.format(exam_id)])


def forget_superseded(exam_id: int) -> None:
    """Count superseded attempts again after the transaction, because one of them may have another status."""
    after_commit(cache.delete, SUPERSEDED.format(exam_id))
