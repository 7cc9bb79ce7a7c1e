"""One measurement: how many queries a call needs, how long it takes, how much it answers."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.test.utils import CaptureQueriesContext

# Not work on data: where transactions begin and end. Counted apart.
_CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK", "START TRANSACTION")


@dataclass(frozen=True, slots=True)
class Sample:
    """One call. ``wall_ms``: with the database's work; ``cpu_ms``: of this process alone."""

    wall_ms: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Cost:
    """``queries``: statements on data. ``control``: begins, commits, savepoints. Times: medians, ms."""

    queries: int
    control: int
    bytes: int
    wall_ms: float
    cpu_ms: float


def count(call: Callable[[], int]) -> tuple[int, int, int]:
    """Run once; return statements on data, statements of transactions, and the bytes of the answer."""
    with CaptureQueriesContext(connection) as captured:
        size = call()
    control = sum(query["sql"].lstrip().upper().startswith(_CONTROL) for query in captured.captured_queries)
    return len(captured) - control, control, size


def once(call: Callable[[], int]) -> Sample:
    """Run once with a clock in hand, without a garbage collection in the middle."""
    gc.collect()
    gc.disable()
    try:
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    finally:
        gc.enable()
    return Sample(wall * 1000, cpu * 1000)


def median(samples: list[Sample]) -> Sample:
    """The median of each clock."""
    return Sample(
        round(statistics.median(sample.wall_ms for sample in samples), 2),
        round(statistics.median(sample.cpu_ms for sample in samples), 2),
    )
