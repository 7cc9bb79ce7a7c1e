"""What may stand in an address. Spec: rest-api.md 10, numbers 9 and 12, architecture R8.

Asked once for all routes, after the login: what names no row of any database is refused before a
database is asked, and what could write lines of its own into a log never reaches one.
"""

from collections.abc import Mapping
from typing import Any, Final

from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from edx_proctoring.utils.storable import is_storable
from edx_proctoring.views.parsing import parse_id

# Keys of rows, in a path.
_ROW_IDS: Final = ("exam_id", "attempt_id", "user_id")

# Names that the rooms write into logs, in a path or in a query. A text that is searched for is not among them.
_NAMES: Final = ("course_id", "content_id", "external_id", "username", "status", "attempt")


def refuse_odd_address(request: Request, kwargs: Mapping[str, Any]) -> None:
    """Raise ParseError (400) for an address that can be nobody's.

    Args:
        request: for its query.
        kwargs: arguments from the path.
    """
    for name in _ROW_IDS:
        if name in kwargs:
            parse_id(kwargs[name], name)
    query = request.query_params
    for source in (kwargs, query):
        for name in _NAMES:
            if not is_one_line(str(source.get(name, ""))):
                raise ParseError(f"{name} must not have control characters.")
    texts = [str(value) for value in kwargs.values()]
    for name in query:
        texts += [name, *query.getlist(name)]
    if not all(map(is_storable, texts)):
        raise ParseError("The address has a character that cannot be stored.")


def is_one_line(text: str) -> bool:
    """Return whether a text can stand in a log line: printable characters and spaces only."""
    return text.isprintable()
