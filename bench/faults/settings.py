"""Settings of the processes of a fault run: the test suite's, run as the platform runs the app."""

import os

from test_settings import *  # noqa: F403 (a settings module)
from test_settings import DATABASES, INSTALLED_APPS, MIDDLEWARE, PROCTORING_SETTINGS

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = (*INSTALLED_APPS, "bench.faults.apps.FaultRunHost")  # type: ignore[assignment]
# What one request looked up is not remembered for the next one.
MIDDLEWARE = ("edx_django_utils.cache.middleware.RequestCacheMiddleware", *MIDDLEWARE)  # type: ignore[assignment]

# The run sets these.
DATABASE_NAME = os.environ["FAULT_RUN_DATABASE"]
PROVIDER_URL = os.environ["FAULT_RUN_PROVIDER"]
SMTP_PORT = os.environ["FAULT_RUN_SMTP_PORT"]
BROKER = os.environ.get("FAULT_RUN_BROKER", "")
TASK_QUEUE = os.environ.get("FAULT_RUN_QUEUE", "")
WITHOUT_OUTBOX = os.environ.get("FAULT_RUN_WITHOUT_OUTBOX") == "1"
WITHOUT_INTENTS = os.environ.get("FAULT_RUN_WITHOUT_INTENTS") == "1"
KEY_IGNORED = os.environ.get("FAULT_RUN_KEY_IGNORED") == "1"
# Folder in which each learner whose registration killed its process has a file.
DEATHS = os.environ.get("FAULT_RUN_DEATHS", "")
SEED = os.environ.get("FAULT_RUN_SEED", "")

DATABASES["default"].update(
    NAME=DATABASE_NAME,
    TEST={**DATABASES["default"].get("TEST", {}), "NAME": DATABASE_NAME},
    # As on the platform: each request in a transaction, connections that are kept.
    ATOMIC_REQUESTS=True,
    CONN_MAX_AGE=None,
    CONN_HEALTH_CHECKS=True,
)
if DATABASE_NAME.endswith(".sqlite3"):
    DATABASES["default"].update(ENGINE="demo.sqlite", OPTIONS={"timeout": 20})

EMAIL_BACKEND = "bench.faults.host.MailBackend"
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", int(SMTP_PORT)
EMAIL_TIMEOUT = 5

# The options of a real deployment, with short limits: a provider that hangs should not take the run an hour.
PROCTORING_BACKENDS = {
    "DEFAULT": "mock_provider",
    "mock_provider": {
        "base_url": PROVIDER_URL,
        "client_id": "fault-run",
        "client_secret": "fault-run-secret",
        "timeout": 0.6,
        "page_timeout": 0.6,
        "honours_idempotency_key": not KEY_IGNORED,
    },
}
PROCTORING_SETTINGS = {**PROCTORING_SETTINGS, "ASYNC_PROVIDER_CALLS": bool(BROKER)}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"edx_proctoring": {"level": "INFO"}},
}
