"""Texts and addresses of a provider are made safe for our pages."""

import pytest

from edx_proctoring.backends.sanitizer import clean_instructions, safe_download_url


@pytest.mark.contract("provider-interface#page-content")
@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        pytest.param(["a", "b"], ["a", "b"], id="a-list"),
        pytest.param("one sentence", ["one sentence"], id="one-text"),
        pytest.param(None, [], id="none"),
        pytest.param({"a": 1}, [], id="an-object"),
        pytest.param([1, None, "a"], ["a"], id="other-types-are-left-out"),
        pytest.param(["<div>block</div>"], ["block"], id="block-markup-is-removed-its-text-kept"),
        pytest.param(["<em>in</em>line"], ["<em>in</em>line"], id="inline-markup-is-kept"),
        pytest.param(["<img src=x onerror=alert(1)>"], [""], id="images-are-removed"),
    ],
)
def test_instructions_are_sanitized(value, cleaned):
    assert clean_instructions(value) == cleaned


@pytest.mark.contract("provider-interface#download-url")
@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://v.test/d", "https://v.test/d"),
        ("http://v.test/d", "http://v.test/d"),
        ("HTTPS://v.test/d", "HTTPS://v.test/d"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("proctor-app://go", None),
        ("/relative", None),
        ("//v.test/d", None),
        ("http://[broken", None),
        (5, None),
        (None, None),
    ],
)
def test_only_web_addresses_are_safe_download_urls(value, url):
    assert safe_download_url(value) == url
