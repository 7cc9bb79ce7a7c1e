"""Latency and query counts of the hot paths, in this process.

What is measured: the app's own work and its database, from a call to its result, with Django's test client where the
path is a REST one. What is not: network, web server, the host's middleware, a provider (the ``test`` provider agrees at
once). Numbers of different machines cannot be compared; the query counts can. Run it before and after a change, on an
idle machine, with the same ``--seed``.
"""

import argparse
import json
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "test_settings")

import django
from django.db import connection
from django.test.utils import CaptureQueriesContext, setup_test_environment, teardown_test_environment
from eventtracking import tracker
from eventtracking.tracker import Tracker

COURSE = "course-v1:Bench+LOAD+2026"
API = "/edx_proctoring/v1"


@dataclass(frozen=True)
class Result:
    """One measured path; times in milliseconds."""

    name: str
    runs: int
    queries: int
    median_ms: float
    p95_ms: float


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--attempts", type=int, default=2000, help="learners with an attempt (default: %(default)s)")
    parser.add_argument("--allowances", type=int, default=200, help="learners with extra time (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=50, help="times each path is measured (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=2026, help="chooses the learners (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    return parser.parse_args(arguments)


class Course:
    """A course with one proctored exam that ``attempts`` learners take, half of them right now."""

    def __init__(self, attempts: int, allowances: int) -> None:
        from django.contrib.auth import get_user_model
        from django.utils import timezone

        from edx_proctoring import api
        from edx_proctoring.models import ProctoredExamStudentAllowance, ProctoredExamStudentAttempt

        User = get_user_model()
        self.content_id = "block-v1:Bench+LOAD+2026+type@sequential+block@final"
        self.exam_id = api.create_exam(
            course_id=COURSE, content_id=self.content_id, exam_name="Final", time_limit_mins=90, backend="test"
        )
        self.staff = User.objects.create_user("staff", "staff@example.com", is_staff=True)
        User.objects.bulk_create(
            [User(username=f"learner{n}", email=f"learner{n}@example.com") for n in range(attempts)], batch_size=500
        )
        self.learners = list(User.objects.filter(is_staff=False).order_by("pk"))
        now = timezone.now()
        # In bulk: what is measured is reading and changing attempts among many, not making many.
        ProctoredExamStudentAttempt.objects.bulk_create(
            [
                ProctoredExamStudentAttempt(
                    user=learner,
                    proctored_exam_id=self.exam_id,
                    attempt_code=f"CODE-{number}",
                    external_id=f"external-{number}",
                    taking_as_proctored=True,
                    status="started" if number % 2 == 0 else "submitted",
                    started_at=now - timedelta(minutes=10),
                    completed_at=None if number % 2 == 0 else now,
                    allowed_time_limit_mins=90,
                )
                for number, learner in enumerate(self.learners)
            ],
            batch_size=500,
        )
        ProctoredExamStudentAllowance.objects.bulk_create(
            [
                ProctoredExamStudentAllowance(
                    user=learner, proctored_exam_id=self.exam_id, key="additional_time_granted", value="30"
                )
                for learner in self.learners[:allowances]
            ],
            batch_size=500,
        )
        self.running = list(ProctoredExamStudentAttempt.objects.filter(status="started").values_list("pk", "user_id"))


def measure(name: str, runs: int, call: Callable[[int], Any]) -> Result:
    """Run ``call(run)`` once to warm up, once to count queries, then ``runs`` times for the clock."""
    call(0)
    with CaptureQueriesContext(connection) as captured:
        call(1)
    queries = len(captured)  # now: the next request empties the log
    times = []
    for run in range(2, runs + 2):
        began = time.perf_counter()
        call(run)
        times.append((time.perf_counter() - began) * 1000)
    times.sort()
    return Result(
        name=name,
        runs=runs,
        queries=queries,
        median_ms=round(statistics.median(times), 2),
        p95_ms=round(times[max(0, int(len(times) * 0.95) - 1)], 2),
    )


def expect_ok(response: Any) -> None:
    """A benchmark of error pages would be fast and worthless."""
    if response.status_code != 200:
        path = response.request["PATH_INFO"]
        raise RuntimeError(f"{path} answered {response.status_code}: {response.content[:200]!r}")


def benchmarks(course: Course, options: argparse.Namespace) -> list[Result]:
    """Measure every path."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from edx_proctoring import api

    User = get_user_model()
    order = random.Random(options.seed)
    running = order.sample(course.running, options.runs + 2)
    own_attempt = running[0][0]
    learner = Client()
    learner.force_login(User.objects.get(pk=running[0][1]), "django.contrib.auth.backends.ModelBackend")
    staff = Client()
    staff.force_login(course.staff, "django.contrib.auth.backends.ModelBackend")
    context = {"display_name": "Final", "default_time_limit_mins": 90, "is_proctored": True, "user_role": "student"}

    def get(client: Client, path: str) -> Callable[[int], None]:
        return lambda run: expect_ok(client.get(API + path))

    def student_view(run: int) -> None:
        html = api.get_student_view(running[run][1], COURSE, course.content_id, context=context)
        if html is not None:
            raise RuntimeError("a running exam must show its content")

    return [
        measure("learner: timer, GET attempt", options.runs, get(learner, "/proctored_exam/attempt")),
        measure(
            "learner: poll, GET attempt/{id}", options.runs, get(learner, f"/proctored_exam/attempt/{own_attempt}")
        ),
        measure("host: get_student_view, running exam", options.runs, student_view),
        measure(
            "staff: first page of attempts",
            options.runs,
            get(staff, f"/proctored_exam/attempt/grouped/course_id/{COURSE}"),
        ),
        measure(
            "staff: search for a learner",
            options.runs,
            get(staff, f"/proctored_exam/attempt/grouped/course_id/{COURSE}/search/learner17"),
        ),
        measure("staff: grouped allowances", options.runs, get(staff, f"/proctored_exam/{COURSE}/grouped/allowance")),
        measure(
            "change: started to submitted, with effects",
            options.runs,
            lambda run: api.update_attempt_status(running[run][0], "submitted"),
        ),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Make a database, fill it, measure, print. Returns the exit code."""
    options = parse(arguments)
    if options.attempts < 2 * (options.runs + 2):
        print(f"--attempts must be at least {2 * (options.runs + 2)} for {options.runs} runs", file=sys.stderr)
        return 2
    django.setup()
    setup_test_environment(debug=False)
    from edx_proctoring.tests import setup_test_backends

    setup_test_backends()
    # Events are part of the path; where they go is the host's matter.
    tracker.register_tracker(Tracker())
    database = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        results = benchmarks(Course(options.attempts, options.allowances), options)
    finally:
        connection.creation.destroy_test_db(database, verbosity=0)
        teardown_test_environment()
    about = {
        "database": connection.vendor,
        "python": platform.python_version(),
        "django": django.get_version(),
        "attempts": options.attempts,
        "allowances": options.allowances,
        "seed": options.seed,
    }
    if options.json:
        print(json.dumps({**about, "results": [asdict(result) for result in results]}, indent=2))
        return 0
    print(" ".join(f"{key}={value}" for key, value in about.items()))
    print(f"{'path':<46} {'queries':>7} {'median ms':>10} {'p95 ms':>8}")
    for result in results:
        print(f"{result.name:<46} {result.queries:>7} {result.median_ms:>10.2f} {result.p95_ms:>8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
