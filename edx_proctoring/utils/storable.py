"""Ids and texts that every database can store, read in one way for views and services.

If a view read ``007`` as one id and the service as another, a permission check could be bypassed.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast

from django.utils.translation import gettext as _
from rest_framework.serializers import ValidationError

__all__ = ["ID_RULES", "MAX_ID", "MAX_ID_LENGTH", "as_id", "is_storable", "storable"]

ValueT = TypeVar("ValueT")

# The largest number that our key columns hold on every database. For a larger one some databases find nothing and
# others raise an error.
MAX_ID: Final = 2**31 - 1
_MAX_DIGITS: Final = len(str(MAX_ID))

# PostgreSQL does not store NUL in text, and no database stores half of a surrogate pair.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def as_id(value: Any) -> int | None:
    """Return the id given as an int or as ASCII digits (text or bytes), None for anything else.

    Leading zeros are ignored. Booleans, signs, fractions and numbers above ``MAX_ID`` are not ids.
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
        # int() is slow for very long texts, and raises above some thousands of digits.
        if len(digits) > _MAX_DIGITS:
            return None
        value = int(digits)
    return value if 0 <= value <= MAX_ID else None


def is_storable(text: str) -> bool:
    """Return whether every database can store this text."""
    return _UNSTORABLE.search(text) is None


def one_line(text: str) -> None:
    """Raise ValidationError for an id that could forge log lines (contract/rest-rules#names-in-addresses)."""
    if not text.isprintable():
        raise ValidationError(_("Control characters are not allowed."))


# The width of the text columns. Without this limit, MySQL raises an error for a longer id.
MAX_ID_LENGTH: Final = 255

# Arguments of the serializer fields for text ids: of courses, contents and providers.
ID_RULES: Final[dict[str, Any]] = {"max_length": MAX_ID_LENGTH, "validators": [one_line]}


def storable(value: ValueT) -> ValueT:
    """Return a text, or a copy of a JSON value, with replacement marks for characters that no database can store.

    For texts of learners and reviewers, which must not be refused because of one broken character. JSON responses
    cannot contain such characters either.
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
