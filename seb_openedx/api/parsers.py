"""How bodies are read in all versions."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class BoundedJSONParser(JSONParser):
    """JSON within the host's limit of size, whose nesting Python can read."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the body.

        Raises ``ParseError`` for one that is nested too deeply, and ``RequestDataTooBig`` beyond
        ``DATA_UPLOAD_MAX_MEMORY_SIZE``, which Django itself applies to forms only.
        """
        limit, request = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, (parser_context or {}).get("request")
        if limit is not None and request is not None and _announced_length(request) > limit:
            raise RequestDataTooBig("the body is larger than DATA_UPLOAD_MAX_MEMORY_SIZE")
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError from error


def _announced_length(request: Any) -> int:
    """Return the length in the header; a server reads no more than that."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError as error:
        raise ParseError from error
