"""The reply from which the exam desk starts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from edx_proctoring.models import AttemptEffect, AttemptIncident, ProctoredExam
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.conftest import COURSE_A, World
from tests.views.v2.conftest import address

URL = address("desk", course_id=COURSE_A)


def switch(settings: Any, value: Any) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "EXAM_DESK": value}


@pytest.fixture
def _on(settings: Any) -> None:
    switch(settings, True)


@pytest.mark.contract("rest-v2#desk")
@pytest.mark.parametrize(
    ("scope", "enabled"),
    [(None, False), (False, False), (True, True), ([COURSE_A], True), (["edX/Other/*"], False), ("maybe", False)],
    ids=str,
)
def test_where_the_desk_is_on(scope: Any, enabled: bool, world: World, team: APIClient, settings: Any) -> None:
    switch(settings, scope)
    body = team.get(URL).json()
    assert body["enabled"] is enabled
    assert (body == {"enabled": False}) is not enabled


@pytest.mark.usefixtures("_on")
@pytest.mark.contract("rest-v2#desk")
def test_what_the_desk_starts_with(world: World, team: APIClient) -> None:
    world.exam.due_date = datetime(2030, 1, 1, tzinfo=UTC)
    world.exam.save()
    practice = factories.make_exam("practice", course_id=COURSE_A, exam_name="Rehearsal", is_active=False)
    for _ in range(2):
        attempt = factories.make_attempt(world.exam, factories.make_user(), status=S.second_review_required)
        factories.make_review(attempt, review_status="Suspicious")
    body = team.get(URL).json()
    exams = {exam["id"]: exam for exam in body["exams"]}
    assert exams[world.exam.pk] == {
        "id": world.exam.pk,
        "name": world.exam.exam_name,
        "type": "proctored",
        "due_date": "2030-01-01T00:00:00Z",
        "is_active": True,
    }
    assert exams[practice.pk]["is_active"] is False
    assert body["counts"]["open_reviews"] == 2
    assert body["is_global_staff"] is False
    assert body["refresh_seconds"] == 15


@pytest.mark.usefixtures("_on")
@pytest.mark.parametrize(
    ("state", "counted"),
    [
        (AttemptEffect.STATE_DUE, 1),
        (AttemptEffect.STATE_FAILED, 1),
        (AttemptEffect.STATE_ACKNOWLEDGED, 0),
        (AttemptEffect.STATE_DONE, 0),
        (AttemptEffect.STATE_SUPERSEDED, 0),
    ],
)
def test_effects_that_need_a_look_are_counted(state: str, counted: int, world: World, team: APIClient) -> None:
    AttemptEffect.objects.all().delete()
    elsewhere = factories.make_exam("timed", course_id="edX/Other/2030")
    for exam in (world.exam, elsewhere):
        AttemptEffect.objects.create(
            attempt_id=1,
            attempt_code="code",
            exam_id=exam.pk,
            kind=AttemptEffect.KIND_MAIL,
            call_name="send",
            from_status=S.started,
            to_status=S.submitted,
            next_try_at=datetime(2030, 1, 1, tzinfo=UTC),
            state=state,
        )
    assert team.get(URL).json()["counts"]["effects"] == counted


@pytest.mark.usefixtures("_on")
@pytest.mark.parametrize(
    ("role", "group", "scope", "expected"),
    [
        ("global_staff", "", False, True),
        ("course_staff", "", False, False),
        ("course_staff", "", [COURSE_A], True),
        ("course_staff", "test_review", False, True),
        ("course_staff", "another_review", False, False),
    ],
    ids=str,
)
def test_who_decides_reviews(
    role: str,
    group: str,
    scope: Any,
    expected: bool,
    world: World,
    as_role: Callable[[str], APIClient],
    settings: Any,
) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "COURSE_STAFF_DECIDE_REVIEWS": scope}
    if group:
        user: Any = world[role]
        user.groups.add(Group.objects.get_or_create(name=group)[0])
    assert as_role(role).get(URL).json()["features"]["decide_reviews"] is expected


@pytest.mark.usefixtures("_on")
@pytest.mark.contract("rest-v2#desk")
def test_outages_are_shown_until_all_is_decided(world: World, team: APIClient) -> None:
    assert team.get(URL).json()["outages"] == []
    factories.make_measure(factories.make_exam("proctored", course_id="edX/Other/2030"))
    factories.make_measure(world.exam, ends_at=timezone.now() - timedelta(minutes=1))
    assert team.get(URL).json()["outages"] == []
    staff: Any = world["course_staff"]
    measure = factories.make_measure(world.exam, opened_by=staff.pk)
    waits = factories.make_attempt(world.exam, status=S.submitted)
    runs = factories.make_attempt(world.exam, status=S.started)
    for attempt in (waits, runs):
        factories.make_incident(attempt, kind=AttemptIncident.KIND_OUTAGE)
    [found] = team.get(URL).json()["outages"]
    assert (found["exam_id"], found["undecided"]) == (world.exam.pk, 1)
    assert (found["measure"]["id"], found["measure"]["opened_by"]["username"]) == (measure.pk, "course_staff")
    measure.delete()
    assert team.get(URL).json()["outages"] == [{"exam_id": world.exam.pk, "measure": None, "undecided": 1}]


@pytest.mark.usefixtures("_on")
@pytest.mark.contract("rest-v2#desk")
@pytest.mark.parametrize(
    ("role", "mode", "expected"),
    [
        ("course_staff", "global_staff", False),
        ("course_staff", "course_staff", True),
        ("global_staff", "global_staff", True),
        ("global_staff", "off", False),
    ],
)
def test_who_starts_outages(
    role: str, mode: str, expected: bool, world: World, as_role: Callable[[str], APIClient], settings: Any
) -> None:
    settings.PROCTORING_SETTINGS = {**settings.PROCTORING_SETTINGS, "OUTAGE_MODE": mode}
    assert as_role(role).get(URL).json()["features"]["outage"] is expected
    ProctoredExam.objects.filter(course_id=COURSE_A).update(is_proctored=False)
    assert as_role(role).get(URL).json()["features"]["outage"] is False


@pytest.mark.usefixtures("_on")
@pytest.mark.contract("rest-v2#queries")
def test_the_desk_costs_the_same_with_many_exams(world: World, team: APIClient) -> None:
    counted = []
    for number in (3, 30):
        for index in range(number):
            exam = factories.make_exam("proctored", course_id=COURSE_A, exam_name=f"Exam {number} {index}")
            factories.make_review(
                factories.make_attempt(exam, factories.make_user(), status=S.second_review_required),
                review_status="Suspicious",
            )
        with CaptureQueriesContext(connection) as queries:
            assert len(team.get(URL).json()["exams"]) > number
        counted.append(len([query for query in queries.captured_queries if "edx_when" not in query["sql"]]))
    assert counted[0] == counted[1] <= 8


@pytest.mark.usefixtures("_on")
@pytest.mark.contract("rest-v2#etags")
def test_an_unchanged_desk_is_304(world: World, team: APIClient) -> None:
    etag = team.get(URL).headers["ETag"]
    assert team.get(URL, headers={"If-None-Match": etag}).status_code == 304
    world.exam.exam_name = "Renamed"
    world.exam.save()
    assert team.get(URL, headers={"If-None-Match": etag}).status_code == 200
