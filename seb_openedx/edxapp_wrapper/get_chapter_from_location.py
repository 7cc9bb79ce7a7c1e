"""Which chapter, sequence or vertical a block is in."""

import logging
from importlib import import_module
from typing import Any, Final

from seb_openedx import conf
from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)

DEPTHS: Final = {"chapter": 1, "sequence": 2, "vertical": 3}


def get_chapter_from_location(*args: Any, **kwargs: Any) -> Any:
    """Return the block id at a depth of a block's path: ``(usage_id, course_key, depth=1)``."""
    module = import_module(conf.seb.host_module("SEB_GET_CHAPTER_FROM_LOCATION"))
    return module.get_chapter_from_location(*args, **kwargs)


def get_parent_from_location(usage_id: str, course_key: Any, level: str = "chapter") -> Any:
    """Return the block id of the ``chapter``, ``sequence`` or ``vertical`` of a block; None if it is not found."""
    try:
        return get_chapter_from_location(usage_id, course_key, depth=DEPTHS[level])
    except Exception as error:
        # Each store has exceptions of its own for blocks that are gone, and none of them may break a page.
        if first_time("parent", str(course_key), type(error).__name__):
            log.warning(
                "the place of a block is not found: course_id=%s usage_id=%s", course_key, usage_id, exc_info=error
            )
        return None
