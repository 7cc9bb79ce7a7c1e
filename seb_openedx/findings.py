"""Mistakes in a configuration that the form, the system checks and the admin report and nothing refuses."""

import re
from collections.abc import Iterable
from typing import Any, Final

from seb_openedx.configuration import as_detailed, normalized
from seb_openedx.permissions import get_component

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
