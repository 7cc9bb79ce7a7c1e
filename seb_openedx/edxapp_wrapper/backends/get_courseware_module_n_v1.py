"""The courseware package of current platforms."""

from importlib import import_module
from typing import Any


def get_courseware_module() -> Any:
    """Return ``lms.djangoapps.courseware``, with its module ``courses`` loaded."""
    import_module("lms.djangoapps.courseware.courses")
    return import_module("lms.djangoapps.courseware")
