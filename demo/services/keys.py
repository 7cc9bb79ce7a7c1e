"""Parsing of ids, as strict as the platform: some methods accept keys and strings, others only strings."""

from __future__ import annotations

from typing import Any

from opaque_keys.edx.keys import CourseKey, UsageKey


def course_key(value: CourseKey | str) -> CourseKey:
    """A course key, parsed when it is a string. Raises InvalidKeyError."""
    return value if isinstance(value, CourseKey) else CourseKey.from_string(value)


def usage_key(value: UsageKey | str) -> UsageKey:
    """A usage key, parsed when it is a string. Raises InvalidKeyError."""
    return value if isinstance(value, UsageKey) else UsageKey.from_string(value)


def course_key_from_string_only(value: Any) -> CourseKey:
    """A course key from a string. A key object raises TypeError; the platform raises TypeError or AttributeError."""
    if not isinstance(value, str):
        raise TypeError(f"expected a course id as str, got {type(value).__name__}")
    return CourseKey.from_string(value)


def usage_key_from_string_only(value: Any) -> UsageKey:
    """A usage key from a string. A key object raises TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"expected a content id as str, got {type(value).__name__}")
    return UsageKey.from_string(value)
