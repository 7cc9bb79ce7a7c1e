"""Courses in the modulestore. Its import path has not changed since Hawthorn."""

from seb_openedx.edxapp_wrapper.backends.get_course_module_n_v1 import get_course_module, modulestore_update_item

__all__ = ["get_course_module", "modulestore_update_item"]
