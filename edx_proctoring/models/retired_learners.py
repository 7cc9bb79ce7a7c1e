"""Which learners were retired, here and at providers.

What arrives about them later must not bring personal data back.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from model_utils.models import TimeStampedModel

if TYPE_CHECKING:
    from django.db.models.manager import Manager

    RetiredLearnerBase = Manager["RetiredLearner"]
    ProviderRetirementBase = Manager["ProviderRetirement"]
else:
    RetiredLearnerBase = models.Manager
    ProviderRetirementBase = models.Manager


class RetiredLearnerManager(RetiredLearnerBase):
    """Remember a retirement, and ask for it."""

    def remember(self, user_id: int, /) -> None:
        """Note that a learner was retired; may be repeated."""
        self.get_or_create(user_id=user_id)

    def includes(self, user_id: int, /) -> bool:
        """Return whether a learner was retired here."""
        return self.filter(user_id=user_id).exists()

    def among(self, user_ids: Collection[int], /) -> set[int]:
        """Return which of these learners were retired here."""
        return set(self.filter(user_id__in=user_ids).values_list("user_id", flat=True))


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


class ProviderRetirementManager(ProviderRetirementBase):
    """Note what providers answered."""

    def note(self, user_id: int, outcome: Mapping[str, bool], /) -> None:
        """Note, by name, whether providers deleted a learner's data; a later answer replaces an earlier one."""
        for backend, is_done in outcome.items():
            self.update_or_create(user_id=user_id, backend=backend, defaults={"is_done": is_done})


class ProviderRetirement(TimeStampedModel):
    """A provider was asked to delete the data of a learner, and whether it did.

    .. no_pii:
    """

    # Without a foreign key, because the note outlives the account.
    user_id = models.IntegerField()
    backend = models.CharField(max_length=255)
    is_done = models.BooleanField()

    objects: ClassVar[ProviderRetirementManager] = ProviderRetirementManager()

    class Meta:
        db_table = "proctoring_providerretirement"
        verbose_name = "retirement at a provider"
        constraints = [
            models.UniqueConstraint(fields=["user_id", "backend"], name="proctoring_providerretirement_once"),
        ]

    def __str__(self) -> str:
        return f"user_id={self.user_id} backend={self.backend}"
