"""What every database takes: ids and texts. One reading for the doors and for the rooms.

Two readings of ``007`` would let somebody past a door that the room then opens.
"""

import re
from typing import Any, Final

__all__ = ["MAX_ID", "as_id", "is_storable", "storable"]

# The widest number that a key column of ours holds on every database. Asked for a larger one, some
# databases find nothing and others answer with an error.
MAX_ID: Final = 2**31 - 1
_MAX_DIGITS: Final = len(str(MAX_ID))

# PostgreSQL stores no NUL in a text, no database a half of a surrogate pair.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def as_id(value: Any) -> int | None:
    """Return the id that a client wrote as a number or in ASCII digits; None for what can be no id.

    Leading zeros count for nothing. A boolean, a sign, a fraction or a number beyond ``MAX_ID`` is no id.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, str):
        digits = value.strip()
        if not (digits.isascii() and digits.isdigit()):
            return None
        digits = digits.lstrip("0") or "0"
        # Reading endless digits is slow on purpose, and refused beyond some thousands.
        if len(digits) > _MAX_DIGITS:
            return None
        value = int(digits)
    return value if 0 <= value <= MAX_ID else None


def is_storable(text: str) -> bool:
    """Return whether every database takes this text."""
    return _UNSTORABLE.search(text) is None


def storable(text: str) -> str:
    """Return the text with a mark in the place of what no database takes, and no JSON answer either."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
