"""What one learner of a spike does. A journey sends requests by name, so that the load tool has times for each step."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlencode

CSRF: Final = "f" * 32
ATTEMPT_URL: Final = "/edx_proctoring/v1/proctored_exam/attempt"
STAFF_URL: Final = "/edx_proctoring/v2"
BARE_URL: Final = "/bench/bare/attempt"
BARE_STATUSES: Final = ("download_software_clicked", "ready_to_start", "started", "ready_to_submit", "submitted")
# One learner in so many gets more time during the exam.
EXTENDED_EVERY: Final = 20
EXTRA_MINUTES: Final = 15


class Refused(Exception):
    """A request was not answered as expected; the learner goes away."""


class Send(Protocol):
    """Sends a request, counts it under the name of its step and returns the parsed body. Raises ``Refused``."""

    def __call__(self, step: str, method: str, path: str, session: str, body: Any = None) -> Any: ...


@dataclass(frozen=True, slots=True)
class Learner:
    """One learner at one exam. ``exam``: ids of ``AppSide.new_exam``. ``pause``: seconds before each poll."""

    send: Send
    sleep: Callable[[float], object]
    exam: Mapping[str, Any]
    number: int
    user_id: int
    session: str
    provider_session: str
    staff_session: str
    polls: int = 0
    pause: float = 0.0
    is_extended: bool = False

    @property
    def external_id(self) -> str:
        """The id that the provider of the run gives to the first registration of this learner."""
        return f"{self.exam['exam_external_id']}-user{self.user_id}-1"

    def bare(self) -> None:
        """The floor: sign in by session, lock the row, save it with its history, answer; six times."""
        attempt_id = self._own("enter", "POST", BARE_URL, {"exam_id": self.exam["exam_id"]})["exam_attempt_id"]
        for status in BARE_STATUSES:
            step = "start" if status == "started" else status
            self._own(step, "PUT", f"{BARE_URL}/{attempt_id}", {"status": status})

    def attempt(self) -> None:
        """The six requests that change an attempt, without a pause."""
        attempt_id = self._enter()
        self._start(attempt_id, self.external_id)
        self._act(attempt_id, "stop")
        self._act(attempt_id, "submit")

    def day(self) -> None:
        """All of an exam day: pages before it, polls, for some more time, the end, a review."""
        place = urlencode({"course_id": self.exam["course_id"], "content_id": self.exam["content_id"]})
        self._own("outline", "GET", f"/bench/outline?{place}")
        self._own("entrance page", "GET", f"/bench/entrance?{place}")
        attempt_id = self._enter()
        # After an outage the registration that counts need not be the learner's first.
        external_id = self._own("set-up poll", "GET", f"{ATTEMPT_URL}/{attempt_id}")["external_id"]
        self._start(attempt_id, external_id)
        for number in range(self.polls):
            self.sleep(self.pause)
            self._own("poll", "GET", f"{ATTEMPT_URL}/{attempt_id}")
            if number == 0 and self.is_extended:
                body = {"minutes": EXTRA_MINUTES, "reason": "spike"}
                self.send("extend", "POST", f"{STAFF_URL}/attempts/{attempt_id}/extend", self.staff_session, body)
        self._act(attempt_id, "stop")
        self._act(attempt_id, "submit")
        review = {"status": "passed", "comments": []}
        self.send("review", "POST", f"{ATTEMPT_URL}/{external_id}/reviewed", self.provider_session, review)

    def _enter(self) -> int:
        body = {"exam_id": self.exam["exam_id"], "start_clock": "false", "attempt_proctored": "true"}
        attempt_id: int = self._own("enter", "POST", ATTEMPT_URL, body)["exam_attempt_id"]
        return attempt_id

    def _start(self, attempt_id: int, external_id: str) -> None:
        self._act(attempt_id, "click_download_software", "click")
        ready = f"{ATTEMPT_URL}/{external_id}/ready"
        self.send("ready", "POST", ready, self.provider_session, {"status": "ready"})
        self._act(attempt_id, "start")

    def _act(self, attempt_id: int, action: str, step: str | None = None) -> None:
        self._own(step or action, "PUT", f"{ATTEMPT_URL}/{attempt_id}", {"action": action})

    def _own(self, step: str, method: str, path: str, body: Any = None) -> Any:
        return self.send(step, method, path, self.session, body)


JOURNEYS: Final[Mapping[str, Callable[[Learner], None]]] = {
    "bare": Learner.bare,
    "attempt": Learner.attempt,
    "day": Learner.day,
}


def is_extended(number: int, plan: Mapping[str, Any]) -> bool:
    """Return whether a learner gets more time during the exam. ``plan``: with ``polls`` and ``extends``."""
    return bool(plan["extends"] and plan["polls"] and number % EXTENDED_EVERY == 0)


def headers(session: str) -> dict[str, str]:
    """Return what a signed-in browser sends."""
    return {
        "Cookie": f"csrftoken={CSRF}; sessionid={session}",
        "X-CSRFToken": CSRF,
        "Accept": "application/json",
        "Content-Type": "application/json",
    }


def parsed(text: str) -> Any:
    """Return a JSON body; None for another one, such as a page."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def numbered(learners: list[Any]) -> Iterator[tuple[int, int, str]]:
    """Yield number, user id and session of each learner."""
    for number, (user_id, session) in enumerate(learners):
        yield number, user_id, session
