"""Celery tasks, thin wrappers of the service layer, which sends them by name. Spec: cross-cutting.md C4, beyond.md 1.

Celery is optional: without it, this module can be imported but has no tasks.
"""

from collections.abc import Sequence

from edx_proctoring.api import deliver_due_effects

try:
    from celery import shared_task
except ImportError:
    shared_task = None

if shared_task is not None:

    @shared_task(name="edx_proctoring.tasks.deliver_effects", ignore_result=True)
    def deliver_effects(effect_ids: Sequence[int] | None = None) -> None:
        """Deliver these effects now or, without ids, all that are due. A failed effect stays due for a retry."""
        deliver_due_effects(effect_ids=effect_ids, ignore_pause=effect_ids is not None)
