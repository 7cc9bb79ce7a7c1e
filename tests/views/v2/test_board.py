"""The live board of an exam."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring.api.attempts import last_contact
from edx_proctoring.api.course_staff import board as board_api
from edx_proctoring.models import AttemptEffect, AttemptIncident, ExamMeasure
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import World
from tests.views.v2.conftest import address


@pytest.fixture
def shared_cache(settings: Any, tmp_path: Path) -> Iterator[None]:
    """A cache that processes share, as a deployment has it."""
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(tmp_path)}
    }
    last_contact._written.clear()
    yield
    last_contact._written.clear()


def board(client: APIClient, world: World, **query: Any) -> Any:
    response = client.get(address("board", exam_id=world.exam.pk), query)
    assert response.status_code == 200, response.content
    return response.json()


def shown(client: APIClient, world: World, **query: Any) -> list[int]:
    return [row["attempt_id"] for row in board(client, world, **query)["results"]]


def heard_of(attempt: Any, *, seconds_ago: int) -> None:
    cache.set(f"edx_proctoring.contact.{attempt.pk}", int(time.time()) - seconds_ago, 900)


def started(attempt: Any, *, seconds_ago: int) -> None:
    attempt.started_at = timezone.now() - timedelta(seconds=seconds_ago)
    attempt.save()


@pytest.mark.contract("rest-v2#board")
def test_a_row_says_where_the_learner_is(world: World, team: APIClient) -> None:
    attempt = world.attempt
    factories.make_incident(attempt)
    factories.make_incident(attempt, closed_at=timezone.now(), outcome="retracted")
    call = factories.make_incident(attempt, kind=AttemptIncident.KIND_HELP)
    factories.make_effect(attempt, last_error="ConnectTimeout: no reply")
    [row] = board(team, world)["results"]
    assert row["user"]["username"] == "owner"
    assert (row["status"], row["paused"], row["notes"], row["outage"]) == ("started", False, 1, False)
    assert row["help"] == call.pk
    assert row["error"] == "ConnectTimeout: no reply"
    assert row["expires_at"]
    assert 0 < row["time_remaining_seconds"] < 90 * 60
    assert row["actions"] == ["extend", "end", "reset"]


@pytest.mark.contract("rest-v2#board")
def test_the_counts(world: World, team: APIClient) -> None:
    now = timezone.now()
    exam = world.exam
    soon = factories.make_attempt(exam, status=S.ready_to_submit, started_at=now - timedelta(minutes=85))
    factories.make_attempt(exam, status=S.error)
    factories.make_attempt(exam, status=S.second_review_required)
    factories.make_attempt(exam, status=S.submitted, completed_at=now - timedelta(hours=71))
    factories.make_attempt(exam, status=S.submitted, completed_at=now - timedelta(hours=73))
    paused = factories.make_attempt(exam, status=S.started)
    factories.make_incident(paused, kind=AttemptIncident.KIND_PAUSE, opened_at=now - timedelta(seconds=30))
    factories.make_incident(soon, kind=AttemptIncident.KIND_HELP, closed_at=now)
    factories.make_incident(world.attempt, kind=AttemptIncident.KIND_HELP)
    # Waits in front of the exam, so there is no attempt.
    factories.make_incident(soon, kind=AttemptIncident.KIND_ADMISSION, attempt_id=None)
    factories.make_effect(soon)
    factories.make_effect(soon, state=AttemptEffect.STATE_FAILED)
    factories.make_effect(soon, state=AttemptEffect.STATE_ACKNOWLEDGED)
    assert board(team, world)["counts"] == {
        "by_status": {
            "started": 2,
            "ready_to_submit": 1,
            "error": 1,
            "second_review_required": 1,
            "submitted": 2,
        },
        "in_exam": 3,
        "paused": 1,
        "silent": None,
        "ending_soon": 1,
        "help": 1,
        "waiting": 1,
        "errors": 1,
        "to_review": 1,
        "overdue_reviews": 1,
        "effects_due": 1,
        "effects_failed": 1,
    }
    assert shown(team, world, show="ending_soon") == [soon.pk]
    assert shown(team, world, show="paused") == [paused.pk]
    assert shown(team, world, show="help") == [world.attempt.pk]
    assert len(shown(team, world, show="in_exam")) == 3
    [row] = board(team, world, show="paused")["results"]
    assert (row["expires_at"], row["paused"]) == (None, True)
    assert row["time_remaining_seconds"] == pytest.approx(90 * 60 - 60 + 30, abs=2)


@pytest.mark.contract("rest-v2#board")
def test_a_learner_counts_by_the_newest_attempt(world: World, team: APIClient) -> None:
    newest = factories.make_attempt(world.exam, world["owner"], status=S.error)
    body = board(team, world)
    assert [row["attempt_id"] for row in body["results"]] == [newest.pk]
    assert body["counts"]["by_status"] == {"error": 1}


@pytest.mark.contract("rest-v2#measure")
def test_what_is_in_force_is_shown(world: World, team: APIClient) -> None:
    staff: Any = world["course_staff"]
    factories.make_measure(world.exam, ends_at=timezone.now() - timedelta(seconds=1))
    factories.make_measure(world.exam, starts_at=timezone.now() + timedelta(minutes=1))
    factories.make_measure(world.exam, kind=ExamMeasure.KIND_ANNOUNCEMENT, ends_at=None)
    measure = factories.make_measure(world.exam, opened_by=staff.pk, text="Go on without the software.")
    [shown] = board(team, world)["measures"]
    assert shown["id"] == measure.pk
    assert shown["is_in_force"] is True
    assert shown["opened_by"] == {"id": staff.pk, "username": "course_staff"}


@pytest.mark.contract("rest-v2#board-contact")
def test_the_poll_of_the_learner_is_noted(world: World, team: APIClient, as_role: Any, shared_cache: None) -> None:
    started(world.attempt, seconds_ago=200)
    before = board(team, world)
    assert (before["results"][0]["contact"], before["counts"]["silent"]) == ("silent", 1)
    learner = as_role("owner")
    assert learner.get(f"/edx_proctoring/v1/proctored_exam/attempt/{world.attempt.pk}").status_code == 200
    after = board(team, world)
    assert after["is_contact_known"] is True
    assert (after["results"][0]["contact"], after["counts"]["silent"]) == ("here", 0)
    assert after["results"][0]["last_contact_at"]


@pytest.mark.contract("rest-v2#board-contact")
@pytest.mark.parametrize("path", ["attempt", "active_attempt"])
def test_the_timers_polls_are_noted(path: str, world: World, as_role: Any, shared_cache: None) -> None:
    assert as_role("owner").get(f"/edx_proctoring/v1/proctored_exam/{path}").status_code == 200
    assert last_contact.last_contacts([world.attempt.pk]).keys() == {world.attempt.pk}


def test_staff_who_look_at_a_learner_are_no_contact(world: World, as_role: Any, shared_cache: None) -> None:
    owner: Any = world["owner"]
    staff = as_role("global_staff")
    url = f"/edx_proctoring/v1/proctored_exam/active_attempt?user_id={owner.pk}"
    assert staff.get(url).json()["attempt_id"] == world.attempt.pk
    assert last_contact.last_contacts([world.attempt.pk]) == {}


def test_a_process_writes_about_an_attempt_every_thirty_seconds(
    shared_cache: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 1000.0
    monkeypatch.setattr(last_contact.time, "monotonic", lambda: clock)
    last_contact.note(1)
    cache.delete("edx_proctoring.contact.1")
    clock += 29
    last_contact.note(1)
    assert last_contact.last_contacts([1]) == {}
    clock += 2
    last_contact.note(1)
    assert last_contact.last_contacts([1]).keys() == {1}


def test_a_cache_that_is_down_fails_no_poll(
    world: World, as_role: Any, shared_cache: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Down:
        def set(self, *args: Any) -> None:
            raise ConnectionError

    monkeypatch.setattr(last_contact, "cache", Down())
    url = f"/edx_proctoring/v1/proctored_exam/attempt/{world.attempt.pk}"
    assert as_role("owner").get(url).status_code == 200


@pytest.mark.contract("rest-v2#board-contact")
def test_with_a_cache_of_one_process_nothing_is_known(world: World, team: APIClient) -> None:
    last_contact.note(world.attempt.pk)
    body = board(team, world)
    assert body["is_contact_known"] is False
    assert body["counts"]["silent"] is None
    assert body["results"][0]["contact"] == "unknown"


@pytest.mark.contract("rest-v2#board-contact")
def test_silent_after_150_seconds(world: World, team: APIClient, shared_cache: None) -> None:
    silent = factories.make_attempt(world.exam, status=S.started)
    over = factories.make_attempt(world.exam, status=S.submitted)
    for attempt in (world.attempt, silent):
        started(attempt, seconds_ago=600)
    heard_of(world.attempt, seconds_ago=145)
    heard_of(silent, seconds_ago=155)
    assert shown(team, world, show="silent") == [silent.pk]
    contacts = {row["attempt_id"]: row["contact"] for row in board(team, world)["results"]}
    assert contacts == {world.attempt.pk: "here", silent.pk: "silent", over.pk: "unknown"}
    never = factories.make_attempt(world.exam, status=S.started)
    assert shown(team, world, ordering="-last_contact_at") == [world.attempt.pk, silent.pk, over.pk, never.pk]
    assert shown(team, world, ordering="last_contact_at") == [silent.pk, world.attempt.pk, over.pk, never.pk]


@pytest.mark.contract("rest-v2#board-contact")
def test_who_has_just_started_is_not_silent(world: World, team: APIClient, shared_cache: None) -> None:
    started(world.attempt, seconds_ago=145)
    body = board(team, world)
    assert (body["results"][0]["contact"], body["counts"]["silent"]) == ("here", 0)
    assert body["results"][0]["last_contact_at"] is None
    started(world.attempt, seconds_ago=155)
    assert shown(team, world, show="silent") == [world.attempt.pk]


@pytest.mark.contract("rest-v2#board")
def test_who_is_in_the_exam_comes_first(world: World, team: APIClient) -> None:
    done = factories.make_attempt(world.exam, status=S.submitted)
    started(done, seconds_ago=3600)
    later = factories.make_attempt(world.exam, status=S.ready_to_submit)
    started(world.attempt, seconds_ago=60)
    started(later, seconds_ago=10)
    assert shown(team, world) == [world.attempt.pk, later.pk, done.pk]


@pytest.mark.contract("rest-v2#board-contact")
def test_of_too_many_learners_it_is_not_counted_who_is_silent(
    world: World, team: APIClient, shared_cache: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = factories.make_attempt(world.exam, status=S.started)
    for attempt in (world.attempt, other):
        started(attempt, seconds_ago=200)
    monkeypatch.setattr(board_api, "_MOST_CONTACTS", 1)
    body = board(team, world)
    assert (body["is_contact_known"], body["counts"]["silent"]) == (True, None)
    assert {row["attempt_id"]: row["contact"] for row in body["results"]} == {
        world.attempt.pk: "silent",
        other.pk: "silent",
    }
    assert shown(team, world, show="silent") == []


@pytest.mark.contract("rest-v2#board")
def test_search_and_order(world: World, team: APIClient) -> None:
    anna = factories.make_attempt(world.exam, factories.make_user("anna"), status=S.submitted)
    zoe = factories.make_attempt(world.exam, factories.make_user("zoe"), status=S.created)
    assert shown(team, world, search="ANN") == [anna.pk]
    User.objects.filter(pk=zoe.user_id).update(first_name="Zoe", last_name="Hill")
    assert shown(team, world, search="zoe hill") == [zoe.pk]
    assert shown(team, world, ordering="username") == [anna.pk, world.attempt.pk, zoe.pk]
    assert shown(team, world, ordering="-status,username")[0] == anna.pk
    # Whose clock has not started comes last.
    assert shown(team, world)[-1] == zoe.pk


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"show": "everybody"}, "show"),
        ({"ordering": "email"}, "ordering"),
        ({"ordering": "status,last_contact_at"}, "ordering"),
        ({"search": ""}, "search"),
        ({"search": "x" * 101}, "search"),
    ],
    ids=str,
)
def test_odd_parameters_are_named(query: Any, field: str, world: World, team: APIClient) -> None:
    response = team.get(address("board", exam_id=world.exam.pk), query)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_a_page_beyond_the_last_is_404(world: World, team: APIClient) -> None:
    url = address("board", exam_id=world.exam.pk)
    assert team.get(url, {"page": 2}).status_code == 404
    assert team.get(url, {"show": "errors", "page": 1}).status_code == 200


@pytest.mark.contract("rest-v2#etags")
def test_nothing_happened_is_304(world: World, team: APIClient, shared_cache: None) -> None:
    started(world.attempt, seconds_ago=600)
    heard_of(world.attempt, seconds_ago=60)
    url = address("board", exam_id=world.exam.pk)
    etag = team.get(url).headers["ETag"]
    heard_of(world.attempt, seconds_ago=5)
    reply = team.get(url, headers={"If-None-Match": etag})
    assert (reply.status_code, reply.content) == (304, b"")
    heard_of(world.attempt, seconds_ago=200)
    assert team.get(url, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.contract("rest-v2#queries")
def test_queries_and_size_do_not_grow(world: World, team: APIClient, shared_cache: None) -> None:
    counted = []
    for size in (3, 60):
        for _ in range(size):
            attempt = factories.make_attempt(world.exam, factories.make_user(), status=S.started)
            factories.make_incident(attempt, kind=AttemptIncident.KIND_HELP)
            factories.make_incident(attempt)
            factories.make_effect(attempt, last_error="x" * 60)
        if size == 3:
            factories.make_measure(world.exam, opened_by=world.people["course_staff"].pk)  # type: ignore[union-attr]
        with CaptureQueriesContext(connection) as queries:
            body = board(team, world, search="learner")
        counted.append(sum("edx_when" not in query["sql"] for query in queries.captured_queries))
    # Session and user.
    assert counted[0] == counted[1] <= 12 + 2
    assert len(body["results"]) == 50
    assert len(json.dumps(body)) < 50_000
