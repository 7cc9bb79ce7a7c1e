"""Settings that every process of the demo host shares.

The plug-ins (this package, ``edx_when``, ``edx_toggles``) are *not* listed here: each process module adds them
through their entry points, exactly as the platform does.

Environment variables, all optional:

``DEMO_DATA_DIR``
    Folder for the database, mails, logs and built worker scripts. Default ``.demo`` in the repository.
``DEMO_PORT``, ``DEMO_PROVIDER_URL``
    Where this host and the mock provider listen. Default: as in the last ``python -m demo`` with this data folder, else
    18000 and ``http://127.0.0.1:11136``.
``DEMO_PROVIDER=rpnow``, ``DEMO_PROVIDER=constructor``
    The course is proctored by RPNow or Constructor Proctor instead of the REST provider. The mock provider plays all
    of them. Default as above.
``DEMO_TOKENS_FILE``
    JSON file for the part of the settings that a platform reads from its YAML. Default ``demo/settings/tokens.json``.
``DEMO_DEBUG=1``
    Shows Django's detailed error pages instead of the demo's.
``DEMO_SPECIAL_EXAMS=0``
    Switches special exams off: no service is registered, the URLs stay.
``DEMO_NO_PIPELINE=1``
    Leaves out ``PIPELINE``, like a host that bundles scripts in another way.
``DEMO_THEME_DIR``
    A folder of templates that replace those of the package, as a theme does.
``DEMO_JQUERY=3``
    Loads jQuery 3 instead of 2.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

from demo import data_dir
from demo.credentials import CONSTRUCTOR, RPNOW_CALLBACK_SECRET, SEB_CONFIG_KEY, SEB_COURSE_ID, constructor_options

REPOSITORY = Path(__file__).resolve().parents[2]
DATA_DIR = Path(os.environ.get("DEMO_DATA_DIR", REPOSITORY / ".demo")).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

# Management commands in another terminal find the running demo's ports here.
_remembered = data_dir.remembered(DATA_DIR)
PORT = int(os.environ.get("DEMO_PORT") or _remembered.get("port", 18000))
PROVIDER_URL = os.environ.get("DEMO_PROVIDER_URL") or _remembered.get("provider_url", "http://127.0.0.1:11136")

# Off, so that errors look as on a platform, without internals of the server.
DEBUG = os.environ.get("DEMO_DEBUG") == "1"
# The pages and endpoints under /_demo/. Only a demonstration uses these settings, so they are always on.
DEMO_TOOLS = True
# Not secret: this host runs on a developer's machine and stores only invented people.
SECRET_KEY = "demo-host-not-a-secret-key-for-local-use-only"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver", *filter(None, os.environ.get("DEMO_HOSTS", "").split(","))]

SPECIAL_EXAMS = os.environ.get("DEMO_SPECIAL_EXAMS", "1") != "0"
# Older platforms nest these flags in FEATURES, newer ones do not.
FEATURES = {
    "ENABLE_SPECIAL_EXAMS": SPECIAL_EXAMS,
    "ENABLE_PROCTORED_EXAMS": SPECIAL_EXAMS,
    "ENABLE_OTHER_COURSE_SETTINGS": True,
}
ENABLE_SPECIAL_EXAMS = SPECIAL_EXAMS
ENABLE_PROCTORED_EXAMS = SPECIAL_EXAMS

# --- Applications -----------------------------------------------------------------------------------------------

# The platform does not define whether its apps come before or after plug-ins, so some services register before the
# package and some after it.
SERVICES_BEFORE_PLUGINS = [
    "demo.services.apps.CreditConfig",
    "demo.services.apps.InstructorConfig",
    "demo.services.apps.EnrollmentsConfig",
    "demo.services.apps.LearningSequencesConfig",
]
SERVICES_AFTER_PLUGINS = [
    "demo.services.apps.GradesConfig",
    "demo.services.apps.CertificatesConfig",
    "demo.services.apps.NameAffirmationConfig",
]

# Nothing of the demo is sent to a monitoring service; without the setting, each command warns of the missing New Relic.
OPENEDX_TELEMETRY: list[str] = []

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "rest_framework",
    "oauth2_provider",
    "waffle",
    "simple_history",
    "webpack_loader",
    "rules.apps.AutodiscoverRulesConfig",
    "eventtracking.django.apps.EventTrackingConfig",
    "demo.host.apps.HostConfig",
]

MIDDLEWARE = [
    # As the operator adds it: first.
    "edx_proctoring.constructor.middleware.ProctoredFramingMiddleware",
    # Before sessions and logins, as a web server under maintenance.
    "demo.host.middleware.CallbackFaultsMiddleware",
    "edx_django_utils.cache.middleware.RequestCacheMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "edx_rest_framework_extensions.auth.jwt.middleware.JwtAuthCookieMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crum.CurrentRequestUserMiddleware",
    "waffle.middleware.WaffleMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "demo.host.middleware.TrackingContextMiddleware",
    "demo.host.middleware.AbsentServicesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "demo.host.middleware.ViewAsMiddleware",
    "demo.host.seb_command.SebCommandMiddleware",
    # As the operator adds it: after session and authentication.
    "seb_openedx.middleware.SecureExamBrowserMiddleware",
]
X_FRAME_OPTIONS = "DENY"

AUTHENTICATION_BACKENDS = [
    # As on the platform, users may log in before they have activated their account.
    "django.contrib.auth.backends.AllowAllUsersModelBackend",
    "rules.permissions.ObjectPermissionBackend",
]
LOGIN_URL = "/"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [*filter(None, [os.environ.get("DEMO_THEME_DIR")])],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "demo.host.page_context.context",
            ],
        },
    },
]

# --- Data -------------------------------------------------------------------------------------------------------

DATABASES = {
    "default": {
        "ENGINE": "demo.sqlite",
        "NAME": str(DATA_DIR / "demo.sqlite3"),
        "ATOMIC_REQUESTS": True,
        "OPTIONS": {"timeout": 20},
        "TEST": {"NAME": ":memory:"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
# On disk, because all processes of the demo share it: edx-when caches dates there.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(DATA_DIR / "cache"),
    }
}
SITE_ID = 1
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
# Those that the package has, named by themselves, under the platform's codes; Chinese under Django's, which has formats
# of dates for that one only.
LANGUAGES = [
    ("en", "English"),
    ("ar", "العربية"),
    ("ca", "Català"),
    ("cs", "Čeština"),
    ("de-de", "Deutsch (Deutschland)"),
    ("es-419", "Español (Latinoamérica)"),
    ("es-ar", "Español (Argentina)"),
    ("es-es", "Español (España)"),
    ("fa-ir", "فارسی"),
    ("fr", "Français"),
    ("fr-ca", "Français (Canada)"),
    ("he", "עברית"),
    ("it-it", "Italiano"),
    ("pt-pt", "Português (Portugal)"),
    ("ru", "Русский"),
    ("sw-ke", "Kiswahili"),
    ("tr-tr", "Türkçe"),
    ("zh-hans", "简体中文"),
]
LOCALE_PATHS = [str(REPOSITORY / "demo" / "locale")]
ROOT_URLCONF = "demo.urls"
WSGI_APPLICATION = "demo.wsgi.application"

# --- Static files, workers --------------------------------------------------------------------------------------

STATIC_URL = "/static/"
BUNDLES_DIR = DATA_DIR / "static"
(BUNDLES_DIR / "bundles").mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [str(REPOSITORY / "demo" / "static"), str(BUNDLES_DIR)]
# As on the platform: the package writes <ENV_ROOT>/workers.json, the bundler reads it.
ENV_ROOT = DATA_DIR
NODE_MODULES_ROOT = str(DATA_DIR / "node_modules")
WEBPACK_LOADER: dict[str, dict[str, Any]] = {
    "DEFAULT": {"BUNDLE_DIR_NAME": "bundles/", "STATS_FILE": str(DATA_DIR / "webpack-stats.json")},
    "WORKERS": {"BUNDLE_DIR_NAME": "bundles/", "STATS_FILE": str(DATA_DIR / "webpack-worker-stats.json")},
}
if os.environ.get("DEMO_NO_PIPELINE") != "1":
    PIPELINE: dict[str, Any] = {"JAVASCRIPT": {}}
JQUERY = "3.7.1" if os.environ.get("DEMO_JQUERY") == "3" else "2.2.4"

# --- The platform's settings that the package reads -----------------------------------------------------------------

COURSE_ID_PATTERN = r"(?P<course_id>[^/+]+(/|\+)[^/+]+(/|\+)[^/?]+)"
SITE_NAME = f"127.0.0.1:{PORT}"
PLATFORM_NAME = "Demo University"
_provider = os.environ.get("DEMO_PROVIDER") or _remembered.get("provider", "mock_provider")
HTTPS = "on" if _provider == CONSTRUCTOR else "off"
LMS_ROOT_URL = f"{'https' if HTTPS == 'on' else 'http'}://{SITE_NAME}"
# The demo answers at the learning front end's addresses itself, because e-mails link to them.
LEARNING_MICROFRONTEND_URL = LMS_ROOT_URL
# Front ends on other hosts, for tests: origins with commas between them.
SEB_PUBLIC_BASE_URLS = [*filter(None, os.environ.get("DEMO_FRONT_ENDS", "").split(","))]
CSRF_TRUSTED_ORIGINS = SEB_PUBLIC_BASE_URLS
DEFAULT_FROM_EMAIL = "registration@demo.example"
CONTACT_EMAIL = "info@demo.example"
TECH_SUPPORT_EMAIL = "technical@demo.example"
PROCTORING_USER_OBFUSCATION_KEY = "demo-obfuscation-key"

# The platform's YAML file. There, as here, the whole file appears under both names.
ENV_TOKENS: dict[str, Any] = json.loads(
    Path(os.environ.get("DEMO_TOKENS_FILE", REPOSITORY / "demo" / "settings" / "tokens.json")).read_text("utf-8")
)
# Deployments of old releases may have no PROCTORING_BACKENDS; the host must start with them.
_backends = ENV_TOKENS.get("PROCTORING_BACKENDS", {})
if "mock_provider" in _backends:
    _backends["mock_provider"]["base_url"] = PROVIDER_URL
if _backends.get("software_secure", {}).get("exam_register_endpoint") == "":
    # As in tokens.json. A configuration that names an endpoint, or has a placeholder for it, is used as it is.
    _backends["software_secure"]["exam_register_endpoint"] = f"{PROVIDER_URL}/exams/registration/"
    _backends["software_secure"]["software_download_url"] = f"{PROVIDER_URL}/rpnow"
    _backends["software_secure"]["callback_secrets"] = [RPNOW_CALLBACK_SECRET]
if _provider == CONSTRUCTOR:
    _backends.setdefault(CONSTRUCTOR, {"constructor": constructor_options(PROVIDER_URL)})
    # Where the browser sends cookies of other sites, the login of the LMS is good in the vendor's frame.
    SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "None"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
# The provider of the seeded course.
COURSE_PROVIDER = {"rpnow": "software_secure", CONSTRUCTOR: CONSTRUCTOR}.get(_provider, "mock_provider")
_options = ENV_TOKENS.setdefault("PROCTORING_SETTINGS", {})
if COURSE_PROVIDER == "software_secure":
    _options["ANONYMOUS_REVIEW_CALLBACK"] = "signed"
# Without it, the page of an exam whose provider is missing is an error of the host.
_options.setdefault("EXPLAIN_MISCONFIGURED_PROVIDER", True)
_options.setdefault("EXAM_DESK", True)
if COURSE_PROVIDER in _backends:
    _backends["DEFAULT"] = COURSE_PROVIDER
else:
    COURSE_PROVIDER = _backends.get("DEFAULT", "null")
# What Safe Exam Browser's app asks of the platform: courses, their advanced settings, the site's configuration.
for _asked in (
    "SEB_COURSE_MODULE",
    "SEB_UPDATE_MODULESTORE",
    "SEB_GET_CHAPTER_FROM_LOCATION",
    "SEB_CONFIGURATION_HELPERS",
    "SEB_ENROLLMENTS_MODULE",
):
    ENV_TOKENS.setdefault(_asked, "demo.host.seb_platform")
# One course opens only in Safe Exam Browser.
ENV_TOKENS.setdefault(
    "SAFE_EXAM_BROWSER", {SEB_COURSE_ID: {"CONFIG_KEYS": [SEB_CONFIG_KEY], "WHITELIST_PATHS": ["outline"]}}
)
AUTH_TOKENS = ENV_TOKENS

# --- Tokens, REST -----------------------------------------------------------------------------------------------

JWT_ISSUER = f"{LMS_ROOT_URL}/oauth2"
JWT_AUDIENCE = "demo-host"
JWT_SIGNING_KEY = "demo-host-jwt-signing-key-for-local-use-only"


def _username_of(claims: dict[str, Any]) -> str | None:
    """The user that a token names: ``preferred_username``, else ``username``."""
    return claims.get("preferred_username") or claims.get("username")


JWT_AUTH = {
    "JWT_ALGORITHM": "HS256",
    "JWT_ISSUER": JWT_ISSUER,
    "JWT_AUDIENCE": JWT_AUDIENCE,
    "JWT_SECRET_KEY": JWT_SIGNING_KEY,
    "JWT_ISSUERS": [{"ISSUER": JWT_ISSUER, "AUDIENCE": JWT_AUDIENCE, "SECRET_KEY": JWT_SIGNING_KEY}],
    # Set as on a platform in operation: the keys with which tokens are verified.
    "JWT_PUBLIC_SIGNING_JWK_SET": json.dumps(
        {"keys": [{"kty": "oct", "k": base64.urlsafe_b64encode(JWT_SIGNING_KEY.encode()).decode().rstrip("=")}]}
    ),
    "JWT_AUTH_HEADER_PREFIX": "JWT",
    "JWT_DECODE_HANDLER": "edx_rest_framework_extensions.auth.jwt.decoder.jwt_decode_handler",
    "JWT_PAYLOAD_GET_USERNAME_HANDLER": _username_of,
    "JWT_AUTH_COOKIE": "edx-jwt-cookie",
    "JWT_AUTH_COOKIE_HEADER_PAYLOAD": "edx-jwt-cookie-header-payload",
    "JWT_AUTH_COOKIE_SIGNATURE": "edx-jwt-cookie-signature",
    "JWT_VERIFY_EXPIRATION": True,
    "JWT_LEEWAY": 5,
}

REST_FRAMEWORK = {
    "DEFAULT_PAGINATION_CLASS": "edx_rest_framework_extensions.paginators.DefaultPagination",
    "DEFAULT_RENDERER_CLASSES": ("rest_framework.renderers.JSONRenderer",),
    "PAGE_SIZE": 10,
    # Rates without classes, as on the platform: only views that name a throttle class are throttled.
    "DEFAULT_THROTTLE_RATES": {"user": "60/minute", "service_user": "800/minute"},
}

# --- E-mail, tracking events, logs --------------------------------------------------------------------------------

EMAIL_BACKEND = "demo.host.sent_mail.FileEmailBackend"
OUTBOX_DIR = DATA_DIR / "outbox"
SERVICE_CALL_LOG = DATA_DIR / "service-calls.jsonl"
EVENT_TRACKING_ENABLED = True
EVENT_TRACKING_BACKENDS = {"database": {"ENGINE": "demo.host.tracking.DatabaseBackend", "OPTIONS": {}}}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "edx_proctoring": {"level": "INFO"},
        "demo": {"level": "INFO"},
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
