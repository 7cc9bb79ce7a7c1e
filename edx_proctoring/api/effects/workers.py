"""Handing effects over to Celery. Tasks are sent by name, so this layer does not import them."""

import logging
from collections.abc import Sequence
from typing import Final

log = logging.getLogger(__name__)

TASK_DELIVER: Final = "edx_proctoring.tasks.deliver_effects"


def hand_over(effect_ids: Sequence[int]) -> None:
    """Ask a worker to deliver effects. Never raises: the rows are committed, and ``deliver_effects`` finds them."""
    try:
        # Inside, because Celery is an extra: without workers this line is never reached.
        from celery import current_app

        current_app.send_task(TASK_DELIVER, kwargs={"effect_ids": list(effect_ids)})
    except Exception:  # pylint: disable=broad-except
        log.warning("effects not handed over to a worker, they stay due: count=%s", len(effect_ids), exc_info=True)
