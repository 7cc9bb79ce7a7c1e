"""The processes of one version during a spike: gunicorn, a deliverer or a Celery worker; and what they use."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from bench.ports import free_port, is_served

PATIENCE_SECONDS: Final = 30
# Of a database server on this machine, whose CPU time is part of the result.
_DATABASE_PROCESSES: Final = ("mariadbd", "mysqld", "postgres")


@dataclass
class Usage:
    """What a group of processes used: CPU seconds, and the memory of all together in MB at each look."""

    cpu_seconds: float = 0.0
    memory_mb: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Setup:
    """How a version is served. ``folder``: of the version. ``environment``: of its processes."""

    folder: Path
    environment: Mapping[str, str]
    workers: int
    threads: int
    log: Path


@contextmanager
def gunicorn(setup: Setup) -> Iterator[tuple[str, psutil.Process]]:
    """Serve a version; yield its address and gunicorn's main process."""
    port = free_port()
    command = [sys.executable, "-P", "-m", "gunicorn", "bench.spike.wsgi:application", "-b", f"127.0.0.1:{port}"]
    command += ["--workers", str(setup.workers), "--threads", str(setup.threads), "--worker-class", "gthread"]
    command += ["--backlog", "4096", "--timeout", "120", "--log-level", "warning"]
    with _running(command, setup) as process:
        if not is_served(port, process, seconds=PATIENCE_SECONDS):
            raise RuntimeError("gunicorn did not start; see the log")
        yield f"127.0.0.1:{port}", psutil.Process(process.pid)


@contextmanager
def deliverer(setup: Setup) -> Iterator[psutil.Process]:
    """Run ``deliver_effects --loop``."""
    command = [sys.executable, "-P", "-m", "django", "deliver_effects", "--loop", "--interval", "1"]
    with _running(command, setup) as process:
        yield psutil.Process(process.pid)


@contextmanager
def celery_worker(setup: Setup, *, threads: int) -> Iterator[psutil.Process]:
    """Run a Celery worker with so many threads."""
    command = [sys.executable, "-P", "-m", "bench.spike.worker", str(threads)]
    with _running(command, setup) as process:
        yield psutil.Process(process.pid)


@contextmanager
def _running(command: list[str], setup: Setup) -> Iterator["subprocess.Popen[bytes]"]:
    with setup.log.open("ab") as log:
        process = subprocess.Popen(
            command, cwd=setup.folder, env=dict(setup.environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def watched(groups: Mapping[str, psutil.Process], *, every: float = 1.0) -> Iterator[dict[str, Usage]]:
    """Watch processes and their children while the block runs, and the database server of this machine."""
    usage = {name: Usage() for name in (*groups, "database")}
    server = [process for process in psutil.process_iter(["name"]) if process.info["name"] in _DATABASE_PROCESSES]

    def members(name: str) -> list[psutil.Process]:
        return server if name == "database" else [groups[name], *groups[name].children(recursive=True)]

    begun = {name: _cpu(members(name)) for name in usage}
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(every):
            for name, used in usage.items():
                used.memory_mb.append(_memory(members(name)))

    with ExitStack() as stopping:
        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        stopping.callback(thread.join)
        stopping.callback(ended.set)
        yield usage
        for name, used in usage.items():
            used.cpu_seconds = _cpu(members(name)) - begun[name]


def _cpu(processes: list[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return total


def _memory(processes: list[psutil.Process]) -> float:
    total = 0
    for process in processes:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total / 2**20


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Return the environment of the processes of the version in ``folder``. ``settings``: of this package."""
    return {
        **os.environ,
        "PYTHONPATH": str(folder),
        "DJANGO_SETTINGS_MODULE": "bench.spike.settings",
        **{f"SPIKE_{name.upper()}": value for name, value in settings.items()},
    }
