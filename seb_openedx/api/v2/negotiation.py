"""In which form answers are given: JSON, or a file. Contract: contract/seb-rest#problems."""

from types import SimpleNamespace
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.request import Request


class ByAccept(DefaultContentNegotiation):
    """By the header ``Accept`` only.

    REST framework also reads ``?format=``, and answers 404 for one that it does not know before it looks at the caller.
    """

    settings: Any = SimpleNamespace(URL_FORMAT_OVERRIDE=None)


class AsItIs(BaseContentNegotiation):
    """For files, whose type is not up to the caller. Problems are JSON there too."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the parser of the body's type."""
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        """Return the first renderer."""
        return renderers[0], renderers[0].media_type
