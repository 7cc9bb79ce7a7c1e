"""Course and content ids as the text that is stored. Contract: contract/data-shapes#ids."""

from typing import Any

__all__ = ["as_text"]


def as_text(key: Any) -> str:
    """Return an id as text; hosts pass text, key objects or bytes."""
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)
