"""Fixtures for management commands."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from edx_proctoring.management import batch_command


@pytest.fixture
def run() -> Callable[..., str]:
    """Run a management command and return its output."""

    def run_command(name: str, *args: str, **options: Any) -> str:
        stdout = io.StringIO()
        call_command(name, *args, stdout=stdout, **options)
        return stdout.getvalue()

    return run_command


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record the pauses between batches instead of sleeping."""
    seconds: list[float] = []
    monkeypatch.setattr(batch_command.time, "sleep", seconds.append)
    return seconds
