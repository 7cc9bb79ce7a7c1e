"""Effects that were not delivered, and reviews as they came in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from edx_proctoring import runtime
from edx_proctoring.models import AttemptEffect, ReviewInboxEntry, StaffJobRow
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import COURSE_A, World
from tests.views.v2.conftest import address

As = Callable[[str], APIClient]


def listed(client: APIClient, name: str, **query: Any) -> list[dict[str, Any]]:
    response = client.get(address(name, course_id=COURSE_A), query)
    assert response.status_code == 200, response.content
    rows: list[dict[str, Any]] = response.json()["results"]
    return rows


class TestEffects:
    """The list, and one more try."""

    @pytest.mark.contract("rest-v2#effects-list")
    def test_what_waits_and_what_was_given_up(self, world: World, team: APIClient) -> None:
        waits = factories.make_effect(world.attempt, tries=2, last_error="Timeout: 5 s")
        given_up = factories.make_effect(world.attempt, kind="mail", call_name="send", state="failed")
        factories.make_effect(world.attempt, state="done")
        factories.make_effect(world.attempt, state="acknowledged")
        factories.make_effect(world.foreign_attempt)
        [first, second] = listed(team, "effects")
        assert (first["id"], second["id"]) == (waits.pk, given_up.pk)
        assert first["user"]["username"] == "owner"
        assert (first["exam"]["id"], first["attempt_id"]) == (world.exam.pk, world.attempt.pk)
        assert (first["kind"], first["call"], first["to_status"]) == ("provider", "stop_exam_attempt", S.submitted)
        assert (first["state"], first["tries"], first["last_error"]) == ("due", 2, "Timeout: 5 s")
        assert first["next_try_at"]
        assert second["next_try_at"] is None
        assert "arguments" not in first

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"state": "due"}, ["provider"]),
            ({"state": "failed"}, ["mail"]),
            ({"kind": "mail,credit"}, ["mail"]),
            ({"kind": "credit"}, []),
        ],
        ids=str,
    )
    def test_filters(self, query: Any, found: list[str], world: World, team: APIClient) -> None:
        factories.make_effect(world.attempt)
        factories.make_effect(world.attempt, kind="mail", state="failed")
        assert [row["kind"] for row in listed(team, "effects", **query)] == found

    def test_filter_by_exam(self, world: World, team: APIClient) -> None:
        other = factories.make_attempt(factories.make_exam(course_id=COURSE_A))
        effect = factories.make_effect(other)
        factories.make_effect(world.attempt)
        assert [row["id"] for row in listed(team, "effects", exam=other.proctored_exam_id)] == [effect.pk]

    def test_filter_by_attempt(self, world: World, team: APIClient) -> None:
        effect = factories.make_effect(world.attempt)
        factories.make_effect(factories.make_attempt(world.exam, factories.make_user()))
        foreign = factories.make_effect(world.foreign_attempt)
        assert [row["id"] for row in listed(team, "effects", attempt=world.attempt.pk)] == [effect.pk]
        assert listed(team, "effects", attempt=foreign.attempt_id) == []

    @pytest.mark.parametrize("query", [{"state": "done"}, {"kind": "letter"}, {"exam": "x"}, {"attempt": "x"}], ids=str)
    def test_filters_that_make_no_sense(self, query: Any, world: World, team: APIClient) -> None:
        assert team.get(address("effects", course_id=COURSE_A), query).status_code == 422

    def test_a_removed_attempt_and_an_exam_have_rows(self, world: World, team: APIClient) -> None:
        attempt = factories.make_attempt(world.exam, factories.make_user("ann"), status=S.rejected)
        factories.make_effect(attempt)
        attempt.delete()
        factories.make_effect(world.attempt, attempt_id=0, attempt_code="", kind="provider")
        removed, of_exam = listed(team, "effects")
        assert removed["user"]["username"] == "ann"
        assert (of_exam["attempt_id"], of_exam["user"]) == (None, None)

    def test_queries_do_not_grow(self, world: World, team: APIClient) -> None:
        counted = []
        for size in (3, 30):
            for _ in range(size):
                exam = factories.make_exam(course_id=COURSE_A)
                factories.make_effect(factories.make_attempt(exam))
                gone = factories.make_attempt(exam)
                factories.make_effect(gone)
                gone.delete()
            with CaptureQueriesContext(connection) as queries:
                assert listed(team, "effects", page_size=100)
            counted.append(len(queries))
        assert counted[0] == counted[1] <= 8 + 2

    @pytest.mark.contract("rest-v2#effects-retry")
    def test_one_more_try_delivers(self, world: World, team: APIClient) -> None:
        attempt = factories.make_attempt(world.exam, factories.make_user(), status=S.submitted)
        effect = factories.make_effect(attempt, state="failed", tries=9)
        url = address("effect-retry", effect_id=effect.pk)
        assert team.post(url).json() == {"id": effect.pk, "state": "delivered"}
        assert team.post(url).status_code in (404, 409)

    def test_one_more_try_fails(self, world: World, team: APIClient, credit: Any) -> None:
        attempt = factories.make_attempt(world.exam, factories.make_user(), status=S.submitted)
        effect = factories.make_effect(attempt, kind="credit", call_name="set_credit_requirement_status")
        credit.failing.add("set_credit_requirement_status")
        runtime.set_runtime_service("credit", credit)
        body = team.post(address("effect-retry", effect_id=effect.pk), {}, format="json").json()
        assert (body["id"], body["state"], body["tries"]) == (effect.pk, "due", 1)
        assert body["last_error"]

    @pytest.mark.contract("rest-v2#effects-give-up")
    def test_giving_up_is_on_record(self, world: World, team: APIClient) -> None:
        effect = factories.make_effect(world.attempt, tries=3)
        url = address("effect-give-up", effect_id=effect.pk)
        body = team.post(url, {"reason": "the service is gone"}, format="json").json()
        assert (body["id"], body["state"], body["next_try_at"]) == (effect.pk, "failed", None)
        row = StaffJobRow.objects.get()
        assert (row.job.kind, row.job.reason) == ("effect_give_up", "the service is gone")
        assert row.job.created_by == world["course_staff"].pk  # type: ignore[union-attr]
        assert (row.attempt_id, row.user_id) == (world.attempt.pk, world.attempt.user_id)
        again = team.post(url, {"reason": "x"}, format="json")
        assert (again.status_code, again.json()["code"]) == (409, "not_due")
        assert StaffJobRow.objects.count() == 1

    def test_giving_up_one_about_an_exam(self, world: World, team: APIClient) -> None:
        effect = factories.make_effect(world.attempt, attempt_id=0, attempt_code="")
        url = address("effect-give-up", effect_id=effect.pk)
        assert team.post(url, {"reason": "x"}, format="json").status_code == 200
        assert StaffJobRow.objects.get().user_id is None

    @pytest.mark.parametrize("body", [{}, {"reason": " "}, {"reason": "x" * 501}, {"why": "x"}], ids=str)
    def test_giving_up_needs_a_reason(self, body: Any, world: World, team: APIClient) -> None:
        effect = factories.make_effect(world.attempt)
        assert team.post(address("effect-give-up", effect_id=effect.pk), body, format="json").status_code == 422
        effect.refresh_from_db()
        assert effect.state == "due"

    def test_one_that_is_settled(self, world: World, team: APIClient) -> None:
        effect = factories.make_effect(world.attempt, state=AttemptEffect.STATE_SUPERSEDED)
        response = team.post(address("effect-retry", effect_id=effect.pk))
        assert (response.status_code, response.json()["code"]) == (409, "not_due")

    def test_one_of_another_course(self, world: World, team: APIClient) -> None:
        effect = factories.make_effect(world.foreign_attempt)
        assert team.post(address("effect-retry", effect_id=effect.pk)).status_code == 404
        effect.refresh_from_db()
        assert effect.tries == 0


class TestInbox:
    """The list, and receiving a review again."""

    @pytest.mark.contract("rest-v2#inbox-list")
    def test_the_newest_first_without_bodies(self, world: World, team: APIClient) -> None:
        first = factories.make_inbox_entry(world.attempt, outcome="refused: a word")
        second = factories.make_inbox_entry(world.attempt, outcome="held")
        factories.make_inbox_entry(world.foreign_attempt)
        rows = listed(team, "inbox")
        assert [row["id"] for row in rows] == [second.pk, first.pk]
        assert set(rows[1]) == {"id", "received_at", "attempt_code", "outcome", "backend"}
        assert rows[1]["outcome"] == "refused: a word"
        assert [row["id"] for row in listed(team, "inbox", outcome="refused,applied")] == [first.pk]
        assert team.get(address("inbox", course_id=COURSE_A), {"outcome": "no"}).status_code == 422

    @pytest.mark.contract("rest-v2#inbox-replay")
    @pytest.mark.parametrize(
        ("body", "outcome", "status"),
        [
            ('{"status": "passed", "comments": []}', "applied", S.verified),
            ('{"status": "splendid", "comments": []}', "refused", S.submitted),
            ("", "refused", S.submitted),
        ],
        ids=["good", "unknown-word", "cut"],
    )
    def test_what_became_of_it(self, body: str, outcome: str, status: str, world: World, as_role: As) -> None:
        attempt = factories.make_attempt(world.exam, factories.make_user(), status=S.submitted)
        entry = factories.make_inbox_entry(attempt, body=body)
        answer = as_role("global_staff").post(address("inbox-replay", inbox_id=entry.pk))
        assert answer.json() == {"outcome": outcome}
        row = StaffJobRow.objects.get()
        assert (row.job.kind, row.user_id) == ("review_replay", attempt.user_id)
        assert row.result_data == {"inbox_id": entry.pk, "outcome": outcome}
        attempt.refresh_from_db()
        assert attempt.status == status

    def test_of_a_provider_that_is_not_configured(self, world: World, as_role: As) -> None:
        entry = factories.make_inbox_entry(world.attempt, backend="gone")
        response = as_role("global_staff").post(address("inbox-replay", inbox_id=entry.pk))
        assert (response.status_code, response.json()["code"]) == (503, "provider_not_configured")

    def test_of_a_removed_attempt(self, world: World, team: APIClient, as_role: As) -> None:
        entry = factories.make_inbox_entry(world.attempt)
        world.attempt.delete()
        assert [row["id"] for row in listed(team, "inbox")] == [entry.pk]
        response = as_role("global_staff").post(address("inbox-replay", inbox_id=entry.pk))
        assert response.json() == {"outcome": "applied"}

    def test_unknown(self, world: World, as_role: As) -> None:
        url = address("inbox-replay", inbox_id=4711)
        assert {as_role(role).post(url).status_code for role in ("global_staff", "course_staff")} == {404}
        assert not ReviewInboxEntry.objects.exists()
