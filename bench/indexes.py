"""What the indexes for staff's filters cost where attempts are written, and what they save where a list is read.

``python -m bench.indexes``: a course of 10,000 learners, in turn with and without the indexes of migration 0038. Times
are those of the processor, of this process and of the connection's thread in a server on the same machine: a busy
machine does not disturb them. Writes are those of one transaction, without its commit, which is the same for both.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from bench.environment import database, install_services, set_up_django

INDEXES = ("proctoring_att_status_idx", "proctoring_att_changed_idx")
_WRITES_PER_BLOCK = 300
_READS_PER_BLOCK = 3
# The way of an attempt: each status is an update.
_STATUSES = ("created", "download_software_clicked", "ready_to_start", "started", "ready_to_submit", "submitted")


def main(arguments: list[str] | None = None) -> int:
    """Measure and print. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.indexes", description=__doc__)
    parser.add_argument("--learners", type=int, default=10000, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=7, help="default: %(default)s")
    options = parser.parse_args(arguments)
    set_up_django(f"indexes_{options.learners}")
    with database() as vendor:
        from django.db import connection

        # From the next connection on, which stays.
        connection.settings_dict["CONN_MAX_AGE"] = None
        connection.close()
        install_services()
        from bench.course import fill

        work = _work(fill(options.learners, 4, 200))
        times = _in_turn(work, options.rounds)
    print(f"{vendor}, {options.learners} learners; ms of one, median of {options.rounds} rounds (smallest..largest)")
    for name in work:
        pairs = list(zip(times[name, True], times[name, False], strict=True))
        ratios = [with_them / without for with_them, without in pairs]
        medians = [statistics.median(column) for column in zip(*pairs, strict=True)]
        print(
            f"{name:<28} with {medians[0]:8.3f}  without {medians[1]:8.3f}  "
            f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})"
        )
    return 0


def _work(course: Any) -> dict[str, Callable[[], float]]:
    """Return what is measured, by name; each returns the milliseconds of one."""
    from django.core.cache import cache
    from django.utils import timezone

    from bench.caller import Caller
    from edx_proctoring.models import ProctoredExamStudentAttempt

    attempts = ProctoredExamStudentAttempt.objects
    numbers = count()
    staff = Caller(course.staff)
    path = f"/edx_proctoring/v1/proctored_exam/attempt/grouped/course_id/{course.exams[0].course_id}"
    writes: list[int] = []
    server = _server_thread()

    def timed(call: Callable[[], Any]) -> float:
        began = _cpu_ms(server)
        call()
        return _cpu_ms(server) - began

    def insert() -> float:
        # The list that is read is the same each time.
        attempts.filter(pk__in=writes).delete()
        user = course.running[next(numbers) % len(course.running)][1]
        rows = [
            attempts.model(
                proctored_exam=course.timed, user_id=user, status="created", attempt_code=f"i{next(numbers)}"
            )
            for _ in range(_WRITES_PER_BLOCK)
        ]

        def write() -> None:
            for row in rows:
                # One statement each, as in a request, and without a history row.
                attempts.bulk_create([row])

        took = timed(lambda: _in_transaction(write))
        writes[:] = list(attempts.order_by("-pk").values_list("pk", flat=True)[:_WRITES_PER_BLOCK])
        return took / len(rows)

    def update() -> float:
        status = _STATUSES[next(numbers) % len(_STATUSES)]

        def write() -> None:
            for key in writes:
                attempts.filter(pk=key).update(status=status, modified=timezone.now())

        return timed(lambda: _in_transaction(write)) / len(writes)

    def list_of_status() -> float:
        return statistics.median(
            timed(lambda: staff.send("GET", f"{path}?status=rejected")) for _ in range(_READS_PER_BLOCK)
        )

    def list_of_status_anew() -> float:
        cache.clear()
        return timed(lambda: staff.send("GET", f"{path}?status=rejected"))

    return {
        "insert an attempt": insert,
        "change a status": update,
        "list of one status": list_of_status,
        "the same, first time": list_of_status_anew,
    }


def _server_thread() -> Path | None:
    """Return where Linux counts the processor time of the server's thread for our connection; None on SQLite."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return None
    of_thread = {
        "postgresql": "SELECT pg_backend_pid()",
        "mysql": "SELECT tid FROM information_schema.processlist WHERE id = CONNECTION_ID()",
    }
    with connection.cursor() as cursor:
        cursor.execute(of_thread[connection.vendor])
        [thread] = cursor.fetchone()
    found = list(Path("/proc").glob(f"*/task/{thread}/schedstat"))
    if not found:
        raise SystemExit("the database server runs on another machine: its processor time cannot be read")
    return found[0]


def _cpu_ms(server: Path | None) -> float:
    of_server = 0 if server is None else int(server.read_text("ascii").split()[0])
    return (time.process_time_ns() + of_server) / 1e6


def _in_transaction(write: Callable[[], None]) -> None:
    from django.db import transaction

    with transaction.atomic():
        write()


def _in_turn(work: dict[str, Callable[[], float]], rounds: int) -> dict[tuple[str, bool], list[float]]:
    from django.db import connection

    from edx_proctoring.models import ProctoredExamStudentAttempt

    model = ProctoredExamStudentAttempt
    indexes = [index for index in model._meta.indexes if index.name in INDEXES]
    times: dict[tuple[str, bool], list[float]] = {(name, has): [] for name in work for has in (True, False)}
    for number in range(rounds + 1):
        for has_indexes in (True, False):
            for name, measured in work.items():
                measured()
                took = measured()
                # The first round loads what is loaded at first use.
                if number:
                    times[name, has_indexes].append(took)
            with connection.schema_editor(atomic=False) as editor:
                for index in indexes:
                    (editor.remove_index if has_indexes else editor.add_index)(model, index)
            _gather_statistics(connection)
    return times


def _gather_statistics(connection: Any) -> None:
    """Let the planner know the table, as the server does by itself after a while."""
    table = "proctoring_proctoredexamstudentattempt"
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE TABLE {table}" if connection.vendor == "mysql" else f"ANALYZE {table}")
        if connection.vendor == "mysql":
            cursor.fetchall()


if __name__ == "__main__":
    sys.exit(main())
