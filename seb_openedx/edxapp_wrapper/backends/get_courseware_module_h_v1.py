"""The courseware package of Hawthorn."""

from importlib import import_module
from typing import Any

from seb_openedx.edxapp_wrapper.backends import get_courseware_module_n_v1


def get_courseware_module() -> Any:
    """Return ``courseware``, or the package of current platforms."""
    try:
        import_module("courseware.courses")
    except ImportError:
        return get_courseware_module_n_v1.get_courseware_module()
    return import_module("courseware")
