"""System checks: mistakes in this app's settings, and files that no longer fit them.

Contract: contract/safe-exam-browser#checks.
At run time a mistake counts as absent, so that no page fails; here it is told.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.db import DatabaseError, router, transaction
from django.db.models import Count
from django.utils.module_loading import import_string

from seb_openedx import conf, configuration_findings, seb_keys_sources, user_banning
from seb_openedx.configuration import merged
from seb_openedx.constants import MIDDLEWARE_PATH
from seb_openedx.exam_models import SebExamConfiguration
from seb_openedx.exams import regeneration
from seb_openedx.middleware import SecureExamBrowserMiddleware
from seb_openedx.protocol import SebError, allowed_versions

_BEFORE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)

_MOST_ORIGINS: Final = 5

# Setting -> lowest value.
_NUMBERS: Final[Mapping[str, int]] = {
    "SEB_CONFIG_CACHE_SECONDS": 0,
    "SEB_SESSION_TTL_SECONDS": 1,
    "SEB_SESSION_RECHECK_SECONDS": 1,
    "SEB_CHALLENGE_TTL_SECONDS": 1,
    "SEB_LAUNCH_TOKEN_TTL_SECONDS": 1,
    "SEB_FILE_MAX_BYTES": 1,
    "SEB_AUDIT_RETENTION_DAYS": 1,
    "SEB_BAN_THRESHOLD": 1,
    "SEB_BAN_WINDOW_SECONDS": 0,
    "SEB_BAN_DURATION_SECONDS": 0,
}
_SWITCHES: Final = (
    "SEB_ALLOW_ALLIANCE_EDITION",
    "SEB_AUDIT_LOG_ENABLED",
    "SEB_AUDIT_STORE_IP",
    "SEB_BLACKLIST_FAIL_CLOSED",
    "SEB_EXAM_SESSIONS_ENABLED",
    "SEB_LAUNCH_LOGIN",
    "SEB_LEGACY_MISSING_KEYS_GRANT",
    "SEB_SEND_USER_ID",
    "SEB_USER_BANNING_ENABLED",
)
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "SEB_LINK_SCHEME": ("auto", "seb", "sebs"),
    "SEB_SESSION_COOKIE_SAMESITE": ("Lax", "Strict", "None"),
}


def check(text: str, hint: str, number: str, kind: type[Error | Warning | Info]) -> CheckMessage:
    return kind(text, hint=hint, id=f"seb_openedx.{number}")


@register()
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Return what is wrong with the settings."""
    return [*_distributions(), *_names(), *_values(), *_middleware(), *_courses()]


@register(Tags.database)
def check_origins(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Return whether files lead to an address that this host no longer has. One query, of at most five rows.

    Runs with ``check --database`` and before ``migrate``, when the tables may not exist yet.
    """
    alias = router.db_for_read(SebExamConfiguration)
    known = regeneration.known_origins()
    if not known or alias not in (databases or ()):
        return []
    rows = regeneration.exams_with_files().using(alias).exclude(regeneration.PRESERVED).exclude(origin__in=known)
    try:
        # A failed query must not break a transaction of the caller.
        with transaction.atomic(using=alias):
            found = list(rows.values_list("origin").annotate(Count("pk")).order_by("origin")[:_MOST_ORIGINS])
    except DatabaseError:
        return []
    if not found:
        return []
    listed = ", ".join(f"{origin or 'nowhere'} ({number})" for origin, number in found)
    text = f"Files of exams with Safe Exam Browser lead to addresses that are not LMS_ROOT_URL ({known[0]}): {listed}."
    hint = "Run manage.py seb_regenerate, or add the address to SEB_PUBLIC_BASE_URLS if learners still use it."
    return [check(text, hint, "W005", Warning)]


def _distributions() -> Iterator[CheckMessage]:
    found = {
        entry.dist.name
        for entry in metadata.entry_points(group="lms.djangoapp", name="seb_openedx")
        if entry.dist is not None
    }
    if len(found) > 1:
        text = f"Several distributions provide the package seb_openedx: {', '.join(sorted(found))}."
        yield check(text, "Keep edx-proctoring and uninstall the other: pip uninstall seb-openedx", "E001", Error)


def _names() -> Iterator[CheckMessage]:
    for name in configuration_findings.unknown_components(conf.seb.permission_components or ()):
        text = f"SEB_PERMISSION_COMPONENTS names {name!r}, which is no permission component."
        yield check(text, "Correct the name. It is left out, so access may be refused to everybody.", "E002", Error)
    for setting, names, number in (
        ("SEB_KEY_SOURCES", conf.seb.sources, "E003"),
        ("SEB_KEY_DESTINATIONS", conf.seb.destinations, "E004"),
    ):
        for name in names:
            if not _is_callable(name, seb_keys_sources):
                text = f"{setting} names {name!r}, which does not exist."
                yield check(
                    text,
                    "Correct the name: a function of seb_openedx.seb_keys_sources or a dotted path.",
                    number,
                    Error,
                )
    backend = conf.seb.banning_backend
    if backend == "UserprofileBannedUsersBackend" or not _is_callable(backend, user_banning):
        text = f"SEB_USER_BANNING_BACKEND is {backend!r}, which stores no bans."
        yield check(text, "Use DatabaseBannedUsersBackend.", "E007", Error)
    if conf.seb.missing_keys_grant:
        text = "SEB_LEGACY_MISSING_KEYS_GRANT opens courses with keys of only one kind to every browser."
        yield check(text, "Remove the setting.", "W002", Warning)


def _values() -> Iterator[CheckMessage]:
    """Yield the settings whose value is of the wrong kind."""
    for name, lowest in _NUMBERS.items():
        value = getattr(settings, name, lowest)
        if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
            yield _unusable(name, value, f"Use a whole number, {lowest} or more.")
    for name in _SWITCHES:
        value = getattr(settings, name, None)
        # "False" from a file of the environment would switch it on.
        if isinstance(value, str):
            yield _unusable(name, value, "Use True or False, without quotation marks.")
    for name, values in _CHOICES.items():
        value = getattr(settings, name, values[0])
        if value not in values:
            yield _unusable(name, value, f"Use one of: {', '.join(values)}.")
    for expression in conf.seb.mfe_paths:
        try:
            re.compile(expression)
        except re.error as error:
            yield _unusable("SEB_MFE_PATHS", expression, f"Correct the regular expression: {error}.")
    versions = getattr(settings, "SEB_MIN_VERSIONS", None) or {}
    if not isinstance(versions, Mapping):
        yield _unusable("SEB_MIN_VERSIONS", versions, 'Use a mapping such as {"win": "3.9"}.')
        return
    try:
        allowed_versions(versions)
    except SebError as error:
        yield _unusable("SEB_MIN_VERSIONS", versions, str(error))


def _unusable(name: str, value: Any, hint: str) -> CheckMessage:
    return check(f"{name} is {value!r}, which cannot be used.", hint, "W004", Warning)


def _is_callable(name: str, module: Any) -> bool:
    try:
        return callable(import_string(name) if "." in name else getattr(module, name, None))
    except ImportError:
        return False


def _middleware() -> Iterator[CheckMessage]:
    listed = list(getattr(settings, "MIDDLEWARE", None) or ())
    if MIDDLEWARE_PATH in listed:
        for name in _BEFORE:
            if name in listed and listed.index(name) > listed.index(MIDDLEWARE_PATH):
                text = f"{MIDDLEWARE_PATH} is listed before {name}, so it does not know the user."
                yield check(text, "Move it to the end of MIDDLEWARE.", "E005", Error)
    elif conf.seb.courses and not SecureExamBrowserMiddleware.is_installed():
        text = "SAFE_EXAM_BROWSER is set, but nothing enforces it."
        yield check(text, f"Add {MIDDLEWARE_PATH} to MIDDLEWARE (EXTRA_MIDDLEWARE_CLASSES in the LMS).", "I001", Info)


def _courses() -> Iterator[CheckMessage]:
    courses = merged(conf.seb.courses)
    if not courses:
        return
    if not isinstance(courses, dict):
        text = "SAFE_EXAM_BROWSER does not map course ids to configurations, so no course is protected by it."
        yield check(text, 'Use {"course-v1:…": {"CONFIG_KEYS": […]}}.', "E006", Error)
        return
    for course, value in courses.items():
        config = configuration_findings.detailed(value, str(course))
        for name in configuration_findings.unknown_components(config.get("PERMISSION_COMPONENTS") or ()):
            text = f"SAFE_EXAM_BROWSER[{str(course)!r}] names {name!r}, which is no permission component."
            yield check(text, "Correct the name: the course's own list is not used as it is.", "E002", Error)
        for key in configuration_findings.unlikely_keys(config):
            text = f"SAFE_EXAM_BROWSER[{str(course)!r}] has the key {key}, which is not 64 hexadecimal digits."
            yield check(text, "Copy the key from the configuration tool again.", "W001", Warning)
        for name in configuration_findings.open_components(config):
            text = (
                f"SAFE_EXAM_BROWSER[{str(course)!r}] lists {name} but no key that it could check: it grants everybody."
            )
            yield check(text, "Add keys, or use CheckSEBHashBrowserExamKeyOrConfigKey.", "W003", Warning)
