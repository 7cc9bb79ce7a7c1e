"""Text from outside that no database takes as it is. Spec: rest-api.md 2.4 and 10, backends.md 9.2.

JSON may hold half of a surrogate pair, which no encoding can write: what is left of an emoji that a browser cut in
two. It may also hold the character NUL, which PostgreSQL refuses. Where text is an id or a name such a request is
refused; where it is what a person wrote, the rest of it counts.
"""

import re
from typing import Final

__all__ = ["is_storable", "storable"]

_NUL: Final = "\x00"
_HALF_CHARACTERS: Final = re.compile("[\ud800-\udfff]")
# The character that stands for one that could not be read.
_REPLACEMENT: Final = "\ufffd"


def is_storable(text: str) -> bool:
    """Return whether every database takes the text, and every answer can carry it."""
    return _NUL not in text and _HALF_CHARACTERS.search(text) is None


def storable(text: str) -> str:
    """Return the text without NULs, with U+FFFD in the place of each half character."""
    return _HALF_CHARACTERS.sub(_REPLACEMENT, text.replace(_NUL, ""))
