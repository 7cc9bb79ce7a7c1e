"""Options whose value is kept elsewhere: ``{"env": NAME}`` or ``{"file": PATH}``.

Contract: contract/provider-configuration#references.

So that keys need not stand in the settings. Read when the provider is built; a change needs a restart.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

_KINDS: Final = frozenset({"env", "file"})
_MOST_BYTES: Final = 64 * 1024


def is_reference(value: object) -> bool:
    """Return whether an option says where its value is."""
    return (
        isinstance(value, Mapping)
        and len(value) == 1
        and not _KINDS.isdisjoint(value)
        and isinstance(next(iter(value.values())), str)
    )


def resolved(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with the values that they refer to, alone or as items of a list.

    Raises ``ImproperlyConfigured``, which names the option and the place, and never the value.
    """
    return {key: _resolved_value(key, value) for key, value in options.items()}


def read(reference: Mapping[str, str]) -> str:
    """Return the text that a reference names. Raises ``LookupError``, which says what is wrong."""
    [(kind, place)] = reference.items()
    if kind == "env":
        if place not in os.environ:
            raise LookupError(f"the environment variable {place} is not set")
        return os.environ[place]
    try:
        with Path(place).open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        text = data.decode()
    except UnicodeDecodeError:
        # Not chained: its text quotes the bytes.
        raise LookupError(f"the file {place} is not UTF-8") from None
    except OSError as error:
        raise LookupError(f"the file {place} cannot be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise LookupError(f"the file {place} has more than {_MOST_BYTES} bytes")
    return text.removesuffix("\n").removesuffix("\r")


def _resolved_value(key: str, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_resolved_value(key, item) for item in value] if any(map(is_reference, value)) else value
    if not is_reference(value):
        return value
    try:
        return read(value)
    except LookupError as error:
        raise ImproperlyConfigured(f"The option {key!r} has no value: {error.args[0]}.") from error
