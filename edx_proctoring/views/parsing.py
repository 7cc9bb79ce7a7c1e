"""From what a client sent to typed values. Spec: rest-api.md 2.3.

Form bodies carry strings only, JSON bodies carry anything, so each helper takes both. A value
that cannot be what it should be is a ``ParseError`` (400) that names it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from rest_framework.exceptions import ParseError

from edx_proctoring.utils.storable import MAX_ID, as_id

# Also those that Arabic and Chinese keyboards have; they are in no username.
_COMMA: Final = re.compile("[,\N{ARABIC COMMA}\N{FULLWIDTH COMMA}]")


def parse_id(value: Any, name: str) -> int:
    """Return a database id given as int or as digits. Raises ParseError naming ``name``."""
    number = as_id(value)
    if number is None:
        raise ParseError(f"{name} must be an integer from 0 to {MAX_ID}.")
    return number


def required_id(source: Mapping[str, Any], name: str) -> int:
    """Return the id called ``name`` in a body or query. Raises ParseError if it is absent or no id."""
    value = source.get(name)
    if value is None or value == "":
        raise ParseError(f"Missing required parameter {name}.")
    return parse_id(value, name)


def required(source: Mapping[str, Any], name: str) -> Any:
    """Return the value called ``name``. Raises ParseError if it is absent or null."""
    value = source.get(name)
    if value is None:
        raise ParseError(f"Missing required parameter {name}.")
    return value


def is_yes(value: Any) -> bool:
    """Read a flag of a body: ``true`` in any case, as text, number 1 or JSON boolean."""
    return str(value).strip().lower() in ("true", "1")


def is_true_in_query(value: str | None) -> bool:
    """Read a flag of a query: true for exactly ``1``, ``true`` and ``True``."""
    return value in ("1", "true", "True")


def parse_names(value: Any, name: str) -> list[str]:
    """Return a list given as a JSON list or as comma-separated text, without blanks and duplicates.

    All white space is removed, also inside an entry: the dashboard's text area wraps long lists
    wherever it likes (rest-api.md 5.2). Order is kept.
    """
    if value is None:
        return []
    entries: Iterable[Any]
    if isinstance(value, str):
        entries = _COMMA.split(value)
    elif isinstance(value, (list, tuple)):
        entries = value
    elif isinstance(value, int) and not isinstance(value, bool):
        entries = [value]
    else:
        raise ParseError(f"{name} must be a list or comma-separated text.")
    cleaned = ("".join(str(entry).split()) for entry in entries)
    return list(dict.fromkeys(entry for entry in cleaned if entry))


def parse_page(value: str | None) -> int:
    """Return a page number; 1 for anything that is no number. Blanks around it are tolerated."""
    try:
        return int((value or "").strip())
    except ValueError:
        return 1
