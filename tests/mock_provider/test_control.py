"""Configuring the provider and making it fail."""

from __future__ import annotations

import time

import pytest
import requests

from mock_provider.app import MockProvider

from .conftest import USER

pytestmark = pytest.mark.contract("mock-provider#scenario")


def control(provider, method, path, **options):
    return requests.request(method, f"{provider.url}/_control/{path}", timeout=5, **options)


def test_the_journal_shows_requests_without_their_secrets(provider, client, attempt):
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


def test_a_reset_restores_journal_and_scenario_but_keeps_the_data(provider, client, scenario, attempt):
    scenario(fail=True)
    assert client("GET", "/api/v1/config/").status_code == 500
    control(provider, "POST", "reset")
    assert client("GET", "/api/v1/config/").status_code == 200
    assert len(control(provider, "GET", "requests").json()) == 1
    assert provider.store.attempt(attempt)


def test_a_reset_of_the_data_deletes_the_attempts(provider, attempt):
    control(provider, "POST", "reset", json={"data": True})
    assert provider.store.attempt(attempt) is None


def test_a_failure_hits_only_matching_requests_as_often_as_configured(client, scenario):
    scenario(fail=[{"method": "GET", "path": "/config/", "status": 503, "body": {"error": "busy"}, "times": 2}])
    assert client("POST", "/api/v1/exam/", json={}).status_code == 200
    replies = [client("GET", "/api/v1/config/") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [503, 503, 200]
    assert replies[0].json() == {"error": "busy"}


def test_a_configured_latency_delays_the_answer(client, scenario):
    scenario(latency_ms=200)
    started = time.monotonic()
    client("GET", "/api/v1/config/")
    assert time.monotonic() - started >= 0.2


def test_an_answer_can_be_malformed_json(client, scenario):
    scenario(malformed_json=True)
    reply = client("GET", "/api/v1/config/")
    assert reply.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        reply.json()


def test_an_answer_can_be_lost_after_the_request_was_carried_out(client, scenario, lms, provider):
    client.exam()
    scenario(drop_answer=[{"method": "POST", "path": "/attempt/$", "times": 1}])
    with pytest.raises(requests.ConnectionError):
        client.attempt(lms.url)
    assert len(provider.store.attempts()) == 1


def test_a_connection_can_be_dropped(client, scenario):
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
def test_a_removal_answers_as_the_delete_mode_says(client, scenario, attempt, mode, status, body):
    scenario(delete_mode=mode)
    reply = client("DELETE", f"/api/v1/exam/exam-1/attempt/{attempt}/")
    assert (reply.status_code, reply.json()) == (status, body)


@pytest.mark.parametrize(
    "changes",
    [
        {"no_such_key": 1},
        {"latency_ms": -1},
        {"latency_ms": True},
        {"fail": "yes"},
        {"fail": [{"path": "("}]},
        {"fail": [{"colour": "red"}]},
        {"fail": [{"status": "busy"}]},
        {"fail": [{"status": 99}]},
        {"fail": [{"times": "often"}]},
        {"delete_mode": "maybe"},
        {"onboarding": {"u": "fine"}},
        {"review": {"delay": "soon"}},
        {"review": {"repeat": 0}},
        {"review": {"retries": -1}},
        {"review": {"comments": "fine"}},
        {"review": {"status": None}},
        {"review": "passed"},
        {"clock_factor": 1e300},
    ],
    ids=str,
)
def test_an_invalid_scenario_is_refused_as_a_whole(provider, scenario, changes):
    reply = scenario(latency_ms=7, **changes) if "latency_ms" not in changes else scenario(**changes)
    assert reply.status_code == 400
    assert next(iter(changes)) in reply.json()["error"]
    assert control(provider, "GET", "scenario").json()["latency_ms"] == 0


def test_faults_do_not_reach_the_control_endpoints(provider, scenario):
    scenario(fail=[{"path": "."}])
    assert control(provider, "POST", "reset").status_code == 200


def test_a_web_page_in_the_browser_may_not_use_the_control_endpoints(provider):
    reply = control(provider, "POST", "reset", headers={"Origin": "http://evil.example.com"})
    assert reply.status_code == 403


def test_the_control_token_is_required_when_set(lms):
    with MockProvider("i", "s", lms.url, control_token="open-sesame") as provider:
        assert control(provider, "GET", "requests").status_code == 403
        assert control(provider, "GET", "requests", headers={"X-Control-Token": "no"}).status_code == 403
        assert control(provider, "GET", "requests", headers={"X-Control-Token": "open-sesame"}).status_code == 200


@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.1", 403)])
def test_only_this_machine_may_use_the_control_endpoints_without_a_token(provider, address, status):
    reply = provider.app.test_client().get("/_control/requests", environ_base={"REMOTE_ADDR": address})
    assert reply.status_code == status


def test_the_journal_shows_the_path_as_it_was_sent(provider, client):
    client("GET", "/api/v1/exam/a%20b/?jwt=secret")
    entry = control(provider, "GET", "requests").json()[-1]
    assert (entry["path"], entry["query"]) == ("/api/v1/exam/a%20b/", {"jwt": "***"})


def test_requests_to_the_control_endpoints_are_not_in_the_journal(provider):
    control(provider, "GET", "scenario")
    assert control(provider, "GET", "requests").json() == []
