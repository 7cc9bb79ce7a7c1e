"""Notes of invigilators about an attempt."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring.models import AttemptIncident, RetiredLearner, StaffJobRow
from tests import factories
from tests.views.conftest import World
from tests.views.v2.conftest import address

As = Callable[[str], APIClient]

pytestmark = pytest.mark.django_db


def notes_of(attempt: Any) -> str:
    return address("attempt-notes", attempt_id=attempt.pk)


def add(client: APIClient, world: World, **more: Any) -> Any:
    body = {"category": "conduct", "text": "talks to a person beside", **more}
    return client.post(notes_of(world.attempt), body, format="json")


def retract(client: APIClient, note_id: int, reason: str = "it was the radio") -> Any:
    return client.delete(address("note", note_id=note_id), {"reason": reason}, format="json")


@pytest.mark.contract("rest-v2#notes")
def test_what_was_seen_is_noted_and_listed_newest_first(world: World, team: APIClient) -> None:
    seen_at = timezone.now() - timedelta(minutes=5)
    type(world.attempt).objects.filter(pk=world.attempt.pk).update(created=seen_at + timedelta(seconds=1))
    first = add(team, world, at=seen_at.isoformat(), text="a phone\non the table\x07")
    assert first.status_code == 201, first.content
    assert add(team, world, category="technical").status_code == 201
    factories.make_incident(world.attempt, kind="help")
    factories.make_incident(world.foreign_attempt)
    newest, oldest = team.get(notes_of(world.attempt)).json()["results"]
    assert (newest["category"], oldest["category"]) == ("technical", "conduct")
    assert oldest == first.json()
    assert oldest["text"] == "a phone\non the table"
    assert oldest["opened_at"] == seen_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert (oldest["opened_by"]["username"], oldest["user"]["username"]) == ("course_staff", "owner")
    assert (oldest["kind"], oldest["source"], oldest["outcome"], oldest["closed_at"]) == ("note", "staff", "", None)


@pytest.mark.contract("staff-jobs#notes")
def test_a_note_is_on_record_without_its_text(world: World, team: APIClient) -> None:
    note_id = add(team, world).json()["id"]
    row = StaffJobRow.objects.latest("pk")
    assert (row.job.kind, row.attempt_id, row.job.created_by) == ("note", world.attempt.pk, world["course_staff"].pk)
    assert "talks" not in row.result
    assert retract(team, note_id).status_code == 200
    row = StaffJobRow.objects.latest("pk")
    assert (row.job.kind, row.job.reason) == ("note_retract", "it was the radio")


@pytest.mark.contract("rest-v2#note")
def test_a_retracted_note_stays_with_its_text(world: World, team: APIClient) -> None:
    note_id = add(team, world).json()["id"]
    body = retract(team, note_id).json()
    assert (body["outcome"], body["closed_by"]["username"]) == ("retracted", "course_staff")
    assert body["text"] == "talks to a person beside"
    again = retract(team, note_id)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert len(team.get(notes_of(world.attempt)).json()["results"]) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"category": "weather"}, id="unknown-category"),
        pytest.param({"category": ""}, id="no-category"),
        pytest.param({"text": " \x07 "}, id="blank-text"),
        pytest.param({"text": "x" * 2001}, id="long-text"),
        pytest.param({"at": "2999-01-01T00:00:00Z"}, id="still-to-come"),
        pytest.param({"at": "yesterday"}, id="no-moment"),
        pytest.param({"at": "0001-01-01T00:00:00Z"}, id="before-the-attempt"),
        pytest.param({"reply": "x"}, id="unknown-member"),
    ],
)
def test_what_is_not_valid_is_refused(wrong: Any, world: World, team: APIClient) -> None:
    assert add(team, world, **wrong).status_code == 422
    assert not AttemptIncident.objects.exists()


def test_a_help_call_cannot_be_retracted_as_a_note(world: World, team: APIClient) -> None:
    call = factories.make_incident(world.attempt, kind="help")
    assert retract(team, call.pk).status_code == 404


def test_the_categories_are_those_of_the_site(world: World, team: APIClient, settings: Any) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "NOTE_CATEGORIES": ["weather", 7, "x" * 33]}
    assert add(team, world, category="weather").status_code == 201
    assert add(team, world, category="conduct").status_code == 422


@pytest.mark.contract("staff-jobs#retired")
def test_nothing_is_written_about_a_retired_learner(world: World, team: APIClient) -> None:
    RetiredLearner.objects.create(user_id=world.attempt.user_id)
    assert add(team, world).json()["text"] == ""


def test_queries_do_not_grow(world: World, team: APIClient) -> None:
    counted = []
    for size in (2, 20):
        for _ in range(size):
            factories.make_incident(world.attempt, opened_by=factories.make_user().pk)
        with CaptureQueriesContext(connection) as queries:
            assert team.get(notes_of(world.attempt), {"page_size": 100}).status_code == 200
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 8 + 2
    with CaptureQueriesContext(connection) as queries:
        add(team, world)
    # The base view, and twelve; transactions are not counted.
    data = [query for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(data) <= 12 + 2
