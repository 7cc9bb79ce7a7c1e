"""Weak ETags, so that a screen that asks again gets an empty reply if nothing changed.

Contract: contract/rest-v2#etags, contract/rest-rules#etags.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

__all__ = ["VOLATILE", "etag_of", "is_known", "unless_known"]

# What changes in version 1's attempt while nothing happens; ``expires_at`` says the same and stays right.
VOLATILE: Final = frozenset({"time_remaining_seconds", "accessibility_time_string", "server_time"})


def etag_of(body: Any, volatile: Collection[str] = ()) -> str:
    """Return the weak ETag of a reply.

    Args:
        body: what is rendered as JSON.
        volatile: names of members, at any depth, that change without anything having happened.
    """
    canonical = json.dumps(_without(body, volatile), sort_keys=True, cls=DjangoJSONEncoder)
    return f'W/"{hashlib.sha256(canonical.encode()).hexdigest()}"'


def is_known(etag: str, if_none_match: str) -> bool:
    """Return whether the client has the reply with this ETag; ``if_none_match``: its header, may be empty."""
    opaque = etag.removeprefix("W/")
    known = parse_etags(if_none_match)
    return known == ["*"] or any(entry.removeprefix("W/") == opaque for entry in known)


def unless_known(request: Request, response: Response, volatile: Collection[str] = ()) -> Response:
    """Return the reply with its ETag; 304 if the client has it already. ``volatile``: as above."""
    etag = etag_of(response.data, volatile)
    if is_known(etag, request.headers.get("If-None-Match", "")):
        response = Response(status=304)
    response["ETag"] = etag
    return response


def _without(value: Any, volatile: Collection[str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _without(part, volatile) for name, part in value.items() if name not in volatile}
    if isinstance(value, (list, tuple)):
        return [_without(part, volatile) for part in value]
    return value
