"""The place of a block in its course, on platforms since Hawthorn; current ones have moved one helper."""

from seb_openedx.edxapp_wrapper.backends.get_chapter_from_location_n_v1 import get_chapter_from_location

__all__ = ["get_chapter_from_location"]
