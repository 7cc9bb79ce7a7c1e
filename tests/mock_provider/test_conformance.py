"""The conformance kit passes a good server and names the faults of a bad one."""

from __future__ import annotations

import pytest

from mock_provider.conformance import Kit, main

pytestmark = pytest.mark.contract("mock-provider#conformance-kit")


def problems(provider):
    return {sentence: problem for sentence, problem in Kit(provider.url, "mock", "mocksecret").run() if problem}


def test_our_own_server_conforms_without_keeping_the_learner(provider):
    assert problems(provider) == {}
    assert provider.store.counts()["attempts"] == 0


@pytest.mark.parametrize(
    ("fault", "sentence", "problem"),
    [
        pytest.param({"delete_mode": "pending"}, "an attempt is deleted", "'pending'", id="unconfirmed-removal"),
        pytest.param({"fail": [{"path": "config", "status": 500}]}, "the configuration", "status 500", id="no-config"),
        pytest.param(
            {"fail": [{"path": "/exam/[0-9a-f]+/$", "method": "GET", "status": 200, "body": {}}]},
            "an unknown exam",
            "status 200",
            id="unknown-exam-is-found",
        ),
        pytest.param({"onboarding": {"*": "onboarding_missing"}}, "an attempt is registered", "wants", id="onboarding"),
        pytest.param({"malformed_json": [{"path": "/api/"}]}, "a new exam", "not JSON", id="nonsense"),
        pytest.param({"drop_connection": [{"path": "/user/"}]}, "the deletion of a learner", "", id="no-answer"),
    ],
)
def test_a_fault_is_named_by_its_check(provider, scenario, fault, sentence, problem):
    scenario(**fault)
    found = {key: value for key, value in problems(provider).items() if key.startswith(sentence)}
    assert len(found) == 1
    assert problem in next(iter(found.values()))


def test_the_command_reports_a_failed_check_by_its_exit_code(provider, scenario, capsys):
    assert main([provider.url, "mock", "mocksecret"]) == 0
    scenario(delete_mode="500")
    assert main([provider.url, "mock", "mocksecret"]) == 1
    assert "FAIL  an attempt is deleted" in capsys.readouterr().out
