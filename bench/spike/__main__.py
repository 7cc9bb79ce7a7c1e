"""Let many learners start at once, against the working tree and, in turn, a commit.

Part ``capacity``: so many learners at a time go through the six requests of an attempt, one after the other, as fast as
the server lets them; and through the bare flow of ``bench.compare``, which is the limit. Part ``arrivals``: learners
arrive at a given rate and have a whole exam day. At the end every attempt is checked here and at the provider.
"""

import argparse
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench import report
from bench.compare import trees
from bench.faults.provider import Provider
from bench.spike import parts, results
from bench.spike.parts import ARRIVALS, CAPACITY, Version

MODES = ("process", "redis", "rabbitmq")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.spike", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ref", nargs="?", help="the commit to compare with; none: the working tree alone")
    parser.add_argument(
        "--parts", nargs="+", choices=(CAPACITY, ARRIVALS), default=[CAPACITY], help="default: capacity"
    )
    parser.add_argument("--database", choices=("mysql", "postgres"), default="mysql", help="default: mysql")
    parser.add_argument("--learners", type=int, default=400, help="of each part (default: %(default)s)")
    parser.add_argument("--at-once", type=int, default=8, help="learners at a time, capacity (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=10, help="learners a second, arrivals (default: %(default)s)")
    parser.add_argument("--polls", type=int, default=3, help="of each learner, arrivals (default: %(default)s)")
    parser.add_argument("--pause", type=float, default=10, help="seconds between polls (default: %(default)s)")
    parser.add_argument(
        "--latency", type=int, nargs="+", default=[0], help="ms that the provider takes to answer (default: 0)"
    )
    parser.add_argument("--outage", type=float, nargs=2, metavar=("AT", "SECONDS"), help="of the provider, arrivals")
    parser.add_argument("--mode", choices=MODES, default="process", help="who delivers effects (default: process)")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="of gunicorn (default: processors)")
    parser.add_argument("--threads", type=int, default=4, help="of each worker (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="how often both versions take turns (default: 1)")
    parser.add_argument("--cache", default="redis://127.0.0.1:6379/5", help="default: %(default)s")
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/6", help="broker of mode redis")
    parser.add_argument("--rabbitmq", default="amqp://guest:guest@127.0.0.1:5672//", help="broker of mode rabbitmq")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs of the processes")
    parser.add_argument("--output", type=Path, help="also write everything as JSON to this file")
    options = parser.parse_args(arguments)
    if min(options.learners, options.at_once, options.workers, options.threads, options.rounds) < 1:
        parser.error("--learners, --at-once, --workers, --threads, --rounds: at least 1")
    if options.rate <= 0 or options.polls < 0 or options.pause < 0 or min(options.latency) < 0:
        parser.error("--rate: above 0; --polls, --pause, --latency: not below 0")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run and print. Returns the exit code: 1 if a learner was refused or an attempt is wrong."""
    options = parse(arguments)
    try:
        commit = trees.commit_of(options.ref) if options.ref else ""
    except trees.UnknownCommit as error:
        print(error, file=sys.stderr)
        return 2
    about = {**report.about_the_machine(), "ref": commit}
    print(results.head(options, about), flush=True)
    with ExitStack() as cleaning:
        folder = Path(tempfile.mkdtemp(prefix="spike-"))
        provider = cleaning.enter_context(Provider(seed=1, share=0).serving())
        versions = [Version("new", trees.copy_working_tree(folder / "new"), options, provider.url, folder)]
        if commit:
            versions.append(Version("old", trees.copy_commit(commit, folder / "old"), options, provider.url, folder))
        for version in versions:
            cleaning.enter_context(version.ready())
        measured = list(parts.run(options, versions, provider, folder))
    if options.output:
        options.output.write_text(json.dumps({"about": about, "parts": measured}, indent=1) + "\n", encoding="utf-8")
    if len(versions) > 1:
        print(results.ratios(measured))
    complaints = [text for part in measured for text in part["complaints"]]
    for text in complaints:
        print(f"FAILED {text}")
    if complaints or options.keep:
        print(f"logs of the processes: {folder}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
