"""Where configurations of courses come from, and where they are saved.

Contract: contract/safe-exam-browser#sources, contract/safe-exam-browser#destinations. ``SEB_KEY_SOURCES`` and
``SEB_KEY_DESTINATIONS`` name functions of this module, or dotted paths. A source takes a course key and returns a list,
a dict or None. A destination takes a course key and a configuration, None for "remove it", and returns whether it has
done so.
"""

import logging
from collections.abc import Callable, MutableMapping
from contextlib import nullcontext
from typing import Any

from django.db import router, transaction
from django.db.utils import DatabaseError, OperationalError, ProgrammingError
from django.utils.module_loading import import_string

from seb_openedx import conf, models
from seb_openedx.configuration import Configuration, as_detailed, merged, normalized
from seb_openedx.configuration_reading import Values, cache_keys, once, report_failure
from seb_openedx.constants import BAN_KEYS, COLUMN_OF_KEY, LIST_KEYS, SEB_NOT_TABLES_FOUND, SEPARATOR_CHAR
from seb_openedx.edxapp_wrapper.get_configuration_helpers import get_configuration_helpers
from seb_openedx.edxapp_wrapper.get_course_module import get_course_module, modulestore_update_item
from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)

_SETTING = "SAFE_EXAM_BROWSER"
_DEFAULT = "default"


# --- Sources ------------------------------------------------------------------------------------------------------


def from_global_settings(course_key: Any) -> Configuration:
    """``settings.SAFE_EXAM_BROWSER[<course id>]``."""
    courses = conf.seb.courses
    return _entry(courses, str(course_key)) if courses else None


def from_global_settings_default_keys(*args: Any) -> Configuration:
    """``settings.SAFE_EXAM_BROWSER["default"]``, for every course."""
    courses = conf.seb.courses
    return _entry(courses, _DEFAULT) if courses else None


def from_other_course_settings(course_key: Any) -> Configuration:
    """``SAFE_EXAM_BROWSER`` of the course's advanced settings in Studio, directly or under the course id."""
    if not conf.seb.feature_flags.get("ENABLE_OTHER_COURSE_SETTINGS"):
        return None
    course = get_course_module(course_key, depth=0)
    others: Any = getattr(course, "other_course_settings", None)
    value = merged(others.get(_SETTING, {})) if hasattr(others, "get") else None
    if isinstance(value, dict) and str(course_key) in value:
        value = value[str(course_key)]
    return normalized(value, str(course_key)) if value else None


def from_django_model(course_key: Any) -> Configuration:
    """The course's row in the database; see ``SebCourseConfiguration``."""
    try:
        with _savepoint():
            return models.SebCourseConfiguration.get_as_dict_by_course_id(course_key)
    except models.SebCourseConfiguration.DoesNotExist:
        return None
    except (ProgrammingError, OperationalError):
        report_failure("from_django_model", course_key)
        if first_time("no tables"):
            log.warning(SEB_NOT_TABLES_FOUND, exc_info=True)
        return None


def from_site_configuration(course_key: Any) -> Configuration:
    """``SAFE_EXAM_BROWSER[<course id>]`` of the site's configuration."""
    return _of_site(course_key)


def from_site_configuration_default_keys(*args: Any) -> Configuration:
    """``SAFE_EXAM_BROWSER["default"]`` of the site's configuration, for every course."""
    return _of_site(_DEFAULT)


# What these two return depends on the course alone, so it may be cached across requests (SEB_CONFIG_CACHE_SECONDS). The
# site's configuration depends on the site of the request, and the platform caches it.
from_django_model.stored_per_course = True  # type: ignore[attr-defined]
from_other_course_settings.stored_per_course = True  # type: ignore[attr-defined]


def _entry(courses: Any, name: str) -> Configuration:
    """Return one entry of a ``SAFE_EXAM_BROWSER`` value."""
    courses = merged(courses)
    return normalized(courses.get(name), name) if isinstance(courses, dict) else None


def _of_site(course: Any) -> Configuration:
    helpers = once("site configuration", get_configuration_helpers)
    if not helpers.has_override_value(_SETTING):
        return None
    return _entry(helpers.get_configuration_value(_SETTING), str(course))


def _savepoint() -> Any:
    """Return a block that keeps a failed query from breaking the caller's transaction; nothing outside of one.

    In front of a page there is none, and opening one would cost two statements a request.
    """
    database = router.db_for_read(models.SebCourseConfiguration)
    inside = transaction.get_connection(database).in_atomic_block
    return transaction.atomic(using=database) if inside else nullcontext()


# --- Destinations -------------------------------------------------------------------------------------------------


def to_django_model(course_key: Any, config: Any, **kwargs: Any) -> bool:
    """Write, or for a falsy ``config`` delete, the course's row. False if there is none to delete."""
    try:
        with transaction.atomic(using=router.db_for_write(models.SebCourseConfiguration)):
            rows = models.SebCourseConfiguration.objects
            if config:
                detailed = as_detailed(config)
                rows.update_or_create(course_id=course_key, defaults=_columns(detailed, course_key))
                if own := {column: detailed[key] for key, column in BAN_KEYS.items() if key in detailed}:
                    models.SebBanPolicy.objects.update_or_create(course_id=course_key, defaults=own)
                return True
            models.SebBanPolicy.objects.filter(course_id=course_key).delete()
            deleted, _ = rows.filter(course_id=course_key).delete()
            if not deleted:
                log.info("no configuration to delete: course_id=%s destination=to_django_model", course_key)
            return bool(deleted)
    except (ProgrammingError, OperationalError):
        log.warning(SEB_NOT_TABLES_FOUND, exc_info=True)
        return False


def _stated(config: Any) -> Any:
    """Return a configuration without the keys that it leaves to the settings."""
    return {key: value for key, value in config.items() if value is not None} if isinstance(config, dict) else config


def to_other_course_settings(course_key: Any, config: Any, **kwargs: Any) -> bool:
    """Replace ``SAFE_EXAM_BROWSER`` in the course's advanced settings, in the name of ``user_id``."""
    if not conf.seb.feature_flags.get("ENABLE_OTHER_COURSE_SETTINGS") or not kwargs.get("user_id"):
        return False
    try:
        course = get_course_module(course_key, depth=0)
        others = course.other_course_settings
        if config:
            others[_SETTING] = _stated(config)
        elif others.pop(_SETTING, None) is None:
            return False
        modulestore_update_item(course_key, course, kwargs["user_id"])
    except Exception:
        log.exception("the course's settings were not saved: course_id=%s", course_key)
        return False
    return True


def to_site_configuration(course_key: Any, config: Any, **kwargs: Any) -> bool:
    """Write ``SAFE_EXAM_BROWSER[<course id>]`` of the current site's configuration."""
    try:
        site = get_configuration_helpers().get_current_site_configuration()
    except ImportError:  # not the LMS
        log.warning("there is no site configuration: course_id=%s", course_key, exc_info=True)
        return False
    if not site:
        return False
    # Renamed by the platform; old releases still have the first name.
    values = next((v for v in (getattr(site, n, None) for n in ("site_values", "values")) if isinstance(v, dict)), None)
    if values is None:
        return False
    courses = merged(values.get(_SETTING))
    courses = dict(courses) if isinstance(courses, MutableMapping) else {}
    if config:
        courses[str(course_key)] = _stated(config)
    elif courses.pop(str(course_key), None) is None:
        return False
    values[_SETTING] = courses
    site.save()
    return True


def _columns(config: dict[str, Any], course_key: Any) -> dict[str, Any]:
    """Return the columns' values of a configuration in the detailed form."""
    unknown = sorted(set(config) - set(COLUMN_OF_KEY) - set(BAN_KEYS))
    if unknown:
        log.warning("unknown keys of a configuration are not saved: course_id=%s keys=%s", course_key, unknown)
    columns = {}
    for key, column in COLUMN_OF_KEY.items():
        if key in config:
            value = config[key]
            if key in LIST_KEYS:
                value = value if isinstance(value, str) else SEPARATOR_CHAR.join(str(item) for item in value or ())
            columns[column] = value
    return columns


# --- All of them ----------------------------------------------------------------------------------------------------


def _named(names: list[str], setting: str) -> list[Callable[..., Any]]:
    """Return the functions of these names. An unknown one is left out: a mistake in settings is no server error."""
    found = []
    for name in names:
        function = globals().get(name) or _imported(name)
        if callable(function):
            found.append(function)
        elif first_time(setting, name):
            log.error("%s names %r, which does not exist and is left out", setting, name)
    return found


def _imported(name: str) -> Any:
    """Return what a dotted path names, None if it names nothing."""
    try:
        return import_string(name)
    except ImportError:
        log.debug("cannot be imported: %s", name, exc_info=True)
        return None


def get_ordered_seb_keys_sources() -> list[Callable[..., Any]]:
    """Return the functions that ``SEB_KEY_SOURCES`` names."""
    return _named(conf.seb.sources, "SEB_KEY_SOURCES")


def values_of(course_key: Any) -> Values:
    """Return what each source says about a course, in their order."""
    values: Values = once(("values", str(course_key)), lambda: Values(_sources(), course_key))
    return values


def _sources() -> list[Callable[..., Any]]:
    found: list[Callable[..., Any]] = once("sources", get_ordered_seb_keys_sources)
    return found


def cached_under(course_key: Any) -> list[str]:
    """Return the keys under which the shared cache keeps the configuration of a course."""
    return cache_keys(_sources(), str(course_key))


def get_ordered_seb_keys_dest() -> list[Callable[..., Any]]:
    """Return the functions that ``SEB_KEY_DESTINATIONS`` names."""
    return _named(conf.seb.destinations, "SEB_KEY_DESTINATIONS")


def get_config_by_course(course_key: Any) -> dict[str, Any]:
    """Return the first source's configuration in the detailed form; the simple form holds keys only.

    Treat the result as read-only.
    """
    found: dict[str, Any] = once(("configuration", str(course_key)), lambda: _first_detailed(course_key))
    return found


def _first_detailed(course_key: Any) -> dict[str, Any]:
    for _source, found in values_of(course_key):
        if isinstance(found, dict):
            return found
    return {}


def effective_source(course_key: Any) -> tuple[str | None, Configuration]:
    """Return the name of the source that counts and what it says.

    That is the source of ``get_config_by_course``; without any dict the first one with keys in the simple form.
    """
    simple: tuple[str | None, Configuration] = (None, None)
    for source, found in values_of(course_key):
        if isinstance(found, dict):
            return source.__name__, found
        if found and simple[0] is None:
            simple = (source.__name__, found)
    return simple


def save_course_config(course_key: Any, config: Any, **kwargs: Any) -> bool:
    """Save at the first destination that accepts, or remove from every one; return whether any did.

    ``user_id``: who changes it. Other keyword arguments are passed on to the destinations.
    """
    destinations = get_ordered_seb_keys_dest()
    if not config:
        removed = [_saved(destination, course_key, config, kwargs) for destination in destinations]
        return any(removed)
    if not any(_saved(destination, course_key, config, kwargs) for destination in destinations):
        log.error("no destination has saved a configuration: course_id=%s", course_key)
        return False
    effective = get_config_by_course(course_key)
    if any(effective.get(key) != value for key, value in as_detailed(config).items() if key in COLUMN_OF_KEY):
        log.warning("another source hides the saved configuration: course_id=%s; see SEB_KEY_SOURCES", course_key)
    return True


def _saved(destination: Callable[..., Any], course_key: Any, config: Any, kwargs: dict[str, Any]) -> bool:
    try:
        return bool(destination(course_key, config, **kwargs))
    except (DatabaseError, ImportError):
        log.exception("a destination fails: destination=%s course_id=%s", destination.__name__, course_key)
        return False
