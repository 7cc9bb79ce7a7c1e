"""What a request asks for: which course, which block, which kind of view.

Contract: contract/safe-exam-browser#course-of-request. Requests come from anybody, and views take their keys under
several names, so everything is read as text or not at all.
"""

import inspect
import logging
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final

from django.db import DatabaseError
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey

from seb_openedx import conf
from seb_openedx.header_hash import meta_of
from seb_openedx.log_once import first_time
from seb_openedx.protocol import Client, from_user_agent

log = logging.getLogger(__name__)

# Listings of a course's blocks, which take the course as a query parameter.
_BLOCK_LISTINGS: Final = ("/api/courses/v1/blocks/", "/api/courses/v2/blocks/")
_TEXTS: Final = (str, CourseKey, UsageKey)
_XBLOCK_VIEWS: Final = frozenset({"handle_xblock_callback", "render_xblock"})


def path_of(request: Any) -> str:
    """Return the path without the prefix under which the host is mounted."""
    path = getattr(request, "path_info", None)
    if not isinstance(path, str):
        path = getattr(request, "path", None)
    return path if isinstance(path, str) else ""


def _resolved(request: Any, member: str) -> Any:
    return getattr(getattr(request, "resolver_match", None), member, None)


def keywords_of(request: Any) -> dict[str, str]:
    """Return the view's keywords that are texts or keys, as text."""
    kwargs = _resolved(request, "kwargs")
    return texts(kwargs) if isinstance(kwargs, Mapping) else {}


def texts(kwargs: Mapping[str, Any]) -> dict[str, str]:
    """Return the entries that are texts or keys, as text."""
    return {name: str(value) for name, value in kwargs.items() if isinstance(value, _TEXTS)}


def user_of(request: Any) -> Any:
    """Return the user; None without one, and while the database that would tell fails."""
    user = getattr(request, "user", None)
    try:
        getattr(user, "pk", None)  # the session's user is loaded by the first access
    except DatabaseError as error:
        if first_time("user", type(error).__name__):
            log.exception("the user cannot be read and counts as anonymous")
        return None
    return user


def client_of(request: Any) -> Client | None:
    """Return the Safe Exam Browser that a request says it comes from, None for another browser."""
    agent = meta_of(request).get("HTTP_USER_AGENT")
    return from_user_agent(agent) if isinstance(agent, str) else None


def view_name_of(view: Any) -> str:
    """Return the name of a view function, also of one that is wrapped in ``partial``; ``""`` if it has none."""
    while isinstance(view, partial):
        view = view.func
    name = getattr(view, "__name__", "")
    return name if isinstance(name, str) else ""


def view_name(request: Any) -> str:
    """Return the name of the resolved view function."""
    return view_name_of(_resolved(request, "func"))


def view_module(request: Any) -> str:
    """Return the name of the module with the resolved view; ``""`` if there is none."""
    view = _resolved(request, "func")
    while isinstance(view, partial):
        view = view.func
    module = inspect.getmodule(view) if view is not None else None
    name = getattr(module, "__name__", "")
    return name if isinstance(name, str) else ""


def url_name(request: Any) -> str:
    """Return the name of the resolved URL; ``""`` if it has none."""
    name = _resolved(request, "url_name")
    return name if isinstance(name, str) else ""


def is_xblock_request(request: Any) -> bool:
    """Return whether the view renders a block or takes what a block sends."""
    return view_name(request) in _XBLOCK_VIEWS


def in_module(module: str, prefix: str) -> bool:
    """Return whether a module is the one named ``prefix`` or inside it."""
    return module == prefix or module.startswith(f"{prefix}.")


def _spellings(value: str) -> Iterator[str]:
    """Yield a key as sent, and with its slashes unquoted as old block handlers quote them."""
    yield value
    if ";" in value:
        yield value.replace(";_", "/").replace(";;", ";")


# Parsing takes longer than the rest of what a course without Safe Exam Browser costs, and keys do not change.
@lru_cache(maxsize=512)
def course_key_of_text(value: str) -> CourseKey | None:
    """Return a course key from text, None if the text is not one."""
    for spelling in _spellings(value):
        try:
            return CourseKey.from_string(spelling)
        except InvalidKeyError:
            continue
    return None


def usage_key(value: str | None, course_key: Any = None) -> UsageKey | None:
    """Return a block's key from text, in ``course_key`` if that is given; None if the text is not one."""
    for spelling in _spellings(value or ""):
        try:
            found = UsageKey.from_string(spelling)
        except InvalidKeyError:
            continue
        # Old keys do not say which run they belong to.
        return found.map_into_course(course_key) if isinstance(course_key, CourseKey) else found
    return None


def course_of(request: Any, view_kwargs: Mapping[str, Any] | None) -> CourseKey | None:
    """Return the course that a request concerns, or None.

    A keyword with a course's key counts before one with a block's; the listings of blocks name the course in the query.
    """
    if not view_kwargs:
        return _course_of_query(request)
    others = []
    for name in conf.seb.request_kwargs:
        value = view_kwargs.get(name)
        if value and isinstance(value, _TEXTS):
            if (course_key := course_key_of_text(str(value))) is not None:
                return course_key
            others.append(str(value))
    for text in others:
        block = usage_key(text)
        # The course of an old key without a run is no course.
        if block is not None and getattr(block.course_key, "run", None):
            return block.course_key
    return _course_of_query(request)


def _course_of_query(request: Any) -> CourseKey | None:
    path = path_of(request)
    query: Any = getattr(request, "GET", None)
    if not path.startswith(_BLOCK_LISTINGS) or not hasattr(query, "get"):
        return None
    value = query.get("course_id")
    # An unquoted plus sign is a blank here; the host's view reads it as a plus sign too.
    return course_key_of_text(value.replace(" ", "+")) if isinstance(value, str) else None


def block_of(request: Any) -> str | None:
    """Return the key of the block that a request concerns, as sent: ``usage_id`` counts first."""
    keywords = keywords_of(request)
    return keywords.get("usage_id") or keywords.get("usage_key_string")


def wants_json(request: Any) -> bool:
    """Return whether a program sent the request, to which a page would be of no use."""
    name = view_name(request)
    if path_of(request).startswith("/api/") or name == "handle_xblock_callback":
        return True
    if name == "render_xblock":
        return False
    meta = meta_of(request)
    if str(meta.get("HTTP_X_REQUESTED_WITH", "")).lower() == "xmlhttprequest":
        return True
    accepted = str(meta.get("HTTP_ACCEPT", "")).lower()
    return "application/json" in accepted and "text/html" not in accepted
