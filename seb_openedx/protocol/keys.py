"""The two keys that Safe Exam Browser proves itself with, and the addresses that it hashes them with.

A *Config Key* stands for settings (:mod:`seb_openedx.protocol.config_key`). A *Browser Exam Key* stands for settings
and one build of the program; a server cannot compute it, people paste it. The client never sends a key. It sends
``sha256(address + key)``, in two headers or through JavaScript, so that what it sends is good for one address only.

The address is the one that the browser shows, without fragment. A server behind a proxy sees another one, therefore it
compares with a few candidates: :func:`url_candidates`.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final, NamedTuple

from seb_openedx.protocol.errors import InvalidKey
from seb_openedx.protocol.texts import Text as _

CONFIG_KEY_HEADER: Final = "X-SafeExamBrowser-ConfigKeyHash"
BROWSER_EXAM_KEY_HEADER: Final = "X-SafeExamBrowser-RequestHash"

# A request is compared with at most so many addresses and keys.
MAX_CANDIDATES: Final = 8
MAX_KEYS: Final = 200

_KEY: Final = re.compile(r"[0-9a-f]{64}")
_SEPARATORS: Final = re.compile(r"[\s,;]+")
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class Match(NamedTuple):
    """The address and key that a received hash fits."""

    url: str
    key: str


def header_hash(url: str, key: str) -> str:
    """Return what a client sends for a key when it requests an address; a fragment does not count.

    >>> header_hash("https://domain.com/path#top", "534b5a6a593e735e9d")
    'a3a793a2715bdd3da1a7ef3ebe8acdd48c1468433d88cba346a437e961f601b1'
    """
    text = without_fragment(url) + key
    # A key or address that no client can have must fit nothing, not fail.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def without_fragment(url: str) -> str:
    """Return an address without ``#`` and what follows it."""
    return url.partition("#")[0]


def find_match(urls: Sequence[str], keys: Iterable[str], received: str) -> Match | None:
    """Return the first address and key that a received hash fits, or None.

    Case and surrounding blanks of the hash do not count. A key of 64 hexadecimal digits is tried as it is and in lower
    case. At most 200 keys and 8 addresses are compared, each comparison in constant time.
    """
    given = received.strip().lower().encode("utf-8", "surrogatepass")
    for key in islice(keys, MAX_KEYS):
        for url in urls[:MAX_CANDIDATES]:
            for spelling in _spellings(key):
                if hmac.compare_digest(header_hash(url, spelling).encode("ascii"), given):
                    return Match(url, key)
    return None


def matches(url: str, key: str, received: str) -> bool:
    """Whether a received hash fits one address and key; :func:`find_match` for several."""
    return find_match([url], [key], received) is not None


def is_key(text: str) -> bool:
    """Whether a text has the form of a Config Key or Browser Exam Key: 64 lower-case hexadecimal digits."""
    return _KEY.fullmatch(text) is not None


def parse_keys(text: str) -> list[str]:
    """Return the keys in a pasted text: lower case, distinct, in order.

    Blanks, line breaks, commas and semicolons separate them. Raises :class:`~seb_openedx.protocol.errors.InvalidKey`.
    """
    keys: dict[str, None] = {}
    for number, word in enumerate(filter(None, _SEPARATORS.split(text)), start=1):
        key = word.lower()
        if not is_key(key):
            raise InvalidKey(
                _(
                    "key %(number)s: %(length)s characters; a key has 64 digits 0-9 and a-f",
                    number=number,
                    length=len(word),
                )
            )
        keys[key] = None
    return list(keys)


def _spellings(key: str) -> tuple[str, ...]:
    lower = key.lower()
    return (key, lower) if lower != key and is_key(lower) else (key,)


def url_candidates(
    absolute_uri: str,
    *,
    raw_target: str | None = None,
    full_path: str | None = None,
    public_origins: Sequence[str] = (),
    forwarded_https: bool = False,
) -> list[str]:
    """Return the addresses under which the browser may see a request, the most likely one first; at most 8.

    ``absolute_uri``: what the framework builds. ``raw_target``: the target in the request line as the server received
    it, because a framework encodes it again. ``full_path``: path and query as the framework knows them.
    ``public_origins``: further ``scheme://host[:port]`` under which people reach the server. ``forwarded_https``: a
    proxy says that it was reached by https, and nothing says that it may be believed; this counts for the origins in
    ``public_origins`` only.

    Nothing else is guessed. More spellings would bind a proof to less.

    >>> url_candidates("http://10.0.0.5/a%3Ab#top", raw_target="/a:b", public_origins=["https://lms.example.com"])
    ['http://10.0.0.5/a%3Ab', 'http://10.0.0.5/a:b', 'https://lms.example.com/a:b']
    """
    target = _path_and_query(raw_target) if raw_target else None
    origin = _origin(absolute_uri)
    found = [absolute_uri]
    if target:
        found.append(origin + target)
    for public in map(_origin, public_origins):
        found += [public + path for path in (target, full_path) if path]
    if forwarded_https:
        secure = "https" + origin[origin.find("://") :]
        if secure in map(_origin, public_origins):
            found += [secure + _path_and_query(url) for url in found[:2]]
    distinct = dict.fromkeys(map(without_fragment, found))
    return list(distinct)[:MAX_CANDIDATES]


def _origin(url: str) -> str:
    """Return ``scheme://host[:port]`` as browsers write it: lower case, without the default port."""
    scheme, separator, rest = url.lower().partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    return scheme + separator + host.removesuffix(_DEFAULT_PORTS.get(scheme, ""))


def _path_and_query(target: str) -> str:
    """Return path and query of a request target, which may be a whole address."""
    if target.startswith("/"):
        return target
    _host, slash, rest = target.partition("://")[2].partition("/")
    return slash + rest
