"""Starts the demo's processes, watches them, and leaves none behind.

Order: the mock provider first (publishing the seeded course registers its exams there), then ``prepare``, then the
host. Addresses are printed only when every process answers.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

from demo import workers

REPOSITORY = Path(__file__).resolve().parents[1]
LOCK_NAME = "lock"
READY_SECONDS = 60
STOP_SECONDS = 5
# Repeated from demo.host.seed, which cannot be imported without Django's settings; a test compares them.
PROVIDER_CLIENT = ("mock-provider-client", "mock-provider-client-secret")
PROVIDERS = ("mock_provider", "rpnow")
DELIVER_SECONDS = 5
LOGINS = [
    ("victor", "verified learner"),
    ("vera", "verified learner with extra time"),
    ("adam", "audit learner"),
    ("stan", "course staff"),
    ("gina", "global staff, Django admin"),
]


class DemoError(Exception):
    """The demo cannot run; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start, and where."""

    port: int
    provider_port: int
    data_dir: Path
    with_provider: bool = True
    reset: bool = False
    provider: str = PROVIDERS[0]
    host: str = "127.0.0.1"

    @property
    def host_url(self) -> str:
        """Address of the host platform."""
        return f"http://{self.host}:{self.port}"

    @property
    def provider_url(self) -> str:
        """Address of the mock provider."""
        return f"http://{self.host}:{self.provider_port}"

    def environment(self) -> dict[str, str]:
        """Environment of the children."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "demo.settings.combined",
            "DEMO_DATA_DIR": str(self.data_dir),
            "DEMO_PORT": str(self.port),
            "DEMO_PROVIDER_URL": self.provider_url,
            "DEMO_PROVIDER": self.provider,
            "PYTHONUNBUFFERED": "1",
        }


@dataclass(slots=True)
class Child:
    """A running process: its name for messages, the address that answers when it is ready, and its log.

    Without an address it is ready as soon as it runs.
    """

    name: str
    process: subprocess.Popen[bytes]
    health_url: str
    log: Path


@dataclass(slots=True)
class Supervisor:
    """Runs one demo from start to stop."""

    plan: Plan
    children: list[Child] = field(default_factory=list)
    stop_requested: bool = False
    lock: TextIO | None = None

    def run(self) -> int:
        """Start everything, wait for a signal or the end of a child, stop everything. Returns the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        try:
            self._start()
            self._say(greeting(self.plan))
            return self._watch()
        except DemoError as error:
            if self.stop_requested:
                return 0
            self._say(f"demo: {error}", stream=sys.stderr)
            return 1
        finally:
            self._stop()

    def _start(self) -> None:
        began = time.monotonic()
        plan = self.plan
        # First of all: of two demos in one folder the second shall hear of the first, not of a port.
        self.lock = lock(plan)
        require_free_port(plan.host, plan.port, "--port")
        if plan.with_provider:
            if plan.provider_port == plan.port:
                raise DemoError(f"host and provider cannot both use port {plan.port}: change --provider-port")
            require_free_port(plan.host, plan.provider_port, "--provider-port")
            if not _is_importable("mock_provider"):
                raise DemoError(
                    "the mock provider is not installed: pip install -e ./mock_provider, or use --no-provider"
                )
        if plan.reset:
            reset(plan.data_dir)
        (plan.data_dir / "logs").mkdir(exist_ok=True)
        workers.install(REPOSITORY / "mock_provider" / "worker", plan.data_dir / "node_modules")
        if plan.with_provider:
            self._launch("mock provider", self._provider_command(), f"{plan.provider_url}/")
            self._wait_until_ready()
        self._prepare()
        self._launch(
            "host",
            ["demo.manage", "serve", "--host", plan.host, "--port", str(plan.port)],
            f"{plan.host_url}/healthz",
        )
        # What a status change could not deliver at once is tried again by this one, as on a platform by a service.
        self._launch("deliveries", ["demo.manage", "deliver_effects", "--loop", "--interval", str(DELIVER_SECONDS)])
        self._wait_until_ready()
        self._say(f"demo: ready after {time.monotonic() - began:.0f} s")

    def _provider_command(self) -> list[str]:
        plan = self.plan
        return [
            *("mock_provider", *PROVIDER_CLIENT),
            *("-l", plan.host_url, "--host", plan.host, "--port", str(plan.provider_port)),
            *("--db", str(plan.data_dir / "mock_provider.sqlite3")),
            # The learner reports ready, and a person gives the verdict on the provider's reviewer page.
            *("--ready-delay", "off", "--review-delay", "off"),
        ]

    def _prepare(self) -> None:
        self._say("demo: preparing database and scripts ...")
        child = self._launch("preparation", ["demo.manage", "prepare"])
        process, log = child.process, child.log
        while process.poll() is None:
            if self.stop_requested:
                raise DemoError("stopped while preparing")
            time.sleep(0.1)
        self.children.remove(child)
        _close(process)
        if process.returncode != 0:
            raise DemoError(f"preparing failed, see {log}\n{tail(log)}")

    def _launch(self, name: str, command: list[str], health_url: str = "") -> Child:
        """Start ``python -m`` with a module and its arguments."""
        log = self.plan.data_dir / "logs" / f"{name.replace(' ', '-')}.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "demo.tether", str(os.getpid()), *command],
                cwd=REPOSITORY,
                env=self.plan.environment(),
                stdout=stream,
                stderr=subprocess.STDOUT,
                # Nothing is ever written there: it closes when we are gone (demo.tether).
                stdin=subprocess.PIPE,
                # A Ctrl-C in the terminal reaches only us; we stop the children in our own order.
                start_new_session=True,
            )
        child = Child(name, process, health_url, log)
        self.children.append(child)
        return child

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        waiting = [child for child in self.children if child.health_url and not answers(child.health_url)]
        while waiting:
            if self.stop_requested:
                raise DemoError("stopped while starting")
            self._raise_for_dead_children()
            if time.monotonic() > deadline:
                child = waiting[0]
                raise DemoError(
                    f"{child.name} does not answer at {child.health_url}, see {child.log}\n{tail(child.log)}"
                )
            time.sleep(0.1)
            waiting = [child for child in waiting if not answers(child.health_url)]

    def _watch(self) -> int:
        while not self.stop_requested:
            self._raise_for_dead_children()
            time.sleep(0.2)
        self._say("demo: stopping ...")
        return 0

    def _raise_for_dead_children(self) -> None:
        for child in self.children:
            code = child.process.poll()
            if code is not None and not self.stop_requested:
                raise DemoError(f"{child.name} ended with exit code {code}, see {child.log}\n{tail(child.log)}")

    def _stop(self) -> None:
        # Each child leads a session of its own, so its process group holds whatever it has started itself.
        for child in self.children:
            _signal_group(child.process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            try:
                child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(child.process, signal.SIGKILL)
                child.process.wait()
            _close(child.process)
        self.children.clear()
        if self.lock is not None:
            self.lock.close()
            self.lock = None

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stop_requested = True

    @staticmethod
    def _say(text: str, stream: TextIO | None = None) -> None:
        print(text, file=stream or sys.stdout, flush=True)


def lock(plan: Plan) -> TextIO:
    """Make the data folder ours until the returned file is closed; raises DemoError when it is another demo's."""
    path = plan.data_dir / LOCK_NAME
    try:
        plan.data_dir.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise DemoError(
            f"the data folder {plan.data_dir} cannot be used ({error.strerror}). Choose another with --data-dir."
        ) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        who = file.read().strip() or "unknown process"
        file.close()
        raise DemoError(
            f"another demo runs in {plan.data_dir} ({who}). Stop it, or choose another folder with --data-dir, and "
            "other ports with --port and --provider-port."
        ) from None
    file.truncate(0)
    file.write(f"process {os.getpid()}, {plan.host_url}/\n")
    file.flush()
    return file


def require_free_port(host: str, port: int, option: str) -> None:
    """Raise DemoError when we cannot listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise DemoError(f"port {port} is not ours to use. Choose one above 1023 with {option}.") from None
        except OSError as error:
            raise DemoError(
                f"port {port} is in use ({error.strerror}). Is another demo running? Choose another with {option}."
            ) from None


def answers(url: str) -> bool:
    """Whether an HTTP server answers at this address, with whatever status below 500."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False


def tail(log: Path, lines: int = 15) -> str:
    """The end of a child's log."""
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:]) if log.exists() else ""


def reset(data_dir: Path) -> None:
    """Throw a demo's data away, all but the lock on it; refuses a folder that does not look like one."""
    found = [path for path in data_dir.iterdir() if path.name != LOCK_NAME] if data_dir.exists() else []
    if found and not (data_dir / "logs").is_dir():
        raise DemoError(f"{data_dir} does not look like a demo's data folder; delete it yourself if it is one")
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def greeting(plan: Plan) -> str:
    """Addresses and logins, for people."""
    lines = ["", "The demo is running.", "", f"  Host platform     {plan.host_url}/"]
    if plan.with_provider:
        kind = " (as RPNow)" if plan.provider == "rpnow" else ""
        lines += [
            f"  Mock provider     {plan.provider_url}/{kind}",
            f"  Reviewer's desk   {plan.provider_url}/reviewer/",
        ]
    else:
        lines.append("  Mock provider     not started (--no-provider): as if the provider were down")
    lines += ["", "  Log in with one click:"]
    lines += [f"    {plan.host_url}/login/{name:<8} {what}" for name, what in LOGINS]
    lines += ["", f"  Data and logs     {plan.data_dir}", "  Stop              Ctrl-C", ""]
    return "\n".join(lines)


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _is_importable(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    # A folder of the repository that holds the project looks like a namespace package: that is not it.
    return spec is not None and spec.origin is not None
