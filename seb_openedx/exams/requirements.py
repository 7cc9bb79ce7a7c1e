"""Which exams of a course demand Safe Exam Browser, and which keys they accept.

Contract: contract/seb-exams#requirement, contract/seb-exams#outage. Asked in front of every page of every course, so
the answer is cached for a minute. A copy stays for a day: while the database fails, exams that were protected stay so,
and no other one becomes it.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import DatabaseError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from seb_openedx import conf
from seb_openedx.configuration_reading import cache_key, expires, forget_cached, from_cache, once, to_cache
from seb_openedx.exam_models import WITH_FILE, Mode, OnLeave, SebExamConfiguration
from seb_openedx.log_once import first_time
from seb_openedx.protocol import is_key

log = logging.getLogger(__name__)

# How long a copy counts as fresh, and how long it is kept for outages.
FRESH_SECONDS: Final = 60
_KEPT_SECONDS: Final = 24 * 60 * 60

# Where it is cached whether there are requirements at all.
_ANY: Final = cache_key("exams.any", "")

# What a requirement is made from. The files, which can be large, are not read for each request.
_COLUMNS: Final = (
    "course_id",
    "content_id",
    "mode",
    "public_id",
    "quit_nonce",
    "origin",
    "config_key",
    "previous_config_keys",
    "browser_keys",
    "client_config_keys",
    "exempt_usernames",
    "min_versions",
    "on_leave",
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one exam demands.

    ``config_keys`` and ``browser_keys``: of each kind that has any, one must be proved. ``earlier_keys``: Config Keys
    of files that learners may still have, with the end of their validity. ``is_usable`` False: the row cannot be
    understood, and nothing is accepted.
    """

    course_id: str
    content_id: str
    mode: str
    public_id: str
    quit_nonce: str
    origin: str
    config_keys: tuple[str, ...] = field(repr=False)
    earlier_keys: tuple[tuple[str, datetime], ...] = field(repr=False)
    browser_keys: tuple[str, ...] = field(repr=False)
    exempt_usernames: frozenset[str] = field(repr=False)
    min_versions: Mapping[str, str]
    is_usable: bool
    # Who leaves the browser during the exam waits for staff.
    needs_release: bool = False

    @property
    def is_course(self) -> bool:
        """Whether this is what a course demands for all of its pages; then one key of either kind is enough."""
        return not self.content_id

    @property
    def has_file(self) -> bool:
        """Whether this server serves the file."""
        return self.mode in WITH_FILE

    @property
    def accepts_name_only(self) -> bool:
        """Whether a browser that calls itself Safe Exam Browser is accepted: a weak proof."""
        return self.is_usable and self.mode == Mode.CLIENT and not self.config_keys and not self.browser_keys

    def accepted_config_keys(self, now: datetime) -> list[str]:
        """Return the Config Keys that count now."""
        return [*self.config_keys, *(key for key, valid_until in self.earlier_keys if now < valid_until)]


def from_row(row: SebExamConfiguration) -> Requirement:
    """Return the requirement that a row states. What it does not state clearly accepts nothing."""
    has_file = row.mode in WITH_FILE
    config_keys = _keys([row.config_key] if has_file else row.client_config_keys)
    browser_keys = _browser_keys(row.browser_keys)
    is_usable = (
        config_keys is not None
        and browser_keys is not None
        and (bool(config_keys) if has_file else row.mode == Mode.CLIENT)
    )
    if not is_usable and first_time("exam", row.public_id):
        log.error(
            "an exam with Safe Exam Browser cannot be opened, save its settings again: course_id=%s content_id=%s",
            row.course_id,
            row.content_id,
        )
    names = row.exempt_usernames if isinstance(row.exempt_usernames, list) else []
    return Requirement(
        course_id=str(row.course_id),
        content_id=row.content_id,
        mode=row.mode,
        public_id=row.public_id,
        quit_nonce=row.quit_nonce,
        origin=row.origin,
        config_keys=tuple(config_keys or ()),
        earlier_keys=tuple(_earlier(row.previous_config_keys)) if has_file else (),
        browser_keys=tuple(browser_keys or ()),
        exempt_usernames=frozenset(name for name in names if isinstance(name, str)),
        min_versions=_versions(row.min_versions),
        is_usable=is_usable,
        needs_release=row.on_leave == OnLeave.RELEASE,
    )


def of_course(course_key: Any) -> tuple[Requirement, ...]:
    """Return the requirements of a course's exams; empty for a course without any, and for an invalid id."""
    key = as_course_key(course_key)
    if key is None:
        return ()
    return once(("seb exams", str(key)), lambda: _of_course(key))


def cached_under(course_key: Any) -> list[str]:
    """Return the keys under which the shared cache keeps the requirements of a course's exams."""
    key = as_course_key(course_key)
    return [] if key is None else [_key(key)]


def of_exam(course_key: Any, content_id: str) -> Requirement | None:
    """Return the requirement of one exam, or None."""
    return next((found for found in of_course(course_key) if found.content_id == str(content_id)), None)


def exist() -> bool:
    """Return whether any exam of the platform demands the browser; cached for a minute."""
    known = from_cache(_ANY, None)
    if known is None:
        try:
            known = SebExamConfiguration.objects.exclude(mode=Mode.OFF).exists()
        except DatabaseError:
            return True
        to_cache({_ANY: known}, FRESH_SECONDS)
    return bool(known)


def by_public_id(public_id: str) -> Requirement | None:
    """Return the requirement with an id that links contain, or None; read from the database."""
    row = SebExamConfiguration.objects.only(*_COLUMNS).filter(public_id=public_id).exclude(mode=Mode.OFF).first()
    return None if row is None else from_row(row)


def as_course_key(value: Any) -> CourseKey | None:
    """Return the key of a course from a key or text; None if it is neither.

    A key may name a branch or version of the course; exams belong to the course.
    """
    try:
        key: Any = value if isinstance(value, CourseKey) else CourseKey.from_string(str(value))
    except InvalidKeyError:
        return None
    if getattr(key, "branch", None) or getattr(key, "version_guid", None):
        key = key.for_branch(None).version_agnostic()
    return key


def forget(course_key: Any) -> None:
    """Read the course's rows again at the next request. The copy for outages stays."""
    forget_cached(course_key, [])
    to_cache({_ANY: None}, FRESH_SECONDS)
    _read_at, kept = _cached(course_key)
    if kept is not None:
        to_cache({_key(course_key): (0.0, kept)}, _KEPT_SECONDS)


def _of_course(course_key: Any) -> tuple[Requirement, ...]:
    now = timezone.now().timestamp()
    read_at, kept = _cached(course_key)
    # A copy from the future was made by a clock that is wrong; so may this one be.
    if kept is not None and 0 <= now - read_at < FRESH_SECONDS:
        expires(read_at + FRESH_SECONDS)
        return kept
    try:
        rows = SebExamConfiguration.objects.only(*_COLUMNS).filter(course_id=course_key).exclude(mode=Mode.OFF)
        found = tuple(from_row(row) for row in rows.order_by("id"))
    except DatabaseError as error:
        if first_time("exams", type(error).__name__):
            log.exception("exams with Safe Exam Browser cannot be read, the latest known ones stay protected")
        expires(now)
        return kept or ()
    to_cache({_key(course_key): (now, found)}, _KEPT_SECONDS)
    expires(now + FRESH_SECONDS)
    return found


def _cached(course_key: Any) -> tuple[float, tuple[Requirement, ...] | None]:
    found = from_cache(_key(course_key), None)
    if isinstance(found, tuple) and len(found) == 2:
        return found
    return 0.0, None


def _key(course_key: Any) -> str:
    # The number belongs to the form of Requirement: after an upgrade old copies are not read.
    return cache_key("exams.2", str(course_key))


def _keys(value: Any) -> list[str] | None:
    """Return keys, or None if one of them is none."""
    if not isinstance(value, list):
        return None
    keys = [text.lower() if isinstance(text, str) else "" for text in value]
    return keys if all(map(is_key, keys)) else None


def _browser_keys(value: Any) -> list[str] | None:
    """Return the active keys, or None if the list cannot be understood or none of its keys is active."""
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        return None
    active = _keys([entry.get("key") for entry in value if entry.get("active") is not False])
    # With every key switched off nobody gets in; an empty list would let everybody in without one.
    return None if value and not active else active


def _earlier(value: Any) -> list[tuple[str, datetime]]:
    found = []
    for entry in value if isinstance(value, list) else []:
        if not isinstance(entry, Mapping) or not (keys := _keys([entry.get("key")])):
            continue
        try:
            valid_until = parse_datetime(str(entry.get("valid_until")))
        except ValueError:
            continue
        if valid_until is not None and timezone.is_aware(valid_until):
            found.append((keys[0], valid_until))
    return found


def _versions(value: Any) -> dict[str, str]:
    own = value if isinstance(value, Mapping) else {}
    return {str(name): str(version) for name, version in {**conf.seb.min_versions, **own}.items() if version}
