"""One measurement: how many queries a call sends, how long it takes, how much it returns."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

# Statements that begin and end transactions. Counted apart from those on data.
_CONTROL = ("BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@dataclass(frozen=True, slots=True)
class Sample:
    """One call in milliseconds. ``wall_ms``: includes the database's work; ``cpu_ms``: of this process alone."""

    wall_ms: float
    cpu_ms: float


def is_control(statement: str) -> bool:
    """Return whether a statement only begins or ends a transaction."""
    return statement.lstrip().upper().startswith(_CONTROL)


def statements_of(call: Callable[[], Any]) -> tuple[list[str], Any]:
    """Run once; return all statements, transaction statements included, and the call's result."""
    with CaptureQueriesContext(connection) as captured:
        result = call()
    return [query["sql"] for query in captured.captured_queries], result


def count(call: Callable[[], int]) -> tuple[int, int, int]:
    """Run once; return the numbers of statements on data and of transaction statements, and the bytes returned."""
    statements, size = statements_of(call)
    control = sum(map(is_control, statements))
    return len(statements) - control, control, size


def timed(call: Callable[[], Any]) -> Sample:
    """Run once with a clock in hand."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Sample(wall * 1000, cpu * 1000)


def once(call: Callable[[], int]) -> Sample:
    """Run once with a clock in hand, without a garbage collection in between."""
    gc.collect()
    gc.disable()
    try:
        return timed(call)
    finally:
        gc.enable()
