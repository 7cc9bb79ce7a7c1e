"""Links that start the program."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seb_openedx.protocol import data_link, parse_link, seb_link
from seb_openedx.protocol.errors import InvalidLink
from seb_openedx.protocol.links import file_of_data_link, start_address

pytestmark = pytest.mark.contract("seb-protocol#links")

FILE = "https://lms.example.com/exam.seb"


@pytest.mark.parametrize(
    ("url", "arguments", "link"),
    [
        pytest.param(FILE, {}, "sebs://lms.example.com/exam.seb", id="https"),
        pytest.param("http://lms:8000/a", {}, "seb://lms:8000/a", id="http"),
        pytest.param(FILE, {"scheme": "seb"}, "seb://lms.example.com/exam.seb", id="forced"),
        pytest.param(f"{FILE}#top", {}, "sebs://lms.example.com/exam.seb", id="fragment"),
        pytest.param(FILE, {"start_query": {"st": "a b"}}, "sebs://lms.example.com/exam.seb??st=a+b", id="query"),
        pytest.param(f"{FILE}?t=1", {"start_query": {"st": "?"}}, f"sebs{FILE[5:]}?t=1?st=%3F", id="second-query"),
    ],
)
def test_link(url, arguments, link):
    assert seb_link(url, **arguments) == link


@pytest.mark.parametrize("url", ["", "lms.example.com", "ftp://lms/", "https://", "https:///a", "javascript://a"])
def test_another_address_has_no_link(url):
    with pytest.raises(InvalidLink, match="http:// or https://"):
        seb_link(url)


def test_another_scheme_is_refused():
    with pytest.raises(InvalidLink, match="seb or sebs"):
        seb_link(FILE, scheme="https")
    with pytest.raises(InvalidLink, match="seb or sebs"):
        data_link(b"", scheme="data")


@pytest.mark.parametrize(
    ("link", "url", "query"),
    [
        pytest.param("sebs://a/x.seb", "https://a/x.seb", "", id="no-query"),
        pytest.param("SEB://a/x.seb#top", "http://a/x.seb", "", id="capitals-and-fragment"),
        pytest.param("sebs://a/x.seb?t=1", "https://a/x.seb?t=1", "", id="one-question-mark-is-of-the-file"),
        pytest.param("sebs://a/x.seb??st=1", "https://a/x.seb??st=1", "st=1", id="two"),
        pytest.param("sebs://a/x.seb?t=1?st=1", "https://a/x.seb?t=1?st=1", "st=1", id="apart"),
        pytest.param("sebs://a/x.seb?a?b?c", "https://a/x.seb?a?b?c", "c", id="the-last"),
    ],
)
def test_what_a_client_makes_of_a_link(link, url, query):
    assert parse_link(link) == (url, query)


@pytest.mark.parametrize("link", ["", "seb:", "sebs://", "https://a/", "xseb://a"])
def test_another_link_is_refused(link):
    with pytest.raises(InvalidLink, match="seb:// or sebs://"):
        parse_link(link)


@given(st.sampled_from([FILE, f"{FILE}?t=1"]), st.dictionaries(st.text(max_size=5), st.text(max_size=5), min_size=1))
def test_a_client_finds_what_was_added(url, query):
    try:
        link = seb_link(url, start_query=query)
    except UnicodeEncodeError:  # half of a surrogate pair cannot be sent
        return
    _url, added = parse_link(link)

    assert start_address("https://a/", added) == f"https://a/?{added}"
    assert start_address("https://a/?b", added) == f"https://a/?b&{added}"


def test_an_address_without_addition_stays():
    assert start_address("https://a/?b", "") == "https://a/?b"


@given(st.binary(max_size=100))
def test_a_link_can_hold_a_file(file):
    assert file_of_data_link(data_link(file)) == file


@pytest.mark.parametrize(
    "link", ["https://application/seb;base64,AA==", "seb://application/seb;base64,A", "seb://application/seb;base64,*"]
)
def test_a_damaged_link_holds_no_file(link):
    with pytest.raises(InvalidLink):
        file_of_data_link(link)
