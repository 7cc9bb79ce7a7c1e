"""Fixtures for tests of providers: new provider objects, and an intercepted network."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses
from edx_django_utils.cache import TieredCache
from freezegun import freeze_time

from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.backends.software_secure import SoftwareSecureBackendProvider

BASE_URL = "http://provider.test"
TOKEN_URL = f"{BASE_URL}/oauth2/access_token"
# PyJWT warns of a shorter key for HS256.
CLIENT_SECRET = "secret-a-0123456789abcdef01234567"

SOFTWARE_SECURE_OPTIONS: dict[str, Any] = {
    "organization": "acme-org",
    "exam_sponsor": "Acme LMS",
    "exam_register_endpoint": "http://vendor.test/register",
    "secret_key_id": "kid-01",
    "secret_key": "0123456789ABCDEF0123456789ABCDEF01234567",
    "crypto_key": "abcdefghijklmnopqrstuvwx",
    "software_download_url": "http://vendor.test/download",
}


def make_rest_provider(**options: Any) -> BaseRestProctoringProvider:
    """Build a REST provider with the options of a deployment."""
    return BaseRestProctoringProvider(
        **{"base_url": BASE_URL, "client_id": "client-a", "client_secret": CLIENT_SECRET, **options}
    )


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    """An intercepted network with a token endpoint, and the replies that a test adds."""
    # Its first tier belongs to the thread, so it would survive from test to test.
    TieredCache.dangerous_clear_all_tiers()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(TOKEN_URL, json={"access_token": "token-1", "expires_in": 3600})
        yield mock


@pytest.fixture
def provider(http: responses.RequestsMock) -> BaseRestProctoringProvider:
    """A REST provider."""
    return make_rest_provider()


@pytest.fixture
def sent(http: responses.RequestsMock) -> Callable[[], list[responses.Call]]:
    """Return the calls to the provider, without token requests."""

    def calls() -> list[responses.Call]:
        return [call for call in http.calls if "access_token" not in call.request.url]

    return calls


@pytest.fixture
def make_software_secure() -> Callable[..., SoftwareSecureBackendProvider]:
    """Build an RPNow provider with the options of the test vectors."""

    def make(**options: Any) -> SoftwareSecureBackendProvider:
        return SoftwareSecureBackendProvider(**{**SOFTWARE_SECURE_OPTIONS, **options})

    return make


@pytest.fixture
def freezer_at() -> Callable[[str], Any]:
    """Stop the clock at a moment; the block gets a clock that can ``tick(seconds)``."""
    return freeze_time
