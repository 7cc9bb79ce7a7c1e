"""Which web pages count as the vendor's. Contract: contract/constructor#origins.

The parameter of the exam's address *selects* an origin of the list; it never grants trust, because anyone who can open
the address can write it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

PARAMETER: Final = "examus-client-origin"
# What a log line holds of a refused value.
MAX_LOGGED: Final = 200

_WILDCARD: Final = "*."
# Letters, digits and hyphens between dots: no trailing dot, nothing that a browser would write in another way.
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_LOOPBACK: Final = re.compile(r"localhost|.+\.localhost|127\.\d+\.\d+\.\d+")
# Longer than any host name with scheme and port that resolves, and what a row holds.
_LONGEST: Final = 255
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Choice:
    """The origin from which the exam page takes messages, or the code of the reason why there is none.

    ``given``: what the request said, for the log.
    """

    origin: str = ""
    refusal: str = ""
    given: str = ""


def normalized(text: str, *, allows_http: bool = False) -> str | None:
    """Return an origin as browsers write it, None for anything else (``null``, ``*``, a path, user info).

    ``allows_http``: whether a loopback host may use plain HTTP, for development.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    is_plain = parts.scheme == "http" and allows_http and _LOOPBACK.fullmatch(host) is not None
    if (parts.scheme != "https" and not is_plain) or not _HOST.fullmatch(host):
        return None
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        return None
    origin = f"{parts.scheme}://{host}" + ("" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}")
    return origin if len(origin) <= _LONGEST else None


def is_pattern(entry: str) -> bool:
    """Return whether an entry of the list stands for several origins, as ``https://*.proctor.example`` does."""
    return entry.startswith(f"https://{_WILDCARD}")


def is_valid_entry(entry: object, *, allows_http: bool = False) -> bool:
    """Return whether an entry of ``trusted_origins`` is an origin as browsers write it, or a pattern of one."""
    if not isinstance(entry, str):
        return False
    exact = entry.replace(_WILDCARD, "", 1) if is_pattern(entry) else entry
    return normalized(exact, allows_http=allows_http) == exact


def is_trusted(origin: str, trusted: Iterable[str]) -> bool:
    """Return whether the list has this normalised origin. A pattern stands for one or more labels before its suffix."""
    return any(_matches(origin, entry) for entry in trusted)


def _matches(origin: str, entry: str) -> bool:
    if not is_pattern(entry):
        return origin == entry
    suffix = entry.removeprefix(f"https://{_WILDCARD}")
    return origin.startswith("https://") and origin.removeprefix("https://").endswith(f".{suffix}")


def parameter_in(query: str) -> str | None:
    """Return the first value of the parameter, also if it was appended with a second question mark."""
    pairs = parse_qsl(query.replace("?", "&"), keep_blank_values=True)
    return next((value for name, value in pairs if name == PARAMETER), None)


def choose(query: str, trusted: Iterable[str], *, stored: str = "", allows_http: bool = False) -> Choice:
    """Return the origin that a request selects.

    ``query``: the query string. ``stored``: the origin that an earlier page of the session selected, which stands for
    a parameter that is not there. A list of one exact origin needs no parameter.
    """
    entries = list(trusted)
    given = parameter_in(query)
    if given is None:
        if stored and is_trusted(stored, entries):
            return Choice(stored)
        if len(entries) == 1 and not is_pattern(entries[0]):
            return Choice(entries[0])
        return Choice(refusal="origin_missing")
    origin = normalized(given, allows_http=allows_http)
    if origin is None or not is_trusted(origin, entries):
        return Choice(refusal="origin_untrusted", given=given[:MAX_LOGGED])
    return Choice(origin, given=given[:MAX_LOGGED])
