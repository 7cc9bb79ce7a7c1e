"""The host's legacy courseware page with a message in the place of the course's content.

Importing this module needs the host; see ``lazy_import_seb_courseware_index``.
"""

from typing import Any

from seb_openedx.edxapp_wrapper.get_courseware_index_view import get_courseware_index_view

_CoursewareIndex: Any = get_courseware_index_view()


class SebCoursewareIndex(_CoursewareIndex):
    """Shows ``context_fragment``. Set it on a subclass per request: a class is shared between threads."""

    context_fragment: Any = None

    @classmethod
    def set_context_fragment(cls, fragment: Any) -> None:
        """Set what is shown."""
        cls.context_fragment = fragment

    def _create_courseware_context(self, *args: Any, **kwargs: Any) -> Any:
        context = super()._create_courseware_context(*args, **kwargs)
        context["fragment"] = self.context_fragment
        return context
