"""Run attempts while things fail, and count what was lost or done twice."""

import argparse
import logging
import os
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

from bench.faults import databases
from bench.faults.databases import Database
from bench.faults.mail_sink import MailSink
from bench.faults.provider import MIXED, WAYS, Provider

# Of fewer attempts it can happen that none meets a failure that loses something.
FEWEST_IN_CONTROL = 50

FAULTS, CONTROL, REGISTRATIONS, KILLS = PARTS = ("faults", "control", "registrations", "kills")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--database", choices=("mysql", "postgres", "sqlite"), default="mysql", help="default: mysql")
    parser.add_argument(
        "--per-way", type=int, default=50, help="attempts for each way of failing (default: %(default)s)"
    )
    parser.add_argument("--attempts", type=int, default=200, help="attempts in part kills (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which calls fail, and when processes are killed")
    parser.add_argument("--share", type=float, default=0.2, help="of calls that fail, 0 to 1 (default: %(default)s)")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS, help="ways of failing (default: all)")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="default: all")
    parser.add_argument("--broker", default="", help="redis://…: a Celery worker beside the deliverer in part kills")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs of the processes")
    options = parser.parse_args(arguments)
    if min(options.attempts, options.per_way) < 1 or not 0 < options.share < 1:
        parser.error("--attempts, --per-way: at least 1; --share: between 0 and 1")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run. Returns the exit code: 1 if something was lost or done twice."""
    options = parse(arguments)
    print(
        f"fault run: database={options.database} per_way={options.per_way} attempts={options.attempts}"
        f" share={options.share} seed={options.seed}",
        flush=True,
    )
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="fault-run-"))
    with databases.opened(options.database, folder) as database:
        complaints = run(options, database, folder)
    for complaint in complaints:
        print(f"FAILED {complaint}")
    if complaints or options.keep:
        print(f"logs of the processes: {folder}")
    else:
        shutil.rmtree(folder)
    print(f"{'FAILED' if complaints else 'passed'} after {time.monotonic() - began:.0f} s")
    return 1 if complaints else 0


def run(options: argparse.Namespace, database: Database, folder: Path) -> list[str]:
    """Run the parts; return what must not be."""
    with (
        Provider(seed=options.seed, share=options.share).serving() as provider,
        MailSink(seed=options.seed).serving() as sink,
    ):
        os.environ.update(
            database.environment,
            FAULT_RUN_PROVIDER=provider.url,
            FAULT_RUN_SMTP_PORT=str(sink.port),
            DJANGO_SETTINGS_MODULE="bench.faults.settings",
        )
        import django

        # No browser takes part.
        warnings.filterwarnings("ignore", message="Proctoring worker package not found")
        django.setup()
        # Only now: models need the settings.
        from bench.faults import faults_part, kills_part, registrations_part, stage

        logging.disable(logging.CRITICAL)
        complaints: list[str] = []
        with stage.database() as about:
            print(f"{about}; processes log to {folder}", flush=True)
            people = stage.fill(max(options.attempts, options.per_way, FEWEST_IN_CONTROL))
            scene = faults_part.Scene(people, provider, sink, folder, options.seed)
            if FAULTS in options.parts:
                print("part faults: each way in turn", flush=True)
                for outcome in faults_part.run_ways(scene, tuple(options.ways), options.per_way):
                    complaints += faults_part.complaints(outcome)
            if CONTROL in options.parts:
                print("part control: the outbox replaced by a double that keeps nothing", flush=True)
                (outcome,) = faults_part.run_ways(
                    scene, (MIXED,), max(options.per_way, FEWEST_IN_CONTROL), with_outbox=False
                )
                if not outcome.audit.unheard:
                    complaints.append("control: without an outbox nothing was lost, so the run shows nothing")
            if REGISTRATIONS in options.parts:
                print("part registrations: web processes die between the provider's reply and our row", flush=True)
                complaints += registrations_part.run(scene, options.per_way)
            if KILLS in options.parts:
                print(f"part kills: processes killed; {database.restart_means}", flush=True)
                complaints += kills_part.run(scene, database, options.attempts, broker=options.broker)
        return complaints


if __name__ == "__main__":
    sys.exit(main())
