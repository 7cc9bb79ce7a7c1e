"""Mistakes in a configuration that the form, the system checks and the admin report and nothing refuses."""

import re
from collections.abc import Iterable
from typing import Any, Final

from seb_openedx import conf
from seb_openedx.configuration import as_detailed, normalized
from seb_openedx.permissions import (
    AlwaysGrantAccess,
    CheckSEBHashBrowserExamKey,
    CheckSEBHashBrowserExamKeyOrConfigKey,
    CheckSEBHashConfigKey,
    get_component,
    get_enabled_permission_classes,
)

_KEY: Final = re.compile(r"[0-9a-fA-F]{64}")
_NEEDS: Final = {"CheckSEBHashBrowserExamKey": "BROWSER_KEYS", "CheckSEBHashConfigKey": "CONFIG_KEYS"}


def unknown_components(names: Iterable[str]) -> list[str]:
    """Return the names that are no permission component."""
    found = []
    for name in names:
        try:
            get_component(name)
        except LookupError:
            found.append(name)
    return found


def unlikely_keys(config: dict[str, Any]) -> list[str]:
    """Return the first characters of the keys that are not 64 hexadecimal digits."""
    keys = [*(config.get("BROWSER_KEYS") or ()), *(config.get("CONFIG_KEYS") or ())]
    return [f"{key[:7]}…" for key in dict.fromkeys(keys) if not _KEY.fullmatch(key)]


def open_components(config: dict[str, Any]) -> list[str]:
    """Return the components that grant everybody access, because there is no key of the kind that they check."""
    names = config.get("PERMISSION_COMPONENTS") or ()
    return [name for name in names if name in _NEEDS and not config.get(_NEEDS[name])]


def detailed(value: Any, course: str) -> dict[str, Any]:
    """Return what an operator wrote for one course in the detailed form."""
    return as_detailed(normalized(value, course))


def components_open_to_everybody(course_key: Any) -> list[str]:
    """Return the components in force for a course that let every browser in, for want of keys or on purpose."""
    has_browser_keys = bool(CheckSEBHashBrowserExamKey().get_seb_keys(course_key))
    has_config_keys = bool(CheckSEBHashConfigKey().get_seb_keys(course_key))
    either = has_browser_keys or has_config_keys
    if conf.seb.missing_keys_grant:
        either = has_browser_keys and has_config_keys
    has_keys = {
        CheckSEBHashBrowserExamKey: has_browser_keys,
        CheckSEBHashConfigKey: has_config_keys,
        CheckSEBHashBrowserExamKeyOrConfigKey: either,
        AlwaysGrantAccess: False,
    }
    components = get_enabled_permission_classes(course_key)
    return [component.__name__ for component in components if not has_keys.get(component, True)]
