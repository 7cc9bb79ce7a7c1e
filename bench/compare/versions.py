"""The parent's side of the measured processes."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.compare import trees

_COMMAND = [sys.executable, "-P", "-m"]
_WORKER = "bench.compare.worker"


# Of the course in a comparison that is not about its size.
LEARNERS = 300


class Version:
    """One version of the app: its folder and its database, with a course of so many learners."""

    def __init__(self, label: str, folder: Path, kind: str, learners: int = LEARNERS) -> None:
        self.label, self.folder, self.kind, self.learners = label, folder, kind, learners

    def create_database(self) -> None:
        """Create and fill the database. Raises CalledProcessError."""
        self._run_step("prepare").check_returncode()

    def drop_database(self) -> None:
        """Remove the database. A file goes with its folder, and what is not there is no error."""
        if self.kind != "sqlite":
            self._run_step("drop")

    def start(self, seed: int) -> "Process":
        """Start a process that measures."""
        return Process(self.label, self.folder, self._environment("measure", seed))

    def _run_step(self, step: str) -> "subprocess.CompletedProcess[bytes]":
        environment = self._environment(step, seed=0)
        return subprocess.run(
            [*_COMMAND, _WORKER], cwd=self.folder, env=environment, check=False, stdin=subprocess.DEVNULL
        )

    def _environment(self, step: str, seed: int) -> dict[str, str]:
        return trees.environment(
            self.folder, step=step, kind=self.kind, label=self.label, learners=self.learners, seed=seed
        )


class Process:
    """A process of one version that takes commands. ``module``: what it runs, see ``bench.compare.worker.serve``."""

    def __init__(self, label: str, folder: Path, environment: dict[str, str], module: str = _WORKER) -> None:
        self._label = label
        self._process = subprocess.Popen(
            [*_COMMAND, module],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, command: str, *arguments: Any) -> Any:
        """Send a command and return its result. Raises RuntimeError with the process's traceback."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([command, *arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._label}: the process ended at {command}{arguments}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{self._label}: {command}{arguments}\n{answer['error']}")
        return answer["result"]
