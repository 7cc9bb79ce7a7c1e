"""Attempts for the course team."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from freezegun import freeze_time
from rest_framework.test import APIClient

from edx_proctoring.models import ProctoredExamStudentAttempt
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from mock_apps.models import Profile
from tests import factories
from tests.views.conftest import COURSE_A, World
from tests.views.v2.conftest import address


def listed(client: APIClient, **query: Any) -> list[Any]:
    response = client.get(address("attempts", course_id=COURSE_A), query)
    assert response.status_code == 200, response.content
    return list(response.json()["results"])


def refused(client: APIClient, **query: Any) -> Any:
    response = client.get(address("attempts", course_id=COURSE_A), query)
    assert response.status_code == 422, response.content
    return response.json()


@pytest.fixture
def crowd(world: World) -> dict[str, ProctoredExamStudentAttempt]:
    """Attempts of several learners at two exams of course A."""
    timed = factories.make_exam("timed", course_id=COURSE_A, exam_name="A quiz")
    start = timezone.now() - timedelta(hours=3)
    ann = factories.make_user("ann", first_name="Annin", last_name="McRae")
    bob = factories.make_user("bob")
    world.attempt.started_at = timezone.now()
    world.attempt.allowed_time_limit_mins = 90
    world.attempt.save()
    return {
        "running": world.attempt,
        "ann-old": factories.make_attempt(world.exam, ann, status=S.error),
        "ann": factories.make_attempt(
            world.exam, ann, status=S.second_review_required, started_at=start, allowed_time_limit_mins=9
        ),
        "bob": factories.make_attempt(world.exam, bob, status=S.error, is_resumable=True),
        "timed": factories.make_attempt(
            timed, ann, status=S.submitted, started_at=start - timedelta(minutes=1), allowed_time_limit_mins=100
        ),
    }


Crowd = dict[str, ProctoredExamStudentAttempt]


def ids(rows: list[Any]) -> list[int]:
    return [row["id"] for row in rows]


@pytest.mark.contract("rest-v2#attempt")
def test_a_row_says_all_that_staff_need(world: World, crowd: Crowd, team: APIClient) -> None:
    factories.make_review(crowd["ann"], review_status="Suspicious")
    [row] = listed(team, status="second_review_required")
    ann: Any = User.objects.get(username="ann")
    assert row["user"] == {"id": ann.pk, "username": "ann", "email": ann.email, "full_name": "Annin McRae"}
    assert row["exam"] == {"id": world.exam.pk, "name": world.exam.exam_name, "type": "proctored"}
    assert row["attempt_count"] == 2
    assert row["review"]["review_status"] == "Suspicious"
    assert row["review"]["is_passing"] is False
    assert row["actions"] == []


def test_a_running_attempt_shows_its_clock(crowd: Crowd, team: APIClient) -> None:
    [row] = listed(team, status="started")
    attempt = crowd["running"]
    assert row["allowed_minutes"] == 90
    assert 89 * 60 < row["time_remaining_seconds"] <= 90 * 60
    assert row["actions"] == ["end"]
    assert row["dashboard_url"] is not None
    assert row["dashboard_url"].endswith(f"/{attempt.proctored_exam_id}?attempt=vendor-1")


@pytest.mark.contract("rest-v2#attempts-list")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["timed", "bob", "ann", "running"]),
        ({"latest_only": "false"}, ["timed", "bob", "ann", "ann-old", "running"]),
        ({"status": "error"}, ["bob"]),
        ({"status": "error,started"}, ["bob", "running"]),
        ({"status": "error", "latest_only": "false"}, ["bob", "ann-old"]),
        ({"type": "timed"}, ["timed"]),
        ({"resumable": "true"}, ["bob"]),
        ({"resumable": "false", "status": "error"}, []),
        ({"needs_review": "true"}, ["ann"]),
        ({"needs_review": "false"}, ["timed", "bob", "running"]),
        ({"search": "ANN"}, ["timed", "ann"]),
        ({"search": "ann", "type": "proctored"}, ["ann"]),
        ({"search": "nobody"}, []),
        ({"search": "Nin Mc"}, ["timed", "ann"]),
        ({"ordering": "username"}, ["ann", "timed", "bob", "running"]),
        ({"ordering": "exam,-username"}, ["timed", "running", "bob", "ann"]),
        ({"ordering": "started_at"}, ["timed", "ann", "running", "bob"]),
        ({"ordering": "-started_at"}, ["running", "ann", "timed", "bob"]),
        ({"ordering": "expires_at"}, ["ann", "timed", "running", "bob"]),
        ({"ordering": "-expires_at"}, ["running", "timed", "ann", "bob"]),
    ],
    ids=str,
)
def test_filters_and_orderings(query: Any, expected: list[str], crowd: Crowd, team: APIClient) -> None:
    assert ids(listed(team, **query)) == [crowd[name].pk for name in expected]


def test_the_search_finds_the_name_of_a_profile(crowd: Crowd, team: APIClient) -> None:
    Profile.objects.create(user=crowd["bob"].user, name="Roberta Klein")
    assert ids(listed(team, search="TA KL")) == [crowd["bob"].pk]


def test_filters_by_exam_user_and_time(world: World, crowd: Crowd, team: APIClient) -> None:
    timed = crowd["timed"]
    assert ids(listed(team, exam=timed.proctored_exam_id)) == [timed.pk]
    assert len(listed(team, exam=f"{timed.proctored_exam_id},{world.exam.pk}")) == 4
    assert ids(listed(team, user=crowd["bob"].user_id)) == [crowd["bob"].pk]
    moment: Any = timed.started_at
    later: Any = crowd["ann"].started_at
    # Half-open: the end does not count.
    assert ids(listed(team, started_after=moment.isoformat(), started_before=later.isoformat())) == [timed.pk]
    assert ids(listed(team, started_after=later.isoformat())) == [crowd["ann"].pk, crowd["running"].pk]


def test_an_exam_of_another_course_finds_nothing(world: World, team: APIClient) -> None:
    assert listed(team, exam=world.foreign_exam.pk) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "strated"}, "status"),
        ({"type": "exam"}, "type"),
        ({"exam": "one"}, "exam"),
        ({"exam": ""}, "exam"),
        ({"user": "-1"}, "user"),
        ({"resumable": "yes"}, "resumable"),
        ({"started_after": "2026-01-01"}, "started_after"),
        ({"started_after": "2026-99-01T00:00:00Z"}, "started_after"),
        ({"search": ""}, "search"),
        ({"search": "x" * 101}, "search"),
        ({"search": "a\tb"}, "search"),
        ({"ordering": "password"}, "ordering"),
        ({"ordering": "username,,"}, "ordering"),
    ],
    ids=str,
)
def test_a_value_that_is_none_is_refused(query: Any, field: str, world: World, team: APIClient) -> None:
    problem = refused(team, **query)
    assert problem["code"] == "validation_error"
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.contract("rest-v2#lists")
def test_pages(crowd: Crowd, team: APIClient) -> None:
    url = address("attempts", course_id=COURSE_A)
    body = team.get(url, {"page": 2, "page_size": 3}).json()
    assert list(body) == ["next", "previous", "count", "num_pages", "current_page", "start", "results"]
    assert (body["count"], body["num_pages"], body["current_page"], body["start"]) == (4, 2, 2, 3)
    assert body["next"] is None
    assert "page=1" in body["previous"]
    assert ids(body["results"]) == [crowd["running"].pk]
    for page in ("3", "0", "-1", "last", "x", "9" * 30):
        assert team.get(url, {"page": page, "page_size": 3}).status_code == 404
    assert len(team.get(url, {"page_size": 1000}).json()["results"]) == 4


def test_page_one_of_nothing_is_empty(world: World, as_role: Callable[[str], APIClient]) -> None:
    ProctoredExamStudentAttempt.objects.all().delete()
    body = as_role("global_staff").get(address("attempts", course_id=COURSE_A)).json()
    assert (body["count"], body["results"]) == (0, [])


def test_a_filter_that_is_given_twice_is_refused(world: World, team: APIClient) -> None:
    response = team.get(address("attempts", course_id=COURSE_A) + "?status=started&status=error")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "status"


def test_the_learner_sees_a_part(world: World, as_role: Callable[[str], APIClient]) -> None:
    factories.make_review(world.attempt)
    url = address("attempt", attempt_id=world.attempt.pk)
    own, staff = as_role("owner").get(url).json(), as_role("course_staff").get(url).json()
    assert staff.keys() - own.keys() == {"attempt_code", "dashboard_url", "actions"}
    assert "reviewed_by" not in own["review"]


@pytest.mark.contract("rest-v2#etags")
def test_an_unchanged_attempt_is_304(world: World, team: APIClient) -> None:
    url = address("attempt", attempt_id=world.attempt.pk)
    world.attempt.started_at = timezone.now()
    world.attempt.allowed_time_limit_mins = 60
    world.attempt.save()
    first = team.get(url)
    etag = first.headers["ETag"]
    with freeze_time(timezone.now() + timedelta(seconds=5)):
        again = team.get(url, headers={"If-None-Match": etag})
    assert first.json()["time_remaining_seconds"] is not None
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    world.attempt.status = S.ready_to_submit
    world.attempt.save()
    assert team.get(url, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.contract("rest-v2#deadline")
def test_why_the_time_ends_when_it_ends(world: World, as_role: Callable[[str], APIClient]) -> None:
    owner: Any = world["owner"]
    world.attempt.started_at = timezone.now()
    world.attempt.allowed_time_limit_mins = limit = world.exam.time_limit_mins
    world.attempt.save()
    team = as_role("course_staff")
    extend = address("attempt-extend", attempt_id=world.attempt.pk)
    assert team.post(extend, {"minutes": 5, "reason": "fire alarm"}, format="json").status_code == 200
    url = address("attempt-deadline", attempt_id=world.attempt.pk)
    staff, own = team.get(url).json(), as_role("owner").get(url).json()
    assert (staff["allowed_minutes"], staff["binding"], staff["is_running"]) == (limit + 5, "limit", True)
    assert staff["extensions"][0].keys() - own["extensions"][0].keys() == {"by", "reason"}
    by_learner = address("learner-deadline", exam_id=world.exam.pk, user_id=owner.pk)
    assert team.get(by_learner).json()["attempt_id"] == world.attempt.pk
    before = address("learner-deadline", exam_id=world.exam.pk, user_id=world["stranger"].pk)  # type: ignore[union-attr]
    assert team.get(before).json()["attempt_id"] is None


class TestExtend:
    """Time for a running attempt."""

    @pytest.fixture(autouse=True)
    def _running(self, world: World) -> None:
        world.attempt.started_at = timezone.now()
        world.attempt.allowed_time_limit_mins = 60
        world.attempt.save()

    def extend(self, client: APIClient, world: World, key: str = "", **body: Any) -> Any:
        url = address("attempt-extend", attempt_id=world.attempt.pk)
        headers = {"Idempotency-Key": key} if key else {}
        return client.post(url, {"minutes": 10, "reason": "fire alarm", **body}, format="json", headers=headers)

    @pytest.mark.contract("rest-v2#extend")
    def test_more_time(self, world: World, team: APIClient) -> None:
        answer = self.extend(team, world).json()
        assert answer["allowed_minutes"] == 70
        assert answer["extensions"][0]["reason"] == "fire alarm"
        [row] = listed(team, status="started")
        assert (row["allowed_minutes"], row["extended_minutes"]) == (70, 10)

    def test_control_characters_of_a_reason_become_spaces(self, world: World, team: APIClient) -> None:
        answer = self.extend(team, world, reason=" fire\x00alarm\nagain ").json()
        assert answer["extensions"][0]["reason"] == "fire alarm again"

    @pytest.mark.contract("timing#extension")
    def test_less_time(self, world: World, team: APIClient) -> None:
        answer = self.extend(team, world, minutes=-20).json()
        assert answer["allowed_minutes"] == 40
        assert "Taken away during the exam: 20 minutes." in answer["sentence"]

    def test_nobodys_exam_ends_by_surprise(self, world: World, team: APIClient) -> None:
        response = self.extend(team, world, minutes=-60)
        assert (response.status_code, response.json()["code"]) == (422, "too_short")
        world.attempt.refresh_from_db()
        assert world.attempt.allowed_time_limit_mins == 60

    def test_the_due_date_says_how_much_fits(self, world: World, team: APIClient) -> None:
        world.exam.due_date = timezone.now() + timedelta(minutes=64, seconds=30)
        world.exam.save()
        response = self.extend(team, world)
        problem = response.json()
        assert (response.status_code, problem["code"]) == (409, "past_due")
        assert problem["errors"][0]["max_minutes"] == 4
        assert self.extend(team, world, minutes=4).status_code == 200

    def test_beyond_the_due_date_is_for_global_staff(
        self, world: World, team: APIClient, as_role: Callable[[str], APIClient]
    ) -> None:
        world.exam.due_date = timezone.now() + timedelta(minutes=30)
        world.exam.save()
        refused = self.extend(team, world, past_due=True)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
        assert self.extend(as_role("global_staff"), world, past_due=True).status_code == 200

    def test_an_attempt_that_is_over_is_refused(self, world: World, team: APIClient) -> None:
        world.attempt.status = S.submitted
        world.attempt.save()
        response = self.extend(team, world)
        assert (response.status_code, response.json()["code"]) == (409, "illegal_transition")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"minutes": 0}, "minutes"),
            ({"minutes": "ten"}, "minutes"),
            ({"minutes": 10**12}, "minutes"),
            ({"minutes": None}, "minutes"),
            ({"reason": ""}, "reason"),
            ({"reason": "\n\t"}, "reason"),
            ({"reason": "x" * 501}, "reason"),
            ({"past_due": "perhaps"}, "past_due"),
        ],
        ids=str,
    )
    def test_bad_values(self, body: Any, field: str, world: World, team: APIClient) -> None:
        response = self.extend(team, world, **body)
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == [field]

    @pytest.mark.contract("rest-v2#idempotency")
    def test_a_key_extends_once(self, world: World, team: APIClient) -> None:
        first, again = self.extend(team, world, key="click-1"), self.extend(team, world, key="click-1")
        assert again.headers["Idempotent-Replay"] == "true"
        assert first.json() == again.json()
        world.attempt.refresh_from_db()
        assert world.attempt.allowed_time_limit_mins == 70
        reused = self.extend(team, world, key="click-1", minutes=11)
        assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
