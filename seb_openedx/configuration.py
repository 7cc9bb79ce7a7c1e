"""One form for what operators write: the tolerant reading of a course's configuration.

Contract: contract/safe-exam-browser#forms. A configuration is a list of keys (simple form), a dict (detailed form) or
None. Operators also write YAML lists of single-entry maps, texts where a list is expected and booleans as texts. What
cannot be used counts as absent and is logged once per course.
"""

import logging
import re
from typing import Any, Final, TypeAlias

from seb_openedx.constants import BAN_KEYS, BOOLEAN_KEYS, LIST_KEYS
from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)

Configuration: TypeAlias = list[str] | dict[str, Any] | None

MOST_COUNT: Final = 2**31 - 1

_BETWEEN_ITEMS = re.compile(r"[,\s]+")


def merged(value: Any) -> Any:
    """Return a list whose items are all single-entry maps as one map; anything else as it is."""
    if isinstance(value, list) and value and all(isinstance(item, dict) and len(item) == 1 for item in value):
        return {key: item[key] for item in value for key in item}
    return value


def as_list(value: Any) -> list[str] | None:
    """Return a list of texts: a text is split at commas and white space. None if it is neither."""
    if isinstance(value, str):
        return [item for item in _BETWEEN_ITEMS.split(value) if item]
    if isinstance(value, list | tuple | set | frozenset):
        return [item for item in value if isinstance(item, str)]
    return None


def as_bool(value: Any) -> bool | None:
    """Return a boolean, also from ``"true"`` and ``"false"`` in any case. None if it is neither."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | int) else None


def as_count(value: Any) -> int | None:
    """Return a number of 0 or more that fits a column, also from text. None if it is none."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value.strip()[:10])
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value <= MOST_COUNT else None


def normalized(value: Any, course: str) -> Configuration:
    """Return one course's configuration in one of the published forms. ``course``: for the log."""
    value = merged(value)
    if value is None:
        return None
    if isinstance(value, dict):
        return _detailed(value, course)
    keys = as_list(value)
    if keys is None:
        _unusable(course, "configuration", value)
    elif not isinstance(value, str) and len(keys) < len(value):
        _unusable(course, "list of keys", value)
    return keys


def as_detailed(value: Configuration) -> dict[str, Any]:
    """Return the detailed form of a configuration: keys of the simple form are keys of both kinds."""
    if isinstance(value, dict):
        return value
    return {"BROWSER_KEYS": list(value), "CONFIG_KEYS": list(value)} if value else {}


def _detailed(value: dict[str, Any], course: str) -> dict[str, Any]:
    """Return the detailed form. Keys that this app does not know stay: nothing reads them."""
    found = dict(value)
    # The vendor's documentation once gives the list this name.
    if "SEB_PERMISSION_COMPONENTS" in found:
        found.setdefault("PERMISSION_COMPONENTS", found.pop("SEB_PERMISSION_COMPONENTS"))
    for keys, read in ((LIST_KEYS, as_list), (BOOLEAN_KEYS, as_bool), (BAN_KEYS, as_count)):
        for key in keys:
            if key in found:
                usable = read(merged(found[key]))
                if usable is None:
                    if found[key] is not None:
                        _unusable(course, key, found[key])
                    del found[key]
                else:
                    found[key] = usable
    return found


def _unusable(course: str, what: str, value: Any) -> None:
    # The value itself may be a key, so the log gets its type.
    if first_time("unusable", course, what):
        log.warning(
            "part of a Safe Exam Browser configuration is unusable and ignored: course_id=%s part=%s type=%s",
            course,
            what,
            type(value).__name__,
        )
