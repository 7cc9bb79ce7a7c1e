"""JWT authentication that always verifies the signature. Spec: rest-api.md 2.1, architecture R8.

edx-drf-extensions tries each of the platform's public keys. If ``JWT_AUTH['JWT_PUBLIC_SIGNING_JWK_SET']`` has no key,
it tries nothing and accepts a token with any signature (seen in 10.9.0). Here the token must then be signed with a
shared secret: ``JWT_SECRET_KEY``, or ``SECRET_KEY`` of one of ``JWT_ISSUERS``.
"""

from collections.abc import Iterator
from typing import Any, Final

import jwt
from django.conf import settings
from edx_rest_framework_extensions.auth.jwt.authentication import JwtAuthentication
from edx_rest_framework_extensions.auth.jwt.decoder import jwt_decode_handler
from edx_rest_framework_extensions.settings import get_jwt_issuers
from rest_framework_jwt.settings import api_settings  # type: ignore[import-untyped]

__all__ = ["SignedJwtAuthentication", "accepts_any_signature"]

# Algorithms that sign with a shared secret.
_SHARED_SECRET: Final = ["HS256", "HS384", "HS512"]

# The library verifies the claims afterwards.
_SIGNATURE_ONLY: Final[Any] = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class SignedJwtAuthentication(JwtAuthentication):
    """The platform's JWT authentication, which also refuses tokens that the library would not verify."""

    @classmethod
    def jwt_decode_token(cls, token: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the claims of a token. Raises ``jwt.InvalidTokenError``, which the library answers with a refusal."""
        if accepts_any_signature():
            _verify_by_shared_secret(token)
        try:
            return super().jwt_decode_token(token, *args, **kwargs)
        except (TypeError, ValueError) as exc:
            # The library reads claims such as the version without validating them.
            raise jwt.InvalidTokenError("The claims of the token are malformed.") from exc


def accepts_any_signature() -> bool:
    """Return whether the library, as this host configures it, accepts forged tokens.

    Assumed to be False for a host with a decoder of its own.
    """
    if api_settings.JWT_DECODE_HANDLER is not jwt_decode_handler:
        return False
    return not getattr(settings, "JWT_AUTH", {}).get("JWT_PUBLIC_SIGNING_JWK_SET")


def _verify_by_shared_secret(token: Any) -> None:
    refusal: jwt.InvalidTokenError = jwt.InvalidTokenError("There is no key to verify tokens with.")
    for secret in _shared_secrets():
        try:
            jwt.decode(token, secret, algorithms=_SHARED_SECRET, options=_SIGNATURE_ONLY)
        except jwt.InvalidTokenError as exc:
            refusal = exc
        except jwt.InvalidKeyError:
            # Not a secret, such as a public key that was configured here by mistake.
            continue
        else:
            return
    raise refusal


def _shared_secrets() -> Iterator[str]:
    for issuer in get_jwt_issuers():
        secret = issuer.get("SECRET_KEY")
        if secret and isinstance(secret, str):
            yield secret
