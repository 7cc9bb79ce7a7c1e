"""``python -m demo``: one command that prepares, starts and watches the whole demo."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from demo import supervisor


def port(text: str) -> int:
    """A port that can be printed beforehand, as an option's value."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(
        prog="python -m demo", description="A small host platform with a proctoring provider, on SQLite."
    )
    options.add_argument("--port", type=port, default=18000, help="of the host platform (default: %(default)s)")
    options.add_argument(
        "--provider-port", type=port, default=11136, help="of the mock provider (default: %(default)s)"
    )
    options.add_argument(
        "--provider",
        choices=supervisor.PROVIDERS,
        default=supervisor.PROVIDERS[0],
        help="who proctors the course: the REST provider, or the same server as RPNow (default: %(default)s)",
    )
    options.add_argument("--data-dir", type=Path, help="default: .demo, with RPNow .demo-rpnow")
    options.add_argument("--no-provider", action="store_true", help="as if the provider were down")
    options.add_argument("--reset", action="store_true", help="start from an empty database")
    return options


def default_data_dir(provider: str) -> Path:
    """A folder per provider: the attempts of one mean nothing to the other."""
    return supervisor.REPOSITORY / (".demo" if provider == supervisor.PROVIDERS[0] else f".demo-{provider}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo until it is told to stop. Returns the exit code."""
    options = parser().parse_args(arguments)
    plan = supervisor.Plan(
        port=options.port,
        provider_port=options.provider_port,
        data_dir=(options.data_dir or default_data_dir(options.provider)).resolve(),
        with_provider=not options.no_provider,
        reset=options.reset,
        provider=options.provider,
    )
    return supervisor.Supervisor(plan).run()


if __name__ == "__main__":
    sys.exit(main())
