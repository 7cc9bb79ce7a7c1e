"""``/oauth2/access_token``: the LMS logs in. Contract: contract/provider-wire#token."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from mock_provider.components import components
from mock_provider.responses import error
from mock_provider.tokens import TOKEN_SECONDS, InvalidToken

blueprint = Blueprint("access_token", __name__)


@blueprint.post("/oauth2/access_token")
@blueprint.post("/edx/oauth2/access_token")
def access_token() -> Response:
    """Client credentials for an access token; ``token_type`` must be ``jwt``."""
    form = request.form
    if form.get("grant_type") != "client_credentials":
        return error("unsupported_grant_type", 400)
    if form.get("token_type") != "jwt":
        return error("invalid_request", 400, error_description="token_type must be jwt")
    try:
        token = components().tokens.issue(form.get("client_id", ""), form.get("client_secret", ""))
    except InvalidToken:
        return error("invalid_client", 401)
    response = jsonify(access_token=token, expires_in=TOKEN_SECONDS, token_type="JWT")
    response.headers["Cache-Control"] = "no-store"
    return response
