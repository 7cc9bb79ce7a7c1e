"""Reads values that clients send, with DRF fields. Contract: contract/rest-rules#bodies.

Forms carry text only, JSON carries any type, so each field takes both. Version 1 answers bad values with one text in
``detail``; ``validated`` makes it from the errors of a serializer.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.fields import empty

from edx_proctoring.utils.storable import MAX_ID, as_id


class IdField(serializers.Field):
    """A database id: an int, or text of digits. Empty text counts as null."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": f"Must be an integer from 0 to {MAX_ID}."}

    def run_validation(self, data: Any = empty) -> Any:
        """Return the id, or None where null is allowed."""
        return super().run_validation(None if data == "" else data)

    def to_internal_value(self, data: Any) -> int:
        """Return the id of a value that is not empty."""
        number = as_id(data)
        if number is None:
            self.fail("invalid")
        return number


class TextField(serializers.CharField):
    """Text of a column 255 characters wide; a number becomes text. White space is kept."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=255, trim_whitespace=False, **kwargs)


def validated(serializer: serializers.Serializer) -> dict[str, Any]:
    """Return the values that a serializer read. Raises ParseError (400) naming each wrong field."""
    if not serializer.is_valid():
        errors = serializer.errors.items()
        raise ParseError(" ".join(f"{name}: {message}" for name, messages in errors for message in messages))
    values: dict[str, Any] = serializer.validated_data
    return values


_ID: Final = IdField()


def required_id(source: Mapping[str, Any], name: str) -> int:
    """Return the id called ``name`` of a body or query. Raises ParseError if it is missing or not an id."""
    try:
        number: int = _ID.run_validation(source.get(name))
    except serializers.ValidationError as exc:
        raise ParseError(f"{name}: {' '.join(map(str, exc.detail))}") from exc
    return number


def parse_id(value: Any, name: str) -> int:
    """Return the id that a path or query has under ``name``. Raises ParseError if it is not an id."""
    return required_id({name: value}, name)


def is_yes(value: Any) -> bool:
    """Read a flag of a body: ``true`` in any case, as text, number 1 or JSON boolean."""
    return str(value).strip().lower() in ("true", "1")


def is_true_in_query(value: str | None) -> bool:
    """Read a flag of a query: true for exactly ``1``, ``true`` and ``True``."""
    return value in ("1", "true", "True")
