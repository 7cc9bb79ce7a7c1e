"""``python -m demo`` as an operator meets it: it starts, says where, stops, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from demo import supervisor

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A demo in a process of its own, with its output in a file."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        self.port, self.provider_port, self.data_dir = free_port(), free_port(), data_dir
        self.log = data_dir.parent / f"out-{self.port}.log"
        with self.log.open("wb") as stream:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "demo", "--data-dir", str(data_dir)),
                    *("--port", str(self.port), "--provider-port", str(self.provider_port), *options),
                ],
                cwd=REPOSITORY,
                env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def output(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def wait_until_it_runs(self) -> float:
        began = time.monotonic()
        while "The demo is running." not in self.output():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() - began < PATIENCE_SECONDS, self.output()
            time.sleep(0.1)
        return time.monotonic() - began

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, word: str) -> psutil.Process:
        return next(child for child in self.children() if word in " ".join(child.cmdline()))

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.fixture
def start(data_dir):
    started: list[Running] = []

    def run(*options: str) -> Running:
        started.append(Running(data_dir, *options))
        return started[-1]

    yield run
    for running in started:
        running.end()


def gone(processes: list[psutil.Process]) -> list[psutil.Process]:
    _, alive = psutil.wait_procs(processes, timeout=10)
    return alive


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["sigterm", "sigint"])
def test_a_signal_stops_every_process(start, number):
    demo = start()
    demo.wait_until_it_runs()
    children = demo.children()
    assert len(children) == 2
    demo.process.send_signal(number)
    assert demo.process.wait(20) == 0, demo.output()
    assert gone(children) == []


@pytest.mark.slow
def test_addresses_are_printed_only_when_they_answer(start):
    demo = start()
    demo.wait_until_it_runs()
    assert f"http://127.0.0.1:{demo.port}/login/victor" in demo.output()
    for address in (f"http://127.0.0.1:{demo.port}/healthz", f"http://127.0.0.1:{demo.provider_port}/reviewer/"):
        with urllib.request.urlopen(address, timeout=5) as answer:
            assert answer.status == 200


@pytest.mark.slow
@pytest.mark.parametrize("word", ["demo.manage", "mock_provider"], ids=["host", "provider"])
def test_a_child_that_dies_is_named_and_the_rest_is_stopped(start, word):
    demo = start()
    demo.wait_until_it_runs()
    children = demo.children()
    demo.child(word).kill()
    assert demo.process.wait(20) == 1
    assert "ended with exit code" in demo.output()
    assert gone(children) == []


@pytest.mark.slow
def test_without_a_provider_one_process_serves(start):
    demo = start("--no-provider")
    demo.wait_until_it_runs()
    assert len(demo.children()) == 1
    assert "not started (--no-provider)" in demo.output()


def test_a_port_in_use_is_named_with_the_option_that_helps():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(supervisor.DemoError, match=f"port {port} is in use.*--port"):
            supervisor.require_free_port("127.0.0.1", port, "--port")


def test_a_port_in_use_leaves_the_data_alone(tmp_path):
    (tmp_path / "data" / "logs").mkdir(parents=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        plan = supervisor.Plan(
            port=taken.getsockname()[1], provider_port=free_port(), data_dir=tmp_path / "data", reset=True
        )
        with pytest.raises(supervisor.DemoError):
            supervisor.Supervisor(plan)._start()
    assert (tmp_path / "data" / "logs").is_dir()


def test_reset_refuses_a_folder_that_is_no_demos(tmp_path):
    (tmp_path / "thesis.txt").write_text("ten years of work")
    with pytest.raises(supervisor.DemoError, match="does not look like"):
        supervisor.reset(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_reset_removes_a_demos_folder(tmp_path):
    (tmp_path / "data" / "logs").mkdir(parents=True)
    supervisor.reset(tmp_path / "data")
    assert not (tmp_path / "data").exists()
