"""What every address has in common: refusals, the limit of a body, the host that addresses repeat."""

from __future__ import annotations

import pytest

from .conftest import ATTEMPT


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("GET", "/nowhere", 404, id="unknown-address"),
        pytest.param("GET", "/api/v1/config", 404, id="missing-slash"),
        pytest.param("GET", "/api/v1//config/", 404, id="one-slash-too-many"),
        pytest.param("PUT", "/api/v1/config/", 405, id="wrong-method"),
        pytest.param("OPTIONS", "/api/v1/config/", 405, id="options"),
        pytest.param("BREW", "/api/v1/config/", 405, id="unknown-method"),
        pytest.param("DELETE", "/oauth2/access_token", 405, id="wrong-method-without-a-token"),
    ],
)
def test_an_unknown_address_or_method_is_refused(client, method, path, status):
    reply = client(method, path, allow_redirects=False)
    assert reply.status_code == status
    assert reply.json() == {"error": {404: "not found", 405: "method not allowed"}[status]}


@pytest.mark.parametrize("length", ["99999999", "1048577", "9" * 5000, "-1", "many"], ids=lambda length: length[:8])
def test_a_body_that_is_too_large_or_of_unknown_length_is_refused(client, length):
    reply = client("POST", "/api/v1/exam/", headers={"Content-Length": length})
    assert (reply.status_code, reply.json()) == (413, {"error": "body too large"})


def test_a_body_sent_in_chunks_has_the_same_limit(client):
    assert client("POST", "/api/v1/exam/", data=iter([b'{"external_id":', b' "chunks"}'])).json() == {"id": "chunks"}
    reply = client("POST", "/api/v1/exam/", data=iter([b"x" * 1024 * 1024, b"x"]))
    assert reply.status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not JSON", id="text"),
        pytest.param(b"[1]", id="list"),
        pytest.param(b"\xff\xfe", id="not-utf-8"),
        pytest.param(b"[" * 100_000, id="nested-too-deeply"),
        pytest.param(b'{"status": "\\ud800"}', id="half-a-character"),
    ],
)
def test_a_body_that_is_not_a_json_object_counts_as_empty(client, attempt, body):
    reply = client("PATCH", ATTEMPT.format(attempt), data=body)
    assert (reply.status_code, reply.json()) == (400, {"error": "missing: status"})


@pytest.mark.parametrize("host", ["mock.example.com:8000", "mock_provider:11136", "[::1]:11136"])
def test_addresses_repeat_the_host_that_the_lms_used(client, host):
    reply = client("GET", "/api/v1/config/", headers={"Host": host})
    assert reply.json()["download_url"] == f"http://{host}/download"


@pytest.mark.parametrize("host", ["", "evil<script>", "a b"])
def test_a_host_with_invalid_characters_is_not_repeated(client, provider, host):
    reply = client("GET", "/api/v1/config/", headers={"Host": host})
    assert reply.json()["download_url"] == f"{provider.url}/download"
