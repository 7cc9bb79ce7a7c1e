"""What may be the id of a row: one reading, for the doors and for the rooms.

Two readings of ``007`` would let somebody past a door that the room then opens.
"""

from typing import Any, Final

__all__ = ["MAX_ID", "as_id"]

# The widest number that a key column of ours holds on every database. Asked for a larger one, some
# databases find nothing and others answer with an error.
MAX_ID: Final = 2**31 - 1
_MAX_DIGITS: Final = len(str(MAX_ID))


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
