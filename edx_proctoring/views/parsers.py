"""What every body goes through before a view sees it. Spec: rest-api.md 2.3 and 10, architecture R8.

The host's settings say which media types are parsed, and by which classes. Each of them is wrapped
here, so that whatever it makes of a body can be walked.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from django.conf import settings
from django.utils.datastructures import MultiValueDict
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser, DataAndFiles
from rest_framework.request import Request

# Our deepest body, a review, has five levels.
MAX_DEPTH: Final = 50


class BodyTooLarge(APIException):
    """The body is larger than anything we are sent."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request body is too large."


class GuardedParser(BaseParser):
    """A parser of the host, whose results are safe to walk."""

    def __init__(self, parser: BaseParser) -> None:
        self._parser = parser
        # An instance's own: negotiation compares it with what the client sent.
        self.media_type = parser.media_type

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return what the parser makes of the body.

        Raises ParseError (400) for what it should not be, BodyTooLarge (413) beyond the limit that
        the host sets: Django itself applies it to forms only that it reads.
        """
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        request = (parser_context or {}).get("request")
        if request is not None and limit is not None and announced_length(request) > limit:
            raise BodyTooLarge
        try:
            parsed = self._parser.parse(stream, media_type, parser_context)
        except RecursionError as exc:
            # Brackets within brackets: Python's JSON parser gives up on them.
            raise _too_deep() from exc
        except LookupError as exc:
            # A charset that is none for texts, such as base64.
            raise ParseError("The charset of the request body is not known.") from exc
        if not isinstance(parsed, DataAndFiles):
            for _text in texts_in(parsed):
                pass
        return parsed


def announced_length(request: Request) -> int:
    """Return how many bytes the body has; the server reads no more than was announced. Raises ParseError."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError as exc:
        raise ParseError("Content-Length must be a number.") from exc


def texts_in(body: Any) -> Iterator[str]:
    """Yield all texts of a parsed body, names included. Raises ParseError where it is nested too deeply."""
    # Level by level, without recursion of our own.
    level: list[Any] = [body]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, str):
                yield value
            elif isinstance(value, Mapping):
                inner.extend(_parts_of(value))
            elif isinstance(value, list):
                inner.extend(value)
        if not inner:
            return
        level = inner
    raise _too_deep()


def _parts_of(value: Mapping[Any, Any]) -> Iterable[Any]:
    yield from value
    # A form may have a name several times; the mapping shows the last value only.
    yield from (values for _name, values in value.lists()) if isinstance(value, MultiValueDict) else value.values()


def _too_deep() -> ParseError:
    return ParseError("The request body is nested too deeply.")
