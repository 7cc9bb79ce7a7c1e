"""When a learner's browser was last heard of. Contract: contract/rest-v2#board.

The polls of a running exam note it in the cache and never in a table, so that they cost no query. A cache of this
process only (locmem, dummy) tells nothing about the others: then nothing is noted, and nothing is known.
"""

import logging
import time
from collections.abc import Collection
from typing import Final

from django.core.cache import DEFAULT_CACHE_ALIAS, cache, caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache

__all__: list[str] = []

log = logging.getLogger(__name__)

_KEY: Final = "edx_proctoring.contact.{}"
_KEPT_SECONDS: Final = 900
# Each process writes about an attempt at most so often.
_WRITTEN_EVERY: Final = 30.0
_MOST_REMEMBERED: Final = 20_000
# How many keys are read at once.
_BATCH: Final = 500

# Attempt id -> when this process wrote about it last, by ``time.monotonic``.
_written: dict[int, float] = {}


def is_known() -> bool:
    """Return whether the cache is shared by all processes, so that it knows who was heard of."""
    return not isinstance(caches[DEFAULT_CACHE_ALIAS], (LocMemCache, DummyCache))


def note(attempt_id: int) -> None:
    """Note that the learner's browser asked about an attempt just now. Never raises."""
    moment = time.monotonic()
    last = _written.get(attempt_id)
    if (last is not None and moment - last < _WRITTEN_EVERY) or not is_known():
        return
    if len(_written) >= _MOST_REMEMBERED:
        _written.clear()
    _written[attempt_id] = moment
    try:
        cache.set(_KEY.format(attempt_id), int(time.time()), _KEPT_SECONDS)
    except Exception as error:  # pylint: disable=broad-except
        # A cache that is down must not fail a learner's poll.
        log.warning("contact not noted: attempt_id=%s error=%s", attempt_id, type(error).__name__)


def last_contacts(attempt_ids: Collection[int]) -> dict[int, int]:
    """Return ``{attempt id: Unix seconds}`` of those that were heard of within 15 minutes."""
    ids = {_KEY.format(attempt_id): attempt_id for attempt_id in attempt_ids}
    keys = list(ids)
    found: dict[int, int] = {}
    for start in range(0, len(keys), _BATCH):
        found.update((ids[key], value) for key, value in cache.get_many(keys[start : start + _BATCH]).items())
    return found
