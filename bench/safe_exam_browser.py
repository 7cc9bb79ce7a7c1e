"""What the middleware of Safe Exam Browser adds to a page: ``python -m bench.safe_exam_browser`` (in ``make bench``).

The page is the bare view of ``bench.reference``, as a page of a course. It is asked in turn with and without the
middleware in the same process. Targets: ``docs/performance.rst``.
"""

import argparse
import gc
import logging
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

from bench.environment import database, install_services, set_up_django

COURSES: Final = {name: f"course-v1:Bench+{name}+2026" for name in ("PLAIN", "KEYS", "EXAM")}
EXAM: Final = "block-v1:Bench+EXAM+2026+type@sequential+block@final"
KEY: Final = "5eb0" * 16
USER_AGENT: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0 Safari/537.36 SEB/3.7.0"
ORDINARY: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0 Safari/537.36"
MIDDLEWARE: Final = "seb_openedx.middleware.SecureExamBrowserMiddleware"

MOST_ADDED: Final = 0.05
MOST_TIMES_BARE: Final = 2.0
# Calls between two looks at the clock: a single call is too short for the clock of the process.
BLOCK: Final = 20
PAIRED_BLOCK: Final = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    target: str
    measured: str
    is_met: bool


def get_configuration_helpers() -> Any:
    """Stand-in for the host's site configuration, which says nothing (setting ``SEB_CONFIGURATION_HELPERS``)."""
    return SimpleNamespace(has_override_value=lambda _name: False, get_configuration_value=lambda _name: None)


class Stage:
    """A learner, courses with and without Safe Exam Browser, and the application with and without the middleware."""

    def __init__(self) -> None:
        from django.conf import settings
        from django.contrib.auth import get_user_model
        from django.core.handlers.wsgi import WSGIHandler

        from bench import reference
        from bench.caller import Caller
        from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
        from seb_openedx.settings.common import plugin_settings
        from seb_openedx.settings.test import COURSE_KEY_REGEX

        # As in the LMS: the plug-in's settings, and those that the platform has.
        plugin_settings(settings)
        settings.SERVICE_VARIANT, settings.COURSE_KEY_REGEX = "lms", COURSE_KEY_REGEX
        settings.SEB_CONFIGURATION_HELPERS = "bench.safe_exam_browser"
        settings.SEB_CONFIG_CACHE_SECONDS = 60
        settings.SAFE_EXAM_BROWSER = {COURSES["KEYS"]: {"CONFIG_KEYS": [KEY]}}
        self.user: Any = get_user_model().objects.create_user("learner")
        exam = ProctoredExam.objects.create(course_id=COURSES["EXAM"], content_id=EXAM, time_limit_mins=90)
        attempt = ProctoredExamStudentAttempt.objects.create(proctored_exam=exam, user=self.user)
        self.handlers = {"bare": WSGIHandler()}
        settings.MIDDLEWARE = (*settings.MIDDLEWARE, MIDDLEWARE)
        self.handlers["guarded"] = WSGIHandler()
        self.bare = Caller(self.user, self.handlers["bare"])
        self.guarded = Caller(self.user, self.handlers["guarded"])
        self.paths = {
            name: reference.COURSE_PATH.format(course_id=course_id, attempt_id=attempt.pk)
            for name, course_id in COURSES.items()
        }
        self.exam_path = reference.BLOCK_PATH.format(usage_id=EXAM, attempt_id=attempt.pk)

    def get(self, who: Any, path: str, user_agent: str = ORDINARY) -> Callable[[], Any]:
        """Return a call of a page that must answer."""
        return lambda: who.send("GET", path, headers={"HTTP_USER_AGENT": user_agent})

    def with_session(self, course_id: str, content_id: str = "") -> Any:
        """Return a client of the learner that has proved the browser."""
        from django.http import HttpResponse
        from django.test import RequestFactory
        from django.utils import timezone

        from bench.caller import Caller
        from seb_openedx.exam_models import SebExamConfiguration, SebSession
        from seb_openedx.exams import sessions

        if content_id:
            SebExamConfiguration.objects.create(
                course_id=course_id, content_id=content_id, mode="client", client_config_keys=[KEY]
            )
        who = Caller(self.user, self.handlers["guarded"])
        request: Any = RequestFactory().get("/", HTTP_USER_AGENT=USER_AGENT)
        request.session, now = SimpleNamespace(session_key=who.session_key), timezone.now()
        session = SebSession.objects.create(
            user_id=self.user.pk,
            username=self.user.username,
            course_id=course_id,
            content_id=content_id,
            session_hash=sessions.login_hash(request),
            user_agent_hash=sessions._user_agent_hash(request),
            key_prefix=KEY[: sessions.PREFIX_LENGTH],
            proof="ck",
            created=now,
            last_proof=now,
            last_seen=now,
            expires=now + timedelta(hours=8),
        )
        response = HttpResponse()
        sessions.set_cookie(request, response, session, now=now)
        who.add_cookie(sessions.COOKIE, response.cookies[sessions.COOKIE].value)
        return who


@contextmanager
def cache_reads() -> Iterator[Counter[str]]:
    """Count the reads of the host's cache: one for ``get``, and one for ``get_many``, however many keys it asks for."""
    from django.core.cache import cache

    found: Counter[str] = Counter()
    backend: Any = type(cache._connections[cache._alias])  # type: ignore[attr-defined]
    get, get_many = backend.get, backend.get_many
    inside = False

    def counted(self: Any, key: Any, *arguments: Any, **options: Any) -> Any:
        found["get"] += not inside
        return get(self, key, *arguments, **options)

    def counted_many(self: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal inside
        found["get_many"] += 1
        inside = True  # the local cache asks itself for one key after the other
        try:
            return get_many(self, *arguments, **options)
        finally:
            inside = False

    with patch.object(backend, "get", counted), patch.object(backend, "get_many", counted_many):
        yield found


def costs(call: Callable[[], Any]) -> tuple[int, int]:
    """Return the numbers of queries and of reads of the cache of one call, after a call that fills caches."""
    from bench import measure
    from seb_openedx import configuration_reading

    call()
    # As in a process that nobody has asked for the course within the last second.
    configuration_reading.forget_notes()
    with cache_reads() as read:
        statements, _result = measure.statements_of(call)
    return sum(not measure.is_control(statement) for statement in statements), sum(read.values())


def milliseconds(call: Callable[[], Any], calls: int) -> float:
    """Return the mean CPU time of a call."""
    begin = time.process_time()
    for _number in range(calls):
        call()
    return 1000 * (time.process_time() - begin) / calls


def in_turn(first: Callable[[], Any], second: Callable[[], Any], rounds: int) -> tuple[float, float, float]:
    """Return the median CPU time in milliseconds of ``first``, and the median and the spread of what ``second`` adds.

    Each round asks both in the order A B B A and takes a few milliseconds, so that other work on the machine burdens
    both alike.
    """
    base, added = [], []
    gc.disable()
    try:
        for number in range(rounds):
            if number % 20 == 0:
                gc.collect()
            a, b, c, d = (milliseconds(call, PAIRED_BLOCK) for call in (first, second, second, first))
            base.append((a + d) / 2)
            added.append((b + c) / 2 - (a + d) / 2)
    finally:
        gc.enable()
    quartiles = statistics.quantiles(added, n=4)
    return statistics.median(base), statistics.median(added), quartiles[2] - quartiles[0]


class _Lines(logging.Handler):
    """Counts lines, and what they are about."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.about: Counter[tuple[str, str]] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        arguments = record.args if isinstance(record.args, tuple) else ()
        reason = next((str(part) for part in arguments if isinstance(part, str)), "")
        self.about[str(record.msg), reason] += 1


@contextmanager
def logged() -> Iterator[Counter[tuple[str, str]]]:
    """Count what the app logs, from the level INFO on."""
    handler, logger = _Lines(), logging.getLogger("seb_openedx")
    disabled, level = logging.root.manager.disable, logger.level
    logging.disable(logging.NOTSET)
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield handler.about
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logging.disable(disabled)


def unprotected(stage: Stage, rounds: int) -> list[Row]:
    """A course without Safe Exam Browser."""
    bare, guarded = (stage.get(who, stage.paths["PLAIN"]) for who in (stage.bare, stage.guarded))
    (queries, _), (guarded_queries, reads) = costs(bare), costs(guarded)
    base, added, spread = in_turn(bare, guarded, rounds)
    share = added / base
    text = f"{share:.1%} ({1000 * added:.0f} us, quartiles {1000 * spread:.0f} us apart, of {base:.2f} ms)"
    return [
        Row(
            "course without it: queries added",
            "0",
            f"{guarded_queries - queries} (reads of the cache: {reads})",
            guarded_queries <= queries,
        ),
        Row("course without it: CPU time added", f"{MOST_ADDED:.0%} of a bare view", text, share <= MOST_ADDED),
    ]


def verified(stage: Stage) -> list[Row]:
    """A protected page in a browser that has proved itself, against a page of a course without protection."""
    queries, reads = costs(stage.get(stage.guarded, stage.paths["PLAIN"]))
    rows = []
    for name, path, content_id in (("KEYS", stage.paths["KEYS"], ""), ("EXAM", stage.exam_path, EXAM)):
        call = stage.get(stage.with_session(COURSES[name], content_id), path, USER_AGENT)
        more_queries, more_reads = (now - then for now, then in zip(costs(call), (queries, reads), strict=True))
        kind = "exam" if content_id else "course"
        rows.append(Row(f"{kind} with a session: queries more", "1", str(more_queries), more_queries <= 1))
        rows.append(Row(f"{kind} with a session: cache reads more", "1", str(more_reads), more_reads <= 1))
    return rows


def refused(stage: Stage, times: int) -> list[Row]:
    """A flood of refusals."""
    from seb_openedx import log_once

    bare = stage.get(stage.bare, stage.paths["KEYS"])
    rows = []
    for kind, accept in (("program", "application/json"), ("page", "text/html")):
        headers = {"HTTP_ACCEPT": accept, "HTTP_USER_AGENT": ORDINARY}

        def refuse(headers: dict[str, str] = headers) -> None:
            stage.guarded.send("GET", stage.paths["KEYS"], expect=403, headers=headers)

        refuse()
        log_once.forget()
        base, cost, begin = [], [], time.monotonic()
        with logged() as lines:
            for _block in range(times // (10 * BLOCK)):
                base.append(milliseconds(bare, BLOCK))
                cost.append(milliseconds(refuse, 10 * BLOCK))
        minutes = 1 + int((time.monotonic() - begin) / 60)
        ratio = statistics.fmean(cost) / statistics.fmean(base)
        most = max(lines.values(), default=0)
        rows += [
            Row(
                f"{times} refusals of a {kind}: mean CPU time",
                f"{MOST_TIMES_BARE} x bare",
                f"{ratio:.2f} x bare ({statistics.fmean(cost):.2f} ms)",
                ratio <= MOST_TIMES_BARE,
            ),
            Row(
                f"{times} refusals of a {kind}: log lines, same reason",
                "1 a minute",
                f"{most} in {minutes} begun minutes",
                # A span of n begun minutes may touch n + 1 of the app's own.
                most <= minutes,
            ),
        ]
    return rows


def table(rows: list[Row]) -> str:
    """Return the rows as text."""
    width = max(len(row.name) for row in rows)
    lines = [f"{'Safe Exam Browser':<{width}}  {'target':<18} {'met':<4} measured"]
    lines += [
        f"{row.name:<{width}}  {row.target:<18} {'yes' if row.is_met else 'NO':<4} {row.measured}" for row in rows
    ]
    return "\n".join(lines)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.safe_exam_browser", description=__doc__)
    parser.add_argument("--rounds", type=int, default=401, help="rounds of timed calls (default: %(default)s)")
    parser.add_argument("--refusals", type=int, default=10_000, help="per kind of client (default: %(default)s)")
    parser.add_argument("--profile", action="store_true", help="only the hottest functions of the first row")
    options = parser.parse_args(arguments)
    if options.rounds < 2 or options.refusals < 10 * BLOCK:
        parser.error(f"--rounds: at least 2; --refusals: at least {10 * BLOCK}")
    return options


def profile(stage: Stage) -> None:
    """Print where the time of a course without Safe Exam Browser goes, without session and user, which views need."""
    import cProfile
    import pstats

    from django.test import RequestFactory
    from django.urls import resolve

    from seb_openedx.middleware import SecureExamBrowserMiddleware

    request: Any = RequestFactory().get(stage.paths["PLAIN"], HTTP_USER_AGENT=ORDINARY)
    request.resolver_match, request.user, request.session = resolve(request.path), stage.user, {}
    middleware = SecureExamBrowserMiddleware()

    def look() -> None:
        middleware(request)
        middleware.process_view(request, request.resolver_match.func, (), request.resolver_match.kwargs)

    look()
    print(f"{1000 * milliseconds(look, 2000):.0f} us a request")
    profiler = cProfile.Profile()
    profiler.enable()
    for _number in range(2000):
        look()
    profiler.disable()
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(50)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print. Returns the exit code: 1 if a count is over its target; times are only a hint."""
    options = parse(arguments)
    set_up_django("seb")
    with database():
        install_services()
        stage = Stage()
        if options.profile:
            profile(stage)
            return 0
        counted = [*unprotected(stage, options.rounds), *verified(stage)]
        rows = [*counted, *refused(stage, options.refusals)]
    print(table(rows))
    return 0 if all(row.is_met for row in rows if "CPU" not in row.name) else 1


if __name__ == "__main__":
    sys.exit(main())
