"""Course and content ids as the text that is stored. Spec: python-api.md 8, host-platform.md 16.1."""

from typing import Any

__all__ = ["as_text"]


def as_text(key: Any) -> str:
    """Return an id as text; hosts pass text, key objects or bytes."""
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)
