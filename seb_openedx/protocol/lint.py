"""What is wrong with settings that come from elsewhere: clients would disagree on their Config Key, or refuse them.

Messages and keys never hold values, which may be hashes of passwords.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from seb_openedx.protocol.texts import Text as _
from seb_openedx.protocol.values import ORIGINATOR, Value, is_left_out, is_originator, key_order, path_of_entry
from seb_openedx.protocol.versions import is_entry


class Level(StrEnum):
    """``error``: some client refuses the file or computes another key. ``warning``: one may."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem. ``key``: where, such as ``URLFilterRules[0].expression``; ``code``: a word for programs."""

    level: Level
    code: str
    key: str
    message: str


# code -> level and message.
CODES: Final[Mapping[str, tuple[Level, str]]] = {
    "date_not_portable": (
        Level.ERROR,
        _("Clients write dates in different ways, so there is no Config Key that all agree on. Remove the entry."),
    ),
    "trailing_omitted_entry": (
        Level.ERROR,
        _(
            "The last key in order is left out of the Config Key. Clients for Windows leave a comma there and send "
            "another key. Remove the entry."
        ),
    ),
    "bad_version_entry": (
        Level.ERROR,
        _("Not a version entry such as Win.3.7.1.min. On Windows it can break the loading of the file."),
    ),
    "keys_differ_in_case": (
        Level.WARNING,
        _(
            "Another key differs in upper and lower case only. Clients by Apple may compute another Config Key. "
            "Remove it."
        ),
    ),
    "obsolete_key": (
        Level.WARNING,
        _("An obsolete key, with which clients by Apple may compute another Config Key. Use allowWlan."),
    ),
    "key_order_unknown": (
        Level.WARNING,
        _("Clients may sort this key differently: it has characters other than ASCII letters, digits and _."),
    ),
    "originator_not_portable": (
        Level.WARNING,
        _("Clients for Windows leave this entry out of the Config Key, others may not. Remove it."),
    ),
    "real_not_portable": (
        Level.WARNING,
        _("The number needs more than 15 digits. Clients by Apple before 3.7 compute another Config Key. Round it."),
    ),
    "decimals_not_portable": (
        Level.WARNING,
        _("The number has more than 14 decimals. Some servers round it and compute another Config Key. Round it."),
    ),
    "integer_as_string": (
        Level.WARNING,
        _("A number stored as text. Clients may read it as a number and compute another Config Key. Use <integer>."),
    ),
    "empty_string_in_array": (Level.WARNING, _("An empty text in a list, which not all clients keep. Remove it.")),
    "fragile_string": (
        Level.WARNING,
        _("The text has quotes, control characters or blanks at its ends. Not all programs hash it alike. Change it."),
    ),
    "password_not_ascii": (
        Level.WARNING,
        _("The password has characters outside ASCII. Clients by Apple before 3.7 will not accept it."),
    ),
}

# Of each code, so many findings are reported.
MAX_PER_CODE: Final = 20

_INTEGER: Final = re.compile(r"-?[0-9]+")
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_]*")
_FRAGILE: Final = re.compile(r"[\"\x00-\x1f\x7f-\x9f]")
_VERSIONS: Final = "sebAllowedVersions"
_DECIMALS: Final = 14


def lint_settings(settings: Mapping[str, Value]) -> list[Finding]:
    """Return the findings, in the order of the keys; of each code the first 20.

    An empty list: all clients agree on the Config Key.
    """
    number_of: Counter[str] = Counter()
    findings = []
    for code, key in _dictionary(settings, "", top=True):
        number_of[code] += 1
        if number_of[code] <= MAX_PER_CODE:
            findings.append(_finding(code, key))
    return findings


def check_password(password: str, key: str = "hashedQuitPassword") -> list[Finding]:
    """Return what is wrong with a password for leaving an exam, before it becomes a hash."""
    return [] if password.isascii() else [_finding("password_not_ascii", key)]


def has_errors(findings: list[Finding]) -> bool:
    """Whether one of the findings is an error."""
    return any(finding.level is Level.ERROR for finding in findings)


def _finding(code: str, key: str) -> Finding:
    level, message = CODES[code]
    return Finding(level, code, key, message)


def _dictionary(settings: Mapping[str, Value], where: str, *, top: bool = False) -> Iterator[tuple[str, str]]:
    keys = sorted(settings, key=key_order)
    omitted = {key for key in keys if is_left_out(key, settings[key])}
    spelled: dict[str, str] = {}
    for key in keys:
        path = path_of_entry(where, key)
        yield from ((code, path) for code in _key(key, top=top, spelled=spelled))
        # If nothing is kept, no comma is written either.
        if key == keys[-1] and key in omitted and len(omitted) < len(keys):
            yield "trailing_omitted_entry", path
        if top and key == _VERSIONS:
            yield from _versions(settings[key], path)
        # Clients for Windows leave the originator out wherever it is; its value does not matter.
        elif not is_originator(key):
            yield from _value(settings[key], path)


def _key(key: str, *, top: bool, spelled: dict[str, str]) -> Iterator[str]:
    """Yield what is wrong with one key. ``spelled``: keys of the dictionary so far, by their lower-case form."""
    if spelled.setdefault(key.lower(), key) != key:
        yield "keys_differ_in_case"
    if key == "allowWLAN":
        yield "obsolete_key"
    if not _PLAIN_KEY.fullmatch(key):
        yield "key_order_unknown"
    if is_originator(key) and not (top and key == ORIGINATOR):
        yield "originator_not_portable"


def _value(value: Value, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case datetime():
            yield "date_not_portable", path
        case float():
            yield from ((code, path) for code in _real(value))
        case str():
            yield from ((code, path) for code in _text(value))
        case Mapping():
            yield from _dictionary(value, path)
        case list():
            for index, item in enumerate(value):
                if item == "":
                    yield "empty_string_in_array", f"{path}[{index}]"
                yield from _value(item, f"{path}[{index}]")


def _real(value: float) -> Iterator[str]:
    if float(format(value, ".15g")) != value:
        yield "real_not_portable"
    elif round(value, _DECIMALS) != value:
        yield "decimals_not_portable"


def _text(value: str) -> Iterator[str]:
    if _INTEGER.fullmatch(value):
        yield "integer_as_string"
    if _FRAGILE.search(value) or value != value.strip():
        yield "fragile_string"


def _versions(value: Value, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list):
        yield "bad_version_entry", path
        return
    for index, entry in enumerate(value):
        if not isinstance(entry, str) or not is_entry(entry):
            yield "bad_version_entry", f"{path}[{index}]"
