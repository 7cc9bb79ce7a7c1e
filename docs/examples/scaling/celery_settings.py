"""Settings of Celery for edx-proctoring, in the form that a Celery app reads with ``namespace="CELERY"``.

Explained in docs/guides/scaling.rst. ``BROKER`` is ``redis://…`` or ``amqp://…``.
"""

import os

BROKER = os.environ.get("BROKER", "redis://127.0.0.1:6379/0")

PROCTORING_SETTINGS = {"ASYNC_PROVIDER_CALLS": True}

DELIVERY = "edx_proctoring.tasks.deliver_effects"
SWEEP = "edx_proctoring.tasks.sweep"
STAFF_JOB = "edx_proctoring.tasks.work_on_job"

CELERY_BROKER_URL = BROKER
# What a learner waits for is not behind what staff ordered, and neither is behind the host's own tasks.
CELERY_TASK_ROUTES = {
    DELIVERY: {"queue": "proctoring"},
    SWEEP: {"queue": "proctoring-staff"},
    STAFF_JOB: {"queue": "proctoring-staff"},
}
CELERY_TASK_ANNOTATIONS = {
    DELIVERY: {
        # A worker that is killed leaves the message in the queue. Without these two, the effects wait for the end of
        # their lease, five minutes, and for ``deliver_effects`` or the sweeper.
        "acks_late": True,
        "reject_on_worker_lost": True,
        # Seconds. Shorter than the lease, so that nothing is delivered by two processes at once.
        "soft_time_limit": 200,
        "time_limit": 240,
    },
}
# A worker takes what it can do now; the rest is for the other workers.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

if BROKER.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # Seconds after which a message that is not acknowledged is given to another worker: longer than ``time_limit``
        # and than the longest countdown of any task of the host.
        "visibility_timeout": 3600,
        # A broker that does not answer costs a page a second, and a thread of the web process as long as this.
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # RabbitMQ says that it has the message. Without it, what a broker loses is delivered after the lease.
        "confirm_publish": True,
    }

CELERY_BEAT_SCHEDULE = {
    "proctoring-sweep": {"task": SWEEP, "schedule": 120.0, "options": {"expires": 110}},
}
