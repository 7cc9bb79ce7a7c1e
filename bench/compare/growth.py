"""Do the filters of staff's lists cost more in a larger course, and what did they cost at a commit?

``python -m bench.compare.growth REF`` (``make bench-lists REF=<commit>``): the commit and the working tree do the same
requests in turn, each on a small and on a large course. The time of the host's own queries is not counted.
"""

import argparse
import os
import re
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from bench import report
from bench.compare import trees
from bench.compare.results import NEW, OLD, spread
from bench.compare.versions import Process, Version

Side = tuple[str, int]


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare.growth", description=__doc__)
    parser.add_argument("ref", help="the commit to compare with")
    parser.add_argument(
        "--database", choices=("sqlite", "mysql", "postgres"), default=os.environ.get("EDX_PROCTORING_DB", "sqlite")
    )
    parser.add_argument("--learners", type=int, nargs=2, default=[2000, 10000], help="default: 2000 10000")
    parser.add_argument("--rounds", type=int, default=3, help="sets of processes (default: %(default)s)")
    parser.add_argument("--blocks", type=int, default=7, help="blocks per row and round (default: %(default)s)")
    parser.add_argument("--rows", type=re.compile, default=re.compile("^staff"), help="rows whose name matches")
    options = parser.parse_args(arguments)
    options.clock = "cpu" if options.database == "sqlite" else "wall"
    return options


def measure(options: argparse.Namespace, versions: dict[Side, Version]) -> dict[str, dict[str, Any]]:
    """Return statements and, per round, the median time of each version at each size."""
    rows: dict[str, dict[str, Any]] = {}
    for number in range(options.rounds):
        with ExitStack() as running:
            # New processes in each round, because memory layout and hash seed make one faster than the next.
            processes = {side: running.enter_context(one.start(seed=number)) for side, one in versions.items()}
            names = [name for name in next(iter(processes.values())).ask("rows") if options.rows.search(name)]
            for process in processes.values():
                process.ask("warm_up", names)
            for name in names:
                row = rows.setdefault(name, {"rounds": []})
                row["statements"] = {side: one.ask("count", name)["statements"] for side, one in processes.items()}
                row["rounds"].append(_medians(processes, name, options))
                print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows


def _medians(processes: dict[Side, Process], name: str, options: argparse.Namespace) -> dict[Side, float]:
    times: dict[Side, list[float]] = {side: [] for side in processes}
    for block in range(options.blocks):
        order = list(processes) if block % 2 == 0 else list(processes)[::-1]
        for side in order:
            times[side] += processes[side].ask("time", name)[options.clock]
    return {side: median(found) for side, found in times.items()}


def table(options: argparse.Namespace, rows: dict[str, dict[str, Any]]) -> str:
    """Return the results as text."""
    small, large = options.learners
    about = report.about_the_machine()
    heads = (f"old {small}", f"old {large}", f"new {small}", f"new {large}")
    head = f"{'row':<34}" + "".join(f"{text:>11}" for text in heads)
    lines = [head + f"{'old grows':>21}{'new grows':>21}{f'new/old at {large}':>23}{'statements':>12}"]
    for name, row in rows.items():
        rounds = row["rounds"]
        shown = "".join(
            f"{median(one[side, size] for one in rounds):>11.2f}" for side in (OLD, NEW) for size in (small, large)
        )
        grows = [spread([one[side, large] / one[side, small] for one in rounds]) for side in (OLD, NEW)]
        ratio = spread([one[NEW, large] / one[OLD, large] for one in rounds])
        counts = row["statements"]
        lines.append(
            f"{name:<34}{shown}{grows[0]!s:>21}{grows[1]!s:>21}{ratio!s:>23}"
            f"{counts[OLD, large]:>6} > {counts[NEW, large]}"
        )
        if counts[NEW, small] != counts[NEW, large]:
            lines.append(f"  statements differ: {counts[NEW, small]} in the small course")
    lines.append("")
    lines.append(
        f"ms of {options.clock} time, median of {options.rounds} rounds (smallest..largest), without host's queries. "
        f"{options.database}, working tree on {about['commit'][:12]}, load before: {about['load'][0]}."
    )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Compare and print. Returns the exit code."""
    options = parse(arguments)
    try:
        commit = trees.commit_of(options.ref)
    except trees.UnknownCommit as error:
        print(error, file=sys.stderr)
        return 2
    with ExitStack() as cleaning:
        folder = Path(cleaning.enter_context(tempfile.TemporaryDirectory(prefix="bench-lists-")))
        folders = {OLD: trees.copy_commit(commit, folder / OLD), NEW: trees.copy_working_tree(folder / NEW)}
        versions: dict[Side, Version] = {}
        for label, where in folders.items():
            for learners in options.learners:
                version = versions[label, learners] = Version(label, where, options.database, learners)
                cleaning.callback(version.drop_database)
                version.create_database()
        print(table(options, measure(options, versions)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
