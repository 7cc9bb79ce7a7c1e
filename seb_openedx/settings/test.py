"""Settings of the LMS's own tests, and a settings module that runs this app alone.

Contract: contract/safe-exam-browser#test-settings.
"""

from types import SimpleNamespace
from typing import Any

from seb_openedx.settings.common import *  # noqa: F403 - a settings module is the sum of its base and its own lines
from seb_openedx.settings.common import plugin_settings

_published = SimpleNamespace()
plugin_settings(_published)
vars().update(vars(_published))

# The host's courseware does not exist here.
SEB_COURSEWARE_MODULE = "seb_openedx.tests.test_utils"
SEB_COURSEWARE_INDEX_VIEW = "seb_openedx.tests.test_utils"

DEBUG = True
USE_TZ = True
TIME_ZONE = "UTC"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "seb_openedx.urls"
FEATURES = {"ENABLE_OTHER_COURSE_SETTINGS": True}

COURSE_KEY_PATTERN = r"(?P<course_key_string>[^/+]+(/|\+)[^/+]+(/|\+)[^/?]+)"
COURSE_KEY_REGEX = COURSE_KEY_PATTERN.replace("P<course_key_string>", ":")
COURSE_ID_PATTERN = COURSE_KEY_PATTERN.replace("course_key_string", "course_id")

DATABASES: dict[str, Any] = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
STATIC_URL = "/static/"
