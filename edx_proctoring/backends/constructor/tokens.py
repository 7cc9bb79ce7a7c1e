"""Tokens that we and the vendor sign with the shared secret. Contract: contract/constructor#tokens."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from jwt.algorithms import HMACAlgorithm
from jwt.api_jws import PyJWS

ALGORITHM: Final = "HS256"
# Clocks of two companies differ.
LEEWAY: Final = timedelta(seconds=30)
# A token that is good for longer was not made for one message.
LONGEST_LIFE: Final = timedelta(minutes=15)
SCHEME: Final = "JWT "


class TokenRefused(Exception):
    """A token of a message is missing, was not made by the vendor, or is too old. Its text is for the log."""


class _AnyLength(HMACAlgorithm):
    """HS256 that does not warn of a short secret: the vendor chooses it, and a system check says so once.

    Warnings are filtered for the whole process, so a filter around each call would not be safe with threads.
    """

    def check_key_length(self, key: Any) -> None:
        """Return None: no complaint. Called by PyJWT 2.11 and later."""


def _signer() -> PyJWS:
    signer = PyJWS(algorithms=[ALGORITHM])
    signer.unregister_algorithm(ALGORITHM)
    signer.register_algorithm(ALGORITHM, _AnyLength(HMACAlgorithm.SHA256))
    return signer


# Written here only, and read by all threads.
_SIGNER: Final = _signer()


def is_usable_secret(secret: str) -> bool:
    """Return whether messages can be signed with this text; a public key or a certificate is no secret."""
    try:
        _AnyLength(HMACAlgorithm.SHA256).prepare_key(secret)
    except (jwt.PyJWTError, UnicodeEncodeError):
        return False
    return True


def sign(claims: Mapping[str, Any], secret: str) -> str:
    """Return a compact token of the claims, in their order."""
    return _SIGNER.encode(json.dumps(dict(claims), separators=(",", ":")).encode(), secret, algorithm=ALGORITHM)


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
    left = _seconds_until(expires, now)
    if left < -LEEWAY.total_seconds():
        raise TokenRefused("expired")
    if left > LONGEST_LIFE.total_seconds():
        raise TokenRefused("exp too far ahead")
    return claims


def _seconds_until(expires: float, now: datetime) -> float:
    """Return how long a token is still good. Not a moment, as ``NaN`` or 400 digits: too far ahead."""
    try:
        left = float(expires) - now.timestamp()
    except OverflowError:
        return math.inf
    return math.inf if math.isnan(left) else left


def _claims_of(token: str, secrets: Sequence[str]) -> dict[str, Any]:
    refusal: Exception = TokenRefused("no secret")
    for secret in secrets:
        try:
            # The algorithm is ours, never the header's. Times are compared by the caller, against its clock.
            claims = json.loads(_SIGNER.decode(token, secret, algorithms=[ALGORITHM]))
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            refusal = error
            continue
        if isinstance(claims, dict):
            return claims
        refusal = TokenRefused("no claims")
    raise TokenRefused(type(refusal).__name__) from refusal
