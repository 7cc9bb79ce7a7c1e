"""Texts: course and content ids (contract/data-shapes#ids), reasons of staff, and names inside of sentences."""

import re
import unicodedata
from typing import Any, Final

from django.utils.translation import get_language_bidi

__all__ = ["LONGEST_REASON", "as_reason", "as_text", "has_controls", "isolated", "without_controls"]

LONGEST_REASON: Final = 500
# Letters from Hebrew to the last block of Arabic, and their presentation forms; letters of all other scripts.
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_LEFT_TO_RIGHT: Final = re.compile("[A-Za-z\u00c0-\u02b8\u0370-\u058f\u0904-\u1fff\u2c00-\ud7ff]")
# Joiners and direction marks: invisible, but words of Persian, Hebrew, Hindi and others are not right without them.
_PART_OF_WORDS: Final = frozenset("\u200c\u200d\u200e\u200f")
_FIRST_STRONG_ISOLATE: Final = "\u2068"
_POP_ISOLATE: Final = "\u2069"


def as_text(key: Any) -> str:
    """Return an id as text; hosts pass text, key objects or bytes."""
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)


def as_reason(text: str) -> str:
    """Return the reason of a member of staff: without space around it, and no longer than its column."""
    return text.strip()[:LONGEST_REASON]


def has_controls(text: str) -> bool:
    """Return whether a text has line breaks, control characters or other invisible ones that no word needs."""
    return not all(_is_written(char) for char in text)


def without_controls(text: str, *, keep: str = "") -> str:
    """Return a text with a space for each character that ``has_controls`` finds. ``keep``: characters that stay."""
    return "".join(char if _is_written(char) or char in keep else " " for char in text)


def _is_written(char: str) -> bool:
    return char.isprintable() or char in _PART_OF_WORDS or unicodedata.category(char) == "Zs"


def isolated(name: Any) -> str:
    """Return a name as a sentence in the active language needs it.

    If it has letters of the other direction of writing, it is isolated, so that its signs and digits stay with it.
    """
    text = str(name)
    other_direction = _LEFT_TO_RIGHT if get_language_bidi() else _RIGHT_TO_LEFT
    return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}" if other_direction.search(text) else text
