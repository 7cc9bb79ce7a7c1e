"""The Celery app of a fault run; a worker is ``celery -A bench.faults.celery_app worker``."""

import os

from celery import Celery


def make(broker: str, queue: str) -> Celery:
    """Return the app on the run's broker and queue, as the current one."""
    app = Celery("edx_proctoring_fault_run", broker=broker, set_as_current=True)
    app.conf.update(
        task_default_queue=queue,
        worker_hijack_root_logger=False,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"socket_timeout": 2},
    )
    app.autodiscover_tasks(["edx_proctoring"], force=True)
    return app


def worker_app() -> Celery:
    """Set the product up, and return the app that this made."""
    import celery
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.faults.settings")
    django.setup()
    return celery.current_app._get_current_object()
