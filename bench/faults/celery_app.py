"""The Celery app of a fault run, on a queue of its own."""

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
