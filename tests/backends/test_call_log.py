"""The log line of each request to a provider."""

import logging
import re
from typing import Any

import pytest
import requests
import responses

from edx_proctoring.backends import call_log, inline_retries
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider
from edx_proctoring.exceptions import BackendProviderCannotRegisterAttempt
from tests.backends.conftest import BASE_URL, SOFTWARE_SECURE_OPTIONS, make_rest_provider
from tests.backends.test_software_secure import CONTEXT, EXAM

pytestmark = pytest.mark.contract("events-and-logs#provider-calls")

ATTEMPT_PATH = "/api/v1/exam/ext-exam/attempt/ext-att/"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """The lines written so far, without their seconds."""
    caplog.set_level(logging.INFO, logger=call_log.__name__)
    return lambda: [
        re.sub(r"seconds=\d+\.\d{3}", "seconds=_", record.getMessage())
        for record in caplog.records
        if record.name == call_log.__name__
    ]


@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_call_is_one_line_with_its_ids_and_what_came_of_it(
    http: responses.RequestsMock, lines: Any, status: int
) -> None:
    provider = make_rest_provider()
    provider.backend_name = "acme"
    http.patch(f"{BASE_URL}{ATTEMPT_PATH}", status=status, json={"status": "started"})
    provider.start_exam_attempt("ext-exam", "ext-att")
    rest = "outcome=answered status={} seconds=_ tries=1"
    assert lines() == [
        f"provider called: backend=acme method=POST path=/oauth2/access_token {rest.format(200)}",
        f"provider called: backend=acme method=PATCH path={ATTEMPT_PATH} {rest.format(status)}",
    ]


def test_a_query_is_left_out(http: responses.RequestsMock, lines: Any) -> None:
    http.get(re.compile("."), json={"results": []})
    make_rest_provider().get_onboarding_profile_info("course-v1:a+b+c", user_id="somebody", page=1)
    assert "somebody" not in lines()[-1]


def test_names_and_secrets_are_left_out(http: responses.RequestsMock, lines: Any) -> None:
    http.post(re.compile("."), json={"id": "ext-att"})
    provider = make_rest_provider()
    provider.register_exam_attempt(
        {"id": 1, "external_id": "ext-exam"},
        {"attempt_code": "CODE", "full_name": "Ada Lovelace", "email": "ada@x.test"},
    )
    text = "\n".join(lines())
    assert "attempt/" in text
    assert not [word for word in ("Ada", "ada@", "secret", "token-1") if word in text]


def test_a_call_without_an_answer_is_one_line_with_its_repetitions(
    http: responses.RequestsMock, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inline_retries, "was_never_sent", lambda error: True)
    monkeypatch.setattr(inline_retries.time, "sleep", lambda seconds: None)
    http.patch(f"{BASE_URL}{ATTEMPT_PATH}", body=requests.ConnectTimeout())
    with pytest.raises(requests.ConnectTimeout):
        make_rest_provider().stop_exam_attempt("ext-exam", "ext-att")
    assert lines()[-1].endswith(f"path={ATTEMPT_PATH} outcome=ConnectTimeout status=None seconds=_ tries=3")
    assert len(lines()) == 2


def test_the_older_vendor_has_the_line_too(http: responses.RequestsMock, lines: Any) -> None:
    http.post(SOFTWARE_SECURE_OPTIONS["exam_register_endpoint"], status=503)
    with pytest.raises(BackendProviderCannotRegisterAttempt):
        SoftwareSecureBackendProvider(**SOFTWARE_SECURE_OPTIONS).register_exam_attempt(EXAM, CONTEXT)
    assert [line.split("method=")[1] for line in lines()] == [
        "POST path=/register outcome=answered status=503 seconds=_ tries=1"
    ]


def test_monitoring_gets_the_sums_of_a_request(http: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> None:
    sums: dict[str, float] = {}
    monkeypatch.setattr(call_log, "accumulate", lambda name, value: sums.update({name: sums.get(name, 0) + value}))
    monkeypatch.setattr(call_log, "set_custom_attribute", lambda name, value: sums.update({name: value}))
    http.patch(f"{BASE_URL}{ATTEMPT_PATH}", json={})
    provider = make_rest_provider()
    provider.backend_name = "acme"
    provider.start_exam_attempt("ext-exam", "ext-att")
    assert (sums["proctoring_provider"], sums["proctoring_provider_calls"]) == ("acme", 2)
    assert sums["proctoring_provider_seconds"] > 0
