"""Allowances for the course team: list, change, removal, undo, file."""

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from freezegun import freeze_time
from rest_framework.test import APIClient

from edx_proctoring import api
from edx_proctoring.api.course_staff import allowance_search
from edx_proctoring.api.exams import allowance_values
from edx_proctoring.models import ProctoredExamStudentAllowance, StaffJobRow
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import COURSE_A, World
from tests.views.v2.conftest import address

As = Callable[[str], APIClient]
TIME = "additional_time_granted"
EXCEPTION = "review_policy_exception"


@pytest.fixture
def ann(world: World) -> User:
    return factories.make_user("ann")


def give(world: World, user: User, value: Any = 30, key: str = TIME, by: str | None = "course_staff") -> Any:
    """Give an allowance by the service, on record if ``by`` is a role; return the allowance."""
    person = None if by is None else world[by]
    api.add_allowance_for_user(world.exam.pk, user.pk, key, value, by=person)
    return ProctoredExamStudentAllowance.objects.get(proctored_exam=world.exam, user=user, key=key)


def listed(client: APIClient, **query: Any) -> list[dict[str, Any]]:
    response = client.get(address("allowances", course_id=COURSE_A), query)
    assert response.status_code == 200, response.content
    rows: list[dict[str, Any]] = response.json()["results"]
    return rows


def url_of(allowance: Any) -> str:
    return address("allowance", allowance_id=allowance.pk)


def held(world: World, user: User) -> dict[str, str]:
    """Return the learner's allowances in the exam by type."""
    found = ProctoredExamStudentAllowance.objects.filter(proctored_exam=world.exam, user=user)
    return dict(found.values_list("key", "value"))


class TestList:
    """The list and its filters."""

    @pytest.mark.contract("rest-v2#allowances-list")
    def test_what_it_gives_and_who_gave_it(self, world: World, ann: User, team: APIClient) -> None:
        allowance = give(world, ann)
        attempt = factories.make_attempt(world.exam, ann, status=S.started)
        factories.make_allowance(world.foreign_exam, ann)
        [row] = listed(team)
        assert row["id"] == allowance.pk
        assert (row["user"]["username"], row["exam"]["id"]) == ("ann", world.exam.pk)
        assert (row["type"], row["value"], row["total_minutes"]) == (TIME, "30", 120)
        assert row["granted_by"]["username"] == "course_staff"
        assert row["granted_at"] is not None
        assert row["change_id"] == StaffJobRow.objects.get().pk
        assert row["running_attempt_id"] == attempt.pk

    def test_without_a_record_nobody_is_named(self, world: World, ann: User, team: APIClient) -> None:
        give(world, ann, by=None)
        [row] = listed(team)
        assert (row["granted_by"], row["granted_at"], row["change_id"]) == (None, None, None)

    def test_a_change_without_a_record_hides_the_former_one(self, world: World, ann: User, team: APIClient) -> None:
        give(world, ann)
        give(world, ann, 45, by=None)
        [row] = listed(team)
        assert (row["value"], row["granted_by"]) == ("45", None)

    def test_a_text_gives_no_time(self, world: World, ann: User, team: APIClient) -> None:
        give(world, ann, "may use a book", EXCEPTION)
        [row] = listed(team)
        assert (row["total_minutes"], row["running_attempt_id"]) == (None, None)

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ({}, ["ann", "ben", "cem"]),
            ({"search": "EN"}, ["ben"]),
            ({"search": "ann oa"}, ["ann"]),
            ({"type": EXCEPTION}, ["cem"]),
            ({"running": "true"}, ["ben"]),
            ({"running": "false"}, ["ann", "cem"]),
            ({"ordering": "-username"}, ["cem", "ben", "ann"]),
            ({"type": TIME, "ordering": "value"}, ["ben", "ann"]),
            ({"type": TIME, "ordering": "-value"}, ["ann", "ben"]),
            ({"ordering": "-modified_at"}, ["cem", "ben", "ann"]),
            ({"ordering": "exam,-type"}, ["cem", "ben", "ann"]),
            ({"page_size": "1", "page": "2"}, ["ben"]),
        ],
        ids=str,
    )
    def test_filters_and_orderings(
        self, query: Any, names: list[str], world: World, ann: User, team: APIClient
    ) -> None:
        User.objects.filter(pk=ann.pk).update(first_name="Joann", last_name="Oak")
        give(world, ann, 100)
        give(world, factories.make_user("ben"), 20)
        give(world, factories.make_user("cem"), "a book", EXCEPTION)
        factories.make_attempt(world.exam, User.objects.get(username="ben"), status=S.started)
        assert [row["user"]["username"] for row in listed(team, **query)] == names

    def test_filter_by_exam(self, world: World, ann: User, team: APIClient) -> None:
        give(world, ann)
        other = factories.make_exam(course_id=COURSE_A)
        allowance = factories.make_allowance(other, ann)
        assert [row["id"] for row in listed(team, exam=other.pk)] == [allowance.pk]
        assert len(listed(team, exam=f"{other.pk},{world.exam.pk}")) == 2

    @pytest.mark.parametrize(
        "query",
        [{"type": "time_multiplier"}, {"running": "1"}, {"exam": "x"}, {"search": ""}, {"ordering": "created"}],
        ids=str,
    )
    def test_filters_that_make_no_sense(self, query: Any, world: World, team: APIClient) -> None:
        assert team.get(address("allowances", course_id=COURSE_A), query).status_code == 422


class TestChange:
    """PATCH and DELETE."""

    @pytest.mark.contract("rest-v2#allowances-change")
    def test_a_new_value(self, world: World, ann: User, team: APIClient, events: Any) -> None:
        allowance = give(world, ann, by=None)
        response = team.patch(url_of(allowance), {"value": 45}, format="json")
        body = response.json()
        assert (body["value"], body["total_minutes"]) == ("45", 135)
        assert body["granted_by"]["username"] == "course_staff"
        row = StaffJobRow.objects.get()
        assert response.headers["X-Proctoring-Change"] == str(row.pk) == str(body["change_id"])
        assert row.result_data == {"status": "updated", "type": TIME, "before": "30", "after": "45"}
        assert held(world, ann) == {TIME: "45"}
        name, data = events[-1]
        assert name == "edx.special_exam.proctored.allowance.updated"
        assert data["requesting_user_id"] == world["course_staff"].pk  # type: ignore[union-attr]

    def test_the_same_value_is_no_change(self, world: World, ann: User, team: APIClient) -> None:
        allowance = give(world, ann, by=None)
        response = team.patch(url_of(allowance), {"value": "30"}, format="json")
        assert response.status_code == 200
        assert "X-Proctoring-Change" not in response.headers
        assert not StaffJobRow.objects.exists()

    @pytest.mark.contract("rest-v2#allowance-values")
    @pytest.mark.parametrize(
        ("limit", "factor", "minutes"),
        [(45, "1.5", "23"), (3, "1.15", "1"), (60, 1.1, "6"), (90, "1", "0"), (90, "2", "90"), (0, "1.5", "0")],
    )
    def test_a_factor_is_rounded_up(
        self, limit: int, factor: Any, minutes: str, world: World, ann: User, team: APIClient
    ) -> None:
        world.exam.time_limit_mins = limit
        world.exam.save()
        allowance = give(world, ann, 7, by=None)
        body = team.patch(url_of(allowance), {"type": "time_multiplier", "value": factor}, format="json").json()
        assert (body["type"], body["value"], body["total_minutes"]) == (TIME, minutes, limit + int(minutes))

    def test_another_type_replaces_it(self, world: World, ann: User, team: APIClient) -> None:
        allowance = give(world, ann, by=None)
        response = team.patch(url_of(allowance), {"type": EXCEPTION, "value": "a book"}, format="json")
        assert (response.json()["type"], response.json()["total_minutes"]) == (EXCEPTION, None)
        assert held(world, ann) == {EXCEPTION: "a book"}
        [row] = StaffJobRow.objects.all()
        assert row.result_data == {
            "status": "updated",
            "type": EXCEPTION,
            "type_before": TIME,
            "before": "30",
            "after": "a book",
        }
        undo = team.post(address("allowance-undo", row_id=row.pk)).json()
        assert (undo["before"], undo["after"]) == ("a book", "30")
        assert held(world, ann) == {TIME: "30"}

    def test_another_type_that_the_learner_has(self, world: World, ann: User, team: APIClient) -> None:
        allowance = give(world, ann)
        give(world, ann, "a book", EXCEPTION)
        response = team.patch(url_of(allowance), {"type": EXCEPTION, "value": "x"}, format="json")
        assert (response.status_code, response.json()["code"]) == (409, "conflict")
        assert held(world, ann) == {TIME: "30", EXCEPTION: "a book"}

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"value": "-5"}, "invalid_allowance"),
            ({"value": "1.5"}, "invalid_allowance"),
            ({"value": "²"}, "invalid_allowance"),
            ({"value": str(10**10)}, "invalid_allowance"),
            ({"type": "time_multiplier", "value": "0.9"}, "invalid_allowance"),
            ({"type": "time_multiplier", "value": "1,5"}, "invalid_allowance"),
            ({"type": "time_multiplier", "value": "nan"}, "invalid_allowance"),
            ({"type": "time_multiplier", "value": "1e2"}, "invalid_allowance"),
            ({"type": EXCEPTION, "value": "two\nlines"}, "invalid_allowance"),
            ({"type": "seb"}, "validation_error"),
            ({"value": ""}, "validation_error"),
            ({"value": None}, "validation_error"),
            ({"value": True}, "validation_error"),
            ({"value": "x" * 256}, "validation_error"),
            ({"minutes": 5}, "unknown_parameter"),
        ],
        ids=str,
    )
    def test_bad_values(self, body: Any, code: str, world: World, ann: User, team: APIClient) -> None:
        allowance = give(world, ann)
        response = team.patch(url_of(allowance), body, format="json")
        assert (response.status_code, response.json()["code"]) == (422, code)
        assert response.json()["errors"][0]["message"]
        assert held(world, ann) == {TIME: "30"}

    def test_an_inactive_exam(self, world: World, ann: User, team: APIClient) -> None:
        allowance = give(world, ann)
        world.exam.is_active = False
        world.exam.save()
        response = team.patch(url_of(allowance), {"value": "5"}, format="json")
        assert (response.status_code, response.json()["code"]) == (409, "exam_inactive")
        assert team.delete(url_of(allowance)).status_code == 204

    @pytest.mark.contract("rest-v2#allowances-remove")
    def test_removal(self, world: World, ann: User, team: APIClient) -> None:
        allowance = give(world, ann, by=None)
        response = team.delete(url_of(allowance))
        assert (response.status_code, response.content) == (204, b"")
        row = StaffJobRow.objects.get()
        assert response.headers["X-Proctoring-Change"] == str(row.pk)
        assert row.result_data == {"status": "removed", "type": TIME, "before": "30", "after": None}
        assert team.delete(url_of(allowance)).status_code == 404

    def test_a_repeated_removal_gets_the_same_answer(self, world: World, ann: User, team: APIClient) -> None:
        allowance = give(world, ann)
        first, second = (team.delete(url_of(allowance), headers={"Idempotency-Key": "a"}) for _ in range(2))
        assert (first.status_code, second.status_code) == (204, 204)
        assert second.headers["Idempotent-Replay"] == "true"
        assert second.headers["X-Proctoring-Change"] == first.headers["X-Proctoring-Change"]

    @pytest.mark.contract("rest-v2#allowances-versions")
    def test_somebody_was_faster(self, world: World, ann: User, team: APIClient) -> None:
        allowance = give(world, ann)
        seen = team.get(url_of(allowance)).headers["ETag"]
        assert seen.startswith(f'"{allowance.pk}.')
        changed = team.patch(url_of(allowance), {"value": "40"}, format="json", headers={"If-Match": seen})
        assert changed.status_code == 200
        assert changed.headers["ETag"] == team.get(url_of(allowance)).headers["ETag"] != seen
        for response in (
            team.patch(url_of(allowance), {"value": "50"}, format="json", headers={"If-Match": seen}),
            team.delete(url_of(allowance), headers={"If-Match": seen}),
            team.delete(url_of(allowance), headers={"If-Match": f"W/{changed.headers['ETag']}"}),
        ):
            assert (response.status_code, response.json()["code"]) == (412, "precondition_failed")
        assert held(world, ann) == {TIME: "40"}
        assert (
            team.delete(url_of(allowance), headers={"If-Match": f'"x", {changed.headers["ETag"]}'}).status_code == 204
        )

    def test_any_version(self, world: World, ann: User, team: APIClient) -> None:
        assert team.delete(url_of(give(world, ann)), headers={"If-Match": "*"}).status_code == 204


class TestUndo:
    """POST allowance-changes/{row}/undo."""

    @staticmethod
    def undo(client: APIClient, row_id: Any) -> Any:
        return client.post(address("allowance-undo", row_id=int(row_id)))

    @pytest.mark.contract("rest-v2#allowances-undo", "allowances#undo")
    def test_of_each_kind_of_change_and_of_an_undo(self, world: World, ann: User, team: APIClient) -> None:
        given = give(world, ann, 10)
        row = StaffJobRow.objects.latest("pk").pk
        changed = team.patch(url_of(given), {"value": "20"}, format="json").headers["X-Proctoring-Change"]
        body = self.undo(team, changed).json()
        assert (body["before"], body["after"], body["undone"]) == ("20", "10", True)
        undone = StaffJobRow.objects.latest("pk")
        assert undone.result_data["undoes"] == int(changed)
        assert self.undo(team, undone.pk).json()["after"] == "20"
        removed = team.delete(url_of(given)).headers["X-Proctoring-Change"]
        body = self.undo(team, removed).json()
        assert (body["before"], body["after"]) == (None, "20")
        assert held(world, ann) == {TIME: "20"}
        assert self.undo(team, row).json()["code"] == "changed_since"

    def test_of_one_that_was_given(self, world: World, ann: User, team: APIClient) -> None:
        give(world, ann)
        body = self.undo(team, StaffJobRow.objects.get().pk).json()
        assert (body["before"], body["after"], body["allowance_id"]) == ("30", None, None)
        assert held(world, ann) == {}

    def test_of_one_that_the_old_screen_gave_in_bulk(self, world: World, ann: User, team: APIClient) -> None:
        body = {
            "course_id": COURSE_A,
            "exam_ids": str(world.exam.pk),
            "user_ids": "ann",
            "allowance_type": TIME,
            "value": "25",
        }
        url = "/edx_proctoring/v1/proctored_exam/bulk_allowance"
        assert team.put(url, body, format="json").status_code == 200
        assert self.undo(team, StaffJobRow.objects.get().pk).json()["before"] == "25"

    def test_twice(self, world: World, ann: User, team: APIClient) -> None:
        give(world, ann)
        row = StaffJobRow.objects.get().pk
        assert self.undo(team, row).status_code == 200
        response = self.undo(team, row)
        assert (response.status_code, response.json()["code"]) == (409, "already_undone")

    @pytest.mark.parametrize("by", [None, "global_staff"])
    @pytest.mark.parametrize("value", [20, 30])
    def test_after_another_change(self, by: str | None, value: int, world: World, ann: User, team: APIClient) -> None:
        give(world, ann, 30)
        row = StaffJobRow.objects.get().pk
        give(world, ann, 25, by=by)
        give(world, ann, value, by=by)
        response = self.undo(team, row)
        # What was changed without a record, and back, is what it was.
        expected = 200 if (by, value) == (None, 30) else 409
        assert response.status_code == expected
        assert response.json().get("code") == (None if expected == 200 else "changed_since")

    def test_a_running_attempt_is_named_and_keeps_its_limit(self, world: World, team: APIClient) -> None:
        owner: Any = world["owner"]
        give(world, owner)
        world.attempt.allowed_time_limit_mins = 120
        world.attempt.save()
        body = self.undo(team, StaffJobRow.objects.get().pk).json()
        assert body["running_attempt_id"] == world.attempt.pk
        world.attempt.refresh_from_db()
        assert world.attempt.allowed_time_limit_mins == 120

    def test_what_is_no_change_of_an_allowance(self, world: World, team: APIClient, as_role: As) -> None:
        url = address("attempt-extend", attempt_id=world.attempt.pk)
        assert team.post(url, {"minutes": 5, "reason": "x"}, format="json").status_code == 200
        assert self.undo(team, StaffJobRow.objects.get().pk).status_code == 404
        assert self.undo(as_role("global_staff"), 4711).status_code == 404

    def test_of_a_learner_who_was_retired(self, world: World, ann: User, team: APIClient) -> None:
        give(world, ann)
        row = StaffJobRow.objects.get().pk
        api.retire_learner(ann.pk)
        assert self.undo(team, row).status_code == 404


class TestFile:
    """The list as a file."""

    @pytest.mark.contract("rest-v2#export-allowances")
    def test_what_the_list_shows(
        self, world: World, ann: User, team: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(allowance_search, "CHUNK", 2)
        with freeze_time(factories.NOON):
            allowance = give(world, ann, 30)
        give(world, ann, "=HYPERLINK(1)", EXCEPTION, by=None)
        for name in ("ben", "cem"):
            give(world, factories.make_user(name), 5)
        url = address("allowances-file", course_id=COURSE_A, ending="csv")
        rows = list(csv.DictReader(StringIO(b"".join(team.get(url)).decode())))
        assert list(rows[0]) == list(allowance_search.COLUMNS)
        assert rows[0] == {
            "allowance_id": str(allowance.pk),
            "exam_id": str(world.exam.pk),
            "exam_name": world.exam.exam_name,
            "username": "ann",
            "email": "ann@example.com",
            "type": TIME,
            "value": "30",
            "total_minutes": "120",
            "granted_by": "course_staff",
            "granted_at": "2026-03-02T12:00:00Z",
        }
        assert (rows[1]["value"], rows[1]["total_minutes"], rows[1]["granted_by"]) == ("'=HYPERLINK(1)", "", "")
        assert [row["username"] for row in rows] == ["ann", "ann", "ben", "cem"]
        found = list(csv.DictReader(StringIO(b"".join(team.get(url, {"search": "ben"})).decode())))
        assert [row["username"] for row in found] == ["ben"]


def test_no_factor_above_one_gives_nothing() -> None:
    assert allowance_values.as_stored("time_multiplier", "1.000001", 1) == (TIME, "1")
    assert allowance_values.as_stored("time_multiplier", "1000", 10**7) == (TIME, str(10**9))
