"""The product's processes: started, killed, started again."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30


class Process:
    """One process of the product, which a kill ends at once and ``start`` starts again."""

    def __init__(
        self,
        name: str,
        module: str,
        *arguments: str,
        environment: Mapping[str, str],
        log: Path,
        passes: int | None = None,
    ) -> None:
        self.name = name
        self.kills = 0
        # A run that is killed itself leaves no processes behind.
        self._command = [sys.executable, "-m", "demo.exit_with_parent", module, *arguments]
        self._environment = {**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "bench.faults.settings"}
        self._log = log
        self._passes = () if passes is None else (passes,)
        self.start()

    @property
    def pid(self) -> int:
        """The number of the process that runs now."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def start(self) -> None:
        """Start it."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=self._passes,
            )

    def kill(self) -> None:
        """Kill it, so that it can do nothing more."""
        self._process.kill()
        if self._process.wait(PATIENCE_SECONDS) != -signal.SIGKILL:
            raise RuntimeError(f"{self.name} had ended by itself; see {self._log}")
        self.kills += 1

    def stop(self) -> None:
        """End it and wait."""
        if self.is_alive:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait(PATIENCE_SECONDS)


@contextmanager
def web(environment: Mapping[str, str], folder: Path, *, count: int) -> Iterator[tuple[str, list[Process]]]:
    """Serve the product with ``count`` processes; yield its address and them."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener, ExitStack() as stopping:
        os.set_inheritable(listener.fileno(), True)
        number = str(listener.fileno())
        log = folder / "web.log"
        processes = []
        for index in range(count):
            process = Process(
                f"web {index + 1}",
                "bench.faults.web",
                number,
                environment=environment,
                log=log,
                passes=listener.fileno(),
            )
            stopping.callback(process.stop)
            processes.append(process)
        yield f"127.0.0.1:{listener.getsockname()[1]}", processes


@contextmanager
def deliverer(environment: Mapping[str, str], folder: Path) -> Iterator[Process]:
    """Run ``deliver_effects --loop``."""
    arguments = ("deliver_effects", "--loop", "--interval", "1")
    process = Process("deliverer", "manage", *arguments, environment=environment, log=folder / "deliverer.log")
    try:
        yield process
    finally:
        process.stop()


@contextmanager
def celery_worker(environment: Mapping[str, str], folder: Path) -> Iterator[Process]:
    """Run a Celery worker."""
    process = Process("worker", "bench.faults.worker", environment=environment, log=folder / "worker.log")
    try:
        yield process
    finally:
        process.stop()
