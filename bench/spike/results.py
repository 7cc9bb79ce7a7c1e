"""What a spike prints."""

import argparse
import statistics
from collections import defaultdict
from typing import Any

from bench.spike.journeys import JOURNEYS

_WIDTH = 15


def head(options: argparse.Namespace, about: dict[str, Any]) -> str:
    """Return the lines that say what is run on what."""
    return (
        f"spike: {options.database}, mode={options.mode}, gunicorn workers={options.workers} threads={options.threads},"
        f" learners={options.learners}\n"
        f"commit {about['commit'][:12]}, files changed: {about['changed_files']}; against"
        f" {about['ref'][:12] or 'nothing'}; processors: {about['processors']}, load before: {about['load'][0]}"
    )


def lines(measured: dict[str, Any]) -> str:
    """Return the lines about one journey of one version."""
    text = [
        f"\n{measured['version']}, {measured['part']}, journey {measured['journey']},"
        f" provider {measured['latency_ms']} ms: {measured['started']} started in {measured['seconds']} s,"
        f" {measured['started_per_second']} a second",
        f"  {'step':{_WIDTH}} {'requests':>9} {'failed':>7} {'p50 ms':>7} {'p95 ms':>7} {'p99 ms':>7} {'max ms':>8}",
    ]
    for name, step in measured["steps"].items():
        text.append(
            f"  {name:{_WIDTH}} {step['requests']:>9} {step['failures']:>7} {step['p50']:>7.0f} {step['p95']:>7.0f}"
            f" {step['p99']:>7.0f} {step['max']:>8.0f}"
        )
    for name, used in measured["usage"].items():
        text.append(f"  {name}: CPU {used['cpu']} s, memory {used['memory']['first']} to {used['memory']['peak']} MB")
    provider = measured["provider"]
    if provider["calls"]:
        text.append(f"  provider: {provider['calls']} calls over {provider['connections']} new connections")
    waiting = measured["waiting"]
    if waiting:
        text.append(
            f"  effects that waited: most {max(waiting)}, at the end {waiting[-1]};"
            f" told {measured['settled_seconds']} s later"
        )
    return "\n".join(text)


def ratios(parts: list[dict[str, Any]]) -> str:
    """Return what the aims are about: learners a second against the bare flow, and against the other version."""
    rates: dict[tuple[int, str, str], list[float]] = defaultdict(list)
    for part in parts:
        rates[part["latency_ms"], part["journey"], part["version"]].append(part["started_per_second"])
    text = ["", "learners started a second, medians:"]
    for latency in sorted({key[0] for key in rates}):
        for journey in JOURNEYS:
            new, old = (statistics.median(rates.get((latency, journey, version), [0.0])) for version in ("new", "old"))
            if new and old:
                text.append(f"  provider {latency} ms, {journey}: new {new}, old {old}, new/old {new / old:.2f}")
        bare, attempt = (statistics.median(rates.get((latency, name, "new"), [0.0])) for name in ("bare", "attempt"))
        if bare and attempt:
            text.append(f"  provider {latency} ms, attempt/bare: new {attempt / bare:.2f}")
    return "\n".join(text)
