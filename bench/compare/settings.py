"""Settings of a measured process: the test suite's, run as the platform runs the app."""

import os

from test_settings import *  # noqa: F403 (a settings module)
from test_settings import DATABASES, INSTALLED_APPS, MIDDLEWARE

DEBUG = False
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "bench.compare.urls"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# A host without the opt-in apps: older versions lack some of them, and they are not what is compared.
_OPT_IN = ("edx_proctoring.constructor", "seb_openedx")
INSTALLED_APPS = tuple(app for app in INSTALLED_APPS if app not in _OPT_IN)  # type: ignore[assignment]

# What one request looked up is not remembered for the next one.
MIDDLEWARE = ("edx_django_utils.cache.middleware.RequestCacheMiddleware", *MIDDLEWARE)  # type: ignore[assignment]

DATABASES["default"].update(
    # The platform wraps each request in a transaction and keeps its connections.
    ATOMIC_REQUESTS=True,
    CONN_MAX_AGE=None,
)
# The database that ``worker prepare`` makes. On SQLite that is a file, which each process copies into memory.
DATABASE_NAME = os.environ["BENCH_DATABASE_NAME"]
DATABASES["default"]["TEST"] = {**DATABASES["default"].get("TEST", {}), "NAME": DATABASE_NAME}
if os.environ["BENCH_STEP"] not in ("prepare", "answers"):
    DATABASES["default"]["NAME"] = ":memory:" if DATABASE_NAME.endswith(".sqlite3") else DATABASE_NAME
