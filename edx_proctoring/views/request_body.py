"""Limits of a request body, checked before a view reads it.

Contract: contract/rest-rules#bodies, architecture#trust-nothing-from-outside.

The host's settings say which media types are parsed, and by which classes. Each parser is wrapped in a
``GuardedParser``, which limits size and nesting.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.conf import settings
from django.core.files import File
from django.http import QueryDict
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

# The deepest body we expect, a review, has five levels.
MAX_DEPTH: Final = 50


class BodyTooLarge(APIException):
    """The body is larger than the host or a callback allows."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request body is too large."


class GuardedParser(BaseParser):
    """A parser of the host with a limit on size and nesting."""

    def __init__(self, parser: BaseParser) -> None:
        self._parser = parser
        # Content negotiation reads it from the instance.
        self.media_type = parser.media_type

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return what the parser makes of the body.

        Raises ParseError (400) for a malformed body, BodyTooLarge (413) beyond the host's limit, which Django itself
        applies to forms only.
        """
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        request = (parser_context or {}).get("request")
        if request is not None and limit is not None and announced_length(request) > limit:
            raise BodyTooLarge
        try:
            parsed = self._parser.parse(stream, media_type, parser_context)
        except RecursionError as exc:
            # Python's JSON parser recurses into nested brackets.
            raise _too_deep() from exc
        except LookupError as exc:
            # Python finds no codec of this name, or one that does not decode text, such as base64.
            raise ParseError("The charset of the request body is not known.") from exc
        check_depth(parsed)
        return parsed


def announced_length(request: Request) -> int:
    """Return the body's Content-Length; the server reads no more than that. Raises ParseError."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError as exc:
        raise ParseError("Content-Length must be a number.") from exc


def body_of(request: Request) -> Mapping[str, Any]:
    """Return the request's body as a mapping; JSON, form and multipart look alike.

    Raises ParseError (400) for a JSON body that is not an object, and for uploaded files.
    """
    body: Any = request.data
    if not isinstance(body, Mapping):
        raise ParseError("The request body must be an object.")
    if isinstance(body, QueryDict) and any(isinstance(value, File) for _name, row in body.lists() for value in row):
        raise ParseError("The request must not contain files.")
    return body


def check_depth(body: Any) -> None:
    """Raise ParseError for a body with more than ``MAX_DEPTH`` levels."""
    # One level at a time: recursion would hit Python's own limit.
    level: list[Any] = [body]
    for _ in range(MAX_DEPTH):
        level = [part for value in level for part in _parts_of(value)]
        if not level:
            return
    raise _too_deep()


def _parts_of(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


def _too_deep() -> ParseError:
    return ParseError("The request body is nested too deeply.")
