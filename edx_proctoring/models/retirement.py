"""Which learners were retired: what arrives about them later must not bring personal data back."""

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from model_utils.models import TimeStampedModel

if TYPE_CHECKING:
    from django.db.models.manager import Manager

    RetiredLearnerBase = Manager["RetiredLearner"]
else:
    RetiredLearnerBase = models.Manager


class RetiredLearnerManager(RetiredLearnerBase):
    """Remember a retirement, and ask for it."""

    def remember(self, user_id: int, /) -> None:
        """Note that a learner was retired; may be repeated."""
        self.get_or_create(user_id=user_id)

    def includes(self, user_id: int, /) -> bool:
        """Return whether a learner was retired here."""
        return self.filter(user_id=user_id).exists()


class RetiredLearner(TimeStampedModel):
    """A learner whose data was removed. Reviews that arrive afterwards are stored without personal text.

    .. no_pii:
    """

    # Without a foreign key, because the note outlives the account.
    user_id = models.IntegerField(unique=True)

    objects: ClassVar[RetiredLearnerManager] = RetiredLearnerManager()

    class Meta:
        db_table = "proctoring_retiredlearner"
        verbose_name = "retired learner"

    def __str__(self) -> str:
        return f"user_id={self.user_id} (retired)"
