"""``python -m mock_provider`` as an operator starts it. Spec: backends.md 13.1, 13.2."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys

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


def test_without_credentials_it_says_where_to_get_them():
    process = run("-l", "http://lms.example.com/")
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "http://lms.example.com/admin/oauth2_provider/application/" in errors


def test_it_serves_until_it_is_told_to_stop(tmp_path):
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


def test_reviews_come_by_themselves_after_ten_seconds_unless_told_otherwise():
    process = run("id", "secret", "--port", "0", "--host", "127.0.0.1")
    try:
        url = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())[0]
        assert requests.get(f"{url}/_control/scenario", timeout=5).json()["review"]["delay"] == 10
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_the_instructor_command_prints_a_link(capsys):
    assert instructor_link.main(["-c", "course-v1:A+B+C"]) == 0
    assert capsys.readouterr().out.startswith("http://localhost:11136/api/v1/instructor/client/?jwt=")
