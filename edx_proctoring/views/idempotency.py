"""The ``Idempotency-Key`` header: a request that is sent twice is carried out once.

Contract: contract/rest-rules#idempotency. The header is optional. The response to the first request with a key is
kept for a day, per caller and URL, and repeated for every later one with ``Idempotent-Replay: true``. A request
without a key is never taken for a repetition, even if its body is the same.
"""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.core.cache import cache
from django.core.files import File
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.request import Request
from rest_framework.response import Response

HEADER: Final = "Idempotency-Key"
REPLAY_HEADER: Final = "Idempotent-Replay"

_KEPT_SECONDS: Final = 24 * 60 * 60
# A process that dies during the request must not block the key for a day.
_ANSWERING_SECONDS: Final = 120
_MAX_KEY_LENGTH: Final = 255
# Headers of a reply that are part of what was answered.
_KEPT_HEADERS: Final = ("ETag", "Location", "X-Proctoring-Change")

ViewMethod = Callable[..., Response]


class KeyReused(APIException):
    """The key came with another request before."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = f"This {HEADER} was used for another request."


class StillAnswering(APIException):
    """The first request with the key has no answer yet."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = f"The first request with this {HEADER} is still being answered."


def has_reply(request: Request) -> bool:
    """Return whether the caller has sent this request before and its reply is kept."""
    key = request.headers.get(HEADER, "")
    kept = cache.get(_entry_name(request, key)) if 0 < len(key) <= _MAX_KEY_LENGTH else None
    return kept is not None and "status" in kept


def idempotent(method: ViewMethod) -> ViewMethod:
    """Make a view method repeat its first response to a key.

    The same key with another query or body is 422; while the first request is in progress, 409. Refusals and failures,
    raised or returned, are not kept: nothing was carried out, and the client sends the request again later.
    """

    @wraps(method)
    def wrapped(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if not key:
            return method(self, request, *args, **kwargs)
        if len(key) > _MAX_KEY_LENGTH:
            raise ParseError(f"{HEADER} must not be longer than {_MAX_KEY_LENGTH} characters.")
        entry, asked = _entry_name(request, key), _fingerprint(request)
        if not cache.add(entry, {"asked": asked}, _ANSWERING_SECONDS):
            return _repeated(cache.get(entry), asked)
        try:
            response = method(self, request, *args, **kwargs)
        except Exception:
            cache.delete(entry)
            raise
        if response.status_code < 400:
            headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
            reply = {"status": response.status_code, "data": response.data, "headers": headers}
            cache.set(entry, {"asked": asked, **reply}, _KEPT_SECONDS)
        else:
            cache.delete(entry)
        return response

    return wrapped


def _repeated(kept: dict[str, Any] | None, asked: str) -> Response:
    if kept is not None and kept["asked"] != asked:
        raise KeyReused
    if kept is None or "status" not in kept:
        raise StillAnswering
    return Response(
        status=kept["status"], data=kept["data"], headers={**kept.get("headers", {}), REPLAY_HEADER: "true"}
    )


def _entry_name(request: Request, key: str) -> str:
    caller = getattr(request.user, "pk", None)
    return "edx_proctoring.idempotency." + _digest(f"{caller} {request.method} {request.path} {key}")


def _fingerprint(request: Request) -> str:
    """Return what tells a repetition from another request with the same key: the query and the body."""
    return _digest(f"{request.get_full_path()} {_canonical(request.data)}")


def _canonical(data: Any) -> str:
    """Return the same text for equal bodies, with all values of a form's fields."""
    plain = dict(data.lists()) if hasattr(data, "lists") else data
    return json.dumps(plain, sort_keys=True, default=_as_text)


def _as_text(value: Any) -> str:
    """Return what tells a value apart that JSON does not have; of a file, its content."""
    if not isinstance(value, File):
        return str(value)
    digest = hashlib.file_digest(value, "sha256").hexdigest()
    value.seek(0)
    return digest


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
