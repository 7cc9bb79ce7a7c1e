"""``Idempotency-Key``: a change that is sent twice is made once. Contract: contract/seb-rest#idempotency.

``edx_proctoring`` has the same header for its own resources; the two apps share no code
(docs/decisions/0019-rest-of-two-apps.rst).
"""

import hashlib
import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from seb_openedx.api.v2.problem_details import ProblemError

log = logging.getLogger(__name__)

HEADER: Final = "Idempotency-Key"
REPLAY_HEADER: Final = "Idempotent-Replay"

_KEPT_SECONDS: Final = 24 * 60 * 60
# A process that dies while it answers must not block the key for a day.
_ANSWERING_SECONDS: Final = 120
_LONGEST_KEY: Final = 255

Method = Callable[..., Response]


def idempotent(method: Method) -> Method:
    """Make the method of a view answer a repeated ``Idempotency-Key`` with its first reply.

    Raises ``bad_request`` for an invalid key, ``idempotency_key_reused`` for one that came with another body, and
    ``idempotency_in_progress`` while the first request is at work. Refusals are not kept: nothing was changed.
    """

    @wraps(method)
    def answered(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return method(view, request, *args, **kwargs)
        if not (0 < len(key) <= _LONGEST_KEY and key.isprintable()):
            raise ProblemError("bad_request", _("The Idempotency-Key must have 1 to 255 printable characters."))
        # Hashed with the server's secret, because bodies hold passwords.
        entry = _digest(f"{request.user.pk} {request.method} {request.get_full_path()} {key}")
        body = _digest(_canonical(request.data))
        try:
            is_first = cache.add(entry, {"body": body}, _ANSWERING_SECONDS)
            kept = None if is_first else cache.get(entry)
        except Exception as error:
            # Without the cache a repetition would not be noticed, and the caller relies on that.
            log.exception("the cache fails, so a request with an %s is refused", HEADER)
            raise ProblemError("not_saved") from error
        if not is_first:
            return _repeated(kept, body)
        try:
            response = method(view, request, *args, **kwargs)
        except BaseException:
            _in_cache(lambda: cache.delete(entry))
            raise
        reply = {"body": body, "status": response.status_code, "data": response.data, "headers": dict(response.items())}
        _in_cache(lambda: cache.set(entry, reply, _KEPT_SECONDS))
        return response

    return answered


def _in_cache(action: Callable[[], Any]) -> None:
    """Note what became of the first request; if that fails, repetitions are refused for two minutes."""
    try:
        action()
    except Exception:
        log.exception("the cache fails; what became of a request with an %s is not noted", HEADER)


def _repeated(kept: dict[str, Any] | None, body: str) -> Response:
    if kept is not None and kept["body"] != body:
        raise ProblemError("idempotency_key_reused")
    if kept is None or "status" not in kept:
        raise ProblemError("idempotency_in_progress")
    return Response(kept["data"], status=kept["status"], headers={**kept["headers"], REPLAY_HEADER: "true"})


def _canonical(data: Any) -> str:
    """Return the same text for equal bodies, with all values of each field of a form. Raises ``bad_request``."""
    plain = dict(data.lists()) if hasattr(data, "lists") else data
    try:
        return json.dumps(plain, sort_keys=True, default=_text)
    except RecursionError as error:  # nested almost too deep to be read
        raise ProblemError("bad_request") from error


def _text(value: Any) -> str:
    """Return what stands for a value that JSON does not have: a file's name and content."""
    if not isinstance(value, UploadedFile):
        return str(value)
    content = hashlib.sha256()
    for chunk in value.chunks():
        content.update(chunk)
    value.seek(0)
    return f"{value.name} {content.hexdigest()}"


def _digest(text: str) -> str:
    return salted_hmac(__name__, text, algorithm="sha256").hexdigest()
