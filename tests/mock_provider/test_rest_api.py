"""Configuration, exams, attempts and users, as the LMS calls them."""

from __future__ import annotations

import re

import pytest

from mock_provider.app import MockProvider

from .conftest import ATTEMPT, COURSE, USER, Client


@pytest.mark.contract("mock-provider#configuration")
@pytest.mark.parametrize(
    ("language", "word"),
    [
        pytest.param(None, "allowed", id="no-language"),
        pytest.param("en-us", "allowed", id="english"),
        pytest.param("es;en-us", "permite", id="spanish-in-the-LMS-spelling"),
        pytest.param("es-419,es;q=0.9", "permite", id="spanish-in-the-standard-spelling"),
        pytest.param("xx;en-us", "allowed", id="unknown-language"),
    ],
)
def test_the_configuration_is_in_the_requested_language(client, provider, language, word):
    config = client("GET", "/api/v1/config/", headers={"Accept-Language": language} if language else {}).json()
    assert all(word in label for label in config["rules"].values())
    assert len(config["instructions"]) >= 2
    assert config["download_url"] == f"{provider.url}/download"
    assert config["name"]


@pytest.mark.contract("mock-provider#exams")
def test_a_new_exam_gets_an_id(client):
    reply = client("POST", "/api/v1/exam/", json={"course_id": COURSE, "exam_name": "Final", "external_id": None})
    exam_id = reply.json()["id"]
    assert re.fullmatch("[0-9a-f]{32}", exam_id)
    shown = client("GET", f"/api/v1/exam/{exam_id}/").json()
    assert shown == {"id": exam_id, "name": "Final", "course_id": COURSE, "rules": {}}


@pytest.mark.contract("mock-provider#exams")
def test_an_exam_keeps_the_id_that_the_lms_knows(client):
    assert client("POST", "/api/v1/exam/", json={"external_id": "known"}).json() == {"id": "known"}


@pytest.mark.contract("mock-provider#exams")
def test_saving_an_exam_again_replaces_it(client):
    client.exam(exam_name="Old", rules={"allow_notes": True})
    client.exam(exam_name="New", rules={"allow_notes": False})
    shown = client("GET", "/api/v1/exam/exam-1/").json()
    assert (shown["name"], shown["rules"]) == ("New", {"allow_notes": False})


@pytest.mark.contract("mock-provider#exams")
def test_an_unknown_exam_is_not_found(client):
    assert client("GET", "/api/v1/exam/nothing/").status_code == 404


@pytest.mark.contract("mock-provider#exams")
def test_an_unknown_exam_is_empty_with_the_quirks_of_mockprock(lms):
    with MockProvider("i", "s", lms.url, quirks=True) as provider:
        reply = Client(provider.url)("GET", "/api/v1/exam/nothing/")
    assert (reply.status_code, reply.json()) == (200, {})


@pytest.mark.contract("mock-provider#attempts")
def test_an_attempt_is_registered_under_a_slug(attempt):
    assert re.fullmatch("[0-9a-f]{32}", attempt)


@pytest.mark.contract("mock-provider#attempts")
def test_a_registration_that_is_sent_again_is_the_same_one(client, lms, provider):
    exam = client.exam()
    client.session.headers["Idempotency-Key"] = "CODE-1"
    first = client.attempt(lms.url)
    assert client.attempt(lms.url) == first
    client("DELETE", ATTEMPT.format(first))
    assert client.attempt(lms.url) != first
    client.session.headers["Idempotency-Key"] = "CODE-2"
    client.attempt(lms.url)
    assert len(provider.store.attempts(exam_id=exam)) == 2


@pytest.mark.contract("mock-provider#attempts")
@pytest.mark.parametrize("name", ["status", "user_id", "full_name", "email", "lms_host"])
def test_a_registration_must_be_complete(client, lms, name):
    body = {"status": "created", "user_id": USER, "full_name": "V", "email": None, "lms_host": lms.url}
    body.pop(name)
    reply = client("POST", "/api/v1/exam/exam-1/attempt/", json=body)
    assert reply.status_code == 400
    assert name in reply.json()["error"]


@pytest.mark.contract("mock-provider#attempts")
def test_an_attempt_has_the_address_of_its_software(client, provider, attempt):
    # No body and no content type: that is how the LMS asks.
    shown = client("GET", ATTEMPT.format(attempt)).json()
    assert shown["download_url"] == f"{provider.url}/download?attempt={attempt}&exam=exam-1"
    assert len(shown["instructions"]) >= 2
    assert (shown["id"], shown["status"], shown["exam_id"], shown["user_id"]) == (attempt, "created", "exam-1", USER)


@pytest.mark.contract("mock-provider#attempts")
def test_the_status_of_an_attempt_is_stored(client, attempt):
    assert client("PATCH", ATTEMPT.format(attempt), json={"status": "started"}).json() == {
        "id": attempt,
        "status": "started",
    }
    assert client("GET", ATTEMPT.format(attempt)).json()["status"] == "started"


def test_a_change_without_status_is_refused(client, attempt):
    assert client("PATCH", ATTEMPT.format(attempt), json={}).status_code == 400


@pytest.mark.contract("mock-provider#attempts")
def test_a_new_limit_is_stored_and_leaves_the_status(client, provider, attempt):
    client("PATCH", ATTEMPT.format(attempt), json={"status": "started"})
    reply = client("PATCH", ATTEMPT.format(attempt), json={"time_limit_mins": 75})
    assert (reply.status_code, reply.json()) == (200, {"id": attempt, "status": "started"})
    assert provider.store.attempt(attempt)["time_limit_mins"] == 75
    assert client("PATCH", ATTEMPT.format("unknown"), json={"time_limit_mins": 75}).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_attempt_is_not_found(client, attempt, method):
    body = {"json": {"status": "started"}} if method == "PATCH" else {}
    assert client(method, ATTEMPT.format("nothing"), **body).status_code == 404
    assert client(method, f"/api/v1/exam/other/attempt/{attempt}/", **body).status_code == 404


@pytest.mark.contract("mock-provider#attempts")
def test_a_removed_attempt_is_not_found(client, attempt):
    assert client("DELETE", ATTEMPT.format(attempt)).json() == {"status": "deleted"}
    assert client("DELETE", ATTEMPT.format(attempt)).status_code == 404


@pytest.mark.contract("mock-provider#users")
def test_a_user_is_deleted_once(client, attempt):
    assert client("DELETE", f"/api/v1/user/{USER}/").json() is True
    assert client("DELETE", f"/api/v1/user/{USER}/").json() is False
    assert client("GET", ATTEMPT.format(attempt)).status_code == 404


@pytest.mark.parametrize("email", [1, [], {"a": "b"}], ids=str)
def test_an_email_that_is_not_a_text_is_refused(client, lms, email):
    body = {"status": "created", "user_id": USER, "full_name": "V", "email": email, "lms_host": lms.url}
    reply = client("POST", "/api/v1/exam/exam-1/attempt/", json=body)
    assert (reply.status_code, reply.json()) == (400, {"error": "email must be a text or null"})
