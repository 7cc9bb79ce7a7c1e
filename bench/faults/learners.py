"""Learners who take an exam over HTTP. Whatever goes wrong, they look where they are and press the button again."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

CSRF: Final = "f" * 32
ATTEMPT_URL: Final = "/edx_proctoring/v1/proctored_exam/attempt"
REQUEST_SECONDS: Final = 30.0
# A learner who was refused so often goes away.
MOST_TRIES: Final = 60

# What a learner does next, by the status of the attempt.
ENTER: Final = "enter"
READY: Final = "ready"
SUBMITTED: Final = "submitted"
NEXT_STEP: Final = {
    None: ENTER,
    "created": "click_download_software",
    "download_software_clicked": READY,
    "ready_to_start": "start",
    "started": "stop",
    "ready_to_submit": "submit",
}
AFTER_STEP: Final = {
    ENTER: "created",
    "click_download_software": "download_software_clicked",
    READY: "ready_to_start",
    "start": "started",
    "stop": "ready_to_submit",
    "submit": SUBMITTED,
}
STEPS: Final = len(AFTER_STEP)


class Unreachable(Exception):
    """The request got no answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, read to its end."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


class Browser:
    """A signed-in client with a connection that it keeps."""

    def __init__(self, address: str, session_key: str) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=REQUEST_SECONDS)
        self._headers = {
            "Cookie": f"csrftoken={CSRF}; sessionid={session_key}",
            "X-CSRFToken": CSRF,
            "Accept": "application/json",
            "Content-Type": "application/json",
        }

    def send(self, method: str, path: str, body: Any = None) -> Answer:
        """Send a request and read the answer. Raises ``Unreachable``."""
        try:
            self._connection.request(method, path, None if body is None else json.dumps(body), self._headers)
            response = self._connection.getresponse()
            answer = Answer(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unreachable(type(error).__name__) from error
        if answer.status == 200 and not answer.body:
            # The process died between the headers and the body, which has no length of its own.
            self._connection.close()
            raise Unreachable("no body")
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@dataclass
class Tally:
    """What the learners of one exam saw. ``answers``: by status, of requests that were not answered with 200."""

    done: int = 0
    went_away: int = 0
    repeated: int = 0
    unreachable: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    server_errors: list[str] = field(default_factory=list)
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Sitting:
    """One exam and who takes it. ``users``: id and session; ``reset_every``: of them, one is reset at the end."""

    address: str
    course_id: str
    exam_id: int
    content_id: str
    users: Sequence[tuple[int, str]]
    provider_session: str
    staff_session: str
    seed: int
    reset_every: int = 0
    pause_seconds: float = 0.0
    double_click_share: float = 0.3


def take(sitting: Sitting, *, at_once: int, on_step: Callable[[Tally], None] = lambda _tally: None) -> Tally:
    """Let all learners take the exam, ``at_once`` at a time; return what they saw."""
    tally = Tally()
    lock = threading.Lock()

    def one(number: int) -> None:
        learner = Learner(sitting, number, tally, lock, on_step)
        try:
            learner.take_exam()
        finally:
            learner.close()

    with ThreadPoolExecutor(at_once, thread_name_prefix="learner") as pool:
        for future in [pool.submit(one, number) for number in range(len(sitting.users))]:
            future.result()
    return tally


class Learner:
    """One learner, the provider's software on that learner's computer, and the staff who reset some attempts."""

    def __init__(
        self, sitting: Sitting, number: int, tally: Tally, lock: threading.Lock, on_step: Callable[[Tally], None]
    ) -> None:
        self._sitting = sitting
        self._number = number
        self._user_id, session = sitting.users[number]
        self._tally = tally
        self._lock = lock
        self._on_step = on_step
        self._random = random.Random(f"{sitting.seed} learner {number}")
        self._own = Browser(sitting.address, session)
        self._other_tab = Browser(sitting.address, session)
        self._provider = Browser(sitting.address, sitting.provider_session)
        self._staff = Browser(sitting.address, sitting.staff_session)
        self._attempt_id = 0

    def close(self) -> None:
        """Close all connections."""
        for browser in (self._own, self._other_tab, self._provider, self._staff):
            browser.close()

    def take_exam(self) -> None:
        """Go from the entrance to the submission."""
        status: str | None = None
        for _try in range(MOST_TRIES):
            if status == SUBMITTED:
                with self._lock:
                    self._tally.done += 1
                if self._sitting.reset_every and self._number % self._sitting.reset_every == 0:
                    self._reset()
                return
            step = NEXT_STEP.get(status)
            if step is None:
                raise RuntimeError(f"user_id={self._user_id}: no way on from status {status!r}")
            if self._do(step):
                status = AFTER_STEP[step]
                with self._lock:
                    self._tally.steps += 1
                self._on_step(self._tally)
                time.sleep(self._sitting.pause_seconds * self._random.uniform(0.5, 1.5))
                continue
            with self._lock:
                self._tally.repeated += 1
            time.sleep(self._random.uniform(0.02, 0.2))
            status = self._look(status)
        with self._lock:
            self._tally.went_away += 1

    def _do(self, step: str) -> bool:
        """Take one step; return whether it was accepted."""
        if step == ENTER:
            return self._enter()
        url = f"{ATTEMPT_URL}/{self._attempt_id}"
        if step == READY:
            seen = self._send(self._own, "GET", url)
            if seen is None:
                return False
            external_id = seen.json()["external_id"]
            return (
                self._send(self._provider, "POST", f"{ATTEMPT_URL}/{external_id}/ready", {"status": "ready"})
                is not None
            )
        return self._send(self._own, "PUT", url, {"action": step}) is not None

    def _enter(self) -> bool:
        body = {"exam_id": self._sitting.exam_id, "start_clock": "false", "attempt_proctored": "true"}
        second: threading.Thread | None = None
        if self._random.random() < self._sitting.double_click_share:
            second = threading.Thread(target=self._send, args=(self._other_tab, "POST", ATTEMPT_URL, body))
            second.start()
        answer = self._send(self._own, "POST", ATTEMPT_URL, body)
        if second is not None:
            second.join()
        if answer is None:
            return False
        self._attempt_id = answer.json()["exam_attempt_id"]
        return True

    def _look(self, believed: str | None) -> str | None:
        """Ask where this learner is, as a reload of the page does; believe what was so if there is no answer."""
        course, content = quote(self._sitting.course_id), quote(self._sitting.content_id)
        answer = self._send(
            self._own, "GET", f"{ATTEMPT_URL}/course_id/{course}?content_id={content}&is_learning_mfe=true"
        )
        if answer is None:
            return believed
        attempt = answer.json()["exam"].get("attempt") or {}
        self._attempt_id = attempt.get("attempt_id") or 0
        status: str | None = attempt.get("attempt_status")
        return status

    def _reset(self) -> None:
        for _try in range(MOST_TRIES):
            answer = self._send(self._staff, "DELETE", f"{ATTEMPT_URL}/{self._attempt_id}")
            # 400: an earlier try, whose answer was lost, removed it.
            if answer is not None or self._last_status == 400:
                return
            time.sleep(self._random.uniform(0.05, 0.3))
        with self._lock:
            self._tally.went_away += 1

    _last_status = 0

    def _send(self, browser: Browser, method: str, path: str, body: Any = None) -> Answer | None:
        """Send; return the answer if it is 200, and count any other."""
        try:
            answer = browser.send(method, path, body)
        except Unreachable:
            with self._lock:
                self._tally.unreachable += 1
            self._last_status = 0
            return None
        self._last_status = answer.status
        if answer.status == 200:
            return answer
        with self._lock:
            self._tally.answers[answer.status] += 1
            if answer.status == 500:
                self._tally.server_errors.append(f"{method} {path}: {answer.body[:200]!r}")
        return None
