"""``python -m mock_provider`` as an operator starts it."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys

import pytest
import requests

from mock_provider import instructor_link


def run(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "mock_provider", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.contract("mock-provider#command")
def test_without_credentials_the_command_says_where_to_get_them():
    process = run("-l", "http://lms.example.com/")
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "http://lms.example.com/admin/oauth2_provider/application/" in errors


@pytest.mark.contract("mock-provider#command")
def test_the_server_runs_until_it_is_terminated(tmp_path):
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"clients": {"abcd": "other"}, "scenario": {"delete_mode": "pending"}}))
    process = run("id", "secret", "--port", "0", "--host", "127.0.0.1", "--seed", str(seed), "--review-delay", "off")
    try:
        url = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())[0]
        scenario = requests.get(f"{url}/_control/scenario", timeout=5).json()
        assert scenario["delete_mode"] == "pending"
        assert scenario["review"]["delay"] is None
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in errors


@pytest.mark.parametrize("port", ["70000", "abc", "-1"])
def test_an_invalid_port_is_named_in_a_sentence(port):
    process = run("id", "secret", f"--port={port}")
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "from 0 to 65535" in errors
    assert "Traceback" not in errors


def test_a_port_in_use_is_named_in_a_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = run("id", "secret", "--port", port, "--host", "127.0.0.1")
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"port {port}" in errors
    assert "--port" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    "seed",
    [
        "not JSON",
        "[]",
        '{"clients": {"abcd": 1}}',
        '{"rpnow": {"kid": {"secret_key": "s"}}}',
        '{"rpnow": {"kid": {"secret_key": "s", "crypto_key": "short"}}}',
        '{"scenario": []}',
        '{"scenario": {"delete_mode": "never"}}',
        None,
    ],
    ids=[
        *("not-json", "list", "secret-not-a-text", "half-an-account", "crypto-key-too-short"),
        *("scenario-not-an-object", "bad-scenario", "missing-file"),
    ],
)
def test_an_invalid_seed_file_is_named_in_a_sentence(tmp_path, seed):
    file = tmp_path / "seed.json"
    if seed is not None:
        file.write_text(seed)
    process = run("id", "secret", "--port", "0", "--host", "127.0.0.1", "--seed", str(file))
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "--seed" in errors
    assert "Traceback" not in errors


def test_an_unusable_database_file_is_named_in_a_sentence(tmp_path):
    process = run("id", "secret", "--port", "0", "--host", "127.0.0.1", "--db", str(tmp_path / "missing" / "mock.db"))
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "--db" in errors
    assert "Traceback" not in errors


@pytest.mark.contract("mock-provider#command")
def test_ready_and_review_are_sent_automatically_by_default():
    process = run("id", "secret", "--port", "0", "--host", "127.0.0.1")
    try:
        url = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())[0]
        scenario = requests.get(f"{url}/_control/scenario", timeout=5).json()
        assert (scenario["ready_delay"], scenario["review"]["delay"]) == (2, 10)
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.contract("mock-provider#instructor-link")
def test_the_instructor_command_prints_a_link(capsys):
    assert instructor_link.main(["-c", "course-v1:A+B+C"]) == 0
    assert capsys.readouterr().out.startswith("http://localhost:11136/api/v1/instructor/client/?jwt=")
