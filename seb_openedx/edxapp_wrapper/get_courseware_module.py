"""The host's courseware package."""

from importlib import import_module
from typing import Any

from seb_openedx import conf


def get_courseware_module(*args: Any, **kwargs: Any) -> Any:
    """Return the module that has ``courses.get_course``."""
    return import_module(conf.seb.host_module("SEB_COURSEWARE_MODULE")).get_courseware_module(*args, **kwargs)
