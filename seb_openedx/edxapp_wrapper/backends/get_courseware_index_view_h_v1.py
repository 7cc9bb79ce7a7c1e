"""The courseware page of Hawthorn."""

from importlib import import_module
from typing import Any

from seb_openedx.edxapp_wrapper.backends import get_courseware_index_view_n_v1


def get_courseware_index_view() -> Any:
    """Return ``CoursewareIndex``, or that of current platforms. Raises ``ImportError`` without either."""
    try:
        module = import_module("courseware.views.index")
    except ImportError:
        return get_courseware_index_view_n_v1.get_courseware_index_view()
    return module.CoursewareIndex
