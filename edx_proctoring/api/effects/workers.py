"""Handing effects over to Celery. Tasks are sent by name, so this layer does not import them."""

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from edx_proctoring.api.effects import claiming

log = logging.getLogger(__name__)

TASK_DELIVER: Final = "edx_proctoring.tasks.deliver_effects"

# How long a page waits for the broker.
BROKER_SECONDS: Final = 1.0

# Threads that wait for a broker which accepts connections and never answers.
_slots: Final = threading.BoundedSemaphore(4)


def hand_over(effect_ids: Sequence[int]) -> None:
    """Ask a worker to deliver effects. Never raises, and ends within a second: what fails is due for the sweeper."""
    try:
        is_sent = _send(TASK_DELIVER, {"effect_ids": list(effect_ids)})
    except Exception:  # pylint: disable=broad-except
        log.warning("effects not handed over to a worker, they stay due: count=%s", len(effect_ids), exc_info=True)
        is_sent = False
    if not is_sent:
        claiming.release(effect_ids)


def send(name: str, arguments: Mapping[str, Any]) -> None:
    """Ask a worker to run a task that the sweeper does as well. Never raises, and ends within a second."""
    try:
        _send(name, arguments)
    except Exception:  # pylint: disable=broad-except
        log.warning("task not handed over to a worker: task=%s", name, exc_info=True)


def _send(name: str, arguments: Mapping[str, Any]) -> bool:
    # Inside, because Celery is an extra: without workers this line is never reached.
    from celery import current_app

    # Looked up here: in the thread another app may be the current one.
    return _send_within_limit(current_app._get_current_object(), name, arguments)


def _send_within_limit(app: Any, name: str, arguments: Mapping[str, Any]) -> bool:
    """Send a task; return False if the broker does not answer in time. Raises what sending raises.

    In a thread, because brokers differ in their time limits and some have none.
    """
    if not _slots.acquire(blocking=False):
        log.warning("broker does not answer, what it was to do waits: task=%s", name)
        return False
    errors: list[Exception] = []

    def send() -> None:
        try:
            app.send_task(name, kwargs=dict(arguments))
        except Exception as error:
            errors.append(error)
        finally:
            _slots.release()

    thread = threading.Thread(target=send, name="task-hand-over", daemon=True)
    thread.start()
    thread.join(BROKER_SECONDS)
    if thread.is_alive():
        log.warning("broker does not answer within %s s, what it was to do waits: task=%s", BROKER_SECONDS, name)
        return False
    if errors:
        raise errors[0]
    return True
