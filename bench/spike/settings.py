"""Settings of the processes of a spike: the test suite's, run as the platform runs the app."""

import os

from test_settings import *  # noqa: F403 (a settings module)
from test_settings import DATABASES, INSTALLED_APPS, MIDDLEWARE, PROCTORING_SETTINGS

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "bench.spike.urls"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# A host without the opt-in apps: older versions lack some of them, and they are not what is compared.
_OPT_IN = ("edx_proctoring.constructor", "seb_openedx")
INSTALLED_APPS = (  # type: ignore[assignment]
    *(app for app in INSTALLED_APPS if app not in _OPT_IN),
    "bench.spike.apps.SpikeHost",
)
# What one request looked up is not remembered for the next one.
MIDDLEWARE = ("edx_django_utils.cache.middleware.RequestCacheMiddleware", *MIDDLEWARE)  # type: ignore[assignment]

DATABASE_NAME = os.environ["SPIKE_DATABASE"]
DATABASES["default"].update(
    NAME=DATABASE_NAME,
    TEST={**DATABASES["default"].get("TEST", {}), "NAME": DATABASE_NAME},
    # As on the platform: each request in a transaction, connections that are kept.
    ATOMIC_REQUESTS=True,
    CONN_MAX_AGE=None,
)
# Shared by the workers, as the platform's memcached is.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ["SPIKE_CACHE"],
        "KEY_PREFIX": DATABASE_NAME,
    }
}
# For as long as a spike takes.
PROCTORING_BACKENDS = {
    "DEFAULT": "mock_provider",
    "mock_provider": {
        "base_url": os.environ["SPIKE_PROVIDER"],
        "client_id": "spike",
        "client_secret": "spike-secret",
    },
}
BROKER = os.environ.get("SPIKE_BROKER", "")
TASK_QUEUE = os.environ.get("SPIKE_QUEUE", "")
PROCTORING_SETTINGS = {**PROCTORING_SETTINGS, "ASYNC_PROVIDER_CALLS": bool(BROKER)}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "ERROR"},
}
