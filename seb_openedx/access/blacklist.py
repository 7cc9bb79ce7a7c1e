"""Chapters, sequences and verticals that stay closed on pages that the whitelist opens.

Contract: contract/safe-exam-browser#blacklist.
"""

import logging
from typing import Any, Final

from seb_openedx import conf
from seb_openedx.access.requests import block_of, is_xblock_request, keywords_of, path_of, usage_key
from seb_openedx.edxapp_wrapper.get_chapter_from_location import get_chapter_from_location, get_parent_from_location
from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)

_SEQUENCE_DATA: Final = "/api/courseware/sequence/"


def is_listed_chapter(config: dict[str, Any], request: Any, course_key: Any) -> bool:
    """Return whether a request concerns a listed chapter."""
    listed = _listed(config, "BLACKLIST_CHAPTERS")
    if not listed:
        return False
    if keywords_of(request).get("chapter") in listed:
        return True
    if "courseware" not in (config.get("WHITELIST_PATHS") or []) or not is_xblock_request(request):
        return False
    return _has(listed, _chapter(block_of(request), course_key))


def is_listed_sequence(config: dict[str, Any], request: Any, course_key: Any) -> bool:
    """Return whether a request concerns a listed sequence."""
    listed = _listed(config, "BLACKLIST_SEQUENCES")
    if not listed:
        return False
    if keywords_of(request).get("section") in listed:
        return True
    if path_of(request).startswith(_SEQUENCE_DATA):
        return _block_id(block_of(request)) in listed
    if not is_xblock_request(request):
        return False
    return _has(listed, get_parent_from_location(block_of(request) or "", course_key, level="sequence"))


def is_listed_vertical(config: dict[str, Any], request: Any, course_key: Any) -> bool:
    """Return whether a request concerns a listed vertical."""
    listed = _listed(config, "BLACKLIST_VERTICALS")
    if not listed or not is_xblock_request(request):
        return False
    return _has(listed, get_parent_from_location(block_of(request) or "", course_key, level="vertical"))


def _listed(config: dict[str, Any], name: str) -> set[str]:
    """Return the block ids of a list. An entry is a block id or a block's whole key."""
    entries = config.get(name) or []
    return {_block_id(entry) or entry for entry in entries}


def _block_id(value: str | None) -> str | None:
    key = usage_key(value)
    return str(key.block_id) if key is not None else None


def _has(listed: set[str], block_id: Any) -> bool:
    """Return whether a block's ancestor is listed; one that was not found may be."""
    return conf.seb.blacklist_fails_closed if block_id is None else block_id in listed


def _chapter(usage_id: str | None, course_key: Any) -> Any:
    try:
        return get_chapter_from_location(usage_id or "", course_key)
    except Exception as error:
        # As in get_parent_from_location: each store has exceptions of its own.
        if first_time("parent", str(course_key), type(error).__name__):
            log.warning(
                "the place of a block is not found: course_id=%s usage_id=%s", course_key, usage_id, exc_info=error
            )
        return None
