"""Texts as they are stored: course and content ids (contract/data-shapes#ids), and the reasons of staff."""

from typing import Any, Final

__all__ = ["LONGEST_REASON", "as_reason", "as_text"]

LONGEST_REASON: Final = 500


def as_text(key: Any) -> str:
    """Return an id as text; hosts pass text, key objects or bytes."""
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)


def as_reason(text: str) -> str:
    """Return the reason of a member of staff: without space around it, and no longer than its column."""
    return text.strip()[:LONGEST_REASON]
