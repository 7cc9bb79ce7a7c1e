"""Numbers in the cache are used only in the generation in which they were counted."""

from typing import Any

import pytest
from django.core.cache import cache

from edx_proctoring.utils import count_cache
from edx_proctoring.utils.count_cache import LEARNERS, kept_of

EXAM_ID = 1
GENERATION = count_cache._GENERATION.format(LEARNERS, EXAM_ID)


@pytest.mark.django_db
def test_a_number_from_before_a_change_is_not_used_after_the_cache_dropped_the_generation(
    django_capture_on_commit_callbacks: Any,
) -> None:
    reader = kept_of(LEARNERS, [EXAM_ID])
    with django_capture_on_commit_callbacks(execute=True):
        count_cache.forget_all(EXAM_ID)
    reader.keep({EXAM_ID: (5,)})
    cache.delete(GENERATION)

    assert kept_of(LEARNERS, [EXAM_ID]).numbers == {}
    assert kept_of(LEARNERS, [EXAM_ID]).numbers == {}


def test_readers_that_find_no_generation_begin_the_same_one() -> None:
    first, second = kept_of(LEARNERS, [EXAM_ID]), kept_of(LEARNERS, [EXAM_ID])

    assert first.generations == second.generations
    first.keep({EXAM_ID: (5,)})
    assert kept_of(LEARNERS, [EXAM_ID]).numbers == {EXAM_ID: (5,)}


def test_without_a_generation_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    # As of a cache that is full, or away.
    monkeypatch.setattr(cache, "add", lambda *args: False)

    kept_of(LEARNERS, [EXAM_ID]).keep({EXAM_ID: (5,)})

    assert kept_of(LEARNERS, [EXAM_ID]).numbers == {}
    assert cache.get(count_cache._NUMBER.format(LEARNERS, EXAM_ID)) is None
