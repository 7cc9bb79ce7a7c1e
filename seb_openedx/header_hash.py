"""Whether a request carries the hash that Safe Exam Browser computes from its key and the address.

Contract: contract/safe-exam-browser#hash, contract/safe-exam-browser#addresses. The browser sends
``sha256_hex(address + key)``; the address is the one in its own address bar, which this process may see differently
behind proxies. So a few candidates are tried, none of which comes from a header that a client can choose freely.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost

from seb_openedx import conf
from seb_openedx.protocol import find_match
from seb_openedx.protocol.keys import MAX_CANDIDATES

# Where Django keeps the headers with the hashes of a Config Key and of a Browser Exam Key.
CONFIG_KEY: Final = "HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH"
BROWSER_KEY: Final = "HTTP_X_SAFEEXAMBROWSER_REQUESTHASH"


def meta_of(request: Any) -> dict[str, Any]:
    """Return the headers of a request, empty for a stand-in without any."""
    meta = getattr(request, "META", None)
    return meta if isinstance(meta, dict) else {}


def matches(request: Any, header: str, keys: Iterable[str]) -> bool:
    """Return whether the header, named as in ``request.META``, holds the hash of an address and one of the keys."""
    meta = meta_of(request)
    sent = meta.get(header)
    if not isinstance(sent, str) or not sent.strip():
        return False
    return find_match(addresses(request, meta), keys, sent) is not None


def addresses(request: Any, meta: dict[str, Any]) -> list[str]:
    """Return the addresses under which the browser may have sent this request, at most ``MAX_CANDIDATES``.

    An ``https`` address is tried for a request that arrives as ``http`` only if ``SEB_PUBLIC_BASE_URLS`` has that
    origin; forwarded headers alone prove nothing.
    """
    return list(islice(dict.fromkeys(_addresses(request, meta)), MAX_CANDIDATES))


def public_addresses(request: Any, path: str) -> list[str]:
    """Return the addresses under which a browser may see ``path``, with its query: another page of this host."""
    try:
        own = [request.build_absolute_uri(path)]
    except DisallowedHost:
        own = []
    return list(dict.fromkeys([*own, *(base + path for base in conf.seb.public_base_urls)]))[:MAX_CANDIDATES]


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
