"""Log of service calls and signals: a file with one JSON line each, newest last.

A file, not a table: the log also shows calls whose transaction was rolled back afterwards.
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
    """Append one line. ``arguments`` are shown with their types, because the platform is strict about types."""
    line = json.dumps(
        {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "service": service,
            "method": method,
            "arguments": {name: f"{type(value).__name__} {str(value)[:200]}" for name, value in arguments.items()},
            "in_transaction": connection.in_atomic_block,
            "outcome": outcome,
            "ms": round(milliseconds, 1),
        }
    )
    path = Path(settings.SERVICE_CALL_LOG)
    with _lock, path.open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")
        stream.flush()


def entries(limit: int = 200) -> Iterator[dict[str, Any]]:
    """Newest entries first."""
    path = Path(settings.SERVICE_CALL_LOG)
    if not path.exists():
        return
    # Read only the end of a file that may be large. Lines are far shorter than 4 kB.
    with path.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        start = max(0, stream.tell() - limit * 4096)
        stream.seek(start)
        lines = stream.read().decode("utf-8", "replace").splitlines()
    if start:
        lines = lines[1:]  # the first one is incomplete
    for line in reversed(lines[-limit:]):
        yield json.loads(line)


def clear() -> None:
    """Delete all entries."""
    Path(settings.SERVICE_CALL_LOG).unlink(missing_ok=True)
