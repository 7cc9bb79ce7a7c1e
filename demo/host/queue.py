"""A table and one thread stand for Celery (Spec: host-platform.md 13.1 rule 5).

A task is written with the transaction that wants it and runs after the commit, in a thread that knows no request.
With ``DEMO_EAGER_TASKS`` (tests) it runs at once, after the commit, in the caller's thread.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import close_old_connections, transaction

from demo.host.models import Task

log = logging.getLogger(__name__)

_waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
_thread: threading.Thread | None = None
_start_lock = threading.Lock()


def enqueue(name: str, arguments: dict[str, Any]) -> Task:
    """Note a task; it runs once the current transaction has committed."""
    task = Task.objects.create(name=name, arguments=arguments)
    transaction.on_commit(lambda: _hand_over(task.pk))
    return task


def wait_for(task: Task, seconds: float) -> Task:
    """Wait until a task has ended, at most so long. Outside of transactions only."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        task.refresh_from_db()
        if task.state != Task.WAITING:
            break
        time.sleep(0.05)
    return task


def run(task_id: int) -> None:
    """Perform one task and note how it ended; never raises."""
    from demo.host import tasks  # the functions use modules that enqueue

    task = Task.objects.filter(pk=task_id, state=Task.WAITING).first()
    if task is None:
        return
    function: Callable[..., None] = tasks.REGISTRY[task.name]
    try:
        function(**task.arguments)
    except Exception as error:  # a worker reports and goes on, whatever a task does
        log.exception("task failed: name=%s task_id=%s", task.name, task.pk)
        task.state, task.error = Task.FAILED, f"{type(error).__name__}: {error}"
    else:
        task.state = Task.DONE
    task.save(update_fields=["state", "error", "modified"])


def _hand_over(task_id: int) -> None:
    if getattr(settings, "DEMO_EAGER_TASKS", False):
        run(task_id)
        return
    _ensure_thread()
    _waiting.put(task_id)


def _ensure_thread() -> None:
    global _thread
    with _start_lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_drain, name="demo-queue", daemon=True)
            _thread.start()


def _drain() -> None:
    while True:
        task_id = _waiting.get()
        try:
            run(task_id)
        except Exception:  # the database itself is in trouble; the row stays waiting
            log.exception("queue could not run a task: task_id=%s", task_id)
        finally:
            close_old_connections()
