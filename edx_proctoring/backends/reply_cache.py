"""Replies of providers, cached for all workers of the platform. Contract: contract/provider-wire#config-cache.

Stored in Django's cache, so one worker's call serves the others, and the cache bounds the number of
entries.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.utils import timezone


@dataclass(frozen=True, slots=True)
class CachedReply:
    """A reply, and whether it is recent enough to be used without calling the provider."""

    value: dict[str, Any]
    is_fresh: bool


class ReplyCache:
    """The replies to one kind of call.

    Args:
        call: name of the call, part of the cache key.
        fresh_seconds: how long a reply is used instead of a call.
        stale_seconds: how long it can still be used when a call fails.
    """

    def __init__(self, call: str, *, fresh_seconds: int, stale_seconds: int = 0) -> None:
        self._call = call
        self._fresh_seconds = fresh_seconds
        self._kept_seconds = max(fresh_seconds, stale_seconds)

    def get(self, *parts: Any) -> CachedReply | None:
        """Return the last reply stored under the same parts, None if there is none or it is too old."""
        entry = cache.get(self._key(parts))
        if entry is None:
            return None
        stored_at, value = entry
        return CachedReply(value, is_fresh=_now() - stored_at <= self._fresh_seconds)

    def store(self, value: dict[str, Any], *parts: Any) -> None:
        """Store a reply; it replaces the one before."""
        cache.set(self._key(parts), (_now(), value), self._kept_seconds)

    def _key(self, parts: tuple[Any, ...]) -> str:
        # Hashed: ids and languages may hold characters, and lengths, that memcached refuses.
        digest = hashlib.sha256(repr(parts).encode()).hexdigest()
        return f"edx_proctoring.provider_reply.{self._call}.{digest}"


def _now() -> float:
    return timezone.now().timestamp()
