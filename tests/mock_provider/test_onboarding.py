"""Onboarding profiles, and registrations that are refused without one."""

from __future__ import annotations

import pytest

from .conftest import COURSE, USER

pytestmark = pytest.mark.contract("mock-provider#onboarding")

URL = f"/api/v1/courses/{COURSE}/onboarding_statuses"


@pytest.fixture
def practice(client, lms):
    client.exam("practice", is_practice_exam=True)
    return client.attempt(lms.url, "practice")


def profile(client, user=USER):
    return client("GET", URL, params={"user_id": user}).json()["status"]


def test_a_new_learner_has_no_profile(client):
    assert profile(client) == "no-profile"


def test_a_submitted_practice_exam_is_pending(client, practice):
    client("PATCH", f"/api/v1/exam/practice/attempt/{practice}/", json={"status": "submitted"})
    assert profile(client) == "pending"


def test_a_practice_exam_that_passed_is_an_approved_profile(client, provider, practice):
    provider.store.add_verdict(practice, "passed", "", 200, "OK")
    assert profile(client) == "approved-in-course"


def test_a_verdict_that_the_lms_refused_does_not_count(client, provider, practice):
    provider.store.add_verdict(practice, "passed", "", 403, "")
    assert profile(client) == "no-profile"


def test_the_list_is_filtered_and_paged(client, scenario):
    scenario(onboarding={f"user-{n}": "pending" for n in range(5)} | {"other": "rejected"})
    page = client("GET", URL, params={"status": "pending", "page": 2, "page_size": 2}).json()
    assert [item["user_id"] for item in page["results"]] == ["user-2", "user-3"]
    assert (page["count"], page["num_pages"]) == (5, 3)
    last = client.session.get(page["next"], timeout=5).json()
    assert [item["user_id"] for item in last["results"]] == ["user-4"]
    assert last["next"] is None


def test_a_course_id_with_slashes_is_accepted(client):
    reply = client("GET", "/api/v1/courses/Demo/OLD/2014/onboarding_statuses")
    assert reply.json()["results"] == []


def test_registration_is_refused_without_onboarding(client, lms, scenario):
    client.exam()
    scenario(onboarding={USER: "onboarding_missing"})
    body = {"status": "created", "user_id": USER, "full_name": "V", "email": None, "lms_host": lms.url}
    reply = client("POST", "/api/v1/exam/exam-1/attempt/", json=body)
    assert (reply.status_code, reply.json()) == (200, {"status": "onboarding_missing"})
    assert profile(client) == "no-profile"


def test_the_practice_exam_itself_needs_no_onboarding(client, lms, scenario):
    client.exam("practice", is_practice_exam=True)
    scenario(onboarding={"*": "onboarding_missing"})
    assert client.attempt(lms.url, "practice") != "None"
