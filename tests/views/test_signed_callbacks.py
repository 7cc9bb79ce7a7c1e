"""Signatures of callbacks."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from freezegun import freeze_time

from edx_proctoring.models import ProctoredExamStudentAttempt, ReviewInboxEntry, UsedNonce
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from tests import factories
from tests.views.callback_requests import ANONYMOUS, REVIEW, payload, post, status_of, url

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_services")]


def signature(
    secret: str, path: str, body: bytes, *, nonce: str = "nonce-0001", age: int = 0, method: str = "POST"
) -> dict[str, str]:
    timestamp = str(int(time.time()) - age)
    signed = "\n".join(("v1", timestamp, nonce, method, path, hashlib.sha256(body).hexdigest()))
    mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    return {
        "HTTP_X_PROCTORING_TIMESTAMP": timestamp,
        "HTTP_X_PROCTORING_NONCE": nonce,
        "HTTP_X_PROCTORING_SIGNATURE": f"v1={mac}",
    }


@pytest.fixture
def signing(test_backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the provider ``test`` sign its callbacks, with a current and a former secret."""
    monkeypatch.setattr(test_backend, "callback_secrets", ["current", "former"], raising=False)


BODY = json.dumps(REVIEW).encode()


@pytest.mark.parametrize("kind", ["ready", "reviewed"])
@pytest.mark.parametrize("secret", ["current", "former"])
@pytest.mark.contract("provider-wire#callback-signature")
def test_a_callback_signed_with_any_configured_secret_is_accepted(
    signing: None, provider_client: Any, kind: str, secret: str
) -> None:
    path = url(kind, factories.make_attempt(status=S.submitted).external_id)
    response = provider_client.generic(
        "POST", path, BODY, content_type="application/json", **signature(secret, path, BODY)
    )
    assert response.status_code == 200


@pytest.mark.parametrize("kind", ["ready", "reviewed"])
@pytest.mark.contract("provider-wire#callback-signature")
def test_an_unsigned_callback_is_refused_if_the_provider_has_secrets(
    signing: None, provider_client: Any, kind: str
) -> None:
    attempt = factories.make_attempt(status=S.created if kind == "ready" else S.submitted)
    before = attempt.status
    response = provider_client.post(url(kind, attempt.external_id), REVIEW, format="json")
    assert (response.status_code, list(response.data)) == (400, ["detail"])
    assert status_of(attempt) == before


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        pytest.param(lambda path: {}, 400, id="not-signed"),
        pytest.param(
            lambda path: {**signature("current", path, BODY), "HTTP_X_PROCTORING_TIMESTAMP": "now"}, 400, id="no-time"
        ),
        pytest.param(lambda path: signature("current", path, BODY, nonce="short"), 400, id="short-nonce"),
        pytest.param(
            lambda path: {**signature("current", path, BODY), "HTTP_X_PROCTORING_SIGNATURE": "v2=00"}, 400, id="v2"
        ),
        pytest.param(lambda path: signature("current", path, BODY, age=301), 403, id="too-old"),
        pytest.param(lambda path: signature("current", path, BODY, age=-400), 403, id="from-the-future"),
        pytest.param(lambda path: signature("wrong", path, BODY), 403, id="wrong-secret"),
        pytest.param(lambda path: signature("current", path, BODY + b" "), 403, id="another-body"),
        pytest.param(lambda path: signature("current", "/other", BODY), 403, id="another-path"),
        pytest.param(lambda path: signature("current", path, BODY, method="PUT"), 403, id="another-method"),
    ],
)
@pytest.mark.contract("provider-wire#callback-signature")
def test_a_callback_with_a_wrong_signature_is_refused(
    signing: None, provider_client: Any, headers: Callable[[str], dict[str, str]], code: int
) -> None:
    attempt = factories.make_attempt(status=S.submitted)
    path = url("reviewed", attempt.external_id)
    response = provider_client.generic("POST", path, BODY, content_type="application/json", **headers(path))
    assert response.status_code == code
    assert status_of(attempt) == S.submitted


def test_a_repeated_nonce_answers_409(signing: None, provider_client: Any) -> None:
    path = url("reviewed", factories.make_attempt(status=S.submitted).external_id)
    headers = signature("current", path, BODY)
    codes = [
        provider_client.generic("POST", path, BODY, content_type="application/json", **headers).status_code
        for _ in range(2)
    ]
    assert codes == [200, 409]


@pytest.mark.contract("provider-wire#callback-signature")
@pytest.mark.operation("POST /proctoring_review_callback/")
def test_a_setting_requires_a_signature_of_the_anonymous_callback(
    rpnow_attempt: ProctoredExamStudentAttempt,
    backends_registry: dict[str, Any],
    proctoring_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proctoring_settings(ANONYMOUS_REVIEW_CALLBACK="signed")
    monkeypatch.setattr(backends_registry["software_secure"], "callback_secrets", ["secret"], raising=False)
    body = json.dumps(payload(rpnow_attempt)).encode()
    assert post(body).status_code == 400
    assert post(body, **signature("secret", ANONYMOUS, body)).status_code == 200


@pytest.mark.contract("provider-wire#callback-signature")
@pytest.mark.parametrize(
    ("signed_query", "code"),
    [
        pytest.param("?a=1&b=%20x", 200, id="with-its-query"),
        pytest.param("", 403, id="without-it"),
        pytest.param("?a=2&b=%20x", 403, id="with-another"),
    ],
)
def test_the_query_string_is_signed(signing: None, provider_client: Any, signed_query: str, code: int) -> None:
    path = url("reviewed", factories.make_attempt(status=S.submitted).external_id)
    headers = signature("current", path + signed_query, BODY)
    response = provider_client.generic("POST", f"{path}?a=1&b=%20x", BODY, content_type="application/json", **headers)
    assert response.status_code == code


@pytest.mark.contract("provider-wire#callback-replay")
@pytest.mark.parametrize("kind", ["ready", "reviewed"])
def test_a_replay_is_recognised_after_the_cache_was_emptied(signing: None, provider_client: Any, kind: str) -> None:
    attempt = factories.make_attempt(status=S.created if kind == "ready" else S.submitted)
    path = url(kind, attempt.external_id)
    headers = signature("current", path, BODY)
    codes = []
    for _ in range(2):
        response = provider_client.generic("POST", path, BODY, content_type="application/json", **headers)
        codes.append(response.status_code)
        cache.clear()
    assert codes == [200, 409]
    assert ReviewInboxEntry.objects.count() == (1 if kind == "reviewed" else 0)


@pytest.mark.contract("provider-wire#callback-replay")
def test_a_replay_of_an_anonymous_review_is_recognised_after_the_cache_was_emptied(
    rpnow_attempt: ProctoredExamStudentAttempt, backends_registry: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends_registry["software_secure"], "callback_secrets", ["secret"], raising=False)
    body = json.dumps(payload(rpnow_attempt)).encode()
    headers = signature("secret", ANONYMOUS, body)
    assert post(body, **headers).status_code == 200
    cache.clear()
    assert post(body, **headers).status_code == 409


@pytest.mark.contract("provider-wire#callback-replay")
@pytest.mark.parametrize("nonces", [("nonce-A", "nonce-a"), ("nonce-0001", "nonce-0002")])
def test_other_nonces_are_not_a_replay(signing: None, provider_client: Any, nonces: tuple[str, str]) -> None:
    path = url("ready", factories.make_attempt().external_id)
    for nonce in nonces:
        headers = signature("current", path, BODY, nonce=f"{nonce}-long")
        assert provider_client.generic("POST", path, BODY, **headers).status_code == 200
        cache.clear()


def test_used_nonces_are_purged_after_600_seconds(signing: None, provider_client: Any) -> None:
    path = url("ready", factories.make_attempt().external_id)
    with freeze_time("2026-03-01 12:00:00") as clock:
        for seconds in (0, 599, 2):
            clock.tick(seconds)
            headers = signature("current", path, BODY, nonce=f"nonce-after-{seconds}")
            assert provider_client.generic("POST", path, BODY, **headers).status_code == 200
            cache.clear()
    assert UsedNonce.objects.count() == 2
