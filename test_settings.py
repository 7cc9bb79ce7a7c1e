"""Settings of the test suite and of ``manage.py``. Contract: contract/test-support#settings.

``EDX_PROCTORING_DB`` chooses the database: ``sqlite`` (default), ``mysql`` or ``postgres``. Servers are on 127.0.0.1
unless ``EDX_PROCTORING_DB_{NAME,USER,PASSWORD,HOST,PORT}`` say otherwise.
"""

import os
from pathlib import Path
from typing import Any

BASE_DIR = os.path.dirname(os.path.abspath(__file__))
ENV_ROOT = Path(BASE_DIR).parent
TEST_ROOT = "tests"

DEBUG = True
TEST_MODE = True
TRANSACTIONS_MANAGED: dict[str, Any] = {}
USE_TZ = True
TIME_ZONE = "UTC"
FEATURES: dict[str, Any] = {}

DATABASE_KIND = os.environ.get("EDX_PROCTORING_DB", "sqlite")


def _server(engine: str, *, user: str, port: str, **extra: Any) -> dict[str, Any]:
    """Return the settings of a database server, with overrides from the environment."""
    env = os.environ.get
    return {
        "ENGINE": f"django.db.backends.{engine}",
        "NAME": env("EDX_PROCTORING_DB_NAME", "edx_proctoring"),
        "USER": env("EDX_PROCTORING_DB_USER", user),
        "PASSWORD": env("EDX_PROCTORING_DB_PASSWORD", ""),
        "HOST": env("EDX_PROCTORING_DB_HOST", "127.0.0.1"),
        "PORT": env("EDX_PROCTORING_DB_PORT", port),
        **extra,
    }


if DATABASE_KIND == "mysql":
    DATABASES = {
        "default": _server(
            "mysql",
            user="root",
            port="3306",
            # The host's character set and isolation (contract/host-integration#databases).
            OPTIONS={"charset": "utf8mb4", "isolation_level": "read committed"},
            TEST={"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_unicode_ci"},
        )
    }
elif DATABASE_KIND == "postgres":
    DATABASES = {"default": _server("postgresql", user="postgres", port="5432")}
elif DATABASE_KIND == "sqlite":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.join(BASE_DIR, "edx_proctoring.db"),
        }
    }
else:
    raise ValueError(f"EDX_PROCTORING_DB={DATABASE_KIND!r}: use sqlite, mysql or postgres")

SITE_ID = 1
SITE_NAME = "localhost:8000"
PLATFORM_NAME = "Open edX"
HTTPS = "off"
SECRET_KEY = "HASHED_SECRET_KEY"
PROCTORING_USER_OBFUSCATION_KEY = "SHHHHHH"

INSTALLED_APPS = (
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "edx_proctoring",
    "edx_proctoring.constructor",
    "seb_openedx",
    "edx_when",
    "rules.apps.AutodiscoverRulesConfig",
    "waffle",
    "mock_apps",
)

AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
]

MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
)

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

REST_FRAMEWORK = {"DEFAULT_THROTTLE_CLASSES": ("rest_framework.throttling.UserRateThrottle",)}
JWT_AUTH = {"JWT_AUTH_COOKIE": "edx-jwt-cookie"}

ROOT_URLCONF = "test_urls"
COURSE_ID_REGEX = r"[^/+]+(/|\+)[^/+]+(/|\+)[^/]+"
COURSE_ID_PATTERN = rf"(?P<course_id>{COURSE_ID_REGEX})"

STATIC_URL = "/static/"
NODE_MODULES_ROOT = "/tmp/test-proctoring-modules"
WEBPACK_LOADER = {
    "WORKERS": {
        "BUNDLE_DIR_NAME": "bundles/",
        "STATS_FILE": "webpack-worker-stats.json",
    }
}

PROCTORING_BACKENDS = {
    "test": {},
    "null": {},
    "DEFAULT": "test",
    # Made-up keys without any access.
    "software_secure": {
        "secret_key_id": "foo",
        "secret_key": "4B230FA45A6EC5AE8FDE2AFFACFABAA16D8A3D0B",
        "crypto_key": "123456789123456712345678",
        "exam_register_endpoint": "http://test",
        "organization": "edx",
        "exam_sponsor": "edX LMS",
        "software_download_url": "http://example.com",
        "send_email": True,
        "video_review_aes_key": "B886E02F19C77EC734B1B132BEECD91E",
    },
}

PROCTORING_SETTINGS = {
    "MUST_COMPLETE_ICRV": True,
    "LINK_URLS": {
        "online_proctoring_rules": "",
        "faq": "",
        "contact_us": "",
        "tech_requirements": "",
    },
    "ALLOW_CALLBACK_SIMULATION": False,
}
PROCTORED_EXAM_VIEWABLE_PAST_DUE = False

DEFAULT_FROM_EMAIL = "no-reply@example.com"
CONTACT_EMAIL = "info@edx.org"
TECH_SUPPORT_EMAIL = "technical@example.com"

LEARNING_MICROFRONTEND_URL = "https://learning.test.org"
