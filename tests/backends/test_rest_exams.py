"""Exams over REST."""

import json
import logging
from typing import Any

import pytest
import requests

from edx_proctoring.backends.rest import BaseRestProctoringProvider

from .conftest import BASE_URL, make_rest_provider

pytestmark = pytest.mark.contract("provider-wire#exam")

CREATE_URL = f"{BASE_URL}/api/v1/exam/"
EXAM_URL = f"{BASE_URL}/api/v1/exam/ext-exam/"
EXAM: dict[str, Any] = {"id": 7, "external_id": None, "exam_name": "Midterm"}


@pytest.mark.parametrize(("external_id", "url"), [(None, CREATE_URL), ("", CREATE_URL), ("ext-exam", EXAM_URL)])
def test_an_exam_without_an_external_id_is_created_otherwise_updated(provider, http, sent, external_id, url):
    http.post(url, json={"id": "abc"})
    exam = {**EXAM, "external_id": external_id}
    assert provider.on_exam_saved(exam) == "abc"
    assert json.loads(sent()[-1].request.body) == exam


@pytest.mark.parametrize(
    ("own_rules", "sent_rules"),
    [
        pytest.param({}, {"allow_grok": True}, id="no-rules-get-the-default"),
        pytest.param({"rules": {}}, {"allow_grok": True}, id="empty-rules-get-the-default"),
        pytest.param({"rules": {"own": False}}, {"own": False}, id="own-rules-stay"),
    ],
)
def test_default_rules_are_sent_only_with_exams_without_rules(http, sent, own_rules, sent_rules):
    http.post(CREATE_URL, json={"id": "abc"})
    provider = make_rest_provider(default_rules={"allow_grok": True})
    exam = {**EXAM, **own_rules}
    provider.on_exam_saved(exam)
    assert exam["rules"] == sent_rules
    assert json.loads(sent()[-1].request.body)["rules"] == sent_rules


def test_default_rules_of_a_plugin_class_are_sent(http, sent):
    class Plugin(BaseRestProctoringProvider):
        base_url = BASE_URL
        default_rules = {"allow_grok": True}

    http.post(CREATE_URL, json={"id": "abc"})
    Plugin(client_id="a", client_secret="b").on_exam_saved(dict(EXAM))
    assert json.loads(sent()[-1].request.body)["rules"] == {"allow_grok": True}


@pytest.mark.contract("provider-wire#saved-exam-failures")
@pytest.mark.parametrize(
    "reply",
    [
        pytest.param({"body": requests.ConnectionError("refused")}, id="no-connection"),
        pytest.param({"body": requests.ReadTimeout("slow")}, id="timeout"),
        pytest.param({"body": ConnectionError("builtin")}, id="builtin-connection-error"),
        pytest.param({"body": "<html>"}, id="bad-json"),
        pytest.param({"json": ["abc"]}, id="a-list"),
        pytest.param({"json": {}}, id="no-id"),
    ],
)
def test_if_the_provider_fails_the_result_is_none(provider, http, reply):
    http.post(CREATE_URL, **reply)
    assert provider.on_exam_saved(dict(EXAM)) is None


@pytest.mark.contract("provider-wire#saved-exam-failures")
def test_if_the_exam_cannot_be_serialized_the_result_is_none(provider, sent):
    assert provider.on_exam_saved({**EXAM, "due_date": object()}) is None
    assert sent() == []


@pytest.mark.contract("provider-wire#saved-exam-failures")
def test_the_body_of_an_error_status_is_parsed(provider, http):
    http.post(CREATE_URL, json={"id": "abc"}, status=500)
    assert provider.on_exam_saved(dict(EXAM)) == "abc"


@pytest.mark.contract("provider-wire#saved-exam-failures")
def test_of_the_body_of_an_error_the_log_holds_a_digest(provider, http, caplog):
    http.post(CREATE_URL, body="the reason" + "x" * 5000, status=500)
    with caplog.at_level(logging.ERROR):
        provider.on_exam_saved(dict(EXAM))
    assert "body=sha256:" in caplog.text
    assert "length:5010" in caplog.text
    assert "the reason" not in caplog.text


def test_an_exam_is_requested_by_our_id(provider, http):
    http.get(f"{BASE_URL}/api/v1/exam/7/", json={"id": "ext-exam"}, status=404)
    assert provider.get_exam({"id": 7, "external_id": "ext-exam"}) == {"id": "ext-exam"}


@pytest.mark.contract("provider-wire#exam-failures")
def test_bad_json_for_an_exam_raises(provider, http):
    http.get(f"{BASE_URL}/api/v1/exam/7/", body="<html>")
    with pytest.raises(ValueError, match="Expecting value"):
        provider.get_exam({"id": 7})
