"""A task queue in place of Celery: a table for the tasks, and one thread that runs them.

A function becomes a task with ``@task``. ``enqueue`` writes a row in the caller's transaction; after the commit a
thread runs the function, without any request. With ``DEMO_EAGER_TASKS`` it runs right after the commit, in the
caller's thread.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, ParamSpec

from django.conf import settings
from django.db import close_old_connections, transaction

from demo.host.models import Task

log = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")

_functions: dict[str, Callable[..., None]] = {}
_committed: queue.SimpleQueue[int] = queue.SimpleQueue()
_thread: threading.Thread | None = None
_start_lock = threading.Lock()


def task(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Decorator: let the queue run this function, which it knows by its name."""
    _functions[function.__name__] = function
    return function


def enqueue(function: Callable[..., None], **arguments: Any) -> Task:
    """Queue a call of a task; it runs once the current transaction has committed. Arguments must be JSON."""
    row = Task.objects.create(name=function.__name__, arguments=arguments)
    transaction.on_commit(lambda: _hand_over(row.pk))
    return row


def wait_for(row: Task, seconds: float) -> Task:
    """Wait until a task has ended, but no longer than ``seconds``. Outside of transactions only."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        row.refresh_from_db()
        if row.state != Task.WAITING:
            break
        time.sleep(0.05)
    return row


def run(task_id: int) -> None:
    """Run one waiting task and record its result. An error of the task is recorded, not raised."""
    row = Task.objects.filter(pk=task_id, state=Task.WAITING).first()
    if row is None:
        return
    try:
        _functions[row.name](**row.arguments)
    except Exception as error:  # like a worker: whatever a task raises, the next one runs
        log.exception("task failed: name=%s task_id=%s", row.name, row.pk)
        row.state, row.error = Task.FAILED, f"{type(error).__name__}: {error}"
    else:
        row.state = Task.DONE
    row.save(update_fields=["state", "error", "modified"])


def _hand_over(task_id: int) -> None:
    if getattr(settings, "DEMO_EAGER_TASKS", False):
        run(task_id)
        return
    _ensure_thread()
    _committed.put(task_id)


def _ensure_thread() -> None:
    global _thread
    with _start_lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_run_committed, name="demo-task-queue", daemon=True)
            _thread.start()


def _run_committed() -> None:
    while True:
        task_id = _committed.get()
        try:
            run(task_id)
        except Exception:  # the database itself fails; the row stays waiting
            log.exception("task could not be run: task_id=%s", task_id)
        finally:
            close_old_connections()
