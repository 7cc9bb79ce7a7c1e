"""The demo as a test sees it: started once, asked over HTTP, stopped without a trace."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

REPOSITORY = Path(__file__).resolve().parents[2]
COURSE = "course-v1:Demo+PROC+2026"
START_SECONDS = 180
MIGRATE_SECONDS = 600
STOP_SECONDS = 60
# Below the ports that systems hand out by themselves: a demo listens seconds after its port was chosen.
PORTS = (20_000, 32_000)


def free_port() -> int:
    """A port that is free just now and that no other worker of this test run chooses."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first, end = PORTS
    own = range(first + worker, end, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    for port in random.sample(own, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"none of 100 ports between {first} and {end} is free")


def migrated_database(folder: Path) -> list[Path]:
    """The files of the demo's database as its migrations make it, empty. The first caller of a test run makes them.

    Migrations take most of the time of a first start. That a demo starts from nothing is shown in ``tests/demo``.
    """
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other workers wait here
        data = folder / "data"
        if not (folder / "complete").exists():
            environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
            done = subprocess.run(
                [sys.executable, "-m", "demo.manage", "migrate", "--verbosity", "0"],
                cwd=REPOSITORY,
                env={**environment, "DEMO_DATA_DIR": str(data)},
                capture_output=True,
                text=True,
                timeout=MIGRATE_SECONDS,
                check=False,
            )
            if done.returncode:
                raise RuntimeError(f"the demo's database was not made:\n{done.stderr}")
            (folder / "complete").touch()
    return list(data.glob("demo.sqlite3*"))


class Demo:
    """One running demo: ``host`` and ``provider`` are addresses without a trailing slash.

    ``database``: files with which its data folder begins. ``options`` go to it. ``configure``: gets the provider's
    address, returns more of the demo's environment. ``over_https``: as the demo of Constructor Proctor is, where the
    provider is another site. ``repository``: the folder of the version that runs.
    """

    def __init__(
        self,
        data_dir: Path,
        *options: str,
        database: Sequence[Path],
        configure: Callable[[str], Mapping[str, str]] = lambda provider: {},
        over_https: bool = False,
        repository: Path = REPOSITORY,
    ) -> None:
        self.data_dir = data_dir
        self._repository = repository
        data_dir.mkdir(exist_ok=True)
        for file in database:
            shutil.copy(file, data_dir)
        self._options = options
        self._port, self._provider_port = free_port(), free_port()
        scheme, provider_name = ("https", "localhost") if over_https else ("http", "127.0.0.1")
        self.host = f"{scheme}://127.0.0.1:{self._port}"
        self.provider = f"{scheme}://{provider_name}:{self._provider_port}"
        self._verify: bool | str = str(data_dir / "tls" / "authority.pem") if over_https else True
        # The suite's own Django settings must not reach the demo.
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
            **({} if repository == REPOSITORY else {"PYTHONPATH": f"{repository}:{repository / 'mock_provider'}"}),
            **configure(self.provider),
        }
        self._log = data_dir.parent / "demo.log"
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        ports = ("--port", str(self._port), "--provider-port", str(self._provider_port))
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "demo", *ports, "--data-dir", str(self.data_dir), *self._options],
                cwd=self._repository,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                start_new_session=True,
            )

    def restart(self, **environment: str) -> None:
        """Stop and start again with the same data and addresses; ``environment`` replaces variables."""
        left = self.stop()
        if left:
            raise RuntimeError(f"the demo left processes behind: {left}")
        self.environment |= environment
        self._process = self._start()
        self.wait_until_it_runs()

    def wait_until_it_runs(self, seconds: float = START_SECONDS) -> None:
        """Return when the demo says so; raises with its output when it ends or takes longer than ``seconds``."""
        deadline = time.monotonic() + seconds
        while "The demo is running." not in self.output():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the demo did not start:\n{self.output()}")
            time.sleep(0.2)

    def run(self, module: str, *arguments: str, timeout: float = START_SECONDS) -> str:
        """Run a module with the demo's environment and data, as one of its own processes; returns what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self._repository,
            env={
                **self.environment,
                "DEMO_DATA_DIR": str(self.data_dir),
                "DEMO_PORT": self.host.rpartition(":")[2],
                "DEMO_PROVIDER_URL": self.provider,
            },
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"python -m {module} failed:\n{done.stderr}")
        return done.stdout

    def output(self) -> str:
        """What the demo printed so far."""
        return self._log.read_text("utf-8", "replace")

    def stop(self) -> list[int]:
        """Ask the demo to stop, as Ctrl-C does. Returns the processes that are left, after ending them."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        left = self.processes()
        for number in left:
            os.kill(number, signal.SIGKILL)
        return left

    def processes(self) -> list[int]:
        """Process numbers of the demo's children, known by the data folder in their environment."""
        mark = f"DEMO_DATA_DIR={self.data_dir}".encode()
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit() or int(folder.name) == os.getpid():
                continue
            try:
                if (
                    mark in (folder / "environ").read_bytes().split(b"\0")
                    and b") Z " not in (folder / "stat").read_bytes()
                ):
                    found.append(int(folder.name))
            except OSError:  # ended meanwhile, or another user's
                continue
        return found

    # Tools of the demo

    def http(self) -> requests.Session:
        """A client that trusts the demo's certificate."""
        session = requests.Session()
        # Else a variable of the environment decides what is trusted.
        session.trust_env = False
        session.verify = self._verify
        return session

    def _json(self, method: str, path: str, **options: Any) -> Any:
        reply = self.http().request(
            method, self.host + path, headers={"Accept": "application/json"}, timeout=20, **options
        )
        reply.raise_for_status()
        return reply.json()

    def new_learner(self, name: str = "Lena Berg") -> str:
        """The user name of a fresh verified learner of the course."""
        return str(self._json("POST", "/_demo/learners", json={"name": name})["username"])

    def age(self, username: str, minutes: float, **more: Any) -> None:
        """Make a learner's newest attempt older, as if time had passed."""
        self._json("POST", "/_demo/clock", json={"username": username, "minutes": minutes, **more})

    def extend(self, username: str, usage_key: str, days: float) -> None:
        """Grant a learner an extension, as staff do; what the host has cached stays."""
        wishes = {"username": username, "course_id": COURSE, "usage_key": usage_key, "days": days}
        self._json("POST", "/_demo/extensions", json=wishes)

    def mails_to(self, username: str) -> list[dict[str, Any]]:
        """The mails that a learner received, in the demo's order."""
        mails = self._json("GET", "/_demo/outbox")["mails"]
        return [mail for mail in mails if any(username in address for address in mail["to"])]

    def events(self, name: str, attempt_id: int) -> list[dict[str, Any]]:
        """Tracking events about one attempt whose name ends with ``name``."""
        events = self._json("GET", "/_demo/log")["events"]
        return [
            event
            for event in events
            if event["name"].endswith(name) and str(attempt_id) == str(event["data"].get("attempt_id"))
        ]

    def session(self, persona: str) -> requests.Session:
        """A client that is logged in as somebody, for questions to the REST API."""
        session = self.http()
        session.get(f"{self.host}/login/{persona}", timeout=20).raise_for_status()
        if "csrftoken" in session.cookies:
            session.headers["X-CSRFToken"] = session.cookies["csrftoken"]
        return session

    def attempts(self, username: str) -> list[dict[str, Any]]:
        """Every attempt of a learner as course staff get them over REST, newest first."""
        reply = self.session("stan").get(
            f"{self.host}/api/edx_proctoring/v1/proctored_exam/attempt/grouped/course_id/{COURSE}/search/{username}",
            timeout=20,
        )
        reply.raise_for_status()
        found = [attempt for group in reply.json()["proctored_exam_attempts"] for attempt in group["all_attempts"]]
        return sorted(found, key=lambda attempt: -attempt["id"])

    # The provider

    def scenario(self, **wishes: Any) -> None:
        """Tell the provider how to behave."""
        self.http().post(f"{self.provider}/_control/scenario", json=wishes, timeout=10).raise_for_status()

    def heal(self) -> None:
        """A healthy provider with an empty journal; its data stays."""
        self.http().post(f"{self.provider}/_control/reset", timeout=10).raise_for_status()

    def provider_saw(self, method: str, path_part: str) -> list[dict[str, Any]]:
        """Requests in the provider's journal."""
        journal = self.http().get(f"{self.provider}/_control/requests", timeout=10).json()
        return [entry for entry in journal if entry["method"] == method and path_part in entry["path"]]
