"""Replay protection: a signed message of a provider is accepted once.

Contract: contract/provider-wire#callback-signature. Two places are asked. The cache, which knows the messages of the
last minutes, is asked first, before anything is looked up in the database. If it has lost the message, the inbox
recognises a review, and the table of used nonces any other message.
"""

from datetime import timedelta
from typing import Final

from django.core.cache import cache
from django.utils import timezone

from edx_proctoring.models import ReviewInboxEntry, UsedNonce
from edx_proctoring.models.used_nonces import message_key

__all__: list[str] = []

# A message whose timestamp is further off is refused.
MOST_SKEW_SECONDS: Final = 300
# Twice the skew: a nonce is remembered as long as its timestamp could be accepted.
NONCE_SECONDS: Final = 2 * MOST_SKEW_SECONDS
_PURGE_EVERY_SECONDS: Final = 60


def is_new_in_cache(backend: str, nonce: str) -> bool:
    """Return whether a message is not in the cache, and note its nonce. They are unique per backend."""
    return bool(cache.add(f"edx_proctoring.nonce.{backend}.{nonce}", 1, NONCE_SECONDS))


def has_review(backend: str, nonce: str) -> bool:
    """Return whether a signed review was received before."""
    return ReviewInboxEntry.objects.filter(message_key=message_key(backend, nonce)).exists()


def use_nonce(backend: str, nonce: str) -> bool:
    """Return whether a signed message other than a review is new, and store that for ``NONCE_SECONDS``."""
    if cache.add("edx_proctoring.nonces_purged", 1, _PURGE_EVERY_SECONDS):
        UsedNonce.objects.purge(timezone.now() - timedelta(seconds=NONCE_SECONDS))
    return UsedNonce.objects.use(message_key(backend, nonce))
