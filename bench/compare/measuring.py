"""Clocks and counters of one process."""

from __future__ import annotations

import cProfile
import gc
import io
import pstats
import re
import sysconfig
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection

from bench import measure

if TYPE_CHECKING:
    # The rows define a model, which would be registered in any process that measures something else.
    from bench.compare.rows import Row

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
# A statement that reads the host's enrolments, and not one of ours that only compares with them.
_ON_HOSTS_TABLE = re.compile(r"^SELECT [^(]*? FROM .bench_enrollment|^SELECT COUNT\(\*\) AS .__count. FROM .bench_")
_LEAST_PROFILED_CALLS = 30


def time_block(row: Row) -> dict[str, list[float]]:
    """Time one block of calls. Return milliseconds per call by clock."""
    calls = [row.prepare() for _ in range(row.calls)]
    # The collector stays on, as in a host; both versions begin the block with nothing to collect.
    gc.collect()
    samples = []
    for call in calls:
        with row.surroundings():
            samples.append(_timed_without_host(call) if row.without_host else measure.timed(call))
    return {"wall": [sample.wall_ms for sample in samples], "cpu": [sample.cpu_ms for sample in samples]}


def _timed_without_host(call: Callable[[], Any]) -> measure.Sample:
    """Time a call, without the time that statements on the host's enrolments take to be carried out.

    Reading their rows counts, so this takes away a little less than the host's share.
    """
    hosts: list[measure.Sample] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not _ON_HOSTS_TABLE.search(sql):
            return execute(sql, params, many, context)
        results: list[Any] = []
        hosts.append(measure.timed(lambda: results.append(execute(sql, params, many, context))))
        return results[0]

    with connection.execute_wrapper(watch):
        whole = measure.timed(call)
    return measure.Sample(
        whole.wall_ms - sum(sample.wall_ms for sample in hosts), whole.cpu_ms - sum(sample.cpu_ms for sample in hosts)
    )


def count(row: Row) -> dict[str, int]:
    """Count what one call sends to the database."""
    call = row.prepare()
    with row.surroundings():
        statements, _result = measure.statements_of(call)
    return {
        "statements": sum(not measure.is_control(statement) for statement in statements),
        "commits": count_commits(statements),
    }


def count_commits(statements: Iterable[str]) -> int:
    """Return how often something was made durable.

    That is: the end of a transaction that wrote, or a write outside a transaction.
    """
    commits = 0
    is_in_transaction = has_written = False
    for statement in (sql.lstrip().upper() for sql in statements):
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
    """Return the functions of this app by cumulative time, and all functions by own time."""
    calls = [row.prepare() for _ in range(max(row.calls, _LEAST_PROFILED_CALLS))]
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
    return text.getvalue().replace(f"{Path.cwd()}/", "").replace(f"{sysconfig.get_path('purelib')}/", "")
