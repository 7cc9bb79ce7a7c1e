"""What every database takes: ids and texts. One reading for the doors and for the rooms.

Two readings of ``007`` would let somebody past a door that the room then opens.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast

from django.utils.translation import gettext as _
from rest_framework.serializers import ValidationError

__all__ = ["ID_RULES", "MAX_ID", "MAX_ID_LENGTH", "as_id", "is_storable", "storable"]

ValueT = TypeVar("ValueT")

# The widest number that a key column of ours holds on every database. Asked for a larger one, some
# databases find nothing and others answer with an error.
MAX_ID: Final = 2**31 - 1
_MAX_DIGITS: Final = len(str(MAX_ID))

# PostgreSQL stores no NUL in a text, no database a half of a surrogate pair.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def as_id(value: Any) -> int | None:
    """Return the id that somebody wrote as a number or in ASCII digits, as bytes too; None for what can be no id.

    Leading zeros count for nothing. A boolean, a sign, a fraction or a number beyond ``MAX_ID`` is no id.
    """
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
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


def one_line(text: str) -> None:
    """Raise ValidationError for an id that could write lines of its own into a log (rest-api.md 10, number 9)."""
    if not text.isprintable():
        raise ValidationError(_("Control characters are not allowed."))


# The width of the text columns; without it, MySQL answers an over-long id with a server error.
MAX_ID_LENGTH: Final = 255

# Keywords of the serializer fields for ids that are texts: of courses, contents, providers.
ID_RULES: Final[dict[str, Any]] = {"max_length": MAX_ID_LENGTH, "validators": [one_line]}


def storable(value: ValueT) -> ValueT:
    """Return a text, or a copy of anything read from JSON, with a mark in the place of what no database takes.

    Neither does any JSON answer. For what people wrote and reviewers found: it is worth more than the character
    that was cut in two, so it is not refused.
    """
    return cast(ValueT, _storable(value))


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, Mapping):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(item) for item in value]
    return value
