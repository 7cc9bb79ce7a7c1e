"""What a course demands that a browser without headers can prove. Contract: contract/seb-exams#course-session.

A course that is protected by keys of its configuration gets the same check and the same sessions as an exam, so that
modern web views and front ends on other hosts can show it. What the course demands is stated as a ``Requirement``
without exam.
"""

from collections.abc import Iterable
from typing import Any, Final

from seb_openedx.configuration_reading import one_request
from seb_openedx.exams import requirements
from seb_openedx.exams.requirements import Requirement
from seb_openedx.header_hash import BROWSER_KEY, CONFIG_KEY
from seb_openedx.permissions import (
    CheckSEBHash,
    CheckSEBHashBrowserExamKey,
    CheckSEBHashBrowserExamKeyOrConfigKey,
    CheckSEBHashConfigKey,
    get_enabled_permission_classes,
)

_MODE: Final = "course"


def demanded(course_id: Any, content_id: str) -> Requirement | None:
    """Return what an exam demands; without ``content_id`` what its course does. None if that is nothing."""
    course_key = requirements.as_course_key(course_id)
    if course_key is None:
        return None
    if content_id:
        return requirements.of_exam(course_key, content_id)
    with one_request():
        return requirement_of(course_key)


def requirement_of(course_key: Any) -> Requirement | None:
    """Return the keys of which a client has to prove one; None if none of the course's components compares keys."""
    keys: dict[str, list[str]] = {CONFIG_KEY: [], BROWSER_KEY: []}
    for component in _comparing(get_enabled_permission_classes(course_key)):
        if component.http_header in keys:
            keys[component.http_header] += component.get_seb_keys(course_key)
    if not any(keys.values()):
        return None
    return Requirement(
        course_id=str(course_key),
        content_id="",
        mode=_MODE,
        public_id="",
        quit_nonce="",
        origin="",
        config_keys=tuple(keys[CONFIG_KEY]),
        earlier_keys=(),
        browser_keys=tuple(keys[BROWSER_KEY]),
        exempt_usernames=frozenset(),
        min_versions={},
        is_usable=True,
    )


def _comparing(components: Iterable[type[Any]]) -> Iterable[CheckSEBHash]:
    """Yield instances of the components that compare a hash and nothing else; "either key" stands for two of them.

    A component of an operator's own may ask for more than a hash, which a session would not show.
    """
    for component in components:
        check = getattr(component, "check", None)
        if check is CheckSEBHashBrowserExamKeyOrConfigKey.check:
            yield from (CheckSEBHashBrowserExamKey(), CheckSEBHashConfigKey())
        elif check is CheckSEBHash.check:
            yield component()
