"""Which origin a page takes messages from."""

from urllib.parse import quote

import pytest

from edx_proctoring.backends.constructor import origins

TRUSTED = ["https://a.proctor.example", "https://*.vendor.example"]
A = "https://a.proctor.example"

pytestmark = pytest.mark.contract("constructor#origins")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (A, A),
        (f"{A}/", A),
        ("https://A.PROCTOR.example", A),
        (f"{A}:443", A),
        ("https://eu.vendor.example", "https://eu.vendor.example"),
        ("https://x.eu.vendor.example", "https://x.eu.vendor.example"),
        ("http://a.proctor.example", None),
        (f"{A}:8443", None),
        (f"{A}.evil.org", None),
        ("https://evil@a.proctor.example", None),
        ("https://a.proctor.example@evil.org", None),
        ("//a.proctor.example", None),
        ("null", None),
        ("*", None),
        ("", None),
        ("https://vendor.example", None),
        ("https://evilvendor.example", None),
        ("https://eu.vendor.example.evil.org", None),
        ("https://a.proctor.example.", None),
        ("https://\N{CYRILLIC SMALL LETTER A}.proctor.example", None),
        ("https://xn--80a.proctor.example", None),
        (f"{A}/path", None),
        (f"{A}?q=1", None),
        (f"{A}#f", None),
        ("https://[::1", None),
        ("https://a.proctor.example:99999", None),
        ("javascript:alert(1)", None),
    ],
)
@pytest.mark.parametrize("is_quoted", [False, True], ids=["plain", "percent-encoded"])
def test_the_parameter_selects_a_trusted_origin(given: str, expected: str | None, is_quoted: bool) -> None:
    value = quote(given, safe="") if is_quoted else given.replace("#", "%23").replace("?", "%3F")
    choice = origins.choose(f"{origins.PARAMETER}={value}", TRUSTED)
    assert (choice.origin, choice.refusal) == ((expected, "") if expected else ("", "origin_untrusted"))


def test_the_parameter_may_be_appended_with_a_second_question_mark() -> None:
    assert origins.choose(f"lang=en?{origins.PARAMETER}={A}", TRUSTED).origin == A


def test_the_first_of_two_values_counts() -> None:
    query = f"{origins.PARAMETER}=https://evil.org&{origins.PARAMETER}={A}"
    assert origins.choose(query, TRUSTED).refusal == "origin_untrusted"


@pytest.mark.parametrize(
    ("trusted", "stored", "origin", "refusal"),
    [
        pytest.param([A], "", A, "", id="one-exact-origin"),
        pytest.param(TRUSTED, "", "", "origin_missing", id="several"),
        pytest.param(["https://*.vendor.example"], "", "", "origin_missing", id="one-pattern"),
        pytest.param(TRUSTED, A, A, "", id="kept-from-an-earlier-page"),
        pytest.param(TRUSTED, "https://no-longer.example", "", "origin_missing", id="kept-but-no-longer-trusted"),
    ],
)
def test_without_the_parameter(trusted: list[str], stored: str, origin: str, refusal: str) -> None:
    choice = origins.choose("", trusted, stored=stored)
    assert (choice.origin, choice.refusal) == (origin, refusal)


@pytest.mark.parametrize(
    ("origin", "allows_http", "expected"),
    [
        ("http://localhost:8000", True, "http://localhost:8000"),
        ("http://localhost:8000", False, None),
        ("http://vendor.example", True, None),
        ("http://127.evil.org", True, None),
    ],
)
def test_plain_http_is_for_this_machine_during_development(
    origin: str, allows_http: bool, expected: str | None
) -> None:
    assert origins.normalized(origin, allows_http=allows_http) == expected


def test_what_is_logged_of_a_refused_value_is_limited() -> None:
    assert len(origins.choose(f"{origins.PARAMETER}=https://{'x' * 5000}", TRUSTED).given) == origins.MAX_LOGGED
