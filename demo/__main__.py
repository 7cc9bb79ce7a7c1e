"""``python -m demo``: one command that prepares, starts and watches the whole demo."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from demo import data_dir
from demo.data_dir import DemoError
from demo.supervisor import HOST, PROVIDERS, REPOSITORY, Options, Supervisor

LOGINS = [
    ("victor", "verified learner"),
    ("vera", "verified learner with extra time"),
    ("adam", "audit learner"),
    ("stan", "course staff"),
    ("gina", "global staff, Django admin"),
]


def port(text: str) -> int:
    """A port number as an option's value. Not 0: the addresses are known before anything listens."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1 to 65535")
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
        choices=PROVIDERS,
        default=PROVIDERS[0],
        help="which provider proctors the course: the REST one, RPNow, or Constructor Proctor; the mock provider plays "
        "all of them "
        "(default: %(default)s)",
    )
    options.add_argument("--data-dir", type=Path, help="default: .demo, or .demo-<provider>")
    options.add_argument("--no-provider", action="store_true", help="as if the provider were down")
    options.add_argument("--reset", action="store_true", help="start from an empty database")
    return options


def default_data_dir(provider: str) -> Path:
    """A folder per provider: one provider does not know the attempts of the other."""
    return REPOSITORY / (".demo" if provider == PROVIDERS[0] else f".demo-{provider}")


def run(options: Options) -> int:
    """Run a demo until a signal arrives or one of its processes ends. Returns the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    began = time.monotonic()
    state = {
        "host_url": options.host_url,
        "port": options.port,
        "provider_url": options.provider_url,
        "provider": options.provider,
    }
    try:
        # Lock the folder before checking the ports, so that a second demo's error names the first one.
        with data_dir.lock(options.data_dir) as state_file:
            require_free_ports(options)
            data_dir.remember(state_file, state)
            if options.reset:
                data_dir.reset(options.data_dir)
            with Supervisor(options) as supervisor:
                print("demo: preparing database and scripts ...", flush=True)
                supervisor.start()
                print(f"demo: ready after {time.monotonic() - began:.0f} s\n{greeting(options)}", flush=True)
                supervisor.watch()
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 0


def require_free_ports(options: Options) -> None:
    """Raise DemoError unless host and provider can listen at their ports."""
    require_free_port(options.port, "--port")
    if options.with_provider:
        if options.provider_port == options.port:
            raise DemoError(f"host and provider cannot both use port {options.port}: change --provider-port")
        require_free_port(options.provider_port, "--provider-port")


def require_free_port(port: int, option: str) -> None:
    """Raise DemoError when we cannot listen there; ``option`` is the one that changes it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise DemoError(f"port {port} needs more rights. Choose one above 1023 with {option}.") from None
        except OSError as error:
            raise DemoError(
                f"port {port} is in use ({error.strerror}). Is another demo running? Choose another with {option}."
            ) from None


def greeting(options: Options) -> str:
    """Addresses, logins and what to do next, for people."""
    lines = ["", "The demo is running.", "", f"  Host platform     {options.host_url}/"]
    if options.with_provider:
        kind = {"rpnow": " (as RPNow)", "constructor": " (as Constructor Proctor)"}.get(options.provider, "")
        lines += [
            f"  Mock provider     {options.provider_url}/{kind}",
            f"  Reviewer page     {options.provider_url}/reviewer/",
        ]
    else:
        lines.append("  Mock provider     not started (--no-provider): as if the provider were down")
    if options.scheme == "https":
        lines += [
            "",
            "  Your browser warns of both addresses, whose certificate this demo has made: open both once, and go on.",
            "  The provider is a mock: nobody is watched or recorded.",
        ]
    lines += ["", "  Log in with one click:"]
    lines += [f"    {options.host_url}/login/{name:<8} {what}" for name, what in LOGINS]
    lines += [
        "",
        f"  Data and logs     {options.data_dir}",
        f"  Load learners     {manage_command(options.data_dir)} load_learners 1000",
        "  Stop              Ctrl-C",
        "",
    ]
    return "\n".join(lines)


def manage_command(folder: Path) -> str:
    """How to start a management command for this data folder, in the repository's root."""
    prefix = "" if folder == default_data_dir(PROVIDERS[0]) else f"DEMO_DATA_DIR={folder} "
    return f"{prefix}{os.path.relpath(sys.executable, REPOSITORY)} -m demo.manage"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo. Returns the exit code."""
    options = parser().parse_args(arguments)
    return run(
        Options(
            port=options.port,
            provider_port=options.provider_port,
            data_dir=(options.data_dir or default_data_dir(options.provider)).resolve(),
            with_provider=not options.no_provider,
            reset=options.reset,
            provider=options.provider,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
