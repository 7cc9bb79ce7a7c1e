"""The token endpoint that providers and scripts use.

django-oauth-toolkit stores the clients. The answer is a JWT, because the package's endpoints accept
``Authorization: JWT`` but not opaque tokens.
"""

from __future__ import annotations

import base64
import binascii
import time
from typing import Any

import jwt
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from oauth2_provider.models import get_application_model

LIFETIME_SECONDS = 3600


@csrf_exempt
@never_cache
@require_POST
def access_token(request: HttpRequest) -> JsonResponse:
    """Exchange client credentials for a JWT of the client's user.

    400 for another grant type or ``token_type``, 401 for a client that is unknown or has no user.
    """
    if request.POST.get("grant_type") != "client_credentials":
        return _refuse(400, "unsupported_grant_type")
    if request.POST.get("token_type", "").lower() != "jwt":
        return _refuse(400, "unsupported_token_type")
    client_id, secret = _credentials(request)
    application = get_application_model().objects.select_related("user").filter(client_id=client_id).first()
    if application is None or application.user is None or not check_password(secret, application.client_secret):
        return _refuse(401, "invalid_client")
    return JsonResponse(
        {"access_token": token_for(application.user), "expires_in": LIFETIME_SECONDS, "token_type": "JWT"}
    )


def token_for(user: Any) -> str:
    """A signed JWT that edx-drf-extensions accepts for this user."""
    now = int(time.time())
    claims = {
        "iss": settings.JWT_ISSUER,
        "aud": settings.JWT_AUDIENCE,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "sub": str(user.pk),
        "preferred_username": user.username,
        "scopes": ["read", "write", "profile", "email"],
        "version": "1.2.0",
        "is_restricted": False,
        "filters": [],
        "email": user.email,
        "administrator": user.is_staff,
        "superuser": user.is_superuser,
        "grant_type": "client_credentials",
    }
    return jwt.encode(claims, settings.JWT_SIGNING_KEY, algorithm="HS256")


def _credentials(request: HttpRequest) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return client_id, secret
    return request.POST.get("client_id", ""), request.POST.get("client_secret", "")


def _refuse(status: int, error: str) -> JsonResponse:
    return JsonResponse({"error": error}, status=status)
