"""Checks of a provider's callback besides its login: size, signature, network.

Contract: contract/provider-wire#callback-signature.

A backend with the option ``callback_secrets`` (first = current) signs its callbacks::

    X-Proctoring-Timestamp: Unix seconds, at most 300 s off
    X-Proctoring-Nonce: 8 to 64 characters, used once
    X-Proctoring-Signature: v1=<hex HMAC-SHA256>

over ``v1``, timestamp, nonce, method, path and the hex SHA-256 of the raw body, joined by line
feeds. The path is followed by ``?`` and the raw query string where there is one. Without the option,
callbacks need no signature.

A nonce is used once: ``api.providers.replay_protection``.
"""

import hashlib
import hmac
import ipaddress
import re
import time
from contextlib import suppress
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.http import RawPostDataException
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, PermissionDenied, UnsupportedMediaType
from rest_framework.request import Request, is_form_media_type

from edx_proctoring.api.providers import replay_protection
from edx_proctoring.views.request_body import BodyTooLarge, announced_length

MAX_BODY_BYTES: Final = 2 * 1024 * 1024

_VERSION: Final = "v1"
_NONCE: Final = re.compile(r"[\x21-\x7e]{8,64}")
_SIGNATURE: Final = re.compile(r"v1=([0-9a-f]{64})")


class NonceUsed(APIException):
    """The same message was received before."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "This nonce has been used before."


def keep_body(request: Request) -> None:
    """Read a JSON body into memory, so that the signature can be checked after the body is parsed.

    A session's CSRF check parses the body before the view does. A body that is too large is not read: ``limit_body``
    refuses it.
    """
    if is_form_media_type(request.content_type):
        return
    # ``limit_body`` rejects a malformed Content-Length, or one above Django's limit.
    with suppress(ParseError, RequestDataTooBig):
        if announced_length(request) <= MAX_BODY_BYTES:
            _ = request.body


def limit_body(request: Request) -> None:
    """Raise BodyTooLarge if the body exceeds ``MAX_BODY_BYTES``; else keep it in memory for the signature.

    Must run before the view parses the body. Raises UnsupportedMediaType (415) for a form that a session's CSRF check
    has already read: callbacks are JSON.
    """
    if announced_length(request) > MAX_BODY_BYTES:
        raise BodyTooLarge
    # Bounded, because the server reads no more than Content-Length.
    try:
        _ = request.body
    except RawPostDataException as exc:
        raise UnsupportedMediaType(request.content_type) from exc


def has_secrets(provider: Any) -> bool:
    """Return whether the provider is configured to sign its callbacks."""
    return bool(_texts(provider, "callback_secrets"))


def require_signature(request: Request, provider: Any, name: str) -> str:
    """Return the nonce of a signed callback, "" if its provider has no secrets; raise if it is not signed.

    Args:
        request: with its body in memory (``limit_body``).
        provider: the provider that the callback claims to come from.
        name: name of the backend; nonces are unique per backend.

    Raises, in this order: ParseError (400) for missing or malformed headers, PermissionDenied
    (403) for a timestamp that is too far off or a wrong signature, NonceUsed (409).
    """
    secrets = _texts(provider, "callback_secrets")
    if not secrets:
        return ""
    timestamp = request.headers.get("X-Proctoring-Timestamp", "")
    nonce = request.headers.get("X-Proctoring-Nonce", "")
    given = _SIGNATURE.fullmatch(request.headers.get("X-Proctoring-Signature", ""))
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12 and _NONCE.fullmatch(nonce) and given):
        raise ParseError("The callback must be signed: timestamp, nonce or signature is missing or malformed.")
    if abs(time.time() - int(timestamp)) > replay_protection.MOST_SKEW_SECONDS:
        raise PermissionDenied("The timestamp of the callback is too far off.", "not_allowed")
    query = request.META.get("QUERY_STRING", "")
    path = f"{request.path}?{query}" if query else request.path
    signed = "\n".join(
        (_VERSION, timestamp, nonce, request.method or "", path, hashlib.sha256(request.body).hexdigest())
    )
    # All secrets are compared, each in constant time, so that timing reveals nothing about them.
    matches = [hmac.compare_digest(_hmac(secret, signed), given.group(1)) for secret in secrets]
    if not any(matches):
        raise PermissionDenied("The signature of the callback does not match.", "not_allowed")
    if not replay_protection.is_new_in_cache(name, nonce):
        raise NonceUsed
    return nonce


def require_network(request: Request, provider: Any) -> None:
    """Raise PermissionDenied unless the request comes from one of the provider's ``callback_allowed_networks``.

    The option is a list of CIDR texts. Absent or empty, it allows any network.
    """
    networks = _texts(provider, "callback_allowed_networks")
    if not networks:
        return
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError as exc:
        raise PermissionDenied(code="not_allowed") from exc
    if not any(address in ipaddress.ip_network(network, strict=False) for network in networks):
        raise PermissionDenied(code="not_allowed")


def _texts(provider: Any, option: str) -> list[str]:
    """Return an option that is a list of texts; any other value counts as absent."""
    # A provider may be a mock, which has every attribute.
    values = getattr(provider, option, None)
    if not isinstance(values, (list, tuple)):
        return []
    return [value for value in values if isinstance(value, str) and value]


def _hmac(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
