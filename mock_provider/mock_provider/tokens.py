"""Tokens: the access tokens that an LMS logs in with, and the signed links of instructors.

Contract: contract/provider-wire#token, contract/provider-wire#dashboard-link.
"""

from __future__ import annotations

import hmac
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import jwt

TOKEN_SECONDS = 3600


class InvalidToken(Exception):
    """A token that is missing, forged, expired or meant for another client; the text says which."""


class Tokens:
    """Issues and checks tokens.

    ``signing_key`` signs our access tokens; ``clients`` are the (id, secret) pairs of the seed file, beside which any
    client ``X`` with the secret ``Xsecret`` is known; ``clock`` returns Unix seconds.
    """

    def __init__(
        self, signing_key: str, clients: Mapping[str, str] | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._key = signing_key
        self._clients = dict(clients or {})
        self.clock = clock

    def issue(self, client_id: str, secret: str) -> str:
        """An access token for a client; raises ``InvalidToken`` when the secret is wrong."""
        known = self._secret_of(client_id)
        if not client_id or not hmac.compare_digest(known.encode(), secret.encode()):
            raise InvalidToken("wrong client id or secret")
        issued = int(self.clock())
        claims = {"aud": client_id, "iat": issued, "exp": issued + TOKEN_SECONDS, "jti": uuid.uuid4().hex}
        return jwt.encode(claims, self._key, algorithm="HS256")

    def check(self, authorization: str) -> None:
        """Accept the ``Authorization`` header of one of our clients; raises ``InvalidToken``."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in ("jwt", "bearer") or not token:
            raise InvalidToken("an access token is needed: Authorization: JWT <token>")
        audience = self._decode(token.strip(), self._key).get("aud")
        if not isinstance(audience, str) or not audience:
            raise InvalidToken("the token names no client")

    def instructor_claims(self, client_id: str, token: str) -> dict[str, Any]:
        """The claims of an instructor's link; raises ``InvalidToken``.

        Contract: contract/provider-wire#dashboard-link.
        """
        claims = self._decode(token, self._secret_of(client_id))
        if claims.get("iss") != client_id:
            raise InvalidToken("the link was issued by another client")
        if not isinstance(claims.get("course_id"), str):
            raise InvalidToken("the link names no course")
        return claims

    def _secret_of(self, client_id: str) -> str:
        return self._clients.get(client_id, f"{client_id}secret")

    def _decode(self, token: str, key: str) -> dict[str, Any]:
        options: Any = {"require": ["exp"], "verify_aud": False, "verify_exp": False}
        try:
            claims: dict[str, Any] = jwt.decode(token, key, algorithms=["HS256"], options=options)
        except jwt.InvalidTokenError as error:
            raise InvalidToken(f"the token is not valid: {error}") from error
        expires = claims["exp"]
        if not isinstance(expires, int | float) or expires <= self.clock():
            raise InvalidToken("the token has expired")
        return claims
