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
from bench.compare.results import NEW, OLD
from bench.compare.versions import Process, Version


class UnknownRow(Exception):
    """No row has this name."""


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
    parser.add_argument("--blocks", type=int, default=15, help="blocks per row and round (default: %(default)s)")
    parser.add_argument("--rows", type=re.compile, default=re.compile(""), help="rows whose name matches")
    parser.add_argument(
        "--clock", choices=("cpu", "wall"), help="default: CPU time on SQLite, wall clock on a server database"
    )
    parser.add_argument(
        "--profile", metavar="ROW", help="only print the hottest functions of a row in the working tree"
    )
    parser.add_argument("--lines", type=int, default=40, help="of the profile (default: %(default)s)")
    parser.add_argument("--output", type=Path, help="also write all times as JSON to this file")
    options = parser.parse_args(arguments)
    if not options.ref and not options.profile:
        parser.error("name the commit to compare with, or a row to --profile")
    if min(options.rounds, options.blocks) < 1:
        parser.error("--rounds and --blocks: at least 1")
    options.clock = options.clock or ("cpu" if options.database == "sqlite" else "wall")
    return options


def compare(options: argparse.Namespace, old: Version, new: Version) -> dict[str, Any]:
    """Let both versions do the work. Return all measurements. Raises UnknownRow if ``--rows`` matches none."""
    rows: dict[str, Any] = {}
    memory = []
    about = report.about_the_machine()
    for number in range(options.rounds):
        # New processes in each round, because memory layout and hash seed make one process faster than the next.
        with old.start(seed=number) as old_process, new.start(seed=number) as new_process:
            pair = {OLD: old_process, NEW: new_process}
            about |= new_process.ask("about")
            all_rows = new_process.ask("rows")
            names = [name for name in all_rows if options.rows.search(name)]
            if not names:
                raise UnknownRow(f"No row matches {options.rows.pattern!r}. Rows: {', '.join(all_rows)}.")
            for process in pair.values():
                process.ask("warm_up", names)
            for name in names:
                row = rows.setdefault(name, {"rounds": []})
                row["counts"] = {side: process.ask("count", name) for side, process in pair.items()}
                row["rounds"].append(_time_in_turn(pair, name, options.blocks, new_begins=number % 2 == 1))
                print(".", end="", file=sys.stderr, flush=True)
            memory.append({side: process.ask("peak_memory") for side, process in pair.items()})
    print(file=sys.stderr)
    return {"about": about, "clock": options.clock, "rows": rows, "memory_kb": memory}


def _time_in_turn(pair: dict[str, Process], name: str, blocks: int, *, new_begins: bool) -> dict[str, Any]:
    """Time short blocks of one row on both versions: A B B A A B ... Return the times by version and clock."""
    times: dict[str, dict[str, list[float]]] = {side: {"wall": [], "cpu": []} for side in pair}
    for block in range(blocks):
        order = (NEW, OLD) if new_begins == (block % 2 == 0) else (OLD, NEW)
        for side in order:
            for clock, milliseconds in pair[side].ask("time", name).items():
                times[side][clock] += milliseconds
    return times


def profile(options: argparse.Namespace, new: Version) -> str:
    """Return the profile of a row. Raises UnknownRow."""
    with new.start(seed=0) as process:
        all_rows = process.ask("rows")
        if options.profile not in all_rows:
            raise UnknownRow(f"No row is called {options.profile!r}. Rows: {', '.join(all_rows)}.")
        process.ask("warm_up", [options.profile])
        text: str = process.ask("profile", options.profile, options.lines)
        return text


def run(options: argparse.Namespace) -> str:
    """Compare or profile, write the file. Return the text to print. Raises UnknownCommit, UnknownRow."""
    commit = "" if options.profile else trees.commit_of(options.ref)
    with ExitStack() as cleaning:
        folder = Path(cleaning.enter_context(tempfile.TemporaryDirectory(prefix="bench-compare-")))
        new = _version(cleaning, NEW, trees.copy_working_tree(folder / NEW), options.database)
        if options.profile:
            return profile(options, new)
        old = _version(cleaning, OLD, trees.copy_commit(commit, folder / OLD), options.database)
        measured = {"ref": commit, **compare(options, old, new)}
    if options.output:
        options.output.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return results.table(measured)


def _version(cleaning: ExitStack, label: str, folder: Path, kind: str) -> Version:
    version = Version(label, folder, kind)
    cleaning.callback(version.drop_database)
    version.create_database()
    return version


def main(arguments: list[str] | None = None) -> int:
    """Compare and print. Returns the exit code."""
    options = parse(arguments)
    try:
        print(run(options))
    except (trees.UnknownCommit, UnknownRow) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
