"""How an LMS logs in, and what it may do then."""

from __future__ import annotations

import jwt
import pytest
import requests

from mock_provider.app import MockProvider
from mock_provider.tokens import TOKEN_SECONDS

from .conftest import Client


def token_request(url, path="/oauth2/access_token", **changes):
    form = {
        "grant_type": "client_credentials",
        "client_id": "abcd",
        "client_secret": "abcdsecret",
        "token_type": "jwt",
        **changes,
    }
    return requests.post(url + path, data=form, timeout=5)


@pytest.mark.contract("mock-provider#tokens")
@pytest.mark.parametrize("path", ["/oauth2/access_token", "/edx/oauth2/access_token"])
def test_any_client_whose_secret_follows_the_rule_gets_a_token(provider, path):
    reply = token_request(provider.url, path)
    assert reply.status_code == 200
    assert reply.json()["expires_in"] == 3600
    claims = jwt.decode(reply.json()["access_token"], options={"verify_signature": False})
    assert claims["aud"] == "abcd"
    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.contract("mock-provider#tokens")
@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        pytest.param({"client_secret": "wrong"}, 401, "invalid_client", id="wrong-secret"),
        pytest.param({"client_id": "", "client_secret": "secret"}, 401, "invalid_client", id="no-client"),
        pytest.param({"token_type": "bearer"}, 400, "invalid_request", id="bearer-token"),
        pytest.param({"grant_type": "password"}, 400, "unsupported_grant_type", id="password-grant"),
    ],
)
def test_a_token_is_refused(provider, changes, status, error):
    reply = token_request(provider.url, **changes)
    assert (reply.status_code, reply.json()["error"]) == (status, error)


@pytest.mark.contract("mock-provider#tokens")
def test_a_client_of_the_seed_file_has_its_own_secret(lms):
    with MockProvider("i", "s", lms.url, clients={"abcd": "other"}) as provider:
        assert token_request(provider.url).status_code == 401
        assert token_request(provider.url, client_secret="other").status_code == 200


@pytest.mark.parametrize("scheme", ["JWT", "Bearer"])
def test_a_token_gives_access_to_the_api(provider, client, scheme):
    token = client.session.headers["Authorization"].split()[1]
    reply = requests.get(f"{provider.url}/api/v1/config/", headers={"Authorization": f"{scheme} {token}"}, timeout=5)
    assert reply.status_code == 200


@pytest.mark.contract("mock-provider#tokens")
@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="absent"),
        pytest.param("JWT", id="empty"),
        pytest.param("JWT not-a-token", id="malformed"),
        pytest.param("Basic bW9jazptb2Nrc2VjcmV0", id="other-scheme"),
        pytest.param("JWT " + jwt.encode({"aud": "mock", "exp": 4e9}, "x" * 32), id="forged"),
    ],
)
def test_the_api_refuses_requests_without_a_valid_token(provider, header):
    headers = {"Authorization": header} if header else {}
    reply = requests.get(f"{provider.url}/api/v1/config/", headers=headers, timeout=5)
    assert reply.status_code == 401
    assert reply.json()["error"] == "invalid_token"


@pytest.mark.contract("mock-provider#tokens")
def test_an_expired_token_is_refused(provider, client):
    assert client("GET", "/api/v1/config/").status_code == 200
    clock = provider.tokens.clock
    provider.tokens.clock = lambda: clock() + TOKEN_SECONDS + 1
    assert client("GET", "/api/v1/config/").status_code == 401


def test_tokens_outlive_a_restart(tmp_path, lms):
    db = str(tmp_path / "mock.sqlite3")
    with MockProvider("i", "s", lms.url, db=db) as first:
        client = Client(first.url)
        client.exam()
    with MockProvider("i", "s", lms.url, db=db) as second:
        client.url = second.url
        assert client("GET", "/api/v1/exam/exam-1/").json()["name"] == "Final"
