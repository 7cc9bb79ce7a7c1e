"""Tokens that we and the vendor sign with the shared secret. Contract: contract/constructor#tokens."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import jwt

ALGORITHM: Final = "HS256"
# Clocks of two companies differ.
LEEWAY: Final = timedelta(seconds=30)
# A token that is good for longer was not made for one message.
LONGEST_LIFE: Final = timedelta(minutes=15)
SCHEME: Final = "JWT "


class TokenRefused(Exception):
    """A token of a message is missing, was not made by the vendor, or is too old. Its text is for the log."""


def sign(claims: Mapping[str, Any], secret: str) -> str:
    """Return a compact token of the claims, in their order."""
    with _short_secrets_are_checked_elsewhere():
        return jwt.encode(dict(claims), secret, algorithm=ALGORITHM)


def verify(header: str, secrets: Sequence[str], *, now: datetime) -> dict[str, Any]:
    """Return the claims of the token in an ``Authorization`` header.

    ``secrets``: any of them may have signed it. Raises ``TokenRefused``.
    """
    if not header.startswith(SCHEME):
        raise TokenRefused("no token")
    claims = _claims_of(header.removeprefix(SCHEME).strip(), secrets)
    expires = claims.get("exp")
    if not isinstance(expires, (int, float)) or isinstance(expires, bool):
        raise TokenRefused("no exp")
    left = expires - now.timestamp()
    if left < -LEEWAY.total_seconds():
        raise TokenRefused("expired")
    if left > LONGEST_LIFE.total_seconds():
        raise TokenRefused("exp too far ahead")
    return claims


def _claims_of(token: str, secrets: Sequence[str]) -> dict[str, Any]:
    refusal: Exception = TokenRefused("no secret")
    for secret in secrets:
        try:
            with _short_secrets_are_checked_elsewhere():
                # The algorithm is ours, never the header's. Times are compared by the caller, against its clock.
                claims: dict[str, Any] = jwt.decode(
                    token,
                    secret,
                    algorithms=[ALGORITHM],
                    options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
                )
                return claims
        except jwt.InvalidTokenError as error:
            refusal = error
    raise TokenRefused(type(refusal).__name__) from refusal


@contextmanager
def _short_secrets_are_checked_elsewhere() -> Iterator[None]:
    """The vendor chooses the secret; a system check says that it is short."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The HMAC key is", module="jwt")
        yield
