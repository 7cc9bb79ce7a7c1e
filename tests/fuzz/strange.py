"""Unusual values, and requests made of them: bodies, query strings, headers, methods."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from hypothesis import strategies as st

# Values that are known to break web applications.
ODD_TEXTS: Final = (
    *("", " ", "\x00", "a\x00b", "\ud800", "a\udfffb", "\u2028", "\r\nX-Evil: 1", "%00", "%s %(x)s {0}"),
    *("null", "undefined", "NaN", "true", "false", "-1", "0", "1e5", "1_0", " 7 ", "07", "0x10", "\u0663", "\uff11"),
    *("9" * 30, "x" * 256, "x" * 5000, "😀" * 70, "'; DROP TABLE x; --", "<script>", "../../etc/passwd", "a,b,,c"),
    *("2026-01-01", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "Infinity", "1.5", "__proto__"),
)
ODD_NUMBERS: Final = (
    *(0, 1, -1, 255, 2**15, 2**31 - 1, 2**31, -(2**31) - 1, 2**63 - 1, 2**63, 10**30, -(10**400)),
    *(0.5, -0.0, 1e300, float("inf"), float("-inf"), float("nan")),
)

odd_texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=12)
odd_scalars = st.none() | st.booleans() | st.sampled_from(ODD_NUMBERS) | odd_texts
odd_values = odd_scalars | st.recursive(
    odd_scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_texts, inner, max_size=3),
    max_leaves=5,
)


def one_in(count: int) -> st.SearchStrategy[bool]:
    """Draw True about once in ``count`` times. False is the simple value, which Hypothesis prefers."""
    return st.sampled_from((*(False,) * (count - 1), True))


Fields = Mapping[str, st.SearchStrategy[Any]]


@dataclass(frozen=True)
class Sent:
    """One request as it is sent. ``headers``: with the names of WSGI."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.method} {self.path}?{self.query} {self.content_type!r} {self.body[:2000]!r} headers={self.headers}"
        )


@st.composite
def fields_of(draw: st.DrawFn, fields: Fields) -> dict[str, Any]:
    """Draw an object with these fields. Some may be odd or missing, and there may be others."""
    chosen: dict[str, Any] = {}
    # At most two wrong fields: if all are wrong, only the first is ever checked.
    wrong = draw(st.sets(st.sampled_from(sorted(fields)), max_size=2)) if fields and draw(one_in(3)) else set()
    for name, values in fields.items():
        if name not in wrong:
            chosen[name] = draw(values)
        elif not draw(one_in(4)):
            chosen[name] = draw(odd_values)
    if draw(one_in(6)):
        chosen[draw(odd_texts)] = draw(odd_values)
    return chosen


def as_json(value: Any) -> bytes:
    """Write JSON with NaN and with escapes of lone surrogates, as some clients do."""
    return json.dumps(value, allow_nan=True).encode()


def _with_repeated_keys(value: Any) -> bytes:
    """Write an object with each key twice, the second time with null."""
    if not isinstance(value, dict) or not value:
        return as_json(value)
    once = ", ".join(f"{json.dumps(key)}: {json.dumps(item)}" for key, item in value.items())
    again = ", ".join(f"{json.dumps(key)}: null" for key in value)
    return f"{{{once}, {again}}}".encode()


def _as_form(value: Any) -> bytes:
    pairs = value.items() if isinstance(value, dict) else [("", value)]
    return urlencode(
        [(str(key).encode("utf-8", "surrogatepass"), _form_text(item)) for key, item in pairs], doseq=False
    ).encode()


def _form_text(value: Any) -> bytes:
    return (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "surrogatepass")


def _as_multipart(value: Any) -> bytes:
    if not isinstance(value, dict):
        return as_json(value)
    parts = {
        key.encode("utf-8", "replace").decode().replace('"', ""): _form_text(item).decode("utf-8", "replace")
        for key, item in value.items()
    }
    return encode_multipart(BOUNDARY, parts)


def _as_files(value: Any) -> bytes:
    """Write each field as an uploaded file."""
    names = [name for name in value if name.isidentifier()] if isinstance(value, dict) else []
    return encode_multipart(BOUNDARY, {name: SimpleUploadedFile("a.txt", b"1") for name in names})


GARBAGE: Final = (
    *(b"", b"{", b"[]", b"null", b'"word"', b"7", b"\xff\xfe\x00", b"{}" * 2, b"[" * 3000, b'{"a":' * 3000),
    *(b"1" * 5000, b"\x00", b'{"exam_id": 1, }', b"a=1&a=2&&=", b"--" + BOUNDARY.encode() + b"\r\n", b"\x1f\x8b\x08"),
)
CONTENT_TYPES: Final = (
    *("application/json", "application/x-www-form-urlencoded", MULTIPART_CONTENT, "multipart/form-data", "text/plain"),
    *("application/octet-stream", "foo", "", "application/json; charset=utf-16", "application/json; charset=nope"),
    *("multipart/form-data; boundary=\x00", "*/*", "application/x-www-form-urlencoded; charset=latin-1"),
)

WRITERS: Final = {
    "json": (as_json, "application/json"),
    "repeated": (_with_repeated_keys, "application/json"),
    "form": (_as_form, "application/x-www-form-urlencoded"),
    "multipart": (_as_multipart, MULTIPART_CONTENT),
    "files": (_as_files, MULTIPART_CONTENT),
    "mislabelled": (as_json, MULTIPART_CONTENT),
}
_WRITER_NAMES: Final = ("json",) * 8 + ("form", "form", "multipart", "repeated", "files", "mislabelled")


@st.composite
def bodies(draw: st.DrawFn, plausible: st.SearchStrategy[Any]) -> tuple[bytes, str]:
    """Draw body and content type: mostly a plausible body in some format, sometimes garbage."""
    if draw(one_in(10)):
        return draw(st.sampled_from(GARBAGE) | st.binary(max_size=20)), draw(st.sampled_from(CONTENT_TYPES))
    write, content_type = WRITERS[draw(st.sampled_from(_WRITER_NAMES))]
    value = draw(odd_values) if draw(one_in(10)) else draw(plausible)
    return write(value), content_type


ODD_QUERIES: Final = ("%ff=%fe", "&&&", "=", "a[]=1", "page=1&page=2", "user_id", "format=api", "%00")


@st.composite
def queries(draw: st.DrawFn, fields: Fields) -> str:
    """Draw a query string: fields of the route, repeated fields, bytes that are not text."""
    if draw(one_in(10)):
        return draw(st.sampled_from(ODD_QUERIES))
    pairs = [
        (name, draw(odd_texts if draw(one_in(6)) else values)) for name, values in fields.items() if draw(one_in(2))
    ]
    if draw(one_in(10)):
        pairs.append((draw(odd_texts), draw(odd_texts)))
    return urlencode([(_form_text(name), _form_text(value)) for name, value in pairs])


ODD_HEADERS: Final = (
    *({"HTTP_ACCEPT": "text/html"}, {"HTTP_ACCEPT": "application/xml"}, {"HTTP_ACCEPT": "application/json; indent=x"}),
    *({"HTTP_ACCEPT": "application/json; indent=99999999999"}, {"HTTP_ACCEPT": ""}, {"HTTP_ACCEPT": ";;,,;q=x"}),
    *({"HTTP_ACCEPT": "application/json; version=\x00"}, {"HTTP_ACCEPT_LANGUAGE": "xx-klingon,*;q=0.5,\xff"}),
    *({"HTTP_AUTHORIZATION": "JWT"}, {"HTTP_AUTHORIZATION": "JWT a b c"}, {"HTTP_AUTHORIZATION": "Bearer \xff"}),
    *({"HTTP_AUTHORIZATION": "Basic Og=="}, {"HTTP_AUTHORIZATION": "JWT a.b.c"}, {"HTTP_COOKIE": "sessionid=\x00;=;"}),
    *({"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"}, {"HTTP_X_METHODOVERRIDE": "PUT"}, {"HTTP_RANGE": "bytes=0-"}),
    *({"HTTP_HOST": "evil\x00.test"}, {"HTTP_HOST": "[::1"}, {"HTTP_X_FORWARDED_HOST": "evil.test"}),
    *({"HTTP_X_FORWARDED_FOR": "not an address"}, {"REMOTE_ADDR": ""}, {"HTTP_X_REQUEST_ID": "a\r\nb" * 200}),
    *({"CONTENT_LENGTH": "seven"}, {"CONTENT_LENGTH": "-1"}, {"CONTENT_LENGTH": "3"}, {"CONTENT_LENGTH": ""}),
    *({"HTTP_IDEMPOTENCY_KEY": "k"}, {"HTTP_IDEMPOTENCY_KEY": "\x00"}, {"HTTP_IDEMPOTENCY_KEY": "k" * 300}),
    *({"HTTP_IF_NONE_MATCH": "*"}, {"HTTP_IF_MATCH": '"x'}, {"HTTP_CONTENT_ENCODING": "gzip"}, {"HTTP_EXPECT": "x"}),
    *({"HTTP_X_PROCTORING_TIMESTAMP": "²"}, {"HTTP_X_PROCTORING_SIGNATURE": "v1=" + "0" * 64}),
)
headers = one_in(4).flatmap(lambda odd: st.sampled_from(ODD_HEADERS) if odd else st.just({}))

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get")


def in_path(value: Any) -> str:
    """Return a value for a path. A slash is not escaped, because course ids of the old form contain it."""
    return quote(str(value).encode("utf-8", "surrogatepass"), safe="/:+@,;=&!'()*~")
