"""The exams of a course in numbers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring.models import ProctoredExamStudentAttempt, ReviewDecision
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import COURSE_A, World
from tests.views.v2.conftest import address

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def summary(client: APIClient, **query: Any) -> Any:
    response = client.get(address("summary", course_id=COURSE_A), query)
    assert response.status_code == 200, response.content
    return response.json()


def taken(exam: Any, started_at: datetime, minutes: float, status: str = S.verified) -> Any:
    attempt = factories.make_attempt(
        exam, status=status, started_at=started_at, completed_at=started_at + timedelta(minutes=minutes)
    )
    ProctoredExamStudentAttempt.objects.filter(pk=attempt.pk).update(created=started_at)
    return attempt


@pytest.mark.contract("rest-v2#summary")
def test_an_exam_in_numbers(world: World, team: APIClient) -> None:
    for minutes in (2, 11, 12, 13, 58):
        taken(world.exam, MONDAY, minutes)
    taken(world.exam, MONDAY + timedelta(days=1), 14, status=S.rejected)
    factories.make_allowance(world.exam)
    quiz = factories.make_exam("timed", course_id=COURSE_A, exam_name="A quiz")
    body = summary(team)
    assert body["exams"] == [
        {
            "id": quiz.pk,
            "name": "A quiz",
            "type": "timed",
            "by_status": {},
            "learners": 0,
            "flagged": 0,
            "time_limit_minutes": quiz.time_limit_mins,
            "median_minutes": None,
            "p90_minutes": None,
            "allowances": 0,
        },
        {
            "id": world.exam.pk,
            "name": world.exam.exam_name,
            "type": "proctored",
            "by_status": {"started": 1, "verified": 5, "rejected": 1},
            "learners": 7,
            "flagged": 1,
            "time_limit_minutes": world.exam.time_limit_mins,
            # Of six in bins: one in 0-5, four in 10-15, one in 55-60.
            "median_minutes": 12.5,
            "p90_minutes": 57.0,
            "allowances": 1,
        },
    ]
    [durations] = body["durations"]
    assert durations["bins"] == [
        {"from_minutes": 0, "to_minutes": 5, "n": 1},
        {"from_minutes": 10, "to_minutes": 15, "n": 4},
        {"from_minutes": 55, "to_minutes": 60, "n": 1},
    ]
    assert body["in_exam_now"] == 1


@pytest.mark.contract("rest-v2#summary")
@pytest.mark.parametrize(
    ("minutes", "begin"),
    [(0, 0), (1 / 60, 0), (5, 0), (5 + 1 / 60, 5), (45, 40), (45 + 1 / 60, 45), (1830, 1825), (5000, 1825)],
    ids=str,
)
def test_a_bin_has_the_time_at_its_end(minutes: float, begin: int, world: World, team: APIClient) -> None:
    taken(world.exam, MONDAY, minutes)
    [durations] = summary(team)["durations"]
    assert durations["bins"] == [{"from_minutes": begin, "to_minutes": begin + 5, "n": 1}]


@pytest.mark.contract("rest-v2#summary")
@pytest.mark.parametrize(
    ("bucket", "points"),
    [
        ("hour", {"2026-03-02T09:00:00Z": 1, "2026-03-02T11:00:00Z": 1, "2026-03-04T09:00:00Z": 1}),
        ("day", {"2026-03-02T00:00:00Z": 2, "2026-03-04T00:00:00Z": 1}),
        ("week", {"2026-03-02T00:00:00Z": 3}),
    ],
)
def test_starts_over_time(bucket: str, points: Any, world: World, team: APIClient) -> None:
    for hours in (0, 2, 48):
        taken(world.exam, MONDAY + timedelta(hours=hours), 10)
    span = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-08T00:00:00Z"}
    starts = summary(team, bucket=bucket, **span)["starts"]
    assert starts["bucket"] == bucket
    assert {point["at"]: point["n"] for point in starts["points"]} == points


@pytest.mark.contract("rest-v2#summary")
def test_a_span_with_too_many_points_is_refused(world: World, team: APIClient) -> None:
    for days in (0, 16):
        taken(world.exam, MONDAY + timedelta(days=days), 10)
    query = {"from": "2026-03-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}
    response = team.get(address("summary", course_id=COURSE_A), {**query, "bucket": "hour"})
    assert (response.status_code, response.json()["code"]) == (422, "too_many_points")
    assert summary(team, bucket="day", **query)
    taken(world.exam, MONDAY - timedelta(days=366), 10)
    # Without a bucket, one that fits is taken.
    assert summary(team)["starts"]["bucket"] == "week"


@pytest.mark.contract("rest-v2#summary")
def test_reviews_that_persons_decided(world: World, team: APIClient) -> None:
    for hours in (1, 10, 11):
        attempt = factories.make_attempt(world.exam, status=S.second_review_required)
        review = factories.make_review(attempt, "Suspicious")
        decision = ReviewDecision.objects.record(review, actor_id=None)
        ReviewDecision.objects.filter(pk=decision.pk).update(created=review.created + timedelta(hours=hours))
    numbers = summary(team)["reviews"]
    assert (numbers["open"], numbers["decided"]) == (3, 3)
    # In the middle of the bin of half an hour that ends with 10.
    assert numbers["median_hours"] == pytest.approx(9.75, abs=0.1)


def test_only_one_exam(world: World, team: APIClient) -> None:
    factories.make_exam(course_id=COURSE_A)
    assert [exam["id"] for exam in summary(team, exam=world.exam.pk)["exams"]] == [world.exam.pk]
    # Of another course.
    assert summary(team, exam=world.foreign_exam.pk)["exams"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"bucket": "year"}, "bucket"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z"}, "to"),
        ({"exam": "all"}, "exam"),
    ],
    ids=str,
)
def test_odd_parameters_are_named(query: Any, field: str, world: World, team: APIClient) -> None:
    response = team.get(address("summary", course_id=COURSE_A), query)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


@pytest.mark.contract("rest-v2#summary")
def test_the_numbers_are_kept_for_a_minute(world: World, team: APIClient) -> None:
    url = address("summary", course_id=COURSE_A)
    first = team.get(url)
    factories.make_attempt(world.exam, status=S.started)
    with CaptureQueriesContext(connection) as queries:
        again = team.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    # Session and user.
    assert len(queries.captured_queries) <= 2
    cache.clear()
    assert team.get(url, headers={"If-None-Match": first.headers["ETag"]}).json()["in_exam_now"] == 2


def test_a_summary_of_the_shape_before_is_not_used(world: World, team: APIClient) -> None:
    """Servers of two releases share the cache while one replaces the other."""
    wanted = json.dumps([COURSE_A, None, None, None, None]).encode()
    cache.set(f"edx_proctoring.summary.{sha256(wanted).hexdigest()}", {"as_of": MONDAY, "exams": []}, 60)
    assert summary(team)["exams"]


@pytest.mark.contract("rest-v2#queries")
def test_queries_do_not_grow(world: World, team: APIClient) -> None:
    counted = []
    for size in (2, 20):
        for _ in range(size):
            exam = factories.make_exam(course_id=COURSE_A)
            taken(exam, timezone.now() - timedelta(hours=2), 30)
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            summary(team)
        counted.append(len(queries.captured_queries))
    assert counted[0] == counted[1] <= 10 + 2
