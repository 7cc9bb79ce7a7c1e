"""The onboarding of a course's learners, as a list and as a file."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient
from waffle.testutils import override_switch

from edx_proctoring import constants, runtime
from edx_proctoring.api.course_staff import onboarding_list
from edx_proctoring.exceptions import BackendProviderOnboardingProfilesException
from edx_proctoring.models import ProctoredExam
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.tests.test_services import MockEnrollmentsService
from edx_proctoring.utils import obscured_user_id
from mock_apps.models import Profile
from tests import factories
from tests.views.conftest import COURSE_A, World
from tests.views.v2.conftest import address

PROFILES = override_switch(constants.ONBOARDING_PROFILE_INSTRUCTOR_DASHBOARD_API, active=True)


def enrolled(username: str, exam: ProctoredExam | None = None, status: str = S.created) -> User:
    user = factories.make_user(username)
    Profile.objects.create(user=user, name=f"{username.title()} Doe")
    if exam is not None:
        factories.make_attempt(exam, user, status=status)
    return user


@pytest.fixture
def course(onboarding: ProctoredExam) -> ProctoredExam:
    """Learners in several states, one of them verified elsewhere."""
    enrolled("ann", onboarding, S.verified)
    enrolled("ben", onboarding, S.submitted)
    enrolled("cem")
    elsewhere = factories.make_exam("onboarding", course_id="another/course/2026")
    enrolled("dia", elsewhere, S.verified)
    return onboarding


def listed(client: APIClient, **query: Any) -> Any:
    response = client.get(address("onboarding", course_id=COURSE_A), query)
    assert response.status_code == 200, response.content
    return response.json()


def statuses(body: Any) -> dict[str, str | None]:
    return {row["user"]["username"]: row["status"] for row in body["results"]}


@pytest.mark.contract("rest-v2#onboarding-list")
def test_learners_and_numbers(course: ProctoredExam, team: APIClient) -> None:
    body = listed(team)
    assert statuses(body) == {
        "ann": "verified",
        "ben": "submitted",
        "cem": "not_started",
        "dia": "other_course_approved",
    }
    assert body["counts"] == {"verified": 1, "submitted": 1, "not_started": 1, "other_course_approved": 1}
    ann, _ben, cem, dia = body["results"]
    attempt = course.proctoredexamstudentattempt_set.get(user__username="ann")
    until = attempt.modified + timedelta(days=constants.VERIFICATION_DAYS_VALID)
    assert ann["user"]["full_name"] == "Ann Doe"
    assert (ann["attempt_id"], ann["enrollment_mode"], ann["source"]) == (attempt.pk, "verified", "local")
    assert ann["expires_at"] == until.isoformat().replace("+00:00", "Z")
    assert (cem["attempt_id"], cem["modified_at"], cem["expires_at"]) == (None, None, None)
    # The attempt in the other course is not this team's business.
    assert dia["attempt_id"] is None
    assert dia["expires_at"]


@pytest.mark.parametrize(
    ("query", "names", "total"),
    [
        ({"status": "submitted,verified"}, ["ann", "ben"], 4),
        ({"status": "rejected"}, [], 4),
        ({"search": "EM"}, ["cem"], 1),
        ({"page_size": "1", "page": "2"}, ["ben"], 4),
    ],
    ids=str,
)
def test_filters_leave_the_numbers(query: Any, names: list[str], total: int, course: Any, team: APIClient) -> None:
    body = listed(team, **query)
    assert list(statuses(body)) == names
    assert sum(body["counts"].values()) == total


@pytest.mark.parametrize("query", [{"status": "approved"}, {"search": ""}, {"statuses": "verified"}], ids=str)
def test_filters_that_make_no_sense(query: Any, course: Any, team: APIClient) -> None:
    assert team.get(address("onboarding", course_id=COURSE_A), query).status_code == 422


def test_a_course_without_onboarding(world: World, team: APIClient) -> None:
    response = team.get(address("onboarding", course_id=COURSE_A))
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert "onboarding" in response.json()["detail"]


def test_a_host_without_enrolments(onboarding: Any, team: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(runtime._RUNTIME_SERVICES, "enrollments")
    assert listed(team)["counts"] == {}


@PROFILES
def test_statuses_of_the_provider(course: ProctoredExam, team: APIClient, profiles: Any) -> None:
    ben = User.objects.get(username="ben")
    asked = profiles(
        {
            "results": [
                {"user_id": obscured_user_id(ben.pk, "test"), "status": "approved-in-course"},
                {"user_id": "somebody", "status": "pending"},
            ]
        }
    )
    body = listed(team, status="verified")
    assert asked == [(COURSE_A, {"status": ""})]
    assert statuses(body) == {"ben": "verified"}
    assert body["counts"] == {"verified": 1, "not_started": 3}
    [row] = body["results"]
    assert (row["source"], row["expires_at"]) == ("provider", None)
    assert row["attempt_id"] == course.proctoredexamstudentattempt_set.get(user=ben).pk


@PROFILES
def test_a_provider_that_fails(course: ProctoredExam, team: APIClient, profiles: Any) -> None:
    profiles(BackendProviderOnboardingProfilesException("no", 500))
    for name, more in (("onboarding", {}), ("onboarding-file", {"ending": "csv"})):
        response = team.get(address(name, course_id=COURSE_A, **more))
        assert (response.status_code, response.json()["code"]) == (503, "provider_unavailable")


def test_a_host_that_returns_a_list_costs_no_more(onboarding: ProctoredExam, team: APIClient) -> None:
    counted = []
    for size in (3, 30):
        users = [enrolled(f"ann{size}-{number}", onboarding, S.verified) for number in range(size)]
        enrolments = [{"user": User.objects.get(pk=user.pk), "mode": "verified"} for user in users]
        runtime.set_runtime_service("enrollments", MockEnrollmentsService(enrolments))
        with CaptureQueriesContext(connection) as queries:
            assert listed(team, page_size=100)["count"] == size
        counted.append(len(queries))
    # The first request also reads the switch.
    assert counted[0] >= counted[1] <= 8 + 2


@pytest.mark.contract("rest-v2#export-onboarding")
def test_the_file(course: ProctoredExam, team: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onboarding_list, "CHUNK", 2)
    response = team.get(
        address("onboarding-file", course_id=COURSE_A, ending="csv"), {"status": "verified,submitted,not_started"}
    )
    rows = list(csv.DictReader(StringIO(b"".join(response).decode())))
    assert list(rows[0]) == ["username", "email", "enrollment_mode", "status", "modified", "expires_at"]
    assert [(row["username"], row["status"]) for row in rows] == [
        ("ann", "verified"),
        ("ben", "submitted"),
        ("cem", "not_started"),
    ]
    assert rows[2]["modified"] == ""
    assert response.headers["Content-Disposition"].startswith('attachment; filename="edX-Physics-2026-onboarding-')
