"""The table: queries, time and bytes of every endpoint, at one or more sizes of the course."""

import argparse
import re
import statistics
import sys
from pathlib import Path
from typing import Any

from bench import report
from bench.worker import Worker

# More samples where a ratio is the result: two medians of five would say more about the machine.
GROWTH_ROUNDS = 21
ALLOWED_GROWTH = 1.2
ALLOWED_TIMES_BARE = 2.0


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--learners", type=int, nargs="+", default=[2000, 10000], help="sizes of the course (default: 2000 10000)"
    )
    parser.add_argument(
        "--exams", type=int, default=4, help="exams, each taken by every learner (default: %(default)s)"
    )
    parser.add_argument("--allowances", type=int, default=200, help="in the course (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="timed runs per route (default: %(default)s)")
    parser.add_argument(
        "--rounds", type=int, default=GROWTH_ROUNDS, help="timed runs of routes with a ratio (default: %(default)s)"
    )
    parser.add_argument("--only", type=re.compile, default=re.compile(""), help="routes whose name matches")
    parser.add_argument("--output", type=Path, help="the JSON file (default: a new one in bench/results/)")
    options = parser.parse_args(arguments)
    if min(options.learners) < 1000:
        parser.error("--learners: at least 1000, so that there are unused attempts for every call")
    return options


def measure(workers: list[Worker], options: argparse.Namespace) -> dict[str, Any]:
    """Measure all routes on all sizes."""
    sizes = [{"learners": worker.learners, **worker.ask("about")} for worker in workers]
    # SQLite runs in this process. A database server does not, so its share shows on the wall clock only.
    clock = "cpu_ms" if sizes[0]["database"] == "sqlite" else "wall_ms"
    rows = []
    for route in workers[0].ask("routes"):
        if not options.only.search(route["name"]):
            continue
        rounds = max(options.rounds, options.runs) if route["paged"] or route["polled"] else options.runs
        counts = [worker.ask("count", route["name"]) for worker in workers]
        samples: list[list[tuple[float, float]]] = [[] for _ in workers]
        bare: list[tuple[float, float]] = []
        for _ in range(rounds):
            for number, worker in enumerate(workers):
                samples[number].append(worker.ask("time", route["name"]))
            if route["polled"]:
                bare.append(workers[0].ask("time", "bare view"))
        costs = [
            {"queries": queries, "control": control, "bytes": size, **_medians(timed)}
            for (queries, control, size), timed in zip(counts, samples, strict=True)
        ]
        row = {**route, "costs": costs}
        if len(workers) > 1 and route["paged"]:
            row["growth"] = round(costs[-1][clock] / costs[0][clock], 2)
        if bare:
            row["bare"] = _medians(bare)
            row["times_bare"] = round(costs[0][clock] / row["bare"][clock], 2)
        row["complaints"] = _complaints(row)
        rows.append(row)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return {"about": report.about_the_machine(), "sizes": sizes, "runs": options.runs, "clock": clock, "routes": rows}


def _medians(samples: list[tuple[float, float]]) -> dict[str, float]:
    return {
        "wall_ms": round(statistics.median(wall for wall, _cpu in samples), 3),
        "cpu_ms": round(statistics.median(cpu for _wall, cpu in samples), 3),
    }


def _complaints(row: dict[str, Any]) -> list[str]:
    """Return the problems of a row. Query counts are exact; times are only a hint."""
    counts = [cost["queries"] for cost in row["costs"]]
    complaints = []
    if row["ceiling"] is not None and max(counts) > row["ceiling"]:
        complaints.append("over the ceiling")
    elif row["aim"] is not None and max(counts) > row["aim"]:
        complaints.append("over the aim")
    if len(set(counts)) > 1:
        complaints.append("queries differ")
    if row.get("growth") is not None and row["growth"] > ALLOWED_GROWTH:
        complaints.append("grows")
    if row.get("times_bare") is not None and row["times_bare"] > ALLOWED_TIMES_BARE:
        complaints.append("slow")
    return complaints


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write. Returns the exit code: 1 if a count is over its ceiling or differs between sizes."""
    options = parse(arguments)
    workers: list[Worker] = []
    try:
        for learners in sorted(options.learners):
            workers.append(Worker(learners, options.exams, options.allowances))
        results = measure(workers, options)
    finally:
        for worker in workers:
            worker.close()
    print(report.table(results))
    print(f"written: {report.write(results, options.output)}")
    broken = [row for row in results["routes"] if {"over the ceiling", "queries differ"} & set(row["complaints"])]
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
