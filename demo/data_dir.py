"""The demo's data folder: one demo at a time uses it, and it remembers where that demo listens."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import Any, TextIO

# Locked while a demo runs. Its content stays afterwards, so that management commands find the same ports.
STATE_FILE = "demo.json"


class DemoError(Exception):
    """The demo cannot run; the text says why and what to do."""


def lock(data_dir: Path) -> TextIO:
    """Reserve the folder until the returned state file is closed.

    The operating system also releases the lock when the process ends, however it ends. Raises DemoError when the
    folder is unusable or another demo holds it.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = (data_dir / STATE_FILE).open("a+", encoding="utf-8")
    except OSError as error:
        raise DemoError(
            f"the data folder {data_dir} cannot be used ({error.strerror}). Choose another with --data-dir."
        ) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        other = remembered(data_dir)
        raise DemoError(
            f"another demo runs in {data_dir} (process {other.get('pid')}, {other.get('host_url')}/). Stop it, or "
            "choose another folder with --data-dir, and other ports with --port and --provider-port."
        ) from None
    return file


def remember(state_file: TextIO, state: dict[str, Any]) -> None:
    """Replace the folder's state by that of this process."""
    state_file.truncate(0)
    json.dump({"pid": os.getpid(), **state}, state_file)
    state_file.flush()


def remembered(data_dir: Path) -> dict[str, Any]:
    """The state of the demo that used this folder last; empty when there was none."""
    try:
        return dict(json.loads((data_dir / STATE_FILE).read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def reset(data_dir: Path) -> None:
    """Delete a demo's data, except the locked state file. Raises DemoError for a folder that is not a demo's."""
    found = [path for path in data_dir.iterdir() if path.name != STATE_FILE]
    if found and not (data_dir / "logs").is_dir():
        raise DemoError(f"{data_dir} does not look like a demo's data folder; delete it yourself if it is one")
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
