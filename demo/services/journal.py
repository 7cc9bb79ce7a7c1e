"""The call log: one JSON line per service call or signal, newest last.

A file, not a table: the log must show calls whose transaction was rolled back afterwards.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

_lock = threading.Lock()


def write(
    service: str,
    method: str,
    arguments: Mapping[str, Any],
    *,
    outcome: str = "ok",
    milliseconds: float = 0.0,
) -> None:
    """Append one line. ``arguments`` are shown with their types, because hosts are strict about those."""
    line = json.dumps(
        {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "service": service,
            "method": method,
            "arguments": {name: f"{type(value).__name__} {_shown(value)}" for name, value in arguments.items()},
            "in_transaction": connection.in_atomic_block,
            "outcome": outcome,
            "ms": round(milliseconds, 1),
        }
    )
    path = Path(settings.SERVICE_JOURNAL)
    with _lock, path.open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")
        stream.flush()


def entries(limit: int = 200) -> Iterator[dict[str, Any]]:
    """Newest lines first."""
    path = Path(settings.SERVICE_JOURNAL)
    if not path.exists():
        return
    # Read from the end: lines are short, 4 kB each is generous.
    with path.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        start = max(0, stream.tell() - limit * 4096)
        stream.seek(start)
        lines = stream.read().decode("utf-8", "replace").splitlines()
    if start:
        lines = lines[1:]  # cut in the middle
    for line in reversed(lines[-limit:]):
        yield json.loads(line)


def clear() -> None:
    """Forget everything."""
    Path(settings.SERVICE_JOURNAL).unlink(missing_ok=True)


def _shown(value: Any) -> str:
    return str(value)[:200]
