"""The courseware page of current platforms, which have it until they have removed it."""

from importlib import import_module
from typing import Any


def get_courseware_index_view() -> Any:
    """Return ``CoursewareIndex``. Raises ``ImportError`` where the platform has no such page."""
    try:
        return import_module("lms.djangoapps.courseware.views.index").CoursewareIndex
    except AttributeError as error:
        raise ImportError("this platform has no CoursewareIndex") from error
