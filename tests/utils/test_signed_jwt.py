"""Which JWTs are accepted."""

import json
import time
from collections.abc import Callable
from operator import itemgetter
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from edx_rest_framework_extensions.auth.jwt.authentication import JwtAuthentication
from edx_rest_framework_extensions.auth.jwt.decoder import jwt_decode_handler
from jwt.algorithms import RSAAlgorithm
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIRequestFactory
from rest_framework_jwt.settings import api_settings

from edx_proctoring.utils import AuthenticatedAPIView
from edx_proctoring.utils.signed_jwt import SignedJwtAuthentication, needs_shared_secret
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:'JWT_ISSUERS' list not defined")]

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FORGERS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SECRET, SECOND_SECRET, FORGERS_SECRET = ("s" * 64, "t" * 64, "f" * 64)

ISSUER = {"ISSUER": "first", "AUDIENCE": "us", "SECRET_KEY": SECRET}
SECOND_ISSUER = {"ISSUER": "second", "AUDIENCE": "us", "SECRET_KEY": SECOND_SECRET}
PUBLIC_KEYS = json.dumps({"keys": [{**RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "1"}]})


@pytest.fixture
def platform(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Configure JWTs as the platform does, with the decoder of edx-drf-extensions."""

    def configure(
        *, issuers: Any = (ISSUER,), public_keys: str | None = None, decoder: Any = jwt_decode_handler
    ) -> None:
        settings.JWT_AUTH = {"JWT_ISSUERS": list(issuers), "JWT_PUBLIC_SIGNING_JWK_SET": public_keys}
        # The library reads these once, when it is imported.
        for name, value in {
            "JWT_AUTH_HEADER_PREFIX": "JWT",
            "JWT_DECODE_HANDLER": decoder,
            "JWT_PAYLOAD_GET_USERNAME_HANDLER": itemgetter("preferred_username"),
        }.items():
            monkeypatch.setattr(api_settings, name, value)

    return configure


def token(key: Any, algorithm: str, **claims: Any) -> str:
    now = int(time.time())
    payload = {"iss": "first", "aud": "us", "preferred_username": "vendor", "iat": now - 60, "exp": now + 60, **claims}
    return jwt.encode(payload, key, algorithm=algorithm)


def username_of(bearer: str, authentication: type[JwtAuthentication] = SignedJwtAuthentication) -> str:
    """Return the username that a token signs in."""
    signed_in = authentication().authenticate(APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"JWT {bearer}"))
    assert signed_in is not None
    username: str = signed_in[0].username
    return username


FORGED = [
    pytest.param(lambda: token(FORGERS_KEY, "RS512"), id="signed-with-another-key"),
    pytest.param(lambda: token(FORGERS_SECRET, "HS256"), id="signed-with-another-secret"),
    pytest.param(lambda: token("", "none"), id="unsigned"),
]


@pytest.mark.contract("rest-rules#authentication")
def test_our_views_verify_the_signature() -> None:
    assert SignedJwtAuthentication in AuthenticatedAPIView.authentication_classes


@pytest.mark.parametrize("forged", FORGED)
class TestForgedToken:
    def test_control_our_own_verification_is_needed(
        self, platform: Callable[..., None], forged: Callable[[], str]
    ) -> None:
        """When this fails, our own verification can go."""
        make_user("vendor")
        platform()
        assert username_of(forged(), JwtAuthentication) == "vendor"

    @pytest.mark.parametrize(
        "issuers",
        [
            pytest.param([ISSUER], id="one-secret"),
            pytest.param([ISSUER, SECOND_ISSUER], id="two-secrets"),
            pytest.param([{**ISSUER, "SECRET_KEY": None}], id="secret-is-none"),
            pytest.param([{**ISSUER, "SECRET_KEY": ""}], id="empty-secret"),
        ],
    )
    def test_is_refused_without_public_keys(
        self, platform: Callable[..., None], forged: Callable[[], str], issuers: Any
    ) -> None:
        make_user("vendor")
        platform(issuers=issuers)
        with pytest.raises(AuthenticationFailed):
            username_of(forged())

    def test_is_refused_with_public_keys(self, platform: Callable[..., None], forged: Callable[[], str]) -> None:
        make_user("vendor")
        platform(public_keys=PUBLIC_KEYS)
        with pytest.raises(AuthenticationFailed):
            username_of(forged())

    def test_is_refused_with_the_settings_of_the_test_suite(self, forged: Callable[[], str]) -> None:
        make_user("vendor")
        with pytest.raises(AuthenticationFailed):
            SignedJwtAuthentication().authenticate(
                APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"{api_settings.JWT_AUTH_HEADER_PREFIX} {forged()}")
            )


@pytest.mark.parametrize(
    ("options", "bearer"),
    [
        pytest.param({"public_keys": PUBLIC_KEYS}, lambda: token(KEY, "RS512"), id="public-key"),
        pytest.param({"public_keys": PUBLIC_KEYS}, lambda: token(SECRET, "HS256"), id="secret-beside-public-keys"),
        pytest.param({}, lambda: token(SECRET, "HS256"), id="secret"),
        pytest.param({}, lambda: token(SECRET, "HS512"), id="secret-longer-digest"),
        pytest.param(
            {"issuers": [ISSUER, SECOND_ISSUER]},
            lambda: token(SECOND_SECRET, "HS256", iss="second"),
            id="second-issuer",
        ),
    ],
)
def test_a_token_with_a_valid_signature_signs_in(
    platform: Callable[..., None], options: dict[str, Any], bearer: Callable[[], str]
) -> None:
    make_user("vendor")
    platform(**options)
    assert username_of(bearer()) == "vendor"


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"exp": 1}, id="expired"),
        pytest.param({"aud": "others"}, id="other-audience"),
        pytest.param({"iss": "nobody"}, id="unknown-issuer"),
    ],
)
def test_a_valid_signature_with_an_invalid_claim_is_refused(
    platform: Callable[..., None], claims: dict[str, Any]
) -> None:
    make_user("vendor")
    platform()
    with pytest.raises(AuthenticationFailed):
        username_of(token(SECRET, "HS256", **claims))


def test_a_custom_decoder_of_the_host_is_used_unchanged(platform: Callable[..., None]) -> None:
    make_user("vendor")
    platform(decoder=lambda bearer: {"preferred_username": "vendor"})
    assert not needs_shared_secret()
    assert username_of(token(FORGERS_KEY, "RS512")) == "vendor"
