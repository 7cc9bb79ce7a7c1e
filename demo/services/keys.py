"""How strictly the platform takes ids: some methods accept keys and strings, some only one of them."""

from __future__ import annotations

from typing import Any

from opaque_keys.edx.keys import CourseKey, UsageKey


def course_key(value: CourseKey | str) -> CourseKey:
    """``k|s``: a course key, parsed when it is a string. Raises InvalidKeyError."""
    return value if isinstance(value, CourseKey) else CourseKey.from_string(value)


def usage_key(value: UsageKey | str) -> UsageKey:
    """``k|s``: a usage key, parsed when it is a string. Raises InvalidKeyError."""
    return value if isinstance(value, UsageKey) else UsageKey.from_string(value)


def course_key_from_string_only(value: Any) -> CourseKey:
    """``s``: the platform parses without looking, so a key object raises AttributeError or TypeError there."""
    if not isinstance(value, str):
        raise TypeError(f"expected a course id as str, got {type(value).__name__}")
    return CourseKey.from_string(value)


def usage_key_from_string_only(value: Any) -> UsageKey:
    """``s`` for content ids."""
    if not isinstance(value, str):
        raise TypeError(f"expected a content id as str, got {type(value).__name__}")
    return UsageKey.from_string(value)
