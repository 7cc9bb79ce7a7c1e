"""The timeline of an attempt."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import World
from tests.views.v2.conftest import address

pytestmark = pytest.mark.contract("rest-v2#history")


@pytest.fixture
def attempt(world: World) -> Any:
    """An attempt that was extended, reviewed and broken off."""
    boss = world["global_staff"]
    attempt = factories.make_attempt(
        world.exam, world["owner"], status=S.started, started_at=timezone.now(), allowed_time_limit_mins=60
    )
    api.extend_running_attempt(attempt.pk, 10, boss, "fire alarm")
    api.update_attempt_status(attempt.pk, S.error)
    api.mark_exam_attempt_as_ready_to_resume(attempt.pk, by=boss, reason="power cut")
    api.add_allowance_for_user(world.exam.pk, attempt.user_id, "additional_time_granted", "5", by=boss)
    factories.make_inbox_entry(attempt, outcome="refused: words of the provider")
    factories.make_effect(attempt, state="failed")
    return attempt


def test_it_tells_what_happened_and_who_did_it(world: World, team: APIClient, attempt: Any) -> None:
    body = team.get(address("attempt-history", attempt_id=attempt.pk)).json()
    entries = {entry["kind"]: entry for entry in body["entries"]}
    assert [entry["at"] for entry in body["entries"]] == sorted(entry["at"] for entry in body["entries"])
    assert {"created", "extension", "status", "resume", "allowance", "review_received", "effect"} <= set(entries)
    assert (entries["extension"]["text"], entries["extension"]["data"]["minutes"]) == ("fire alarm", 10)
    assert entries["extension"]["actor"]["username"] == "global_staff"
    assert entries["status"]["data"] == {"from": S.started, "to": S.error}
    assert entries["resume"]["text"] == "power cut"
    assert entries["review_received"]["data"] == {"outcome": "refused"}
    assert (body["attempt_code"], body["is_removed"], body["is_more"]) == (attempt.attempt_code, False, False)


def test_of_several_notes_it_says_which_was_retracted(world: World, team: APIClient) -> None:
    made_at = timezone.now()
    wrong = factories.make_incident(
        world.attempt, text="a phone", closed_at=made_at + timedelta(minutes=1), outcome="retracted"
    )
    right = factories.make_incident(world.attempt, text="a radio")
    body = team.get(address("attempt-history", attempt_id=world.attempt.pk)).json()
    notes = [entry for entry in body["entries"] if entry["kind"] == "note"]
    assert [(entry["data"]["incident"], entry["text"], entry["data"].get("outcome")) for entry in notes] == [
        (wrong.pk, "a phone", None),
        (right.pk, "a radio", None),
        (wrong.pk, "a phone", "retracted"),
    ]


def test_the_learner_sees_neither_actors_nor_reasons(world: World, as_role: Any, attempt: Any) -> None:
    body = as_role("owner").get(address("attempt-history", attempt_id=attempt.pk)).json()
    assert {entry["kind"] for entry in body["entries"]} == {"status", "extension"}
    assert {(entry["text"], entry["actor"]) for entry in body["entries"]} == {("", None)}
    assert "attempt_code" not in body


def test_a_removed_attempt_is_found_by_its_code(world: World, team: APIClient, attempt: Any) -> None:
    api.remove_exam_attempt(attempt.pk, world["global_staff"], by=world["global_staff"], reason="began too early")
    assert team.get(address("attempt-history", attempt_id=attempt.pk)).status_code == 404
    body = team.get(address("history-by-code", attempt_code=attempt.attempt_code)).json()
    assert body["is_removed"] is True
    assert "began too early" in [entry["text"] for entry in body["entries"] if entry["kind"] == "removed"]


def test_an_attempt_without_recorded_states_has_the_other_entries(team: APIClient, attempt: Any) -> None:
    attempt.history.all().delete()
    body = team.get(address("attempt-history", attempt_id=attempt.pk)).json()
    assert (body["attempt_code"], body["is_removed"]) == (attempt.attempt_code, False)
    assert {entry["kind"] for entry in body["entries"]} == {"allowance", "effect", "resume", "review_received"}


def test_a_code_of_another_course_or_of_none(world: World, team: APIClient) -> None:
    for code in (world.foreign_attempt.attempt_code, "no-such-code"):
        response = team.get(address("history-by-code", attempt_code=code))
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
