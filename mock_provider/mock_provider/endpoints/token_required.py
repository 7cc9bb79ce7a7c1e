"""The guard of endpoints that only holders of an access token may call."""

from __future__ import annotations

from flask import Response, request

from mock_provider.components import components
from mock_provider.responses import error
from mock_provider.tokens import InvalidToken


def token_required() -> Response | None:
    """Refuse a request without a valid access token (401). A blueprint's ``before_request``."""
    try:
        components().tokens.check(request.headers.get("Authorization", ""))
    except InvalidToken as problem:
        response = error("invalid_token", 401, detail=str(problem))
        response.headers["WWW-Authenticate"] = "JWT"
        return response
    return None
