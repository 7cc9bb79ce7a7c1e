"""Settings that the LMS gets from this plug-in. Contract: contract/safe-exam-browser#settings.

Imported before Django is set up. The plain attributes serve ``settings.test``, which is a settings module by itself.
"""

from typing import Any

SECRET_KEY = "seb-openedx-stand-alone-tests-only"  # noqa: S105 - of a settings module for tests

INSTALLED_APPS = (
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "seb_openedx",
)

MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)

_BACKENDS = "seb_openedx.edxapp_wrapper.backends"


def plugin_settings(settings: Any) -> None:
    """Set every published setting on ``settings``, the host's settings module."""
    settings.SEB_COURSE_MODULE = f"{_BACKENDS}.get_course_module_n_v1"
    settings.SEB_UPDATE_MODULESTORE = f"{_BACKENDS}.get_course_module_n_v1"
    settings.SEB_COURSEWARE_MODULE = f"{_BACKENDS}.get_courseware_module_n_v1"
    settings.SEB_COURSEWARE_INDEX_VIEW = f"{_BACKENDS}.get_courseware_index_view_n_v1"
    settings.SEB_GET_CHAPTER_FROM_LOCATION = f"{_BACKENDS}.get_chapter_from_location_h_v1"
    settings.SEB_CONFIGURATION_HELPERS = f"{_BACKENDS}.get_configuration_helpers_n_v1"
    settings.SEB_EDXMAKO_MODULE = f"{_BACKENDS}.edxmako_module_n_v1"
    settings.SEB_PERMISSION_COMPONENTS = ["AlwaysAllowStaff", "CheckSEBHashBrowserExamKeyOrConfigKey"]
    settings.SEB_KEY_SOURCES = [
        "from_global_settings",
        "from_other_course_settings",
        "from_django_model",
        "from_site_configuration",
        "from_global_settings_default_keys",
        "from_site_configuration_default_keys",
    ]
    settings.SEB_KEY_DESTINATIONS = ["to_django_model", "to_other_course_settings", "to_site_configuration"]
    settings.SEB_USE_ALL_SOURCES = True
    # Defaults of new rows in the admin; the middleware does not read these two.
    settings.SEB_WHITELIST_PATHS = []
    settings.SEB_BLACKLIST_CHAPTERS = []
    settings.SEB_USER_BANNING_BACKEND = "DatabaseBannedUsersBackend"
    settings.SEB_USER_BANNING_ENABLED = False
    settings.SEB_ALLOW_MFE_ACCESS = False
    settings.SEB_INDIVIDUAL_COURSE_ACTIVATION = False
