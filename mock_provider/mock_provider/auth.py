"""Who is calling: the LMS's access tokens and the instructor's link. Spec: backends.md 5.2, 5.5, 13.2."""

from __future__ import annotations

import hmac
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import jwt

from .web import Endpoint, Reply, Request, json_reply

TOKEN_SECONDS = 3600


class Refused(Exception):
    """A token that is missing, forged, stale or meant for another."""


class Authority:
    """Gives and checks tokens.

    ``signing_key`` signs our access tokens; ``clients`` are the (id, secret) pairs of the seed file, beside which any
    client ``X`` with the secret ``Xsecret`` is known; ``clock`` returns Unix seconds.
    """

    def __init__(
        self, signing_key: str, clients: Mapping[str, str] | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._key = signing_key
        self.clients = dict(clients or {})
        self._clock = clock

    def secret_of(self, client_id: str) -> str:
        """The secret by which a client proves itself."""
        return self.clients.get(client_id, f"{client_id}secret")

    def issue(self, client_id: str, secret: str) -> str:
        """An access token for a client; raises ``Refused`` when the secret is wrong."""
        known = self.secret_of(client_id)
        if not client_id or not hmac.compare_digest(known.encode(), secret.encode()):
            raise Refused("wrong client id or secret")
        issued = int(self._clock())
        claims = {"aud": client_id, "iat": issued, "exp": issued + TOKEN_SECONDS, "jti": uuid.uuid4().hex}
        return jwt.encode(claims, self._key, algorithm="HS256")

    def client_of(self, header: str) -> str:
        """The client id in an ``Authorization`` header; raises ``Refused``."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() not in ("jwt", "bearer") or not token:
            raise Refused("an access token is needed: Authorization: JWT <token>")
        claims = self._decode(token.strip(), self._key)
        audience = claims.get("aud")
        if not isinstance(audience, str) or not audience:
            raise Refused("the token names no client")
        return audience

    def instructor(self, client_id: str, token: str) -> dict[str, Any]:
        """The claims of an instructor's link; raises ``Refused``. Spec: backends.md 5.5."""
        claims = self._decode(token, self.secret_of(client_id))
        if claims.get("iss") != client_id:
            raise Refused("the link was issued by another client")
        if not isinstance(claims.get("course_id"), str):
            raise Refused("the link names no course")
        return claims

    def _decode(self, token: str, key: str) -> dict[str, Any]:
        options: Any = {"require": ["exp"], "verify_aud": False, "verify_exp": False}
        try:
            claims: dict[str, Any] = jwt.decode(token, key, algorithms=["HS256"], options=options)
        except jwt.InvalidTokenError as error:
            raise Refused(f"the token is not valid: {error}") from error
        expires = claims["exp"]
        if not isinstance(expires, int | float) or expires <= self._clock():
            raise Refused("the token has expired")
        return claims

    # Endpoints

    def access_token(self, request: Request) -> Reply:
        """``POST /oauth2/access_token``: client credentials, ``token_type=jwt``."""
        form = request.form
        if form.get("grant_type") != "client_credentials":
            return json_reply({"error": "unsupported_grant_type"}, 400)
        if form.get("token_type") != "jwt":
            return json_reply({"error": "invalid_request", "error_description": "token_type must be jwt"}, 400)
        try:
            token = self.issue(form.get("client_id", ""), form.get("client_secret", ""))
        except Refused:
            return json_reply({"error": "invalid_client"}, 401)
        return json_reply(
            {"access_token": token, "expires_in": TOKEN_SECONDS, "token_type": "JWT"}, Cache_Control="no-store"
        )

    def required(self, endpoint: Endpoint) -> Endpoint:
        """The same endpoint, for holders of an access token only; 401 for others."""

        def guarded(request: Request) -> Reply:
            try:
                self.client_of(request.headers.get("Authorization", ""))
            except Refused as error:
                return json_reply({"error": "invalid_token", "detail": str(error)}, 401, WWW_Authenticate="JWT")
            return endpoint(request)

        return guarded
