"""The place of a block in its course, on current platforms."""

from importlib import import_module
from typing import Any

from opaque_keys.edx.keys import UsageKey

from seb_openedx.configuration_reading import once


def get_chapter_from_location(usage_id: str, course_key: Any, depth: int = 1) -> str:
    """Return the block id at ``depth`` of the block's path: 1 chapter, 2 sequence, 3 vertical.

    Raises what the modulestore raises for a block without a path, and ``IndexError`` for a block above that depth.
    """
    # Three lists ask for three depths of the same path.
    path = once(("path", str(usage_id), str(course_key)), lambda: _path(usage_id, course_key))
    return str(path[depth].block_id)


def _path(usage_id: str, course_key: Any) -> Any:
    unquote_slashes = import_module("openedx.core.lib.url_utils").unquote_slashes
    search = import_module("xmodule.modulestore.search")
    store = import_module("xmodule.modulestore.django").modulestore()
    usage_key = UsageKey.from_string(unquote_slashes(usage_id)).map_into_course(course_key)
    return search.path_to_location(store, usage_key, full_path=True)
