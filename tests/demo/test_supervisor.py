"""``python -m demo``: it starts, prints its addresses, stops, and leaves no process behind."""

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
from demo import data_dir as data_folder
from demo.data_dir import DemoError
from tests.browser.demo_process import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120


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
def test_a_signal_to_the_demo_stops_every_process(start, number):
    demo = start()
    demo.wait_until_it_runs()
    children = demo.children()
    assert len(children) == 3
    demo.process.send_signal(number)
    assert demo.process.wait(20) == 0, demo.output()
    assert gone(children) == []


@pytest.mark.slow
def test_printed_addresses_answer(start):
    demo = start()
    demo.wait_until_it_runs()
    assert f"http://127.0.0.1:{demo.port}/login/victor" in demo.output()
    for address in (f"http://127.0.0.1:{demo.port}/healthz", f"http://127.0.0.1:{demo.provider_port}/reviewer/"):
        with urllib.request.urlopen(address, timeout=5) as answer:
            assert answer.status == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "name"),
    [
        pytest.param("demo.manage serve", "host", id="host"),
        pytest.param("mock_provider", "mock-provider", id="provider"),
        pytest.param("deliver_effects", "effects", id="effects"),
    ],
)
def test_a_process_that_dies_is_reported_and_the_others_are_stopped(start, word, name):
    demo = start()
    demo.wait_until_it_runs()
    children = demo.children()
    demo.child(word).kill()
    assert demo.process.wait(20) == 1
    assert f"{name} ended with exit code" in demo.output()
    assert f"{name}.log" in demo.output()
    assert gone(children) == []


@pytest.mark.slow
def test_with_no_provider_the_host_and_the_effects_process_run(start):
    demo = start("--no-provider")
    demo.wait_until_it_runs()
    assert len(demo.children()) == 2
    assert "not started (--no-provider)" in demo.output()


@pytest.mark.slow
def test_no_process_outlives_a_killed_supervisor(start):
    demo = start()
    demo.wait_until_it_runs()
    children = demo.children()
    assert len(children) == 3
    demo.process.kill()
    demo.process.wait(20)
    assert gone(children) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("watches", "survivors"),
    [
        pytest.param(True, 0, id="watching-its-standard-input"),
        pytest.param(False, 1, id="control-without-watching-it-lives-on"),
    ],
)
def test_a_child_ends_when_its_parent_is_killed(tmp_path, watches, survivors):
    (tmp_path / "sleeper.py").write_text("import time\nprint('sleeping', flush=True)\ntime.sleep(120)\n")
    child = "import demo.exit_with_parent\n"
    child += "" if watches else "demo.exit_with_parent.exit_with_parent = lambda: None\n"
    child += "demo.exit_with_parent.main()"
    parent = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}, 'sleeper'],"
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
def test_a_child_that_ignores_sigterm_ends_when_its_parent_is_killed(tmp_path):
    (tmp_path / "deaf.py").write_text(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready', flush=True)\ntime.sleep(120)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-m", "demo.exit_with_parent", "deaf"],
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{tmp_path}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "ready"
    child.stdin.close()  # as the system does when the parent is killed
    assert child.wait(20) == 1


@pytest.mark.slow
def test_a_second_demo_in_the_same_folder_names_the_first_in_its_error(start):
    first = start("--no-provider")
    first.wait_until_it_runs()
    second = start("--no-provider", "--reset")
    assert second.process.wait(60) == 1
    output = second.output()
    assert "another demo runs in" in output
    assert f"http://127.0.0.1:{first.port}/" in output
    assert "--data-dir" in output
    assert "Traceback" not in output
    # The first one still runs.
    with urllib.request.urlopen(f"http://127.0.0.1:{first.port}/healthz", timeout=5) as answer:
        assert answer.status == 200


@pytest.mark.slow
def test_management_commands_find_the_ports_of_the_running_demo(start):
    demo = start()
    demo.wait_until_it_runs()
    done = subprocess.run(
        [sys.executable, "-m", "demo.manage", "check_proctoring_backends", "mock_provider"],
        cwd=REPOSITORY,
        env={
            **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
            "DEMO_DATA_DIR": str(demo.data_dir),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"http://127.0.0.1:{demo.provider_port}" in done.stdout


def test_the_folder_can_be_locked_again_when_the_lock_is_closed(tmp_path):
    held = data_folder.lock(tmp_path)
    with pytest.raises(DemoError, match="another demo runs"):
        data_folder.lock(tmp_path)
    held.close()  # as the system does at the end of a process, however it ended
    data_folder.lock(tmp_path).close()


def test_the_folder_remembers_its_last_demo(tmp_path):
    with data_folder.lock(tmp_path) as state_file:
        data_folder.remember(state_file, {"port": 18901})
    assert data_folder.remembered(tmp_path) == {"pid": os.getpid(), "port": 18901}


@pytest.mark.parametrize("content", [None, "", "not JSON"], ids=["absent", "empty", "malformed"])
def test_a_folder_without_a_readable_state_remembers_nothing(tmp_path, content):
    if content is not None:
        (tmp_path / data_folder.STATE_FILE).write_text(content)
    assert data_folder.remembered(tmp_path) == {}


class TestCommandLine:
    """A wrong command line is answered by one sentence."""

    def run(self, *options: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "demo", *options], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    @pytest.mark.parametrize("option", ["--port", "--provider-port"])
    @pytest.mark.parametrize("value", ["0", "70000", "abc", "-1", "80.5", ""])
    def test_an_invalid_port_is_refused(self, option, value):
        code, errors = self.run(f"{option}={value}")
        assert code == 2
        assert f"argument {option}" in errors
        assert "from 1 to 65535" in errors

    def test_one_port_for_both_processes_is_refused(self, tmp_path):
        port = str(free_port())
        code, errors = self.run("--port", port, "--provider-port", port, "--data-dir", str(tmp_path / "data"))
        assert code == 1
        assert "cannot both use port" in errors

    def test_a_port_in_use_is_refused(self, tmp_path):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            code, errors = self.run("--port", port, "--data-dir", str(tmp_path / "data"))
        assert code == 1
        assert f"port {port} is in use" in errors

    def test_a_data_folder_that_is_a_file_is_refused(self, tmp_path):
        (tmp_path / "file").write_text("x")
        code, errors = self.run("--port", str(free_port()), "--data-dir", str(tmp_path / "file"))
        assert code == 1
        assert "cannot be used" in errors
        assert "--data-dir" in errors

    def test_an_unknown_provider_is_refused_with_the_known_ones(self):
        code, errors = self.run("--provider", "acme")
        assert code == 2
        assert "mock_provider" in errors
        assert "rpnow" in errors


def test_each_provider_has_a_data_folder_of_its_own():
    assert demo_command.default_data_dir("mock_provider").name == ".demo"
    assert demo_command.default_data_dir("rpnow").name == ".demo-rpnow"


def test_the_error_for_a_port_in_use_names_the_option_that_changes_it():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(DemoError, match=f"port {port} is in use.*--port"):
            demo_command.require_free_port(port, "--port")


def test_a_reset_deletes_nothing_when_the_port_is_in_use(tmp_path):
    (tmp_path / "data" / "logs").mkdir(parents=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "demo", "--reset", "--port", str(port), "--data-dir", str(tmp_path / "data")],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert f"port {port} is in use" in done.stderr
    assert (tmp_path / "data" / "logs").is_dir()


def test_a_reset_refuses_a_folder_that_is_not_a_demos(tmp_path):
    (tmp_path / "thesis.txt").write_text("ten years of work")
    with pytest.raises(DemoError, match="does not look like"):
        data_folder.reset(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_a_reset_empties_a_demos_folder_but_keeps_the_lock(tmp_path):
    (tmp_path / "data" / "logs").mkdir(parents=True)
    for name in ("demo.sqlite3", data_folder.STATE_FILE):
        (tmp_path / "data" / name).write_text("x")
    data_folder.reset(tmp_path / "data")
    assert [path.name for path in (tmp_path / "data").iterdir()] == [data_folder.STATE_FILE]


@pytest.mark.parametrize(
    ("folder", "prefix"),
    [
        pytest.param(REPOSITORY / ".demo", "", id="default-folder"),
        pytest.param(Path("/tmp/elsewhere"), "DEMO_DATA_DIR=/tmp/elsewhere ", id="another-folder"),
    ],
)
def test_the_printed_management_command_runs_in_this_environment(folder, prefix):
    command = demo_command.manage_command(folder)
    assert command.startswith(prefix)
    python, *rest = command.removeprefix(prefix).split()
    assert (REPOSITORY / python).samefile(sys.executable)
    assert rest == ["-m", "demo.manage"]
