"""The smallest host: Django, the apps that the package needs, and plug-ins loaded as the platform loads them."""

from edx_django_utils.plugins import add_plugins, get_plugin_apps

DEBUG = True  # to try it; not for learners
SECRET_KEY = "change-me"
PROCTORING_USER_OBFUSCATION_KEY = "change-me-before-the-first-exam-and-never-again"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
SITE_NAME = "lms.example.com"
PLATFORM_NAME = "Example"
DEFAULT_FROM_EMAIL = "lms@example.com"
COURSE_ID_PATTERN = r"(?P<course_id>[^/+]+(/|\+)[^/+]+(/|\+)[^/?]+)"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "host.db"}}
ROOT_URLCONF = "host_urls"
JWT_AUTH = {"JWT_SECRET_KEY": "change-me-too", "JWT_ISSUERS": []}
PROJECT_TYPE = "lms.djangoapp"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "waffle",
    "rules.apps.AutodiscoverRulesConfig",
]
INSTALLED_APPS += [app for app in get_plugin_apps(PROJECT_TYPE) if app not in INSTALLED_APPS]
INSTALLED_APPS += ["edx_proctoring.constructor"]
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",  # who may review, who may take proctored exams
    "django.contrib.auth.backends.ModelBackend",
]
MIDDLEWARE = [
    "edx_django_utils.cache.middleware.RequestCacheMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "crum.CurrentRequestUserMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL, STATIC_ROOT = "/static/", "static"
PIPELINE = {}  # gets the list of our scripts, in the order in which a page loads them
add_plugins(__name__, PROJECT_TYPE, "common")
add_plugins(__name__, PROJECT_TYPE, "production")
