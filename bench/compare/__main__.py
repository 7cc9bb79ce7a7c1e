"""Compare the working tree with a commit: the same work on both, in turn."""

import argparse
import json
import os
import re
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import report
from bench.compare import results, trees
from bench.compare.versions import Process, Version

REF, NEW = "ref", "new"


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("ref", nargs="?", help="the commit to compare with")
    parser.add_argument(
        "--database",
        choices=("sqlite", "mysql", "postgres"),
        default=os.environ.get("EDX_PROCTORING_DB", "sqlite"),
        help="default: EDX_PROCTORING_DB or sqlite; EDX_PROCTORING_DB_* say where the server is",
    )
    parser.add_argument("--rounds", type=int, default=5, help="pairs of processes (default: %(default)s)")
    parser.add_argument("--blocks", type=int, default=3, help="blocks per row and round (default: %(default)s)")
    parser.add_argument("--rows", type=re.compile, default=re.compile(""), help="rows whose name matches")
    parser.add_argument(
        "--clock", choices=("cpu", "wall"), help="default: CPU time on SQLite, wall clock on a server database"
    )
    parser.add_argument("--profile", metavar="ROW", help="print the hottest functions of one row of the working tree")
    parser.add_argument("--lines", type=int, default=40, help="of the profile (default: %(default)s)")
    parser.add_argument("--output", type=Path, help="write everything as JSON too")
    options = parser.parse_args(arguments)
    if not options.ref and not options.profile:
        parser.error("a commit to compare with, or --profile")
    if options.rounds < 1 or options.blocks < 1:
        parser.error("--rounds and --blocks: at least 1")
    options.clock = options.clock or ("cpu" if options.database == "sqlite" else "wall")
    return options


def compare(options: argparse.Namespace, old: Version, new: Version) -> dict[str, Any]:
    """Let both versions do the work; return all that was measured."""
    measured: dict[str, Any] = {
        "about": report.about_the_machine(),
        "clock": options.clock,
        "memory_kb": [],
        "rows": {},
    }
    for number in range(options.rounds):
        with old.start(number) as old_process, new.start(number) as new_process:
            pair = {REF: old_process, NEW: new_process}
            about = new_process.ask("about")
            names = [name for name in about.pop("rows") if options.rows.search(name)]
            measured["about"].update(about)
            for process in pair.values():
                process.ask("warm_up", names)
            for name in names:
                row = measured["rows"].setdefault(name, {"blocks": [], "counts": {}})
                if not row["counts"]:
                    row["counts"] = {side: process.ask("count", name) for side, process in pair.items()}
                row["blocks"] += _round(pair, name, options.blocks, begins_with_new=number % 2 == 1)
                print(".", end="", file=sys.stderr, flush=True)
            measured["memory_kb"].append({side: process.ask("peak_memory") for side, process in pair.items()})
    print(file=sys.stderr)
    return measured


def _round(pair: dict[str, Process], name: str, blocks: int, *, begins_with_new: bool) -> list[dict[str, Any]]:
    """Blocks of one row, each on both versions; who begins changes with each block."""
    timed = []
    for block in range(blocks):
        order = [REF, NEW] if (block % 2 == 1) == begins_with_new else [NEW, REF]
        timed.append({side: pair[side].ask("time", name) for side in order})
    return timed


def main(arguments: list[str] | None = None) -> int:
    """Compare, print, write. Returns the exit code."""
    options = parse(arguments)
    with ExitStack() as cleaning:
        folder = Path(cleaning.enter_context(tempfile.TemporaryDirectory(prefix="bench-compare-")))
        new = Version(NEW, trees.copy_working_tree(folder / NEW), options.database)
        versions = [new]
        if options.ref and not options.profile:
            try:
                commit = trees.commit_of(options.ref)
            except trees.UnknownCommit:
                print(f"Git knows no commit {options.ref!r}.", file=sys.stderr)
                return 2
            versions.insert(0, Version(REF, trees.copy_commit(commit, folder / REF), options.database))
        for version in versions:
            cleaning.callback(version.drop_database)
            version.create_database()
        if options.profile:
            with new.start(0) as process:
                process.ask("warm_up", [options.profile])
                print(process.ask("profile", options.profile, options.lines))
            return 0
        measured = compare(options, *versions)
    measured["ref"] = commit
    print(results.table(measured))
    if options.output:
        options.output.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
