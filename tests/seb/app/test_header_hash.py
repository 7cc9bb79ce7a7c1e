"""The hash in the headers, and the addresses over which it may have been computed."""

from hashlib import sha256
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from seb_openedx import header_hash
from seb_openedx.protocol.keys import MAX_CANDIDATES, MAX_KEYS
from tests.seb.app.conftest import KEY

HEADER = "HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH"
CK1 = "bf012bb8c7175660446b3e5954997ec65b7df691b53374c32804d341207dfede"
COURSE_PAGE = "https://lms.example.com/courses/course-v1:edX+DemoX+Demo_Course/courseware/"
VERTICAL = (
    "https://lms.example.com/xblock/block-v1:edX+DemoX+Demo_Course+type@vertical+block@abc123"
    "?show_title=0&view=student_view"
)


def at(url: str, sent: object, **meta: str) -> SimpleNamespace:
    return SimpleNamespace(META={HEADER: sent, **meta}, build_absolute_uri=lambda: url, get_full_path=lambda: "/x?y=1")


def hash_of(url: str, key: str = KEY) -> str:
    return sha256((url + key).encode()).hexdigest()


@pytest.mark.contract("safe-exam-browser#hash")
@pytest.mark.parametrize(
    ("url", "key", "sent"),
    [
        (
            "https://domain.com/path",
            "534b5a6a593e735e9d",
            "a3a793a2715bdd3da1a7ef3ebe8acdd48c1468433d88cba346a437e961f601b1",
        ),
        (COURSE_PAGE, CK1, "788cfffab3f2b5f00ba57140e7d9d98fca3473ed29e146f6360f9fa9ffd309fa"),
        (VERTICAL, CK1, "18a597151f2d41bfe79bec610894ff9deb784a0fa412ede9b25be8f2b94e835b"),
        (f"{VERTICAL}#part", CK1, "18a597151f2d41bfe79bec610894ff9deb784a0fa412ede9b25be8f2b94e835b"),
        (
            "https://lms.example.com/courses/course-v1%3AedX%2BDemoX%2BDemo_Course/courseware/",
            CK1,
            "3f21ff470fb19d37342e6c9c288ca1ad8702645e0ed15792849e9e5fd6ded35a",
        ),
    ],
)
def test_published_vectors(url, key, sent):
    assert header_hash.matches(at(url, sent), HEADER, [key])
    assert header_hash.matches(at(url, f" {sent.upper()}\t"), HEADER, ["other", key])
    assert not header_hash.matches(at(url.replace(".com/", ".com/x"), sent), HEADER, [key])
    assert not header_hash.matches(at(url, sent), HEADER, ["other"])


@pytest.mark.contract("safe-exam-browser#hash")
@pytest.mark.parametrize("sent", [None, "", " ", 7, b"x", "x" * 100_000, "é" * 64, "\ud800", "0" * 64])
def test_what_is_no_hash_is_refused(sent):
    assert not header_hash.matches(at("https://a/", sent), HEADER, [KEY])


def test_mocks_are_refused():
    request = Mock()
    request.META = {HEADER: "f" * 64}
    assert not header_hash.matches(request, HEADER, [KEY])
    assert not header_hash.matches(Mock(), HEADER, [KEY])


@given(sent=st.text(), key=st.text(max_size=80), url=st.text(max_size=80))
def test_only_the_hash_itself_is_accepted(sent, key, url):
    expected = sha256((url.partition("#")[0] + key).encode("utf-8", "surrogatepass")).hexdigest()
    assert header_hash.matches(at(url, sent), HEADER, [key]) is (sent.strip().lower() == expected)
    assert header_hash.matches(at(url, expected), HEADER, [key])


@pytest.mark.contract("safe-exam-browser#addresses")
@pytest.mark.parametrize(
    ("meta", "bases", "accepted"),
    [
        pytest.param({}, [], {"https://a/p"}, id="own"),
        pytest.param({"RAW_URI": "/%70?q#f"}, [], {"https://a/p", "https://a/%70?q"}, id="raw-target"),
        pytest.param({"REQUEST_URI": "http://evil/%70?q"}, [], {"https://a/p", "https://a/%70?q"}, id="absolute-form"),
        pytest.param({"RAW_URI": "*"}, [], {"https://a/p"}, id="no-path"),
        pytest.param({}, ["https://pub/"], {"https://a/p", "https://pub/x?y=1"}, id="public-address"),
        pytest.param(
            {"RAW_URI": "/r"}, ["https://pub"], {"https://a/p", "https://a/r", "https://pub/r", "https://pub/x?y=1"},
            id="public-address-with-raw-target",
        ),
        pytest.param({"HTTP_X_FORWARDED_HOST": "evil"}, [], {"https://a/p"}, id="forwarded-headers-prove-nothing"),
    ],
)  # fmt: skip
def test_addresses(settings, meta, bases, accepted):
    settings.SEB_PUBLIC_BASE_URLS = bases
    request = at("https://a/p", "", **meta)
    assert set(header_hash.addresses(request, request.META)) == accepted


def test_there_are_limits(settings):
    settings.SEB_PUBLIC_BASE_URLS = [f"https://host{number}" for number in range(50)]
    request = at("https://a/p", hash_of("https://a/p"))
    assert len(header_hash.addresses(request, request.META)) == MAX_CANDIDATES
    many = [str(number) for number in range(MAX_KEYS)]
    assert not header_hash.matches(request, HEADER, [*many, KEY])
    assert header_hash.matches(request, HEADER, [*many[1:], KEY])


def test_a_host_that_is_not_allowed_is_no_address(settings):
    settings.ALLOWED_HOSTS = ["lms.example.com"]
    request = RequestFactory().get("/p", headers={"host": "evil.example.com"})
    request.META[HEADER] = hash_of("http://evil.example.com/p")
    assert not header_hash.matches(request, HEADER, [KEY])
