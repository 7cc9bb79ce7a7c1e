"""The exams of a course."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import COURSE_A, World
from tests.views.v2.conftest import address


def listed(client: APIClient, **query: Any) -> list[str]:
    response = client.get(address("exams", course_id=COURSE_A), query)
    assert response.status_code == 200, response.content
    return [row["name"] for row in response.json()["results"]]


@pytest.fixture
def exams(world: World) -> None:
    world.exam.exam_name = "Final"
    world.exam.due_date = datetime(2030, 1, 1, tzinfo=UTC)
    world.exam.save()
    factories.make_exam("timed", course_id=COURSE_A, exam_name="A quiz", is_active=False)
    factories.make_exam("practice", course_id=COURSE_A, exam_name="Rehearsal")


@pytest.mark.contract("rest-v2#exam")
def test_an_exam_counts_learners_by_their_newest_attempt(
    world: World, exams: None, team: APIClient, as_role: Callable[[str], APIClient]
) -> None:
    learner = factories.make_user()
    factories.make_attempt(world.exam, learner, status=S.error)
    factories.make_attempt(world.exam, learner, status=S.started)
    url = address("exam", exam_id=world.exam.pk)
    body = team.get(url).json()
    assert body["counts"] == {"started": 2}
    assert body["provider"] == {"name": "test", "verbose_name": body["provider"]["verbose_name"]}
    assert (body["course_id"], body["due_date"]) == (COURSE_A, "2030-01-01T00:00:00Z")
    assert "external_id" not in body
    assert "external_id" in as_role("global_staff").get(url).json()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["A quiz", "Final", "Rehearsal"]),
        ({"active": "true"}, ["Final", "Rehearsal"]),
        ({"active": "false"}, ["A quiz"]),
        ({"type": "timed"}, ["A quiz"]),
        ({"type": "proctored,timed"}, ["A quiz", "Final"]),
        ({"ordering": "-name"}, ["Rehearsal", "Final", "A quiz"]),
        ({"ordering": "due_date,name"}, ["Final", "A quiz", "Rehearsal"]),
        ({"ordering": "-type,name"}, ["Rehearsal", "Final", "A quiz"]),
        ({"page_size": "1", "page": "2"}, ["Final"]),
    ],
    ids=str,
)
def test_the_list(query: Any, expected: list[str], exams: None, team: APIClient) -> None:
    assert listed(team, **query) == expected


@pytest.mark.contract("rest-v2#etags")
def test_an_unchanged_list_is_304(world: World, exams: None, team: APIClient) -> None:
    url = address("exams", course_id=COURSE_A)
    etag = team.get(url).headers["ETag"]
    assert team.get(url, headers={"If-None-Match": f'"other", {etag}'}).status_code == 304
    factories.make_attempt(world.exam, factories.make_user(), status=S.submitted)
    assert team.get(url, headers={"If-None-Match": etag}).status_code == 200
