"""What the sources say about a course, read once per request.

Contract: contract/safe-exam-browser#read-once, contract/safe-exam-browser#broken-source.

The published functions (``get_config_by_course``, ``get_seb_keys``, ``Permission.check``) take a course key and nothing
else, yet one request must not ask the modulestore several times. So ``one_request`` keeps what was read in the thread
while the middleware handles a request: the only hidden parameter of this app, which no published signature can carry
(docs/decisions/0017-what-a-request-has-read.rst). Outside of it each call reads again.

A source that raises is not a source without configuration. ``Reading.failed`` remembers it, and a mark in the shared
cache remembers for a day which courses were protected, so that an outage opens none of them and closes no other.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, Final

from django.core.cache import cache

from seb_openedx import conf
from seb_openedx.configuration import Configuration, normalized
from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)

Source = Callable[[Any], Any]

# How long a course counts as protected after the sources last said so.
_MARK_SECONDS: Final = 24 * 60 * 60
_UNREAD: Final = object()


class Reading:
    """What was read during one request. ``failed``: course → names of sources that raised."""

    def __init__(self) -> None:
        self.configurations: dict[tuple[Source, str], Configuration] = {}
        self.failed: dict[str, set[str]] = {}
        self.lookups: dict[Any, Any] = {}


class _Current(threading.local):
    reading: Reading | None = None


_current = _Current()


@contextmanager
def one_request() -> Iterator[Reading]:
    """Read each source at most once per course inside this block. A nested block shares the outer one's reading."""
    if _current.reading is not None:
        yield _current.reading
        return
    _current.reading = Reading()
    try:
        yield _current.reading
    finally:
        _current.reading = None


def once(key: Any, compute: Callable[[], Any]) -> Any:
    """Return ``compute()``, or what it returned earlier in this request for the same key."""
    if _current.reading is None:
        return compute()
    lookups = _current.reading.lookups
    if key not in lookups:
        lookups[key] = compute()
    return lookups[key]


def report_failure(source: str, course_key: Any) -> None:
    """Remember that a source could not be read. Also for sources that catch their own errors."""
    if _current.reading is not None:
        _current.reading.failed.setdefault(str(course_key), set()).add(source)


def read(source: Source, course_key: Any) -> Configuration:
    """Return what one source says about a course; None also if it fails, which is remembered and logged."""
    name, course = getattr(source, "__name__", repr(source)), str(course_key)
    if _current.reading is None:
        return _read_now(source, name, course_key)
    known = _current.reading.configurations
    if (source, course) not in known:
        known[source, course] = _cached(source, name, course_key)
    return known[source, course]


def _cached(source: Source, name: str, course_key: Any) -> Configuration:
    """Read through the shared cache if the setting asks for it and the source reads nothing that a request decides."""
    seconds = conf.seb.cache_seconds
    if not seconds or not getattr(source, "stored_per_course", False):
        return _read_now(source, name, course_key)
    key = cache_key("configuration", f"{name}:{course_key}")
    found = from_cache(key, _UNREAD)
    if found is _UNREAD:
        found = _read_now(source, name, course_key)
        if not has_failed(course_key, name):
            to_cache({key: found}, seconds)
    return found


def _read_now(source: Source, name: str, course_key: Any) -> Configuration:
    try:
        return normalized(source(course_key), str(course_key))
    except Exception as error:
        # Whatever a host's modulestore or an operator's own source raises: this runs in front of every page. A part of
        # the host that cannot be imported is no outage: it does not exist here.
        if not isinstance(error, ImportError):
            report_failure(name, course_key)
        if first_time("source", name, str(course_key), type(error).__name__):
            log.exception(
                "a source of Safe Exam Browser configurations fails: source=%s course_id=%s", name, course_key
            )
        return None


class Values:
    """What several sources say about a course, in their order. Each source is read when its value is first needed."""

    def __init__(self, sources: Sequence[Source], course_key: Any) -> None:
        self._waiting = iter(sources)
        self._course_key = course_key
        self._read: list[tuple[Source, Configuration]] = []

    def __iter__(self) -> Iterator[tuple[Source, Configuration]]:
        """Yield each source with its value."""
        number = 0
        while number < len(self._read) or self._read_next():
            yield self._read[number]
            number += 1

    def _read_next(self) -> bool:
        source = next(self._waiting, None)
        if source is not None:
            self._read.append((source, read(source, self._course_key)))
        return source is not None


def has_failed(course_key: Any, source: str | None = None) -> bool:
    """Return whether a source, or ``source``, could not be read for this course during this request."""
    failed = _current.reading.failed.get(str(course_key), set()) if _current.reading is not None else set()
    return bool(failed) if source is None else source in failed


def was_protected(course_key: Any, *, what: str) -> bool:
    """Return whether the course had a configuration (``what="configuration"``) or keys (``"keys"``) in the last day."""
    return from_cache(cache_key("had", f"{what}:{course_key}"), False) is True


def _found(course: str) -> list[Configuration]:
    """Return the configurations, in any form, that this request has read so far for a course."""
    known = _current.reading.configurations if _current.reading is not None else {}
    return [value for (_, of), value in known.items() if of == course and value]


def is_unknown(course_key: Any) -> bool:
    """Return whether no source has a configuration, one could not be read, and the course was protected before."""
    if _found(str(course_key)) or not has_failed(course_key):
        return False
    return was_protected(course_key, what="configuration")


def remember_protection(course_key: Any) -> bool:
    """Return whether this request read a configuration or keys of the course, and mark it as protected if so."""
    course = str(course_key)
    found = _found(course)
    if found:
        marks = {cache_key("had", f"configuration:{course}"): True}
        if any(keys_in(value) for value in found):
            marks[cache_key("had", f"keys:{course}")] = True
        to_cache(marks, _MARK_SECONDS)
    return bool(found)


def keys_in(value: Configuration) -> bool:
    """Return whether a configuration has keys of any kind."""
    if isinstance(value, dict):
        return bool(value.get("BROWSER_KEYS") or value.get("CONFIG_KEYS"))
    return bool(value)


def forget_cached(course_key: Any, sources: list[str]) -> None:
    """Drop what the shared cache holds of these sources for a course."""
    try:
        cache.delete_many([cache_key("configuration", f"{name}:{course_key}") for name in sources])
    except Exception:
        log.exception("the cache fails; a changed configuration counts when the old one expires")


def cache_key(kind: str, name: str) -> str:
    """Return a key that every cache backend accepts."""
    # Course ids may hold characters, or be of a length, that memcached refuses.
    return f"seb_openedx.{kind}.{sha256(name.encode()).hexdigest()}"


def from_cache(key: str, default: Any) -> Any:
    """Return what the shared cache holds, or ``default``, also when the cache fails."""
    try:
        return cache.get(key, default)
    except Exception as error:
        if first_time("cache", type(error).__name__):
            log.exception("the cache fails; Safe Exam Browser configurations are read without it")
        return default


def to_cache(values: dict[str, Any], seconds: int) -> None:
    """Store values in the shared cache; when the cache fails, that is logged."""
    try:
        cache.set_many(values, seconds)
    except Exception as error:
        if first_time("cache", type(error).__name__):
            log.exception("the cache fails; Safe Exam Browser configurations are read without it")
