"""The user of a request that authenticates itself by a token of the host.

Such requests are authenticated inside the view, after the middleware; until then their user is anonymous.
"""

from importlib import import_module
from typing import Any

from django.contrib.auth import get_user_model


def user_of_token(request: Any) -> Any:
    """Return the active user of a valid ``Authorization: JWT`` header, else None."""
    meta = getattr(request, "META", None)
    header = meta.get("HTTP_AUTHORIZATION") if isinstance(meta, dict) else None
    if not isinstance(header, str) or not header.upper().startswith("JWT "):
        return None
    try:
        decode = import_module("edx_rest_framework_extensions.auth.jwt.decoder").jwt_decode_handler
        claims = decode(header.split(" ", 1)[1].strip())
        username = claims.get("preferred_username") or claims.get("username")
        return get_user_model().objects.filter(username=username, is_active=True).first()
    except Exception:
        # An invalid token, or a host without tokens: either way nobody is authenticated by it.
        return None
