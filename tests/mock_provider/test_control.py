"""Steering the provider and making it fail. Spec: backends.md 13.4."""

from __future__ import annotations

import time
from email.message import Message

import pytest
import requests

from .conftest import USER

pytestmark = pytest.mark.spec("backends.md", "13.4:scenario")


def control(provider, method, path, **options):
    return requests.request(method, f"{provider.url}/_control/{path}", timeout=5, **options)


def test_the_journal_shows_what_the_lms_sent_without_its_secrets(provider, client, attempt):
    text = control(provider, "GET", "requests").text
    assert "mocksecret" not in text
    assert client.session.headers["Authorization"] not in text
    journal = control(provider, "GET", "requests").json()
    assert [(entry["method"], entry["path"]) for entry in journal] == [
        ("POST", "/oauth2/access_token"),
        ("POST", "/api/v1/exam/exam-1/"),
        ("POST", "/api/v1/exam/exam-1/attempt/"),
    ]
    assert journal[0]["body"]["client_id"] == "mock"
    assert journal[2]["body"]["user_id"] == USER


def test_a_reset_empties_the_journal_and_heals_but_keeps_the_data(provider, client, scenario, attempt):
    scenario(fail=True)
    assert client("GET", "/api/v1/config/").status_code == 500
    control(provider, "POST", "reset")
    assert client("GET", "/api/v1/config/").status_code == 200
    assert len(control(provider, "GET", "requests").json()) == 1
    assert provider.store.attempt(attempt)


def test_a_reset_of_the_data_forgets_the_attempts(provider, attempt):
    control(provider, "POST", "reset", json={"data": True})
    assert provider.store.attempt(attempt) is None


def test_a_failure_strikes_only_what_fits_as_often_as_told(client, scenario):
    scenario(fail=[{"method": "GET", "path": "/config/", "status": 503, "body": {"error": "busy"}, "times": 2}])
    assert client("POST", "/api/v1/exam/", json={}).status_code == 200
    replies = [client("GET", "/api/v1/config/") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [503, 503, 200]
    assert replies[0].json() == {"error": "busy"}


def test_an_answer_can_be_late(client, scenario):
    scenario(latency_ms=200)
    started = time.monotonic()
    client("GET", "/api/v1/config/")
    assert time.monotonic() - started >= 0.2


def test_an_answer_can_be_no_json(client, scenario):
    scenario(malformed_json=True)
    reply = client("GET", "/api/v1/config/")
    assert reply.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        reply.json()


def test_a_connection_can_break(client, scenario):
    scenario(drop_connection=[{"path": "/config/", "times": 1}])
    with pytest.raises(requests.ConnectionError):
        client("GET", "/api/v1/config/")
    assert client("GET", "/api/v1/config/").status_code == 200


@pytest.mark.parametrize(
    ("mode", "status", "body"),
    [
        ("deleted", 200, {"status": "deleted"}),
        ("404", 404, {"error": "unknown attempt"}),
        ("pending", 200, {"status": "pending"}),
        ("500", 500, {"error": "internal error"}),
    ],
)
def test_the_mood_of_a_removal(client, scenario, attempt, mode, status, body):
    scenario(delete_mode=mode)
    reply = client("DELETE", f"/api/v1/exam/exam-1/attempt/{attempt}/")
    assert (reply.status_code, reply.json()) == (status, body)


@pytest.mark.parametrize(
    "wishes",
    [
        {"no_such_key": 1},
        {"latency_ms": -1},
        {"latency_ms": True},
        {"fail": "yes"},
        {"fail": [{"path": "("}]},
        {"fail": [{"colour": "red"}]},
        {"delete_mode": "maybe"},
        {"onboarding": {"u": "fine"}},
        {"review": {"delay": "soon"}},
        {"review": {"repeat": 0}},
        {"review": "passed"},
    ],
    ids=str,
)
def test_a_scenario_that_cannot_be_changes_nothing(provider, scenario, wishes):
    reply = scenario(latency_ms=7, **wishes) if "latency_ms" not in wishes else scenario(**wishes)
    assert reply.status_code == 400
    assert next(iter(wishes)) in reply.json()["error"]
    assert control(provider, "GET", "scenario").json()["latency_ms"] == 0


def test_steering_is_out_of_reach_of_the_faults(provider, scenario):
    scenario(fail=[{"path": "."}])
    assert control(provider, "POST", "reset").status_code == 200


def test_a_web_page_in_the_browser_may_not_steer(provider):
    reply = control(provider, "POST", "reset", headers={"Origin": "http://evil.example.com"})
    assert reply.status_code == 403


def test_the_control_token_is_asked_for_when_set(lms):
    from mock_provider.app import MockProvider

    with MockProvider("i", "s", lms.url, control_token="open-sesame") as provider:
        assert control(provider, "GET", "requests").status_code == 403
        assert control(provider, "GET", "requests", headers={"X-Control-Token": "no"}).status_code == 403
        assert control(provider, "GET", "requests", headers={"X-Control-Token": "open-sesame"}).status_code == 200


def test_another_machine_may_not_steer_without_a_token(provider):
    from mock_provider.web import Request

    request = Request("GET", "/_control/requests", {}, Message(), b"", "192.0.2.1", "x")
    assert provider._answer(request).status == 403
