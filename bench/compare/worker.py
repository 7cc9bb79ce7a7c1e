"""The measured process: takes commands as lines of JSON, answers each with a line of JSON.

``python -P -m bench.compare.worker``, in the folder of one version (``trees``). The step is in ``BENCH_STEP``:
``prepare`` makes the database and ends, ``measure`` takes commands, ``drop`` removes the database, ``answers``
prints what ``answers`` compares.
"""

import gc
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any, TextIO

import django


class Worker:
    """The commands."""

    def __init__(self) -> None:
        from bench.compare import host, rows

        provider = host.install()
        host.open_database()
        self._rows = {row.name: row for row in rows.Workload(provider).rows()}

    def rows(self) -> list[str]:
        """Return the names of all rows."""
        return list(self._rows)

    def about(self) -> dict[str, Any]:
        """Return what the rows run on."""
        from django.db import connection

        version = ".".join(str(part) for part in connection.get_database_version())
        return {
            "django": django.get_version(),
            "database": f"{connection.display_name} {version}",
        }

    def warm_up(self, names: list[str]) -> None:
        """Load everything that is loaded at first use, and exempt it from garbage collection."""
        from bench.compare import measuring

        for name in names * 2:
            measuring.time_block(self._rows[name])
        gc.collect()
        gc.freeze()

    def count(self, name: str) -> dict[str, int]:
        """Return the numbers of statements and commits of one call."""
        from bench.compare import measuring

        return measuring.count(self._rows[name])

    def time(self, name: str) -> dict[str, list[float]]:
        """Return the times of one block of calls."""
        from bench.compare import measuring

        return measuring.time_block(self._rows[name])

    def peak_memory(self) -> int:
        """Return the peak of this process, in KB."""
        from bench.compare import measuring

        return measuring.peak_memory_kb()

    def profile(self, name: str, lines: int) -> str:
        """Return the hottest functions of a row."""
        from bench.compare import measuring

        return measuring.profile(self._rows[name], lines)


def main() -> int:
    """Carry out the step. Returns the exit code."""
    answers = start()
    from bench.compare import host

    step = os.environ["BENCH_STEP"]
    if step == "prepare":
        host.install()
        host.create_database(int(os.environ["BENCH_LEARNERS"]))
    elif step == "drop":
        host.drop_database()
    elif step == "answers":
        from bench.compare.answers import all_answers

        json.dump(all_answers(), answers)
        answers.flush()
    else:
        serve(Worker(), answers)
    return 0


def start() -> TextIO:
    """Set Django up in the version of the current folder; return where answers go. Raises RuntimeError."""
    # Standard output carries answers only; what the app prints goes to standard error.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    django.setup()
    import edx_proctoring

    if Path(edx_proctoring.__file__).parent != Path.cwd() / "edx_proctoring":
        raise RuntimeError(f"this is another edx_proctoring: {edx_proctoring.__file__}")
    return answers


def serve(worker: Any, answers: TextIO) -> None:
    """Answer commands until the parent closes standard input. ``worker``: its methods are the commands."""
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        try:
            answer = {"result": getattr(worker, command)(*arguments)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    sys.exit(main())
