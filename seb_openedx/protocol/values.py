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

# How much of a key messages show.
_SHOWN: Final = 80

# The integers of property lists: signed or unsigned, 64 bits.
SMALLEST_INTEGER: Final = -(1 << 63)
LARGEST_INTEGER: Final = (1 << 64) - 1


class _Classes(dict[int, str]):
    """Code point -> class and letter, for ``str.translate``. ASCII is stored; the rest is made when it is needed."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if letter.isalpha():
            return f"2{letter}"
        return f"1{letter}" if letter.isdecimal() else f"0{letter}"


_CLASSES: Final = _Classes()
_CLASSES.update({code: _CLASSES[code] for code in range(128)})


def key_order(key: str) -> tuple[str, str, str]:
    """Return what keys are sorted by: ``sorted(settings, key=key_order)``.

    Case does not count; punctuation comes before digits, and digits before letters. Of two keys that differ in case
    only, the one with the first lower-case letter comes first. The order is total: different keys never tie.

    >>> sorted(["ab", "a1", "AC", "a_b", "allowWLAN", "allowWlan"], key=key_order)
    ['a_b', 'a1', 'ab', 'AC', 'allowWlan', 'allowWLAN']
    """
    # A lower-case letter is above its upper-case form in Unicode, so that comparing with swapped case puts it first.
    return key.lower().translate(_CLASSES), key.swapcase(), key


def shown(text: str) -> str:
    """Return a key or name for a message: cut off if it is long, so that a hostile file costs no memory."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def path_of_entry(parent: str, key: str) -> str:
    """Return where an entry of a dictionary is, for a message: ``parent.key``."""
    return f"{parent}.{shown(key)}" if parent else shown(key)


def is_originator(key: str) -> bool:
    """Whether an entry of this name is left out of the Config Key: in any letter case, as on Windows."""
    return key.lower() == ORIGINATOR.lower()


def is_left_out(key: str, value: object) -> bool:
    """Whether an entry is left out of the Config Key: ``originatorVersion``, and empty dictionaries."""
    return is_originator(key) or (isinstance(value, Mapping) and not value)
