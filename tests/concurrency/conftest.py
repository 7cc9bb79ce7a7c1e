"""Real threads, each with a connection of its own.

Each test prints its seed and its counts (``-rP`` shows them; ``EDX_PROCTORING_SEED`` repeats a run), and
has a control run without the lock or the constraint, which must show the fault: otherwise the test
would prove nothing.
"""

import contextlib
import itertools
import os
import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Model, QuerySet
from django.db.models.signals import pre_save

from edx_proctoring.backends.tests.test_backend import TestBackendProvider
from edx_proctoring.models import ProctoredExamStudentAttempt

JOIN_SECONDS = 60


class ThreadSafeProvider(TestBackendProvider):
    """A provider that gives each registration an id of its own and records its calls.

    ``before_answer``: called while an attempt is being registered, before there is a row.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._numbers = itertools.count(1)
        self.registered: list[str] = []
        self.removed: list[str] = []
        self.calls: list[str] = []
        self.before_answer: Callable[[], Any] = lambda: None

    def register_exam_attempt(self, exam: Any, context: Any) -> str:
        external_id = f"external-{next(self._numbers)}"
        self.registered.append(external_id)
        self.before_answer()
        return external_id

    def remove_exam_attempt(self, exam: Any, attempt: Any) -> bool:
        self.removed.append(attempt)
        return True

    def start_exam_attempt(self, exam: Any, attempt: Any) -> None:
        self.calls.append("start_exam_attempt")

    def stop_exam_attempt(self, exam: Any, attempt: Any) -> None:
        self.calls.append("stop_exam_attempt")

    def mark_erroneous_exam_attempt(self, exam: Any, attempt: Any) -> None:
        self.calls.append("mark_erroneous_exam_attempt")


@pytest.fixture
def provider(backends_registry: dict[str, Any]) -> ThreadSafeProvider:
    """The provider named ``test``."""
    recording = ThreadSafeProvider(verbose_name="Recorder")
    backends_registry["test"] = recording
    return recording


@pytest.fixture
def seed() -> int:
    """The seed of this run, printed."""
    number = int(os.environ.get("EDX_PROCTORING_SEED") or random.SystemRandom().randrange(10**6))
    print(f"database={connection.vendor} seed={number}")
    return number


@pytest.fixture
def without_locks(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """For control runs: rows are read without being locked."""
    return lambda: monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self)


@pytest.fixture
def meet_before_saving() -> Iterator[Callable[..., None]]:
    """Hold each thread that is about to save an attempt, or ``sender``, until so many have arrived.

    Under the lock the others never arrive; after a second (``timeout``) the first goes on alone.
    """
    receivers: list[tuple[Any, type[Model]]] = []

    def install(number: int, timeout: float = 1, sender: type[Model] = ProctoredExamStudentAttempt) -> None:
        barrier = threading.Barrier(number)

        def hold(**kwargs: Any) -> None:
            with contextlib.suppress(threading.BrokenBarrierError):
                barrier.wait(timeout=timeout)

        pre_save.connect(hold, sender=sender, weak=False)
        receivers.append((hold, sender))

    yield install
    for hold, sender in receivers:
        pre_save.disconnect(hold, sender=sender)


def at_the_same_time(*actions: Callable[[], Any]) -> list[Any]:
    """Run each action in a thread of its own, started together; return results or exceptions, in order."""
    outcomes: list[Any] = [None] * len(actions)
    start = threading.Barrier(len(actions))

    def run(number: int, action: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=JOIN_SECONDS)
            outcomes[number] = action()
        except Exception as error:
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(JOIN_SECONDS)
    assert not any(thread.is_alive() for thread in threads), "a thread waits for ever"
    return outcomes


@pytest.fixture
def shared_database(tmp_path: Path, transactional_db: None) -> Iterator[None]:
    """A database that several connections can use: on SQLite a file in place of the one in memory."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    file = tmp_path / "shared.db"
    with contextlib.closing(sqlite3.connect(file)) as copy:
        connection.connection.backup(copy)
    in_memory, options = connections["default"], dict(connection.settings_dict)
    in_memory.settings_dict.update(NAME=str(file), OPTIONS={"timeout": 20})
    connections["default"] = connections.create_connection("default")
    yield
    connections["default"].close()
    in_memory.settings_dict.update(options)
    connections["default"] = in_memory
