"""Pages that stay open without Safe Exam Browser. Contract: contract/safe-exam-browser#whitelist."""

import logging
import re
from typing import Any, Final

from seb_openedx import conf
from seb_openedx.access.requests import in_module, is_xblock_request, path_of, url_name, view_module
from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)

# Module of a view -> the name by which WHITELIST_PATHS opens it. The second of a pair is the current platform's.
ALIASES: Final = (
    ("discussion.views", "discussion"),
    ("lms.djangoapps.discussion", "discussion"),
    ("course_wiki.views", "wiki"),
    ("lms.djangoapps.course_wiki", "wiki"),
    ("openedx.features.course_experience", "course-outline"),
    ("lms.djangoapps.course_home_api", "course-outline"),
)

# Navigation data of the front ends, as paths below the host's root. They carry no content: that comes from
# ``render_xblock``, which stays protected.
MFE_PATHS: Final = (
    "/api/courseware/course/{course}",
    "/api/courseware/sequence/{usage}",
    "/api/course_home/outline/{course}",
    "/courses/{course}/jump_to/",
    "/api/course_home/course_metadata/{course}",
    "/courses/{course}/courseware-search/enabled/",
    "/api/edx_proctoring/v1/proctored_exam/attempt/course_id/{course}",
    "/api/course_home/v1/outline/{course}",
    "/api/course_home/v1/dates/{course}",
    "/api/course_home/v1/progress/{course}",
    "/api/course_home/v1/navigation/{course}",
    "/api/course_home/v1/course_metadata/{course}",
    "/api/course_home/dates/{course}",
    "/api/course_home/progress/{course}",
)

_ALWAYS_OPEN_NAMES: Final = ("jump_to", "jump_to_id")


def is_open(config: dict[str, Any], request: Any, paths: tuple[str, ...] = MFE_PATHS) -> bool:
    """Return whether a request is open though the course is protected. ``paths``: what ``ALLOW_MFE_ACCESS`` opens."""
    module = view_module(request)
    # A course can always be configured.
    if in_module(module, "seb_openedx.api"):
        return True
    if config.get("ALLOW_MFE_ACCESS", conf.seb.allow_mfe_access) and is_mfe_path(path_of(request), paths):
        return True
    listed = config.get("WHITELIST_PATHS") or []
    if not listed:
        return False
    if any(alias in listed and in_module(module, prefix) for prefix, alias in ALIASES):
        return True
    if "courseware" in listed and is_xblock_request(request):
        return True
    # A prefix, as published: "about" opens "about_course". An empty entry would open everything.
    return url_name(request).startswith((*_ALWAYS_OPEN_NAMES, *filter(None, listed)))


def is_mfe_path(path: str, paths: tuple[str, ...] = MFE_PATHS) -> bool:
    """Return whether a path is navigation data of the front ends."""
    course, usage = conf.seb.course_key_regex, conf.seb.usage_key_regex
    own = (re.escape(text).replace(r"\{course\}", course).replace(r"\{usage\}", usage) for text in paths)
    return any(_matches(expression, path) for expression in (*own, *conf.seb.mfe_paths))


def _matches(expression: str, path: str) -> bool:
    try:
        return re.match(expression, path) is not None
    except re.error:
        if first_time("mfe path", expression):
            log.exception("a regular expression for paths of front ends is malformed and opens nothing")
        return False
