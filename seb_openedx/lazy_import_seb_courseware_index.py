"""The courseware page is imported when it is first needed, because Studio imports the middleware without it."""

from importlib import import_module
from typing import Any


class LazyImportSebCoursewareIndex:
    """Gives ``SebCoursewareIndex``."""

    _class: Any = None

    @classmethod
    def get_or_create_class(cls) -> Any:
        """Return ``seb_courseware_index.SebCoursewareIndex``. Raises ``ImportError`` without the host's page."""
        if cls._class is None:
            cls._class = import_module("seb_openedx.seb_courseware_index").SebCoursewareIndex
        return cls._class
