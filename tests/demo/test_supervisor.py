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

from demo import __main__ as demo_command
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
    assert len(children) == 3
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
@pytest.mark.parametrize(
    "word", ["demo.manage serve", "mock_provider", "deliver_effects"], ids=["host", "provider", "deliveries"]
)
def test_a_child_that_dies_is_named_and_the_rest_is_stopped(start, word):
    demo = start()
    demo.wait_until_it_runs()
    children = demo.children()
    demo.child(word).kill()
    assert demo.process.wait(20) == 1
    assert "ended with exit code" in demo.output()
    assert gone(children) == []


@pytest.mark.slow
def test_without_a_provider_the_host_and_its_deliveries_run(start):
    demo = start("--no-provider")
    demo.wait_until_it_runs()
    assert len(demo.children()) == 2
    assert "not started (--no-provider)" in demo.output()


@pytest.mark.slow
def test_a_supervisor_that_is_killed_takes_its_children_along(start):
    demo = start()
    demo.wait_until_it_runs()
    children = demo.children()
    assert len(children) == 3
    demo.process.kill()
    demo.process.wait(20)
    assert gone(children) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kernel", "pipe", "survivors"),
    [
        pytest.param(True, False, 0, id="the-kernel-s-signal-alone"),
        pytest.param(False, True, 0, id="the-pipe-alone"),
        pytest.param(False, False, 1, id="control-without-either-the-child-lives-on"),
    ],
)
def test_each_tether_holds_by_itself(tmp_path, kernel, pipe, survivors):
    if kernel and not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells a process that its parent died")
    (tmp_path / "sleeper.py").write_text("import time\nprint('sleeping', flush=True)\ntime.sleep(120)\n")
    switches = [*([] if kernel else ["demo.tether.ask_kernel"]), *([] if pipe else ["demo.tether.watch_supervisor"])]
    child = "import demo.tether\n" + "".join(f"{name} = lambda *args: None\n" for name in switches)
    child += "demo.tether.main()"
    parent = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}, str(os.getpid()), 'sleeper'],"
        f" stdin=subprocess.PIPE, start_new_session=True)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(120)\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{tmp_path}"}
    supervising = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, env=environment)
    assert supervising.stdout is not None
    try:
        lines = {supervising.stdout.readline().strip(), supervising.stdout.readline().strip()}
        (pid,) = lines - {"sleeping"}
        sleeper = psutil.Process(int(pid))
    finally:
        supervising.kill()
        supervising.wait(20)
    _, alive = psutil.wait_procs([sleeper], timeout=3 if survivors else 15)
    for process in alive:
        process.kill()
    assert len(alive) == survivors


@pytest.mark.slow
def test_a_second_demo_in_the_same_folder_hears_of_the_first(start):
    first = start("--no-provider")
    first.wait_until_it_runs()
    second = start("--no-provider", "--reset")
    assert second.process.wait(60) == 1
    output = second.output()
    assert "another demo runs in" in output
    assert f"http://127.0.0.1:{first.port}/" in output
    assert "--data-dir" in output
    assert "Traceback" not in output
    # The first one is none the worse for it.
    with urllib.request.urlopen(f"http://127.0.0.1:{first.port}/healthz", timeout=5) as answer:
        assert answer.status == 200


def test_the_folder_is_free_again_when_a_demo_was_killed(tmp_path):
    plan = supervisor.Plan(port=free_port(), provider_port=free_port(), data_dir=tmp_path)
    held = supervisor.lock(plan)
    with pytest.raises(supervisor.DemoError, match="another demo runs"):
        supervisor.lock(plan)
    held.close()  # as the system does at the end of a process, however it ended
    supervisor.lock(plan).close()


class TestCommandLine:
    """What is wrong with a command line is said in one sentence."""

    def run(self, *options: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "demo", *options], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    @pytest.mark.parametrize("option", ["--port", "--provider-port"])
    @pytest.mark.parametrize("value", ["0", "70000", "abc", "-1", "80.5", ""])
    def test_what_is_no_port(self, option, value):
        code, errors = self.run(f"{option}={value}")
        assert code == 2
        assert f"argument {option}" in errors
        assert "from 1 to 65535" in errors

    def test_one_port_for_both(self, tmp_path):
        port = str(free_port())
        code, errors = self.run("--port", port, "--provider-port", port, "--data-dir", str(tmp_path / "data"))
        assert code == 1
        assert "cannot both use port" in errors

    def test_a_port_in_use(self, tmp_path):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            code, errors = self.run("--port", port, "--data-dir", str(tmp_path / "data"))
        assert code == 1
        assert f"port {port} is in use" in errors

    def test_a_data_folder_that_is_a_file(self, tmp_path):
        (tmp_path / "file").write_text("x")
        code, errors = self.run("--port", str(free_port()), "--data-dir", str(tmp_path / "file"))
        assert code == 1
        assert "cannot be used" in errors
        assert "--data-dir" in errors

    def test_an_unknown_provider(self):
        code, errors = self.run("--provider", "acme")
        assert code == 2
        assert "mock_provider" in errors
        assert "rpnow" in errors


def test_each_provider_has_a_data_folder_of_its_own():
    assert demo_command.default_data_dir("mock_provider").name == ".demo"
    assert demo_command.default_data_dir("rpnow").name == ".demo-rpnow"


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


def test_reset_empties_a_demos_folder_but_keeps_the_lock(tmp_path):
    (tmp_path / "data" / "logs").mkdir(parents=True)
    for name in ("demo.sqlite3", supervisor.LOCK_NAME):
        (tmp_path / "data" / name).write_text("x")
    supervisor.reset(tmp_path / "data")
    assert [path.name for path in (tmp_path / "data").iterdir()] == [supervisor.LOCK_NAME]
