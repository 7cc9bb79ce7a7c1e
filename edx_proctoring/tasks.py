"""Celery tasks, thin wrappers of the service layer. Sent by name, so nothing below imports this module.

Celery is an extra: where it is not installed, the module is importable and holds no tasks.
Contract: contract/effects#workers.
"""

from collections.abc import Sequence

from edx_proctoring.api import deliver_due_effects, deliver_in_lanes, work_on
from edx_proctoring.api import sweep as sweep_once

try:
    from celery import shared_task
except ImportError:
    shared_task = None

if shared_task is not None:

    @shared_task(name="edx_proctoring.tasks.deliver_effects", ignore_result=True)
    def deliver_effects(effect_ids: Sequence[int] | None = None) -> None:
        """Deliver these effects now; without ids, all that are due. Failures stay due and are tried again."""
        if effect_ids is None:
            deliver_in_lanes()
        else:
            deliver_due_effects(effect_ids=effect_ids, ignore_pause=True)

    @shared_task(name="edx_proctoring.tasks.sweep", ignore_result=True)
    def sweep(course_id: str | None = None, kinds: Sequence[str] | None = None, limit: int = 500) -> None:
        """Do what no request is there to do. Arguments and errors as of ``api.sweep``."""
        sweep_once(course_id=course_id, kinds=kinds, limit=limit)

    @shared_task(name="edx_proctoring.tasks.work_on_job", ignore_result=True)
    def work_on_job(code: str) -> None:
        """Finish a job of staff, unless another process works on it. ``code``: its public id."""
        work_on(code)
