"""Rejects URLs that no client of ours sends.

Contract: contract/rest-rules#names-in-addresses, contract/rest-rules#ids, architecture#trust-nothing-from-outside.

Runs for all routes, after authentication: an id that no row can have is refused before a query, and text that could
forge log lines before it is logged.
"""

from collections.abc import Mapping
from typing import Any, Final

from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from edx_proctoring.utils.storable import is_storable
from edx_proctoring.views.request_fields import parse_id

# Arguments of the path that are ids of rows.
_ROW_IDS: Final = ("exam_id", "attempt_id", "user_id")

# Arguments of the path or the query that the service layer logs. Search texts are not among them.
_LOGGED: Final = ("course_id", "content_id", "external_id", "username", "status", "attempt")


def validate_url(request: Request, kwargs: Mapping[str, Any]) -> None:
    """Raise ParseError (400) for a URL that cannot name anything.

    Args:
        request: for its query.
        kwargs: arguments from the path.
    """
    for name in _ROW_IDS:
        if name in kwargs:
            parse_id(kwargs[name], name)
    query = request.query_params
    for source in (kwargs, query):
        for name in _LOGGED:
            if not str(source.get(name, "")).isprintable():
                raise ParseError(f"{name} must not have control characters.")
    texts = [str(value) for value in kwargs.values()]
    for name in query:
        texts += [name, *query.getlist(name)]
    if not all(map(is_storable, texts)):
        raise ParseError("The address has a character that cannot be stored.")
