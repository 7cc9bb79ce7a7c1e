"""Whether a request carries the hash that Safe Exam Browser computes from its key and the address.

Contract: contract/safe-exam-browser#hash, contract/safe-exam-browser#addresses. The browser sends
``sha256_hex(address + key)``; the address is the one in its own address bar, which this process may see differently
behind proxies. So a few candidates are tried, none of which comes from a header that a client can choose freely.
"""

import hmac
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost

from seb_openedx import conf

MOST_ADDRESSES: Final = 8
MOST_KEYS: Final = 200

_HEX_KEY: Final = re.compile(r"[0-9A-Fa-f]{64}")


def matches(request: Any, header: str, keys: Iterable[str]) -> bool:
    """Return whether the header, named as in ``request.META``, holds the hash of an address and one of the keys."""
    meta = getattr(request, "META", None)
    if not isinstance(meta, dict):
        return False
    sent = meta.get(header)
    if not isinstance(sent, str) or not sent.strip():
        return False
    received = sent.strip().lower().encode("utf-8", "replace")
    spellings = [spelling for key in islice(keys, MOST_KEYS) for spelling in _spellings(key)]
    found = False
    for address in addresses(request, meta):
        for key in spellings:
            expected = sha256((address + key).encode("utf-8", "surrogatepass")).hexdigest().encode()
            # No early end: the time must not tell which key was nearly right.
            found |= hmac.compare_digest(expected, received)
    return found


def _spellings(key: str) -> Iterator[str]:
    """Yield a key as it is configured, and in lower case if a tool has shown it in upper case."""
    yield key
    if _HEX_KEY.fullmatch(key) and key != key.lower():
        yield key.lower()


def addresses(request: Any, meta: dict[str, Any]) -> list[str]:
    """Return the addresses under which the browser may have sent this request, at most ``MOST_ADDRESSES``.

    An ``https`` address is tried for a request that arrives as ``http`` only if ``SEB_PUBLIC_BASE_URLS`` has that
    origin; forwarded headers alone prove nothing.
    """
    return list(islice(dict.fromkeys(_addresses(request, meta)), MOST_ADDRESSES))


def public_addresses(request: Any, path: str) -> list[str]:
    """Return the addresses under which a browser may see ``path``, with its query: another page of this host."""
    try:
        own = [request.build_absolute_uri(path)]
    except DisallowedHost:
        own = []
    return list(dict.fromkeys([*own, *(base + path for base in conf.seb.public_base_urls)]))[:MOST_ADDRESSES]


def _addresses(request: Any, meta: dict[str, Any]) -> Iterator[str]:
    try:
        own = request.build_absolute_uri()
    except DisallowedHost:
        own = None
    target = _raw_target(meta)
    if isinstance(own, str):
        own = own.partition("#")[0]
        yield own
        if target:
            parts = urlsplit(own)
            yield f"{parts.scheme}://{parts.netloc}{target}"
    bases = conf.seb.public_base_urls
    full_path = request.get_full_path() if bases else None
    for base in bases:
        for path in (target, full_path):
            if isinstance(path, str) and path:
                yield base + path.partition("#")[0]


def _raw_target(meta: dict[str, Any]) -> str:
    """Return path and query as the server received them, before Django decoded them; empty if it does not tell."""
    target = next((value for name in ("REQUEST_URI", "RAW_URI") if isinstance(value := meta.get(name), str)), "")
    if "://" in target.partition("?")[0]:  # the absolute form, sent to proxies
        rest = target.partition("://")[2]
        cut = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
        target = rest[cut:]
    target = target.partition("#")[0]
    return target if target.startswith("/") else ""
