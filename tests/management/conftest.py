"""Running commands."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from edx_proctoring.management import batches


@pytest.fixture
def run() -> Callable[..., str]:
    """Run a command as an operator does and return what it printed."""

    def run_command(name: str, *args: str, **options: Any) -> str:
        stdout = io.StringIO()
        call_command(name, *args, stdout=stdout, **options)
        return stdout.getvalue()

    return run_command


@pytest.fixture(autouse=True)
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody sleeps in tests; the pauses that would have been made are noted."""
    seconds: list[float] = []
    monkeypatch.setattr(batches.time, "sleep", seconds.append)
    return seconds
