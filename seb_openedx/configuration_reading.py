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
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from math import inf
from time import monotonic
from typing import Any, Final

from django.core.cache import cache
from django.utils import timezone

from seb_openedx import conf
from seb_openedx.configuration import Configuration, normalized
from seb_openedx.log_once import first_time

log = logging.getLogger(__name__)

Source = Callable[[Any], Any]

# For so long a process relies on a note that it has read, so long may it miss that another one has dropped it.
_NOTE_SECONDS: Final = 1.0
_MOST_NOTES: Final = 1000
# How long a course counts as protected after the sources last said so.
_MARK_SECONDS: Final = 24 * 60 * 60
_UNREAD: Final = object()


class Reading:
    """What was read during one request.

    ``failed``: course → names of sources that raised. ``stored``: key of the shared cache → what it held when several
    keys were fetched together. ``valid_until``: when the first of the cached values that were read expires.
    """

    def __init__(self) -> None:
        self.cache_seconds = conf.seb.cache_seconds
        self.stored: dict[str, Any] = {}
        self.configurations: dict[tuple[Source, str], Configuration] = {}
        self.failed: dict[str, set[str]] = {}
        self.lookups: dict[Any, Any] = {}
        self.valid_until = inf


class _Current(threading.local):
    reading: Reading | None = None


_current = _Current()
# Course → until when, on the clock of the process, its note counts, and the note.
_notes: dict[str, tuple[float, Any]] = {}


class one_request:
    """Read each source at most once per course inside this block. A nested block shares the outer one's reading."""

    def __enter__(self) -> Reading:
        self._is_outer = _current.reading is None
        if _current.reading is None:
            _current.reading = Reading()
        return _current.reading

    def __exit__(self, *_error: object) -> None:
        if self._is_outer:
            _current.reading = None


def once(key: Any, compute: Callable[[], Any]) -> Any:
    """Return ``compute()``, or what it returned earlier in this request for the same key."""
    if _current.reading is None:
        return compute()
    lookups = _current.reading.lookups
    if key not in lookups:
        lookups[key] = compute()
    return lookups[key]


def expires(moment: float) -> None:
    """Remember that this request relies on a value that may be cached until ``moment``, in seconds of the epoch."""
    if _current.reading is not None:
        _current.reading.valid_until = min(_current.reading.valid_until, moment)


def valid_until() -> float:
    """Return until when a result of all that this request has read may be cached; 0 outside of a request."""
    return _current.reading.valid_until if _current.reading is not None else 0.0


def report_failure(source: str, course_key: Any) -> None:
    """Remember that a source could not be read. Also for sources that catch their own errors."""
    if _current.reading is not None:
        _current.reading.failed.setdefault(str(course_key), set()).add(source)


def read(source: Source, course_key: Any) -> Configuration:
    """Return what one source says about a course; None also if it fails, which is remembered and logged."""
    return _read(source, course_key, str(course_key))


def _read(source: Source, course_key: Any, course: str) -> Configuration:
    reading = _current.reading
    if reading is None:
        return _read_now(source, course_key, course)
    key = (source, course)
    if key not in reading.configurations:
        is_cached = reading.cache_seconds and is_stored(source)
        reading.configurations[key] = (_through_cache if is_cached else _read_now)(source, course_key, course)
    return reading.configurations[key]


def is_stored(source: Source) -> bool:
    """Return whether the shared cache may keep what a source says, because nothing of the request decides it."""
    return getattr(source, "stored_per_course", False)


def _name(source: Source) -> str:
    return getattr(source, "__name__", repr(source))


def cache_keys(sources: Iterable[Source], course: str) -> list[str]:
    """Return the keys under which the shared cache keeps what these sources say about a course."""
    if _current.reading is None or not _current.reading.cache_seconds:
        return []
    return [_configuration_key(_name(source), course) for source in sources if is_stored(source)]


def _through_cache(source: Source, course_key: Any, course: str) -> Configuration:
    key, seconds = _configuration_key(_name(source), course), conf.seb.cache_seconds
    read_at, found = from_cache(key, (0.0, _UNREAD))
    if found is _UNREAD:
        read_at, found = timezone.now().timestamp(), _read_now(source, course_key, course)
        if has_failed(course_key, _name(source)):
            return found
        to_cache({key: (read_at, found)}, seconds)
    expires(read_at + seconds)
    return found


def _configuration_key(source: str, course: str) -> str:
    # The number belongs to the form of the value: after an upgrade old ones are not read.
    return cache_key("configuration.2", source, course)


def note_key(course: str) -> str:
    """Return the key of the note that nothing is stored about a course; see ``unprotected_courses``."""
    return cache_key("unprotected", course)


def note_about(course: str) -> Any:
    """Return the note about a course as the shared cache had it, a second ago at most; None without one."""
    now = monotonic()
    until, note = _notes.get(course, (0.0, None))
    if now >= until:
        note = from_cache(note_key(course), None)
        if len(_notes) >= _MOST_NOTES:
            _notes.clear()
        if note is not None:
            _notes[course] = (now + _NOTE_SECONDS, note)
    return note


def forget_notes() -> None:
    """Read each note again from the shared cache."""
    _notes.clear()


def _read_now(source: Source, course_key: Any, course: str) -> Configuration:
    try:
        return normalized(source(course_key), course)
    except Exception as error:
        # Whatever a host's modulestore or an operator's own source raises: this runs in front of every page. A part of
        # the host that cannot be imported is no outage: it does not exist here.
        name = _name(source)
        if not isinstance(error, ImportError):
            report_failure(name, course_key)
        if first_time("source", name, course, type(error).__name__):
            log.exception("a source of Safe Exam Browser configurations fails: source=%s course_id=%s", name, course)
        return None


class Values:
    """What several sources say about a course, in their order. Each source is read when its value is first needed."""

    def __init__(self, sources: Sequence[Source], course_key: Any) -> None:
        self._waiting: Iterator[Source] | None = iter(sources)
        self._course_key, self._course = course_key, str(course_key)
        self._read: list[tuple[Source, Configuration]] = []

    def __iter__(self) -> Iterator[tuple[Source, Configuration]]:
        """Yield each source with its value."""
        return iter(self._read) if self._waiting is None else self._reading(self._waiting)

    def _reading(self, waiting: Iterator[Source]) -> Iterator[tuple[Source, Configuration]]:
        # Another request may read on while this iterator waits.
        number = 0
        while True:
            if number == len(self._read):
                source = next(waiting, None)
                if source is None:
                    self._waiting = None
                    return
                self._read.append((source, _read(source, self._course_key, self._course)))
            yield self._read[number]
            number += 1


def has_failed(course_key: Any, source: str | None = None) -> bool:
    """Return whether a source, or ``source``, could not be read for this course during this request."""
    if _current.reading is None or not _current.reading.failed:
        return False
    failed = _current.reading.failed.get(str(course_key), set())
    return bool(failed) if source is None else source in failed


def was_protected(course_key: Any, *, what: str) -> bool:
    """Return whether the course had a configuration (``what="configuration"``) or keys (``"keys"``) in the last day."""
    return from_cache(cache_key("had", what, str(course_key)), False) is True


def _found(course: str) -> list[Configuration]:
    """Return the configurations, in any form, that this request has read so far for a course."""
    known = _current.reading.configurations if _current.reading is not None else {}
    return [value for (_, of), value in known.items() if of == course and value]


def is_unconfigured(course_key: Any) -> bool:
    """Return whether this request has asked sources about the course, each of them answered, and none knows it."""
    return not has_failed(course_key) and not _found(str(course_key))


def is_unknown(course_key: Any) -> bool:
    """Return whether no source has a configuration, one could not be read, and the course was protected before."""
    if not has_failed(course_key) or _found(str(course_key)):
        return False
    return was_protected(course_key, what="configuration")


def remember_protection(course_key: Any) -> bool:
    """Return whether this request read a configuration or keys of the course, and mark it as protected if so."""
    course = str(course_key)
    found = _found(course)
    if found:
        marks = {cache_key("had", "configuration", course): True}
        if any(keys_in(value) for value in found):
            marks[cache_key("had", "keys", course)] = True
        to_cache(marks, _MARK_SECONDS)
    return bool(found)


def keys_in(value: Configuration) -> bool:
    """Return whether a configuration has keys of any kind."""
    if isinstance(value, dict):
        return bool(value.get("BROWSER_KEYS") or value.get("CONFIG_KEYS"))
    return bool(value)


def forget_cached(course_key: Any, sources: list[str]) -> None:
    """Drop what the shared cache holds of these sources for a course."""
    course = str(course_key)
    _notes.pop(course, None)
    keys = [note_key(course), *(_configuration_key(name, course) for name in sources)]
    _drop_fetched(keys)
    try:
        cache.delete_many(keys)
    except Exception:
        log.exception("the cache fails; a changed configuration counts when the old one expires")


@lru_cache(maxsize=2048)
def cache_key(kind: str, *names: str) -> str:
    """Return a key that every cache backend accepts."""
    # Course ids may hold characters, or be of a length, that memcached refuses.
    return f"seb_openedx.{kind}.{sha256(':'.join(names).encode()).hexdigest()}"


def fetch(keys: Sequence[str]) -> None:
    """Read these keys of the shared cache in one go; ``from_cache`` then answers from it for the rest of the request.

    A cache is often another machine: three questions to it take three times as long as one.
    """
    if _current.reading is None or len(keys) < 2:
        return
    try:
        found = cache.get_many(keys)
    except Exception as error:
        _log_cache_failure(error)
        found = {}
    stored = _current.reading.stored
    for key in keys:
        stored[key] = found.get(key, _UNREAD)


def from_cache(key: str, default: Any) -> Any:
    """Return what the shared cache holds, or ``default``, also when the cache fails."""
    if _current.reading is not None and key in _current.reading.stored:
        found = _current.reading.stored[key]
        return default if found is _UNREAD else found
    try:
        return cache.get(key, default)
    except Exception as error:
        _log_cache_failure(error)
        return default


def to_cache(values: dict[str, Any], seconds: int) -> None:
    """Store values in the shared cache; when the cache fails, that is logged."""
    _drop_fetched(values)
    try:
        cache.set_many(values, seconds)
    except Exception as error:
        _log_cache_failure(error)


def _drop_fetched(keys: Iterable[str]) -> None:
    """Let ``from_cache`` ask the cache again: what it holds under these keys changes."""
    if _current.reading is not None:
        for key in keys:
            _current.reading.stored.pop(key, None)


def _log_cache_failure(error: Exception) -> None:
    if first_time("cache", type(error).__name__):
        log.error("the cache fails; Safe Exam Browser configurations are read without it", exc_info=error)
