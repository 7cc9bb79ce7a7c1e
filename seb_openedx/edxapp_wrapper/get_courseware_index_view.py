"""The host's legacy courseware page."""

from importlib import import_module
from typing import Any

from seb_openedx import conf


def get_courseware_index_view(*args: Any, **kwargs: Any) -> Any:
    """Return the view class of the courseware page. Raises ``ImportError`` on platforms without one."""
    return import_module(conf.seb.host_module("SEB_COURSEWARE_INDEX_VIEW")).get_courseware_index_view(*args, **kwargs)
