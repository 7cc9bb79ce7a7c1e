"""Starts the demo's processes in order, waits until they answer, and stops them together.

The mock provider starts first, because publishing the seeded course registers its exams there. Then ``prepare`` runs,
then the host and the process that retries undelivered effects.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import requests

from demo import certificate, worker_bundles
from demo.certificate import Certificate
from demo.credentials import PROVIDER_CLIENT, RPNOW_CALLBACK_SECRET
from demo.data_dir import DemoError

REPOSITORY = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
# The same machine under another name: for a browser another site.
PROVIDER_SITE = "localhost"
PROVIDERS = ("mock_provider", "rpnow", "constructor")
# Shows the exam in a frame on its own site. Browsers give frames of other sites cookies over https only.
FRAMING = "constructor"
READY_SECONDS = 60
STOP_SECONDS = 5
RETRY_EFFECTS_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Options:
    """What to start, and where."""

    port: int
    provider_port: int
    data_dir: Path
    with_provider: bool = True
    reset: bool = False
    provider: str = PROVIDERS[0]

    @property
    def host_url(self) -> str:
        """Address of the host platform."""
        return f"{self.scheme}://{HOST}:{self.port}"

    @property
    def provider_url(self) -> str:
        """Address of the mock provider."""
        name = PROVIDER_SITE if self.provider == FRAMING else HOST
        return f"{self.scheme}://{name}:{self.provider_port}"

    @property
    def scheme(self) -> str:
        """How host and provider are addressed."""
        return "https" if self.provider == FRAMING else "http"


@dataclass(slots=True)
class Supervisor:
    """The processes of one demo, by name. A context manager: leaving it stops them."""

    options: Options
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    certificate: Certificate | None = None

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.children.values():
            process.terminate()
        for process in self.children.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

    def start(self) -> None:
        """Return when every process runs and answers. Raises DemoError when one does not."""
        options = self.options
        (options.data_dir / "logs").mkdir(exist_ok=True)
        if options.scheme == "https":
            self.certificate = certificate.get_or_make(options.data_dir / "tls", (HOST, PROVIDER_SITE))
        tls = ("--certificate", str(self.certificate.server)) if self.certificate else ()
        worker_bundles.install(REPOSITORY / "mock_provider" / "worker", options.data_dir / "node_modules")
        if options.with_provider:
            self._launch(
                "mock-provider",
                *("mock_provider", *PROVIDER_CLIENT, "-l", options.host_url),
                *("--host", HOST, "--port", str(options.provider_port)),
                *("--db", str(options.data_dir / "mock_provider.sqlite3")),
                # People decide: the learner reports ready in the software, a reviewer gives the verdict.
                *("--ready-delay", "off", "--review-delay", "off"),
                *("--rpnow-callback-secret", RPNOW_CALLBACK_SECRET),
                *tls,
            )
            self._wait_for("mock-provider", f"{options.provider_url}/")
        self._launch("prepare", "demo.manage", "prepare")
        if self.children["prepare"].wait():
            raise DemoError(f"preparing failed, {self._log_end('prepare')}")
        del self.children["prepare"]
        self._launch("host", "demo.manage", "serve", "--host", HOST, "--port", str(options.port), *tls)
        self._launch("effects", "demo.manage", "deliver_effects", "--loop", "--interval", str(RETRY_EFFECTS_SECONDS))
        self._wait_for("host", f"{options.host_url}/healthz")

    def watch(self) -> NoReturn:
        """Wait until a process ends; raises DemoError that names it."""
        while True:
            self._check_alive()
            time.sleep(0.2)

    def _launch(self, name: str, *command: str) -> None:
        """Start ``python -m`` with a module and its arguments; its output goes to a log of its own."""
        options = self.options
        with self._log(name).open("wb") as log:
            self.children[name] = subprocess.Popen(
                [sys.executable, "-m", "demo.exit_with_parent", *command],
                cwd=REPOSITORY,
                env={
                    **os.environ,
                    "DJANGO_SETTINGS_MODULE": "demo.settings.combined",
                    "DEMO_DATA_DIR": str(options.data_dir),
                    "DEMO_PORT": str(options.port),
                    "DEMO_PROVIDER_URL": options.provider_url,
                    "DEMO_PROVIDER": options.provider,
                    "PYTHONUNBUFFERED": "1",
                    # Host and provider call each other.
                    **({"REQUESTS_CA_BUNDLE": str(self.certificate.authority)} if self.certificate else {}),
                },
                stdin=subprocess.PIPE,  # closes when this process ends, see demo.exit_with_parent
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal reaches this process alone, which then stops its children.
                start_new_session=True,
            )

    def _wait_for(self, name: str, url: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(url, self.certificate):
            self._check_alive()
            if time.monotonic() > deadline:
                raise DemoError(f"{name} does not answer at {url}, {self._log_end(name)}")
            time.sleep(0.1)

    def _check_alive(self) -> None:
        for name, process in self.children.items():
            if process.poll() is not None:
                raise DemoError(f"{name} ended with exit code {process.returncode}, {self._log_end(name)}")

    def _log(self, name: str) -> Path:
        return self.options.data_dir / "logs" / f"{name}.log"

    def _log_end(self, name: str) -> str:
        lines = self._log(name).read_text("utf-8", "replace").splitlines()[-15:]
        return "\n".join([f"see {self._log(name)}", *lines])


def answers(url: str, certificate: Certificate | None = None) -> bool:
    """Whether an HTTP server answers at this address, with any status below 500."""
    trusted = str(certificate.authority) if certificate else True
    try:
        return requests.get(url, timeout=2, verify=trusted).status_code < 500
    except requests.RequestException:
        return False
