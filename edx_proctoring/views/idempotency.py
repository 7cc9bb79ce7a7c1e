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
from rest_framework import status
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

HEADER: Final = "Idempotency-Key"
REPLAY_HEADER: Final = "Idempotent-Replay"

_KEPT_SECONDS: Final = 24 * 60 * 60
# A process that dies during the request must not block the key for a day.
_ANSWERING_SECONDS: Final = 120
_MAX_KEY_LENGTH: Final = 255

ViewMethod = Callable[..., Response]


def idempotent(method: ViewMethod) -> ViewMethod:
    """Make a view method repeat its first response to a key.

    The same key with another body is 422; while the first request is in progress, 409. Refusals and failures, raised
    or returned, are not kept: nothing was carried out, and the client sends the request again later.
    """

    @wraps(method)
    def wrapped(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if not key:
            return method(self, request, *args, **kwargs)
        if len(key) > _MAX_KEY_LENGTH:
            raise ParseError(f"{HEADER} must not be longer than {_MAX_KEY_LENGTH} characters.")
        entry, body = _entry_name(request, key), _digest(_canonical(request.data))
        if not cache.add(entry, {"body": body}, _ANSWERING_SECONDS):
            return _repeated(cache.get(entry), body)
        try:
            response = method(self, request, *args, **kwargs)
        except Exception:
            cache.delete(entry)
            raise
        if response.status_code < 400:
            cache.set(entry, {"body": body, "status": response.status_code, "data": response.data}, _KEPT_SECONDS)
        else:
            cache.delete(entry)
        return response

    return wrapped


def _repeated(kept: dict[str, Any] | None, body: str) -> Response:
    if kept is not None and kept["body"] != body:
        return Response(
            status=status.HTTP_422_UNPROCESSABLE_ENTITY,
            data={"detail": f"This {HEADER} was used for another request."},
        )
    if kept is None or "status" not in kept:
        return Response(
            status=status.HTTP_409_CONFLICT,
            data={"detail": f"The first request with this {HEADER} is still being answered."},
        )
    return Response(status=kept["status"], data=kept["data"], headers={REPLAY_HEADER: "true"})


def _entry_name(request: Request, key: str) -> str:
    caller = getattr(request.user, "pk", None)
    return "edx_proctoring.idempotency." + _digest(f"{caller} {request.method} {request.path} {key}")


def _canonical(data: Any) -> str:
    """Return the same text for equal bodies, with all values of a form's fields."""
    plain = dict(data.lists()) if hasattr(data, "lists") else data
    return json.dumps(plain, sort_keys=True, default=str)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
