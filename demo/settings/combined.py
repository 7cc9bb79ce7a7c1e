"""LMS and Studio in one process.

Plug-ins are loaded in the platform's order: apps, common settings, the host's own assignments, production settings.
"""

from __future__ import annotations

from edx_django_utils.plugins import add_plugins, get_plugin_apps

from demo.settings.base import *  # noqa: F403  (a settings module is the sum of its base and its own lines)
from demo.settings.base import ENV_TOKENS, INSTALLED_APPS, SERVICES_AFTER_PLUGINS, SERVICES_BEFORE_PLUGINS

PROJECT_TYPE = "lms.djangoapp"
IS_STUDIO = True

INSTALLED_APPS = [*INSTALLED_APPS, *SERVICES_BEFORE_PLUGINS]
INSTALLED_APPS += [app for app in get_plugin_apps(PROJECT_TYPE) if app not in INSTALLED_APPS]
INSTALLED_APPS += SERVICES_AFTER_PLUGINS
# As the operator adds it. Without a backend of its class it does nothing.
INSTALLED_APPS += ["edx_proctoring.constructor"]

add_plugins(__name__, PROJECT_TYPE, "common")

# The LMS sets these after the plug-ins' common settings.
PROCTORING_BACKENDS = {"DEFAULT": "null", "null": {}}
PROCTORED_EXAM_VIEWABLE_PAST_DUE = ENV_TOKENS.get("PROCTORED_EXAM_VIEWABLE_PAST_DUE", False)

add_plugins(__name__, PROJECT_TYPE, "production")
