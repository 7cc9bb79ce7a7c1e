"""Links that start Safe Exam Browser.

``sebs://host/path`` makes the program fetch ``https://host/path``, and ``seb://`` stands for ``http://``. If the answer
is not HTML, it is a configuration. What follows a second question mark is added to the address that the exam starts
with, if the settings have ``startURLAppendQueryParameter``; the Config Key stays the same, so one file serves all.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlencode

from seb_openedx.protocol.errors import InvalidLink
from seb_openedx.protocol.keys import without_fragment

# Scheme of the link -> scheme of the address.
SCHEMES: Final = {"seb": "http", "sebs": "https"}
_LINK_SCHEMES: Final = {address: link for link, address in SCHEMES.items()}
_DATA: Final = "://application/seb;base64,"


class Target(NamedTuple):
    """What a link means. ``start_query``: what the client adds to the address that the exam starts with."""

    url: str
    start_query: str


def seb_link(url: str, *, start_query: Mapping[str, str] | None = None, scheme: str | None = None) -> str:
    """Return the link for an address; ``scheme``: ``seb`` or ``sebs`` if it shall not follow from the address.

    >>> seb_link("https://lms.example.com/exam.seb", start_query={"st": "q7Zt"})
    'sebs://lms.example.com/exam.seb??st=q7Zt'

    Raises :class:`~seb_openedx.protocol.errors.InvalidLink`.
    """
    address_scheme, _separator, rest = without_fragment(url).partition("://")
    if address_scheme not in _LINK_SCHEMES or not rest or rest.startswith("/"):
        raise InvalidLink("the address must begin with http:// or https:// and a host")
    scheme = scheme or _LINK_SCHEMES[address_scheme]
    if scheme not in SCHEMES:
        raise InvalidLink(f"scheme {scheme!r}: links begin with seb or sebs")
    link = f"{scheme}://{rest}"
    if start_query:
        # The client looks for the last question mark, and it must not be the first character of the query.
        link += ("?" if "?" in rest else "??") + urlencode(start_query)
    return link


def parse_link(link: str) -> Target:
    """Return the address that a client fetches for a link.

    >>> parse_link("sebs://lms.example.com/exam.seb??st=q7Zt")
    Target(url='https://lms.example.com/exam.seb??st=q7Zt', start_query='st=q7Zt')

    Raises :class:`~seb_openedx.protocol.errors.InvalidLink`.
    """
    scheme, separator, rest = link.partition("://")
    if scheme.lower() not in SCHEMES or not separator or not rest:
        raise InvalidLink("a link begins with seb:// or sebs:// and a host")
    url = without_fragment(f"{SCHEMES[scheme.lower()]}://{rest}")
    query = url[url.find("?") :] if "?" in url else ""
    last = query.rfind("?")
    return Target(url, query[last + 1 :] if last > 0 else "")


def start_address(start_url: str, start_query: str) -> str:
    """Return the address that an exam starts with: ``startURL`` and what the link added to it.

    >>> start_address("https://lms.example.com/start/?a=1", "st=q7Zt")
    'https://lms.example.com/start/?a=1&st=q7Zt'
    """
    if not start_query:
        return start_url
    return f"{start_url}{'&' if '?' in start_url else '?'}{start_query}"


def data_link(file: bytes, *, scheme: str = "sebs") -> str:
    """Return a link that holds a file itself. It works inside a running Safe Exam Browser only."""
    if scheme not in SCHEMES:
        raise InvalidLink(f"scheme {scheme!r}: links begin with seb or sebs")
    return f"{scheme}{_DATA}{base64.b64encode(file).decode('ascii')}"


def file_of_data_link(link: str) -> bytes:
    """Return the file in a link of :func:`data_link`. Raises :class:`~seb_openedx.protocol.errors.InvalidLink`."""
    scheme, separator, text = link.partition(_DATA)
    if scheme not in SCHEMES or not separator:
        raise InvalidLink("the link does not begin with seb://application/seb;base64,")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidLink("what follows base64, in the link is damaged") from error
