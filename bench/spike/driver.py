"""The load tool's side: learners of a plan, as users of Locust, in a process of its own.

``python -m bench.spike.driver PLAN``: a JSON file with what ``Plan`` has. Prints the result as JSON.
"""

import gevent.monkey

gevent.monkey.patch_all()

import json  # noqa: E402 - everything else must see the patched modules
import logging  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any, ClassVar  # noqa: E402

import gevent  # noqa: E402
from locust import FastHttpUser, events, task  # noqa: E402
from locust.env import Environment  # noqa: E402
from locust.exception import StopUser  # noqa: E402

from bench.spike import journeys  # noqa: E402

# A learner waits so long for a page. Gunicorn kills a worker that takes longer.
REQUEST_SECONDS = 60.0
# While the provider does not answer, a learner presses the button again.
UNAVAILABLE = 503
TRY_AGAIN_SECONDS = 5.0
# How fast Locust makes users.
_MADE_PER_SECOND = 1000
PERCENTILES = (0.5, 0.95, 0.99)


class Person(FastHttpUser):
    """Takes the next learner of the plan: one after the other, or one only where learners arrive at a rate."""

    network_timeout = connection_timeout = REQUEST_SECONDS
    plan: ClassVar[dict[str, Any]]
    learners: ClassVar[Iterator[tuple[int, int, str]]]
    began: ClassVar[float]
    started_at: ClassVar[list[float]] = []
    refused: ClassVar[list[str]] = []

    @task
    def take_exam(self) -> None:
        """Go through the journey."""
        try:
            number, user_id, session = next(self.learners)
        except StopIteration:
            raise StopUser from None
        if self.plan["rate"]:
            # Locust would let in as many as have left, so all are there from the beginning and wait for their turn.
            gevent.sleep(max(0, self.began + number / self.plan["rate"] - time.monotonic()))
        learner = journeys.Learner(
            self._send,
            gevent.sleep,
            self.plan["exam"],
            number,
            user_id,
            session,
            self.plan["provider_session"],
            self.plan["staff_session"],
            self.plan["polls"],
            self.plan["pause"],
            journeys.is_extended(number, self.plan),
        )
        try:
            journeys.JOURNEYS[self.plan["journey"]](learner)
        except journeys.Refused as refusal:
            self.refused.append(str(refusal))
        if self.plan["rate"]:
            raise StopUser

    def _send(self, step: str, method: str, path: str, session: str, body: Any = None) -> Any:
        for _try in range(self.plan["tries"]):
            status, text = self._request(step, method, path, session, body)
            if status == 200:
                if step == "start":
                    self.started_at.append(time.monotonic())
                return journeys.parsed(text)
            if status != UNAVAILABLE:
                break
            gevent.sleep(TRY_AGAIN_SECONDS)
        raise journeys.Refused(f"{step}: {status} {text[:200]}")

    def _request(self, step: str, method: str, path: str, session: str, body: Any) -> tuple[int, str]:
        data = None if body is None else json.dumps(body)
        with self.client.request(
            method, path, name=step, data=data, headers=journeys.headers(session), catch_response=True
        ) as response:
            if response.status_code != 200:
                response.failure(f"{response.status_code}")
            return response.status_code, response.text or ""


def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Let all learners of a plan through; return times and failures."""
    Person.plan, Person.host = plan, f"http://{plan['address']}"
    Person.learners = journeys.numbered(plan["learners"])
    environment = Environment(user_classes=[Person], events=events)
    runner = environment.create_local_runner()
    people = len(plan["learners"]) if plan["rate"] else plan["at_once"]
    # Later, because it takes a while until all are made.
    Person.began = time.monotonic() + people / _MADE_PER_SECOND
    runner.start(people, spawn_rate=people)
    if runner.spawning_greenlet is not None:
        runner.spawning_greenlet.join()
    runner.user_greenlets.join()
    seconds = time.monotonic() - Person.began
    runner.quit()
    return {
        "seconds": round(seconds, 2),
        "started": len(Person.started_at),
        "started_per_second": round(_rate(Person.started_at), 2),
        "refused": Person.refused,
        "steps": {entry.name: _times(entry) for entry in environment.stats.entries.values()},
    }


def _rate(moments: list[float]) -> float:
    """Return how many a second, of the middle four fifths: without the beginning and the end."""
    tenth = len(moments) // 10
    middle = moments[tenth : len(moments) - tenth]
    if len(middle) < 2:
        return 0.0
    return (len(middle) - 1) / (middle[-1] - middle[0])


def _times(entry: Any) -> dict[str, Any]:
    percentiles = {f"p{part * 100:.0f}": entry.get_response_time_percentile(part) for part in PERCENTILES}
    return {
        "requests": entry.num_requests,
        "failures": entry.num_failures,
        "max": entry.max_response_time,
        **percentiles,
    }


def main() -> int:
    """Run the plan. Returns the exit code."""
    logging.disable(logging.WARNING)
    result = run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
