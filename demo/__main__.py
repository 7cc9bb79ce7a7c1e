"""``python -m demo``: one command that prepares, starts and watches the whole demo."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from demo import supervisor


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(
        prog="python -m demo", description="A small host platform with a proctoring provider, on SQLite."
    )
    options.add_argument("--port", type=int, default=18000, help="of the host platform (default: %(default)s)")
    options.add_argument("--provider-port", type=int, default=11136, help="of the mock provider (default: %(default)s)")
    options.add_argument("--data-dir", type=Path, default=supervisor.REPOSITORY / ".demo", help="default: .demo")
    options.add_argument("--no-provider", action="store_true", help="as if the provider were down")
    options.add_argument("--reset", action="store_true", help="start from an empty database")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo until it is told to stop. Returns the exit code."""
    options = parser().parse_args(arguments)
    plan = supervisor.Plan(
        port=options.port,
        provider_port=options.provider_port,
        data_dir=options.data_dir.resolve(),
        with_provider=not options.no_provider,
        reset=options.reset,
    )
    return supervisor.Supervisor(plan).run()


if __name__ == "__main__":
    sys.exit(main())
