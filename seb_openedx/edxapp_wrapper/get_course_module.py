"""Courses in the modulestore."""

from importlib import import_module
from typing import Any

from seb_openedx import conf


def get_course_module(*args: Any, **kwargs: Any) -> Any:
    """Return the block of a course: ``(course_key, depth=0)``."""
    return import_module(conf.seb.host_module("SEB_COURSE_MODULE")).get_course_module(*args, **kwargs)


def modulestore_update_item(*args: Any, **kwargs: Any) -> Any:
    """Save the block of a course: ``(course_key, course_module, user_id)``."""
    return import_module(conf.seb.host_module("SEB_UPDATE_MODULESTORE")).modulestore_update_item(*args, **kwargs)
