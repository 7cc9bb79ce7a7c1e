"""Nonces of signed messages other than reviews, by which a replay is recognised."""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import IntegrityError, models, transaction
from model_utils.models import TimeStampedModel

if TYPE_CHECKING:
    from django.db.models.manager import Manager

    UsedNonceBase = Manager["UsedNonce"]
else:
    UsedNonceBase = models.Manager


def message_key(backend: str, nonce: str) -> str:
    """Return what identifies a signed message of a provider. A digest, because columns may ignore case."""
    return hashlib.sha256(f"{backend}\n{nonce}".encode()).hexdigest()


class UsedNonceManager(UsedNonceBase):
    """Use nonces up, and forget old ones."""

    def use(self, key: str, /) -> bool:
        """Return whether a message is new, and remember it. ``key``: ``message_key``."""
        try:
            with transaction.atomic():
                self.create(message_key=key)
        except IntegrityError:
            return False
        return True

    def purge(self, before: datetime, /) -> None:
        """Delete what is older."""
        self.filter(created__lt=before).delete()


class UsedNonce(TimeStampedModel):
    """A signed message that was received and is not a review; kept as long as its signature is accepted.

    .. no_pii:
    """

    message_key = models.CharField(max_length=64, unique=True)

    objects: ClassVar[UsedNonceManager] = UsedNonceManager()

    class Meta:
        db_table = "proctoring_usednonce"
        verbose_name = "used nonce"
        indexes = [
            # For the purge by age.
            models.Index(fields=["created"], name="proctoring_nonce_created_idx"),
        ]

    def __str__(self) -> str:
        return f"nonce_id={self.pk}"
