"""The work that is compared, one class per row of the table.

A row prepares a call, which is not measured, and the call is made once. Learners are new for each call that changes
something.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import Any
from urllib.parse import quote

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import transaction
from edx_django_utils.cache import RequestCache
from opaque_keys.edx.keys import CourseKey, UsageKey

from bench.caller import Caller
from bench.compare import host
from bench.course import COURSE
from edx_proctoring import api
from edx_proctoring.models import ProctoredExam

EXAM_URL = "/edx_proctoring/v1/proctored_exam"
ATTEMPT_URL = f"{EXAM_URL}/attempt"
ONBOARDING_URL = "/edx_proctoring/v1/user_onboarding/status"
BARE_URL = "/bench/bare/attempt"
# Learners in a running exam, used in turn by the rows that only read.
READERS = 5

Call = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Row:
    """``prepare`` returns one call. ``calls``: how many are timed in one block.

    ``surroundings``: entered around each call and not timed. ``without_host``: the time of statements on the host's
    own tables does not count.
    """

    name: str
    calls: int
    prepare: Callable[[], Call]
    surroundings: Callable[[], AbstractContextManager[Any]] = field(default=nullcontext)
    without_host: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """A learner in the middle of an exam."""

    user_id: int
    caller: Caller
    attempt_id: int


class Workload:
    """All rows, over the database that ``host.create_database`` made."""

    def __init__(self, provider: host.StubProvider) -> None:
        users = get_user_model().objects
        self._numbers = count()
        self._stub = provider
        self._provider = Caller(users.get(username=host.PROVIDER_USERNAME))
        self._staff = Caller(users.get(username=host.STAFF_USERNAME))
        self._proctored, self._timed = host.exam(0), host.exam(1)
        self._in_proctored = cycle([self._start_proctored() for _ in range(READERS)])
        self._in_timed = cycle([self._start_timed() for _ in range(READERS)])

    def rows(self) -> list[Row]:
        """Return the rows in the order of the table."""
        return [
            Row("bare flow", 4, self._bare_flow),
            Row("whole attempt", 2, self._whole_attempt),
            Row("review callback", 2, self._review_callback),
            Row("content gate, timed exam", 15, self._gate_timed, _request),
            Row("content gate, proctored exam", 15, self._gate_proctored, _request),
            Row("poll", 12, self._poll),
            Row("learning client read", 10, self._learning_client),
            Row("timer read", 12, self._timer),
            Row("entrance page", 6, self._entrance_page, _request),
            Row("staff, first page of attempts", 5, self._staff_page),
            Row("staff, attempts of one status", 3, self._staff_status, without_host=True),
            Row("staff, onboarding of one status", 3, self._staff_onboarding, without_host=True),
            Row("staff, one status, first time", 1, self._staff_status_anew, without_host=True),
            Row("staff, onboarding, first time", 1, self._staff_onboarding_anew, without_host=True),
        ]

    # Learners

    def _new_learner(self) -> Any:
        name = f"learner-{os.getpid()}-{next(self._numbers)}"
        return get_user_model().objects.create(username=name, email=f"{name}@example.com", password="!")

    def _start_proctored(self) -> Running:
        user = self._new_learner()
        caller = Caller(user)
        return Running(user.pk, caller, self._enter_and_start(caller))

    def _start_timed(self) -> Running:
        user = self._new_learner()
        caller = Caller(user)
        body = {"exam_id": self._timed.pk, "start_clock": "true", "attempt_proctored": "false"}
        return Running(user.pk, caller, caller.send("POST", ATTEMPT_URL, body).json()["exam_attempt_id"])

    # Steps of an attempt

    def _enter_and_start(self, caller: Caller) -> int:
        body = {"exam_id": self._proctored.pk, "start_clock": "false", "attempt_proctored": "true"}
        attempt_id: int = caller.send("POST", ATTEMPT_URL, body).json()["exam_attempt_id"]
        _act(caller, attempt_id, "click_download_software")
        self._provider.send("POST", f"{ATTEMPT_URL}/{self._stub.last_external_id}/ready", {"status": "ready"})
        _act(caller, attempt_id, "start")
        return attempt_id

    def _take(self, caller: Caller) -> None:
        attempt_id = self._enter_and_start(caller)
        _act(caller, attempt_id, "stop")
        _act(caller, attempt_id, "submit")

    # Rows that change something

    def _bare_flow(self) -> Call:
        caller = Caller(self._new_learner())

        def call() -> None:
            attempt_id = caller.send("POST", BARE_URL, {"exam_id": self._proctored.pk}).json()["exam_attempt_id"]
            for status in ("download_software_clicked", "ready_to_start", "started", "ready_to_submit", "submitted"):
                caller.send("PUT", f"{BARE_URL}/{attempt_id}", {"status": status})

        return call

    def _whole_attempt(self) -> Call:
        caller = Caller(self._new_learner())
        return lambda: self._take(caller)

    def _review_callback(self) -> Call:
        self._take(Caller(self._new_learner()))
        path = f"{ATTEMPT_URL}/{self._stub.last_external_id}/reviewed"
        comment = {"comment": "Looked away", "status": "Suspicious", "start": 1, "stop": 3, "duration": 2}
        body = {"status": "passed", "comments": [comment] * 6}
        return lambda: self._provider.send("POST", path, body)

    # Rows that read

    def _gate_timed(self) -> Call:
        return _student_view(next(self._in_timed).user_id, self._timed, is_open=True)

    def _gate_proctored(self) -> Call:
        return _student_view(next(self._in_proctored).user_id, self._proctored, is_open=True)

    def _entrance_page(self) -> Call:
        return _student_view(self._new_learner().pk, self._proctored, is_open=False)

    def _poll(self) -> Call:
        learner = next(self._in_proctored)
        return lambda: learner.caller.send("GET", f"{ATTEMPT_URL}/{learner.attempt_id}")

    def _learning_client(self) -> Call:
        learner = next(self._in_proctored)
        query = f"content_id={quote(self._proctored.content_id)}&is_learning_mfe=true"
        return lambda: learner.caller.send("GET", f"{ATTEMPT_URL}/course_id/{COURSE}?{query}")

    def _timer(self) -> Call:
        learner = next(self._in_proctored)
        return lambda: learner.caller.send("GET", ATTEMPT_URL)

    def _staff_page(self) -> Call:
        return lambda: self._staff.send("GET", f"{ATTEMPT_URL}/grouped/course_id/{COURSE}")

    def _staff_status(self) -> Call:
        return lambda: self._staff.send("GET", f"{ATTEMPT_URL}/grouped/course_id/{COURSE}?status=rejected")

    def _staff_onboarding(self) -> Call:
        return lambda: self._staff.send("GET", f"{ONBOARDING_URL}/course_id/{COURSE}?statuses=submitted")

    def _staff_status_anew(self) -> Call:
        cache.clear()
        return self._staff_status()

    def _staff_onboarding_anew(self) -> Call:
        cache.clear()
        return self._staff_onboarding()


def _act(caller: Caller, attempt_id: int, action: str) -> None:
    caller.send("PUT", f"{ATTEMPT_URL}/{attempt_id}", {"action": action})


def _student_view(user_id: int, exam: ProctoredExam, *, is_open: bool) -> Call:
    """What the host calls before it shows a unit of an exam, with the context that it passes."""
    course_key, usage_key = CourseKey.from_string(COURSE), UsageKey.from_string(exam.content_id)
    context = {
        "display_name": exam.exam_name,
        "default_time_limit_mins": exam.time_limit_mins,
        "is_practice_exam": False,
        "allow_proctoring_opt_out": False,
        "due_date": host.due_date(),
        "grace_period": None,
        "credit_state": host.CreditService().get_credit_state(user_id, course_key),
    }

    def call() -> None:
        page = api.get_student_view(
            user_id=user_id, course_id=course_key, content_id=usage_key, context=context, user_role="student"
        )
        if (page is None) != is_open:
            raise RuntimeError(f"the content is {'open' if page is None else 'closed'}: {(page or '')[:300]}")

    return call


@contextmanager
def _request() -> Iterator[None]:
    """A request of the host, for a call that has none of its own."""
    RequestCache.clear_all_namespaces()
    with transaction.atomic():
        yield
