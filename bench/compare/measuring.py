"""Clocks and counters of one process."""

import cProfile
import gc
import io
import pstats
import time
from collections.abc import Iterable
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.compare.rows import Row

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
_CONTROL = ("BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def time_block(row: Row) -> dict[str, list[float]]:
    """Time one block of calls. Return milliseconds per call by clock."""
    calls = [row.prepare() for _ in range(row.calls)]
    # The collector stays on, as in a host; both versions begin the block with nothing to collect.
    gc.collect()
    wall_ms, cpu_ms = [], []
    for call in calls:
        with row.surroundings():
            wall, cpu = time.perf_counter(), time.process_time()
            call()
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        wall_ms.append(wall * 1000)
        cpu_ms.append(cpu * 1000)
    return {"wall": wall_ms, "cpu": cpu_ms}


def count(row: Row) -> dict[str, int]:
    """Count what one call sends to the database, after one call that warms up."""
    with row.surroundings():
        row.prepare()()
    call = row.prepare()
    with row.surroundings(), CaptureQueriesContext(connection) as captured:
        call()
    statements = [query["sql"].lstrip().upper() for query in captured.captured_queries]
    return {
        "statements": sum(not statement.startswith(_CONTROL) for statement in statements),
        "commits": count_commits(statements),
    }


def count_commits(statements: Iterable[str]) -> int:
    """Return how often something was made durable.

    That is: the end of a transaction that wrote, or a write outside a transaction.
    """
    commits = 0
    is_in_transaction = has_written = False
    for statement in statements:
        if statement.startswith(("BEGIN", "START TRANSACTION")):
            is_in_transaction, has_written = True, False
        elif statement.startswith("COMMIT"):
            commits += has_written
            is_in_transaction = has_written = False
        elif statement == "ROLLBACK":
            is_in_transaction = has_written = False
        elif statement.startswith(_WRITES):
            if is_in_transaction:
                has_written = True
            else:
                commits += 1
    return commits


def peak_memory_kb() -> int:
    """The most memory that this process has had resident."""
    # Not getrusage(): what it says begins with the parent's.
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise RuntimeError("/proc/self/status has no VmHWM")


def profile(row: Row, lines: int) -> str:
    """Return the functions of this app by cumulative time, and all functions by their own."""
    calls = [row.prepare() for _ in range(max(row.calls, 30))]
    profiler = cProfile.Profile()
    for call in calls:
        with row.surroundings():
            profiler.enable()
            call()
            profiler.disable()
    text = io.StringIO()
    stats = pstats.Stats(profiler, stream=text)
    text.write(f"{len(calls)} calls of {row.name!r}, functions of edx_proctoring by cumulative time\n")
    stats.sort_stats("cumulative").print_stats("edx_proctoring", lines)
    text.write("all functions by own time\n")
    stats.sort_stats("tottime").print_stats(lines)
    return text.getvalue()
