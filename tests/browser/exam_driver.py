"""Learners who take an exam over HTTP, without a browser each, as many as a test wants."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from .demo_process import COURSE, Demo

V1 = "/api/edx_proctoring/v1/proctored_exam"
V2 = "/api/edx_proctoring/v2"
# More at once only wait for each other.
AT_ONCE = 4


def exam_of(demo: Demo, name: str) -> dict[str, Any]:
    """The exam of this name, as staff see it."""
    reply = demo.session("gina").get(f"{demo.host}{V2}/courses/{COURSE}/exams", params={"page_size": 100}, timeout=30)
    reply.raise_for_status()
    [exam] = [one for one in reply.json()["results"] if one["name"] == name]
    return dict(exam)


class HttpLearner:
    """One of them. ``attempt_id``: of the attempt that was made."""

    def __init__(self, demo: Demo, exam_id: int, name: str = "Lena Berg") -> None:
        self.demo = demo
        self.exam_id = exam_id
        self.username = demo.new_learner(name)
        self.attempt_id = 0
        self._session: requests.Session = demo.session(self.username)

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        reply = self._session.request(method, f"{self.demo.host}{path}", json=body, timeout=60)
        assert reply.ok, f"{method} {path}: {reply.status_code} {reply.text[:500]}"
        return reply.json()

    def enter(self, *, proctored: bool = False) -> HttpLearner:
        """Make an attempt; at a timed exam, and during an outage, the clock starts at once."""
        wishes = {"exam_id": self.exam_id, "attempt_proctored": proctored, "start_clock": not proctored}
        self.attempt_id = int(self._send("POST", f"{V1}/attempt", wishes)["exam_attempt_id"])
        return self

    def try_to_enter(self) -> int:
        """Try to make an attempt at a proctored exam; return the status of the reply."""
        wishes = {"exam_id": self.exam_id, "attempt_proctored": True}
        return self._session.post(f"{self.demo.host}{V1}/attempt", json=wishes, timeout=60).status_code

    def act(self, action: str, **more: Any) -> None:
        """Change the attempt's status, as the page does."""
        self._send("PUT", f"{V1}/attempt/{self.attempt_id}", {"action": action, **more})

    def poll(self) -> dict[str, Any]:
        """Ask for the attempt, as the timer bar does: then the course team sees the learner."""
        return dict(self._send("GET", f"{V1}/attempt/{self.attempt_id}"))


def enter_all(
    demo: Demo, exam_id: int, number: int, *, proctored: bool = False, with_set_up: bool = True
) -> list[HttpLearner]:
    """Let so many learners enter an exam. ``with_set_up``: a proctored one as usual; False: during an outage."""

    def one(index: int) -> HttpLearner:
        learner = HttpLearner(demo, exam_id, f"Lena Berg {index}").enter(proctored=proctored)
        return pass_set_up(demo, learner) if proctored and with_set_up else learner

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(number)))


def all_do(learners: Sequence[HttpLearner], action: str) -> None:
    """Let each of them do it."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda learner: learner.act(action), learners))


def all_poll(learners: Sequence[HttpLearner]) -> None:
    """Let each of them be heard of."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda learner: learner.poll(), learners))


def pass_set_up(demo: Demo, learner: HttpLearner) -> HttpLearner:
    """Go through the provider's software to the running clock."""
    learner.act("click_download_software")
    external_id = learner.poll()["external_id"]
    reply = demo.http().post(f"{demo.provider}/download", data={"attempt": external_id}, timeout=60)
    assert reply.ok, reply.text[:500]
    learner.act("start")
    return learner
