"""The requests of the Instructor Dashboard front end, exactly as its client sends them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from demo.host.models import CourseRole
from edx_proctoring.api import create_exam, create_exam_attempt
from edx_proctoring.models import ProctoredExamStudentAllowance, ProctoredExamStudentAttempt

COURSE_ID = "course-v1:Test+EXAMS+2026"
# The client does not encode the course id.
ROOT = f"/api/instructor/v2/courses/{COURSE_ID}"
JSON = "application/json"


@pytest.fixture
def exams(course) -> list[int]:
    """A proctored, a practice and a timed exam."""
    kinds = {"Midterm": (True, False), "Practice": (True, True), "Quiz": (False, False)}
    return [
        create_exam(
            course_id=COURSE_ID,
            content_id=f"block-v1:Test+EXAMS+2026+type@sequential+block@{name}",
            exam_name=name,
            time_limit_mins=30,
            is_proctored=proctored,
            is_practice_exam=practice,
            backend="null",
        )
        for name, (proctored, practice) in kinds.items()
    ]


@pytest.fixture
def learners(person, exams) -> list[Any]:
    """Three with an attempt at the proctored exam and the timed one."""
    people = [person(name) for name in ("ann", "bob", "cid+1")]
    for user in people:
        for exam_id, proctored in ((exams[0], True), (exams[2], False)):
            create_exam_attempt(exam_id, user.pk, taking_as_proctored=proctored)
    return people


@pytest.fixture
def staff(client, person, course):
    user = person("stan")
    CourseRole.objects.create(user=user, course=course, role=CourseRole.STAFF)
    client.force_login(user)
    return client


def get(client: Any, path: str, **query: Any) -> Any:
    response = client.get(f"{ROOT}/{path}?{urlencode(query)}")
    assert response.status_code == 200, response.content
    return response.json()


def names(page: dict[str, Any]) -> list[str]:
    return [row["user"]["username"] for row in page["results"]]


def test_the_attempts_of_the_course_by_pages(staff, learners):
    page = get(staff, "special_exams/attempts", page=1, page_size=25)
    assert {key: page[key] for key in ("count", "num_pages", "current_page", "start")} == {
        "count": 6,
        "num_pages": 1,
        "current_page": 1,
        "start": 0,
    }
    assert page["results"][0].keys() == {
        *("id", "user", "exam_id", "exam_name", "exam_type", "status", "start_time", "end_time"),
        *("allowed_time_limit_mins", "ready_to_resume"),
    }
    parts = [get(staff, "special_exams/attempts", page=n, page_size=4)["results"] for n in (1, 2)]
    assert [len(part) for part in parts] == [4, 2]
    assert parts[0] + parts[1] == page["results"]
    assert staff.get(f"{ROOT}/special_exams/attempts?page=3&page_size=4").status_code == 404


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("user.username", ["ann", "ann", "bob", "bob", "cid+1", "cid+1"]),
        ("-username", ["cid+1", "cid+1", "bob", "bob", "ann", "ann"]),
    ],
)
def test_an_order_of_the_client(staff, learners, ordering, expected):
    assert names(get(staff, "special_exams/attempts", page=1, page_size=25, ordering=ordering)) == expected


def test_the_order_by_start_has_missing_values_last(staff, learners, exams):
    first = ProctoredExamStudentAttempt.objects.filter(user=learners[1]).earliest("pk")
    type(first).objects.filter(pk=first.pk).update(started_at=first.created)
    for ordering in ("start_time", "-start_time"):
        page = get(staff, "special_exams/attempts", page=1, page_size=25, ordering=ordering)
        assert page["results"][0]["id"] == first.pk


@pytest.mark.parametrize("ordering", ["exam_type", "ready_to_resume", "user.password", "x"])
def test_an_order_that_the_platform_does_not_know_is_ignored(staff, learners, ordering):
    page = get(staff, "special_exams/attempts", page=1, page_size=25, ordering=ordering)
    assert page["results"] == get(staff, "special_exams/attempts", page=1, page_size=25)["results"]


def test_a_search_with_a_plus_sign(staff, learners):
    page = get(staff, "special_exams/attempts", page=1, page_size=25, search="cid+1")
    assert set(names(page)) == {"cid+1"}


def test_the_attempts_of_one_exam(staff, learners, exams):
    page = get(staff, f"special_exams/{exams[2]}/attempts", page=1, page_size=25)
    assert {row["exam_type"] for row in page["results"]} == {"timed"}
    assert page["count"] == 3


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("proctored", {"Midterm"}),
        ("practice", {"Practice"}),
        ("timed", {"Quiz"}),
        ("", {"Midterm", "Practice", "Quiz"}),
    ],
)
def test_the_exams_are_an_array(staff, exams, wanted, expected):
    found = get(staff, "special_exams", exam_type=wanted)
    assert {exam["exam_name"] for exam in found} == expected
    assert found[0] == get(staff, f"special_exams/{found[0]['id']}")


def test_an_exam_of_another_course_is_not_found(staff, exams):
    other = create_exam(course_id="course-v1:Test+OTHER+2026", content_id="x", exam_name="X", time_limit_mins=1)
    for number in (other, 999):
        response = staff.get(f"{ROOT}/special_exams/{number}")
        assert (response.status_code, list(response.json())) == (404, ["error"])


def test_allowances_are_given_listed_changed_and_removed(staff, learners, exams):
    body = {
        "user_ids": ["ann", "bob@demo.example", "nobody"],
        "exam_type": "proctored",
        "exam_ids": [exams[0], exams[2]],
        "allowance_type": "additional_time_granted",
        "value": "30",
    }
    given = staff.post(f"{ROOT}/special_exams/allowances", json.dumps(body), content_type=JSON)
    assert given.status_code == 200
    outcomes = [(row["identifier"], row["success"]) for row in given.json()["results"]]
    assert outcomes == [("ann", True), ("bob@demo.example", True), ("nobody", False)] * 2

    page = get(staff, "special_exams/allowances", page=1, page_size=3, ordering="-user.username")
    assert (page["count"], page["num_pages"], names(page)) == (4, 2, ["bob", "bob", "ann"])
    assert get(staff, "special_exams/allowances", page=1, page_size=25, search="ANN")["count"] == 2

    edit = {**body, "user_ids": ["ann"], "exam_ids": [exams[0]], "allowance_type": "time_multiplier", "value": "2"}
    assert staff.post(f"{ROOT}/special_exams/allowances", json.dumps(edit), content_type=JSON).status_code == 200
    keys = ProctoredExamStudentAllowance.objects.filter(user=learners[0], proctored_exam_id=exams[0])
    assert [allowance.key for allowance in keys] == ["time_multiplier"], "one allowance per learner and exam"

    url = f"{ROOT}/special_exams/{exams[0]}/allowance"
    removal = {"exam_id": exams[0], "user_ids": [learners[0].pk], "allowance_type": "time_multiplier"}
    refused = staff.delete(url, json.dumps(removal), content_type=JSON).json()
    assert refused["results"][0]["error"] == "User not found", "the platform looks ids up as names"
    removed = staff.delete(url, json.dumps({**removal, "user_ids": ["ann"]}), content_type=JSON).json()
    assert removed["results"] == [{"identifier": "ann", "success": True}]
    assert not keys.all().exists()


def test_ids_are_resolved_for_a_demonstration(staff, learners, exams, monkeypatch):
    monkeypatch.setenv("DEMO_DELETE_BY_ID", "1")
    url = f"{ROOT}/special_exams/{exams[0]}/allowance"
    body = {"user_ids": ["ann"], "allowance_type": "additional_time_granted", "value": "5"}
    assert staff.post(url, json.dumps(body), content_type=JSON).json()["results"][0]["success"]
    body["user_ids"] = [str(learners[0].pk)]
    assert staff.delete(url, json.dumps(body), content_type=JSON).json()["results"][0]["success"]
    assert not ProctoredExamStudentAllowance.objects.exists()


def test_fields_that_are_missing_are_named(staff, exams):
    response = staff.post(f"{ROOT}/special_exams/allowances", "{}", content_type=JSON)
    assert response.status_code == 400
    assert set(response.json()) == {"exam_ids", "user_ids", "allowance_type", "value"}


def test_a_reset_removes_the_learners_attempts(staff, learners, exams):
    url = f"{ROOT}/special_exams/{exams[0]}/reset/ann"
    response = staff.post(url)
    assert (response.status_code, response.json()["success"]) == (200, True)
    left = ProctoredExamStudentAttempt.objects.filter(user=learners[0]).values_list("proctored_exam_id", flat=True)
    assert list(left) == [exams[2]]
    for missing in (url, f"{ROOT}/special_exams/{exams[0]}/reset/nobody", f"{ROOT}/special_exams/99/reset/bob"):
        response = staff.post(missing)
        assert (response.status_code, list(response.json())) == (404, ["error"])


def test_settings_of_the_course(staff, exams, course):
    url = f"{ROOT}/proctoring_settings"
    assert set(staff.get(url).json()) == {
        *("proctoring_provider", "proctoring_escalation_email", "create_zendesk_tickets", "enable_proctored_exams"),
        *("supports_onboarding", "review_dashboard_available"),
    }
    changed = staff.patch(url, {"create_zendesk_tickets": False, "proctoring_provider": "x"}, content_type=JSON).json()
    assert (changed["create_zendesk_tickets"], changed["proctoring_provider"]) == (False, "null")


def test_a_learner_by_name_or_address(staff, learner):
    by_name, by_address = (get(staff, f"learners/{who}") for who in (learner.username, learner.email))
    assert by_name == by_address
    assert by_name["is_enrolled"] is True
    assert staff.get(f"{ROOT}/learners/nobody").json() == {"error": "User not found"}


def test_the_address_of_a_learners_progress_shows_theirs(staff, learners):
    """A plus in an address without quotes would be a space."""
    answer = staff.get(get(staff, "learners/cid+1")["progress_url"])
    assert answer.context["viewer"].shown_name == "cid+1"


PATHS = (
    *("special_exams", "special_exams/1", "special_exams/attempts", "special_exams/1/attempts"),
    *("special_exams/allowances", "proctoring_settings", "learners/ann"),
)


@pytest.mark.parametrize("path", PATHS)
def test_only_the_course_team_may_read(client, person, exams, path):
    assert client.get(f"{ROOT}/{path}").status_code == 401
    client.force_login(person("other"))
    response = client.get(f"{ROOT}/{path}")
    assert (response.status_code, list(response.json())) == (403, ["error"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "special_exams/1/reset/ann"),
        ("post", "special_exams/allowances"),
        ("post", "special_exams/1/allowance"),
        ("delete", "special_exams/1/allowance"),
        ("patch", "proctoring_settings"),
    ],
)
def test_only_the_course_team_may_write(client, person, exams, method, path):
    client.force_login(person("other"))
    assert getattr(client, method)(f"{ROOT}/{path}").status_code == 403


def test_a_session_needs_its_csrf_token(person, course, exams):
    from django.test import Client

    user = person("stan")
    CourseRole.objects.create(user=user, course=course, role=CourseRole.STAFF)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(f"{ROOT}/special_exams/{exams[0]}/reset/ann").status_code == 403


@pytest.mark.parametrize("path", ["special_exams/attempts", "special_exams/allowances", "special_exams"])
def test_a_list_costs_the_same_queries_for_many_learners(staff, learners, person, exams, path):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            get(staff, path, page=1, page_size=25, ordering="username")
        return len(queries)

    ProctoredExamStudentAllowance.objects.create(
        user=learners[0], proctored_exam_id=exams[0], key="additional_time_granted", value="5"
    )
    cost()
    few = cost()
    for number in range(30):
        user = person(f"learner{number}")
        create_exam_attempt(exams[2], user.pk)
        ProctoredExamStudentAllowance.objects.create(
            user=user, proctored_exam_id=exams[0], key="additional_time_granted", value="5"
        )
    assert cost() == few
