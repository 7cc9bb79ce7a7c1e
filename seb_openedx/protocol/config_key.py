"""The Config Key: a fingerprint of settings that is the same on every platform and version.

The settings are written as *SEB-JSON*, a text that looks like JSON without white space, and hashed with SHA-256. It is
not JSON: texts are written raw, without any escaping. All clients agree on it, except in the cases that
:mod:`seb_openedx.protocol.lint` reports.

>>> compute_config_key({"allowQuit": False, "startURL": "https://lms.example.com/"})
'845a31b68711248d7a3ca0e044764561483ed1fce1bf3c7aeeb244795ae3b32a'
"""

import base64
import hashlib
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from seb_openedx.protocol.errors import UnsupportedValue
from seb_openedx.protocol.values import (
    LARGEST_INTEGER,
    MAX_DEPTH,
    SMALLEST_INTEGER,
    Settings,
    Value,
    is_left_out,
    key_order,
)


def compute_config_key(settings: Mapping[str, Value]) -> str:
    """Return the Config Key: 64 lower-case hexadecimal digits.

    Raises :class:`~seb_openedx.protocol.errors.UnsupportedValue`.
    """
    text = to_seb_json(settings)
    try:
        return hashlib.sha256(text.encode("utf-8")).hexdigest()
    except UnicodeEncodeError as error:
        raise UnsupportedValue("a text holds half of a surrogate pair; remove the broken character") from error


def to_seb_json(settings: Mapping[str, Value]) -> str:
    r"""Return the text that the Config Key is the hash of.

    >>> print(to_seb_json({"z": 1.0, "B": [{}], "a": 'C:\\ "raw"', "originatorVersion": "SEB_Win_3.7.0", "empty": {}}))
    {"a":"C:\ "raw"","B":[{}],"z":1}

    Raises :class:`~seb_openedx.protocol.errors.UnsupportedValue` for what no property list can hold.
    """
    return "".join(_dictionary(settings, depth=1))


def without_omitted_entries(settings: Mapping[str, Value]) -> Settings:
    """Return the settings without the entries that are no part of the Config Key. The key stays the same.

    Clients for Windows compute a wrong key if such an entry is the last one in order. A dictionary that holds nothing
    else is kept as it is: without its entries it would be empty, thus left out itself.
    """
    kept: Settings = {}
    for key, value in settings.items():
        if not is_left_out(key, value):
            kept[key] = _cleaned(value)
    return kept or dict(settings)


def _cleaned(value: Value) -> Value:
    if isinstance(value, Mapping):
        return without_omitted_entries(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return value


def _dictionary(settings: Mapping[str, Value], depth: int) -> Iterator[str]:
    _check_depth(depth)
    for key in settings:
        if not isinstance(key, str):
            raise UnsupportedValue(f"a key is of type {type(key).__name__}; keys of settings are texts")
    comma = ""
    yield "{"
    for key in sorted(settings, key=key_order):
        value = settings[key]
        if is_left_out(key, value):
            continue
        yield f'{comma}"{key}":'
        yield from _value(value, depth)
        comma = ","
    yield "}"


def _array(items: list[Value], depth: int) -> Iterator[str]:
    _check_depth(depth)
    comma = ""
    yield "["
    for item in items:
        yield comma
        yield from _value(item, depth)
        comma = ","
    yield "]"


def _value(value: "Value | None", depth: int) -> Iterator[str]:
    match value:
        case None:
            yield '""'
        case bool():  # before int, of which it is a subclass
            yield "true" if value else "false"
        case str():
            yield f'"{value}"'
        case int():
            if not SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
                raise UnsupportedValue("an integer needs more than 64 bits")
            yield format(value, "d")
        case float():
            yield _real(value)
        case bytes():
            yield f'"{base64.b64encode(value).decode("ascii")}"'
        case datetime():
            yield f'"{_date(value)}"'
        case Mapping():
            yield from _dictionary(value, depth + 1)
        case list():
            yield from _array(value, depth + 1)
        case _:
            raise UnsupportedValue(f"a value of type {type(value).__name__} has no place in a property list")


def _real(value: float) -> str:
    """Return 15 significant digits, as C's ``%.15g`` prints them but with a capital E. Minus zero is 0."""
    if not math.isfinite(value):
        raise UnsupportedValue("a number is infinite or not a number; settings hold finite numbers only")
    return format(value or 0.0, ".15g").upper()


def _date(value: datetime) -> str:
    """Return a date as property lists write it. Clients do not agree on dates: see ``date_not_portable``."""
    if value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value.isoformat(timespec="seconds") + "Z"


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise UnsupportedValue(f"dictionaries and arrays are nested more than {MAX_DEPTH} levels deep")
