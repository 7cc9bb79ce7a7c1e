"""The vendor's tokens: HS256, with one secret per integration.

Any integration ``X`` is known. Its secret is ``secret_of(X)``, and its messages go to the platform's backend ``X``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import jwt

ALGORITHM = "HS256"
MESSAGE_SECONDS = 60
REQUIRED_CLAIMS = (
    *("userId", "accountId", "accountName", "examId", "examName", "duration", "schedule", "proctoring"),
    *("startDate", "endDate", "sessionId", "sessionUrl"),
)


class BadToken(Exception):
    """A token that the vendor does not take; the text says why."""


def secret_of(integration: str) -> str:
    """The secret that the vendor shares with an integration."""
    return f"{integration}-secret-for-development-only"


def sign(claims: Mapping[str, Any], integration: str) -> str:
    """A token of these claims."""
    return jwt.encode(dict(claims), secret_of(integration), algorithm=ALGORITHM)


def message_token(integration: str) -> str:
    """The token of one message to the platform: good for a minute, and bound to nothing else."""
    return sign({"exp": int(time.time()) + MESSAGE_SECONDS}, integration)


def read(token: str, integration: str) -> dict[str, Any]:
    """The claims of a token that the platform made; raises ``BadToken``."""
    try:
        claims: dict[str, Any] = jwt.decode(token, secret_of(integration), algorithms=[ALGORITHM])
    except jwt.InvalidTokenError as error:
        raise BadToken(f"the token is not valid: {error}") from error
    return claims


def read_start(token: str, integration: str) -> dict[str, Any]:
    """The claims of a start token, with all that the vendor requires; raises ``BadToken``."""
    claims = read(token, integration)
    missing = [name for name in REQUIRED_CLAIMS if claims.get(name) is None]
    if missing:
        raise BadToken(f"the token has no {', '.join(missing)}")
    if not isinstance(claims["sessionId"], str) or not 0 < len(claims["sessionId"]) <= 230:
        raise BadToken("sessionId must be a text of at most 230 characters")
    if not str(claims["sessionUrl"]).startswith(("https://", "http://")):
        raise BadToken("sessionUrl must be a web address")
    return claims


def check_call(authorization: str, integration: str) -> None:
    """Accept the header of a call to the vendor's API; raises ``BadToken``."""
    scheme, _, token = authorization.partition(" ")
    if scheme != "JWT" or not token:
        raise BadToken("a token is needed: Authorization: JWT <token>")
    if "exp" not in read(token.strip(), integration):
        raise BadToken("the token has no exp")
