"""A review that the host does not take arrives later, over HTTP: mock provider and host in processes of their own."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from tests.browser.demo_process import COURSE, Demo

pytestmark = [pytest.mark.slow, pytest.mark.contract("mock-provider#callbacks")]

API = "/api/edx_proctoring/v1/proctored_exam"
MIDTERM = "Midterm exam: stars"
PATIENCE_SECONDS = 60
# Of pauses of 5, 10 and 20 seconds. The provider notes whole seconds, and a pause of such is never noted shorter.
CLOCK_FACTOR = 0.2
PAUSES = (1, 2, 4)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A running demo."""
    demo = Demo(tmp_path_factory.mktemp("reviews") / "data", database=[])
    try:
        demo.wait_until_it_runs()
        yield demo
    finally:
        left = demo.stop()
    assert left == []


class Walk:
    """A learner who takes the exam over REST, up to its submission."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.username = demo.new_learner()
        self._session = demo.session(self.username)
        self._session.headers["Referer"] = f"{demo.host}/"

    def submit(self) -> None:
        """Enter, set up, start and submit."""
        exams = self._call("GET", f"exam/course_id/{COURSE}")
        [exam] = [exam for exam in exams if exam["exam_name"] == MIDTERM]
        entered = self._call("POST", "attempt", {"exam_id": exam["id"], "attempt_proctored": True})
        self.attempt_id = entered["exam_attempt_id"]
        self.external_id = self.attempt()["external_id"]
        software = self.demo.http().get(
            f"{self.demo.provider}/download", params={"attempt": self.external_id}, timeout=20
        )
        software.raise_for_status()
        wait_for(lambda: self.attempt()["status"] == "ready_to_start")
        for action in ("start", "submit"):
            self._call("PUT", f"attempt/{self.attempt_id}", {"action": action})

    def attempt(self) -> dict[str, Any]:
        """The attempt as course staff see it."""
        return self.demo.attempts(self.username)[0]

    def reviews_sent(self) -> list[tuple[int | None, datetime]]:
        """What the host answered to the provider's reviews, and when; the oldest first."""
        path = self.demo.data_dir / "mock_provider.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            rows = store.execute(
                "SELECT lms_status, sent_at FROM verdicts WHERE attempt_id = ? ORDER BY number", [self.external_id]
            )
            return [(status, datetime.fromisoformat(sent_at)) for status, sent_at in rows]

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        reply = self._session.request(method, f"{self.demo.host}{API}/{path}", json=body, timeout=20)
        assert reply.status_code == 200, reply.text
        return reply.json()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def tell_faults(demo: Demo, **wishes: Any) -> None:
    demo.http().post(f"{demo.host}/_demo/faults", json=wishes, timeout=20).raise_for_status()


def refuse_reviews(demo: Demo, remaining: int | None) -> None:
    """Let the host answer 503 to as many reviews; None: to all."""
    tell_faults(demo, service="callbacks", method="reviewed", kind="raise", remaining=remaining)


def test_it_is_sent_again_with_growing_pauses_until_the_host_takes_it(demo: Demo) -> None:
    demo.scenario(review={"delay": 0, "status": "passed"}, ready_delay=0, clock_factor=CLOCK_FACTOR)
    refuse_reviews(demo, 3)
    walk = Walk(demo)
    walk.submit()
    assert walk.attempt()["status"] == "submitted"

    wait_for(lambda: walk.attempt()["status"] == "verified")

    wait_for(lambda: len(walk.reviews_sent()) == 4)
    answers, moments = zip(*walk.reviews_sent(), strict=True)
    assert answers == (503, 503, 503, 200)
    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
    assert [pause >= least for pause, least in zip(pauses, PAUSES, strict=True)] == [True] * 3, pauses
    # About the submission and about the verdict.
    assert len(demo.mails_to(walk.username)) == 2


def test_it_is_given_up_after_as_many_retries_as_configured(demo: Demo) -> None:
    demo.scenario(review={"delay": 0, "retries": 2}, ready_delay=0, clock_factor=CLOCK_FACTOR)
    refuse_reviews(demo, None)
    walk = Walk(demo)
    walk.submit()

    wait_for(lambda: len(walk.reviews_sent()) == 3)
    tell_faults(demo, clear=True)
    time.sleep(PAUSES[2] + 2)

    assert [status for status, _moment in walk.reviews_sent()] == [503] * 3
    assert walk.attempt()["status"] == "submitted"
