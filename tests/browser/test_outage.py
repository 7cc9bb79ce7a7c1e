"""The provider is switched off on the day of the exam, and staff let it go on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from .demo_process import COURSE
from .people import MIDTERM, Learner

V2 = "/api/edx_proctoring/v2"


class Staff:
    """Global staff, over REST."""

    def __init__(self, learner: Learner) -> None:
        self._host = learner.demo.host
        self._session = learner.demo.session("gina")
        exams = self.ask("get", f"courses/{COURSE}/exams")["results"]
        [self.exam_id] = [exam["id"] for exam in exams if exam["name"] == MIDTERM]

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        reply = self._session.request(method, f"{self._host}{V2}/{path}", json=body, timeout=30)
        assert reply.ok, reply.text
        return reply.json()

    def outage(self, method: str, **body: Any) -> Any:
        return self.ask(method, f"exams/{self.exam_id}/outage", body or None)


@pytest.fixture
def staff(learner: Learner) -> Iterator[Staff]:
    person = Staff(learner)
    yield person
    learner.demo.heal()
    if person.outage("get")["measure"]:
        person.outage("delete", reason="The test is over.")


@pytest.mark.contract("outage#page")
def test_an_exam_goes_on_without_its_provider(learner: Learner, staff: Staff) -> None:
    demo = learner.demo
    demo.scenario(drop_connection=[{"path": "^/"}])
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    staff.outage("post", until=until, reason="It is down.", text="An invigilator will come by.")
    learner.open_exam(MIDTERM)
    learner.heading("You are taking this exam without proctoring software")
    expect(learner.page.get_by_text("An invigilator will come by.")).to_be_visible()
    learner.look("outage")
    learner.press("Start my exam")
    learner.see_questions()
    learner.answer("The Sun")
    [attempt] = demo.attempts(learner.username)
    assert (attempt["status"], attempt["external_id"]) == ("started", None)
    learner.submit()
    order = {"decision": "accept", "reason": "Seen by an invigilator.", "attempt_ids": [attempt["id"]]}
    job = staff.ask("post", f"exams/{staff.exam_id}/outage/decisions", order)
    assert (job["done"], job["failed"]) == (1, 0)
    [attempt] = demo.attempts(learner.username)
    assert attempt["status"] == "verified"
