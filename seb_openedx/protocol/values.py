"""What settings consist of, and two rules that files and Config Keys share: the order of keys, and what is left out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypeAlias

# What a property list can hold.
Value: TypeAlias = "bool | int | float | str | bytes | datetime | list[Value] | dict[str, Value]"
# The root of a property list: key -> value.
Settings: TypeAlias = dict[str, Value]

# The version of the program that wrote the file. It is no setting, so no part of the Config Key.
ORIGINATOR: Final = "originatorVersion"

# How deep dictionaries and arrays may be nested; the root is level 1.
MAX_DEPTH: Final = 64
# How many values a file may hold, containers included.
MAX_VALUES: Final = 20_000

_OTHER, _DIGIT, _LETTER = range(3)


def key_order(key: str) -> tuple[list[tuple[int, str]], str, str]:
    """Return what keys are sorted by: ``sorted(settings, key=key_order)``.

    Case does not count; punctuation comes before digits, and digits before letters. Of two keys that differ in case
    only, the one with the first lower-case letter comes first. The order is total: different keys never tie.

    >>> sorted(["ab", "a1", "AC", "a_b", "allowWLAN", "allowWlan"], key=key_order)
    ['a_b', 'a1', 'ab', 'AC', 'allowWlan', 'allowWLAN']
    """
    # A lower-case letter is above its upper-case form in Unicode, so that comparing with swapped case puts it first.
    return [(_class(letter), letter) for letter in key.lower()], key.swapcase(), key


def _class(letter: str) -> int:
    if letter.isalpha():
        return _LETTER
    return _DIGIT if letter.isdecimal() else _OTHER


def is_originator(key: str) -> bool:
    """Whether an entry of this name is left out of the Config Key: in any letter case, as on Windows."""
    return key.lower() == ORIGINATOR.lower()


def is_left_out(key: str, value: object) -> bool:
    """Whether an entry is left out of the Config Key: ``originatorVersion``, and empty dictionaries."""
    return is_originator(key) or (isinstance(value, Mapping) and not value)
