"""Reads the body of a call as an object, within limits. The host's parsers are DRF's and know none for plain views."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.http.request import UnreadablePostError
from rest_framework.exceptions import ParseError

from edx_proctoring.utils.storable import storable
from edx_proctoring.views.request_body import check_depth


class BodyRefused(Exception):
    """A body that is not taken. ``code``: for the sender's log; the text says what is wrong."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Body:
    """A body. ``raw``: as it came; ``members``: its members, as every database stores them."""

    raw: bytes
    members: dict[str, Any]


def read_object(request: HttpRequest, *, most_bytes: int) -> Body:
    """Return the JSON object in the body of a request. Raises ``BodyRefused``."""
    raw = _read(request, most_bytes)
    try:
        members = json.loads(raw, parse_constant=_refuse_constant)
        check_depth(members)
    except (ValueError, RecursionError, ParseError) as error:
        raise BodyRefused("bad_body", "The body must be JSON of a few levels.") from error
    if not isinstance(members, dict):
        raise BodyRefused("bad_body", "The body must be an object.")
    return Body(raw, storable(members))


def _read(request: HttpRequest, most_bytes: int) -> bytes:
    too_large = BodyRefused("body_too_large", f"The body may have at most {most_bytes} bytes.")
    length = request.headers.get("Content-Length") or "0"
    if not (length.isascii() and length.isdigit()):
        raise BodyRefused("bad_body", "Content-Length must be a number.")
    if len(length) > len(str(most_bytes)) + 1 or int(length) > most_bytes:
        raise too_large
    try:
        # Past ``request.body``, whose limit is the host's and may be another.
        raw = request.read(most_bytes + 1)
    except UnreadablePostError as error:
        raise BodyRefused("bad_body", "The body could not be read.") from error
    if len(raw) > most_bytes:
        raise too_large
    return raw


def _refuse_constant(name: str) -> float:
    """NaN and the infinities are not JSON, and no database stores them."""
    raise ValueError(name)
