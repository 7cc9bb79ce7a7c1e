"""Outage mode over REST."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.models import AttemptIncident, ExamMeasure, ProctoredExamStudentAttempt, StaffJob
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import World
from tests.views.v2.conftest import address, is_ours

ATTEMPTS = "/edx_proctoring/v1/proctored_exam/attempt"


@pytest.fixture
def boss(as_role: Callable[[str], APIClient]) -> APIClient:
    return as_role("global_staff")


def url(world: World, name: str = "outage") -> str:
    return address(name, exam_id=world.exam.pk)


def body(**changes: Any) -> dict[str, Any]:
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    return {"until": until, "reason": "The provider is down.", **changes}


@pytest.mark.contract("outage#rest")
def test_an_exam_day_without_the_provider(
    world: World, boss: APIClient, as_role: Callable[[str], APIClient], test_backend: Any, monkeypatch: Any
) -> None:
    """Acceptance: one enters, one was being set up; both hand in and are decided together."""
    monkeypatch.setattr(test_backend, "register_exam_attempt", lambda *args, **kwargs: pytest.fail("asked"))
    waiting = factories.make_attempt(world.exam, status=S.created)
    assert boss.get(url(world)).json() == {"measure": None, "suggested": False, "undecided": 0}
    started = boss.post(url(world), body(text="Go on without the software."), format="json")
    assert started.status_code == 201, started.content
    assert started.json()["measure"]["text"] == "Go on without the software."
    assert (started.json()["job"]["kind"], started.json()["job"]["done"]) == ("outage_setup", 1)

    learner = as_role("stranger")
    request = {"exam_id": world.exam.pk, "attempt_proctored": True, "start_clock": False}
    entered = learner.post(ATTEMPTS, request).json()["exam_attempt_id"]
    assert learner.get(f"{ATTEMPTS}/{entered}").json()["status"] == "started"
    assert learner.put(f"{ATTEMPTS}/{entered}", {"action": "error"}).json() == {"exam_attempt_id": False}
    assert learner.put(f"{ATTEMPTS}/{entered}", {"action": "submit"}).json() == {"exam_attempt_id": entered}
    ProctoredExamStudentAttempt.objects.filter(pk=waiting.pk).update(status=S.submitted)

    assert boss.get(url(world)).json()["undecided"] == 2
    order = {"decision": "accept", "reason": "Seen by an invigilator.", "all": True, "expected_count": 2}
    planned = boss.post(url(world, "outage-decisions"), {**order, "dry_run": True}, format="json").json()
    assert (planned["dry_run"], planned["done"]) == (True, 2)
    decided = boss.post(url(world, "outage-decisions"), order, format="json").json()
    assert (decided["done"], decided["failed"]) == (2, 0)
    statuses = ProctoredExamStudentAttempt.objects.filter(pk__in=[entered, waiting.pk]).values_list("status", flat=True)
    assert set(statuses) == {"verified"}
    ended = boss.delete(url(world), {"reason": "It works."}, format="json")
    assert (ended.status_code, ended.json()["is_in_force"]) == (200, False)


@pytest.mark.contract("outage#who")
@pytest.mark.parametrize(
    ("mode", "role", "status", "code"),
    [
        (None, "course_staff", 403, "not_allowed"),
        ("course_staff", "course_staff", 201, None),
        ("course_staff", "stranger", 404, "not_found"),
        ("off", "course_staff", 403, "feature_off"),
        ("off", "global_staff", 403, "feature_off"),
        ("everybody", "global_staff", 403, "feature_off"),
    ],
)
def test_who_may_start_one(
    mode: str | None,
    role: str,
    status: int,
    code: str | None,
    world: World,
    as_role: Callable[[str], APIClient],
    proctoring_settings: Callable[..., None],
) -> None:
    if mode is not None:
        proctoring_settings(OUTAGE_MODE=mode)
    response = as_role(role).post(url(world), body(), format="json")
    assert response.status_code == status
    assert response.json().get("code") == code
    assert ExamMeasure.objects.exists() is (status == 201)


@pytest.mark.contract("outage#rest")
def test_refusals(world: World, boss: APIClient) -> None:
    assert boss.delete(url(world), {"reason": "x"}, format="json").json()["code"] == "not_in_force"
    assert boss.patch(url(world), body(), format="json").json()["code"] == "not_in_force"
    assert boss.post(url(world), body(), format="json").status_code == 201
    again = boss.post(url(world), body(), format="json")
    assert (again.status_code, again.json()["code"]) == (409, "measure_in_force")
    quiz = factories.make_exam("timed", course_id=world.exam.course_id)
    refused = boss.post(address("outage", exam_id=quiz.pk), body(), format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_provider")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"until": "2020-01-01T00:00:00Z"}, "until"),
        ({"until": "2999-01-01T00:00:00Z"}, "until"),
        ({"until": "tomorrow"}, "until"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"text": "x" * 501}, "text"),
        ({"include_setup": "maybe"}, "include_setup"),
    ],
    ids=str,
)
def test_odd_bodies_are_named(changes: Any, field: str, world: World, boss: APIClient) -> None:
    response = boss.post(url(world), body(**changes), format="json")
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.contract("outage#entering")
def test_a_registered_gate_holds_although_no_clock_is_asked_for(
    world: World, boss: APIClient, as_role: Callable[[str], APIClient]
) -> None:
    boss.post(url(world), body(), format="json")
    api.register_start_gate("test", lambda *args: api.StartRefusal("closed", "Not yet."))
    try:
        request = {"exam_id": world.exam.pk, "attempt_proctored": True, "start_clock": False}
        response = as_role("stranger").post(ATTEMPTS, request)
    finally:
        api.unregister_start_gate("test")
    assert (response.status_code, response.json()["code"]) == (403, "closed")
    assert not AttemptIncident.objects.exists()


@pytest.mark.contract("outage#rest-decisions")
def test_a_changed_selection_is_not_decided(world: World, boss: APIClient) -> None:
    order = {"decision": "accept", "reason": "Seen.", "all": True, "expected_count": 3}
    response = boss.post(url(world, "outage-decisions"), order, format="json")
    assert (response.status_code, response.json()["code"]) == (409, "selection_changed")
    assert not StaffJob.objects.exists()


@pytest.mark.contract("outage#attempts")
def test_attempts_say_that_they_were_taken_in_an_outage(world: World, boss: APIClient) -> None:
    taken = factories.make_attempt(world.exam, status=S.submitted)
    factories.make_incident(taken, kind=AttemptIncident.KIND_OUTAGE, closed_at=timezone.now(), outcome="accept")
    listed = address("attempts", course_id=world.exam.course_id)

    def ids(flag: str) -> list[int]:
        return [row["id"] for row in boss.get(listed, {"during_outage": flag}).json()["results"]]

    assert ids("true") == [taken.pk]
    assert ids("false") == [world.attempt.pk]
    assert boss.get(address("attempt", attempt_id=taken.pk)).json()["during_outage"] is True
    file = boss.get(address("attempts-file", course_id=world.exam.course_id, ending="jsonl"), {"during_outage": "true"})
    assert b'"during_outage": true' in b"".join(file.streaming_content)  # type: ignore[attr-defined]


@pytest.mark.contract("rest-v2#queries")
def test_cost_of_decisions(world: World, boss: APIClient) -> None:
    order = {"decision": "accept", "reason": "Seen by an invigilator.", "all": True}
    counted = []
    for size in (1, 1, 2):
        for _ in range(size):
            attempt = factories.make_attempt(
                world.exam, status=S.submitted, taking_as_proctored=False, completed_at=timezone.now()
            )
            AttemptIncident.objects.open_outage(attempt, now=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            assert boss.post(url(world, "outage-decisions"), order, format="json").json()["done"] == size
        counted.append(sum(is_ours(query["sql"]) for query in queries.captured_queries) - 2)
    # The first fills caches of the host.
    assert (counted[1], counted[2] - counted[1]) == (25, 13)
