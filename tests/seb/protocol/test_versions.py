"""Versions that a file demands and that a client names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seb_openedx.protocol import Client, allowed_versions, from_javascript, from_user_agent, is_too_old
from seb_openedx.protocol.errors import InvalidVersion
from seb_openedx.protocol.versions import Platform, is_entry, parse_version

pytestmark = pytest.mark.contract("seb-protocol#minimum-versions")

WIN, MAC, IOS = Platform


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("Win.3.7", True),
        ("Mac.3.7.1.min", True),
        ("iOS.3.4.1.2.AE.min", True),
        ("Win.3.7.AE", True),
        ("win.3.7", False),
        ("Win.3", False),
        ("Win.3.7.min.AE", False),
        ("Win.3.7.1.2.3", False),
        ("Linux.3.7", False),
        ("Win.3.7\n", False),
        ("Win.\u0663.7", False),
        ("", False),
    ],
)
def test_entry(text, valid):
    assert is_entry(text) is valid


@given(
    st.dictionaries(
        st.sampled_from(list(Platform)),
        st.lists(st.integers(0, 999), min_size=2, max_size=4).map(lambda parts: ".".join(map(str, parts))),
        min_size=1,
    ),
    st.booleans(),
)
def test_what_is_written_names_every_platform_in_valid_entries(minimums, alliance):
    entries = allowed_versions(minimums, alliance_edition=alliance)

    assert all(map(is_entry, entries))
    assert {entry.partition(".")[0] for entry in entries} == {"Win", "Mac", "iOS"}
    assert len(set(entries)) == (6 if alliance else 3)


@pytest.mark.parametrize("text", ["", "3", "3.7.", "3.7.1.2.3", "v3.7", "3,7", "3.7\n", "9" * 5000 + ".1"])
def test_another_text_is_no_version(text):
    with pytest.raises(InvalidVersion, match="such as"):
        parse_version(text)


@pytest.mark.parametrize(
    ("text", "client"),
    [
        pytest.param(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 SEB/3.10.0",
            Client(WIN, (3, 10, 0)),
            id="windows",
        ),
        pytest.param("SEB/3.7.0.1234", Client(None, (3, 7, 0, 1234)), id="request-for-the-file"),
        pytest.param("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) SEB", Client(IOS), id="iphone"),
        # A tablet that asks for desktop pages says the same.
        pytest.param("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) SEB/3.5", Client(None, (3, 5)), id="mac"),
        pytest.param("Mozilla/5.0 (X11) SEB/x", Client(None), id="no-version"),
        pytest.param("Mozilla/5.0 (X11) Firefox/140.0", None, id="another-browser"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_what_a_user_agent_says(text, client):
    assert from_user_agent(text) == client


@pytest.mark.parametrize(
    ("text", "client"),
    [
        pytest.param("SEB_Windows_3.7.0", Client(WIN, (3, 7, 0)), id="windows"),
        pytest.param("SEB_iOS_3.4_3A1C_org.safeexambrowser.SEB", Client(IOS, (3, 4)), id="ios"),
        pytest.param("My_SEB_macOS_3.6.1_8F2_org.example", Client(MAC, (3, 6, 1)), id="mac-with-another-name"),
        pytest.param("SEB_Linux_1.0", None, id="unknown"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_what_javascript_says(text, client):
    assert from_javascript(text) == client


@pytest.mark.parametrize(
    ("client", "minimums", "old"),
    [
        pytest.param(Client(WIN, (3, 7)), {"win": "3.7.1"}, True, id="older"),
        pytest.param(Client(WIN, (3, 7)), {"win": "3.7.0.0"}, False, id="missing-numbers-are-zero"),
        pytest.param(Client(WIN, (3, 10)), {"win": "3.9"}, False, id="numbers-not-texts"),
        pytest.param(Client(WIN, (1, 0)), {"mac": "3.9"}, False, id="another-platform"),
        pytest.param(Client(WIN), {"win": "3.9"}, False, id="no-version"),
        pytest.param(Client(None, (1, 0)), {"win": "3.9"}, False, id="no-platform"),
    ],
)
def test_too_old(client, minimums, old):
    assert is_too_old(client, minimums) is old


@given(st.text())
def test_any_text_is_understood_or_not(text):
    for start in ("", "SEB/", "SEB_Windows_", "x_iOS_"):
        for read in (from_user_agent, from_javascript):
            assert isinstance(read(start + text), Client | None)
