"""Runs the demo host's Django tests (``tests/demo/host``) under the demo's own settings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.skipif(
    os.environ.get("DJANGO_SETTINGS_MODULE") == "demo.settings.combined", reason="this is already that run"
)
def test_the_demo_hosts_own_tests_pass(tmp_path):
    command = [
        *(sys.executable, "-m", "pytest", "tests/demo/host", "-q", "-p", "no:cacheprovider"),
        # The suite's other conftests register fakes that would replace the demo's services.
        *("--confcutdir", "tests/demo/host", "--ds", "demo.settings.combined"),
    ]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "demo.settings.combined",
        "DEMO_DATA_DIR": str(tmp_path),
    }
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
