"""The reader takes plain property lists only; the writer writes what it takes."""

import contextlib
import plistlib
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seb_openedx.protocol import compute_config_key, plist
from seb_openedx.protocol.errors import BadXml, FileError, NotADictionary, NotSeb, TooLarge, UnsupportedValue
from seb_openedx.protocol.values import MAX_DEPTH, MAX_VALUES, key_order
from tests.seb.protocol import strategies, vectors
from tests.seb.protocol.vectors import xml

pytestmark = pytest.mark.contract("seb-protocol#strict-reading")

DICT = "<dict><key>a</key>{}</dict>"


@pytest.mark.parametrize(
    ("element", "value"),
    [
        pytest.param("<string>a &amp; b &#38; <![CDATA[<c>]]></string>", "a & b & <c>", id="text"),
        pytest.param("<string> <!-- said -->x </string>", " x ", id="text-with-comment"),
        pytest.param("<string/>", "", id="no-text"),
        pytest.param("<integer>-12</integer>", -12, id="integer"),
        pytest.param("<integer>18446744073709551615</integer>", 2**64 - 1, id="largest-integer"),
        pytest.param("<real>.5</real>", 0.5, id="real"),
        pytest.param("<real>1E-5</real>", 1e-5, id="real-with-exponent"),
        pytest.param("<true/>", True, id="true"),
        pytest.param("<false></false>", False, id="false"),
        pytest.param("<data>\n\tAAEC\n\tAwQ=\n</data>", b"\0\1\2\3\4", id="data"),
        pytest.param("<date>2026-01-02T03:04:05Z</date>", datetime(2026, 1, 2, 3, 4, 5), id="date"),  # noqa: DTZ001
        pytest.param("<array> <dict/> <array/> </array>", [{}, []], id="containers"),
    ],
)
def test_value(element, value):
    assert plist.loads(xml(DICT.format(element))) == {"a": value}


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"", id="declaration"),
        pytest.param(b"\xef\xbb\xbf", id="byte-order-mark"),
        pytest.param(b"\r\n \n", id="blank-lines"),
        pytest.param(b"\xef\xbb\xbf\n", id="both"),
    ],
)
def test_a_file_may_start_with(start):
    assert compute_config_key(plist.loads(start + vectors.FILE)) == vectors.KEY_OF_SETTINGS


@pytest.mark.parametrize("start", [b"<!DOCTYPE", b"<plist"])
def test_a_file_may_start_later(start):
    later = vectors.FILE[vectors.FILE.index(start) :]

    assert compute_config_key(plist.loads(later)) == vectors.KEY_OF_SETTINGS


# Each of these is read by plistlib, as another value than clients see or as one of several.
@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param("<dict/><dict/>", "second value", id="second-root"),
        pytest.param("<dict><key>a</key><true/><key>a</key><false/></dict>", "'a' is repeated", id="repeated-key"),
        pytest.param(DICT.format("<integer>0x1F</integer>"), "text of <integer>", id="hexadecimal"),
        pytest.param(DICT.format("<integer>1_000</integer>"), "text of <integer>", id="underscore"),
        pytest.param(DICT.format("<integer>\u0661</integer>"), "text of <integer>", id="arabic-digit"),
        pytest.param(DICT.format("<real>nan</real>"), "text of <real>", id="not-a-number"),
        pytest.param(DICT.format("<real>1e999</real>"), "too large", id="infinite"),
        pytest.param(DICT.format("<data>A*AEC</data>"), "not base64", id="rubbish-in-data"),
        pytest.param(DICT.format("<true>no</true>"), "text of <true>", id="text-in-true"),
        pytest.param(DICT.format("<string>a&nbsp;b</string>"), "entity 'nbsp'", id="undefined-entity"),
        pytest.param("<dict>x<key>a</key><true/></dict>", "text directly inside", id="text-in-dictionary"),
        pytest.param(DICT.format("<strong>x</strong><true/>"), "not an element", id="unknown-element"),
    ],
)
def test_what_plistlib_lets_pass_is_refused(body, message):
    plistlib.loads(xml(body))  # the control: nobody else would notice

    with pytest.raises(BadXml, match=message):
        plist.loads(xml(body))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(xml("<dict>"), "damaged", id="not-closed"),
        pytest.param(xml("")[:-10], "damaged", id="cut-off"),
        pytest.param(b"<plist></plist>", "empty", id="empty"),
        pytest.param(b"<plist><plist><dict/></plist></plist>", "only the root", id="root-in-root"),
        pytest.param(xml("<dict><true/></dict>"), "<key> must stand", id="no-key"),
        pytest.param(xml("<dict><key>a</key><key>b</key></dict>"), "a value must stand", id="key-after-key"),
        pytest.param(xml("<dict><key>a</key></dict>"), "'a' has no value", id="no-value"),
        pytest.param(xml("<array><key>a</key></array>"), "a value must stand", id="key-in-list"),
        pytest.param(xml(DICT.format("<string><true/></string>")), "holds text only", id="element-in-text"),
        pytest.param(xml(DICT.format("<integer>18446744073709551616</integer>")), "64 bits", id="large-integer"),
        pytest.param(xml(DICT.format(f"<integer>{'9' * 5000}</integer>")), "<integer>", id="endless-integer"),
        pytest.param(xml(DICT.format("<date>2026-02-31T00:00:00Z</date>")), "cannot be read", id="31-february"),
        pytest.param(xml(DICT.format("<date>2026-02-01T00:00:00.5Z</date>")), "<date>", id="fraction-of-a-second"),
        pytest.param(xml(DICT.format("<date>2026-02-01T00:00:00+02:00</date>")), "<date>", id="offset"),
        pytest.param(b"<?xml version='1.0'?><!DOCTYPE plist [<!ENTITY a 'b'>]><plist/>", "square", id="own-entities"),
        pytest.param(b"<?xml version='1.0' encoding='utf-16'?><plist/>", "UTF-8", id="utf-16-declared"),
        pytest.param(b"<?xml version='1.0' encoding='klingon'?><plist/>", "UTF-8", id="unknown-encoding"),
        pytest.param(b"<?xml version='1.0' encoding='latin-1'?><plist/>", "UTF-8", id="latin-1-declared"),
        pytest.param(b"<plist><dict><key>\xff</key><true/></dict></plist>", "damaged", id="not-utf-8"),
        pytest.param(b"<plist><dict><key>\x00</key><true/></dict></plist>", "damaged", id="zero-character"),
    ],
)
def test_a_malformed_property_list_is_refused(data, message):
    with pytest.raises(BadXml, match=message):
        plist.loads(data)


@pytest.mark.parametrize("body", ["<array/>", "<string>a</string>", "<true/>"])
def test_a_root_that_is_no_dictionary_is_refused(body):
    with pytest.raises(NotADictionary):
        plist.loads(xml(body))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "not a .seb file", id="nothing"),
        pytest.param(b"bplist00\xd0", "plutil", id="binary"),
        pytest.param(b"\n<!DOCTYPE html><html>", "web page", id="web-page"),
        pytest.param(b'{"a": 1}', "not a .seb file", id="json"),
        pytest.param("<plist/>".encode("utf-16"), "not a .seb file", id="utf-16"),
    ],
)
def test_what_is_no_property_list_is_named(data, message):
    with pytest.raises(NotSeb, match=message):
        plist.loads(data)


def test_an_entity_bomb_is_refused_before_it_grows():
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE plist [<!ENTITY e0 "boom">{entities}]><plist>{DICT.format("<string>&e11;</string>")}</plist>'

    with pytest.raises(BadXml, match="declarations of its own"):
        plist.loads(bomb.encode())


def test_an_external_file_is_not_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    data = f'<!DOCTYPE plist [<!ENTITY x SYSTEM "file://{secret}">]>' + DICT.format("<string>&x;</string>")

    with pytest.raises(BadXml):
        plist.loads(data.encode())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"<{'a' * 100_000}/>", id="element"),
        pytest.param(f"<dict><key>{'a' * 100_000}</key></dict>", id="key"),
        pytest.param(f"<dict><key>{'a' * 100_000}</key><true/>" * 2 + "</dict>", id="repeated-key"),
        pytest.param(DICT.format(f"<string>&{'a' * 100_000};</string>"), id="entity"),
    ],
)
def test_a_long_name_is_cut_off_in_the_message(body):
    with pytest.raises(BadXml) as caught:
        plist.loads(xml(body))
    assert len(str(caught.value)) < 300


def test_depth_is_limited():
    def nested(levels):
        return xml("<array>".join([DICT.format("")[:-7]] + [""] * (levels - 1)) + "</array>" * (levels - 1) + "</dict>")

    assert plist.loads(nested(MAX_DEPTH))
    with pytest.raises(TooLarge, match="64 levels"):
        plist.loads(nested(MAX_DEPTH + 1))


def test_the_number_of_values_is_limited():
    def wide(values):  # the dictionary and the list count too
        return xml(DICT.format("<array>" + "<true/>" * (values - 2) + "</array>"))

    assert len(plist.loads(wide(MAX_VALUES))["a"]) == MAX_VALUES - 2
    with pytest.raises(TooLarge, match="20000 values"):
        plist.loads(wide(MAX_VALUES + 1))


@settings(max_examples=50, deadline=None)
@given(strategies.settings)
def test_what_is_written_is_read_back(entries):
    data = plist.dumps(entries)

    assert plist.loads(data) == entries
    assert compute_config_key(plist.loads(data)) == compute_config_key(entries)
    assert list(plist.loads(data)) == sorted(entries, key=key_order)
    assert plist.dumps(plist.loads(data)) == data


def test_what_is_written_has_declaration_and_document_type():
    assert plist.dumps({"b": 1, "a": True}).decode().splitlines() == [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
        '<plist version="1.0">',
        "<dict>",
        "\t<key>a</key>",
        "\t<true/>",
        "\t<key>b</key>",
        "\t<integer>1</integer>",
        "</dict>",
        "</plist>",
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param("a\rb", r"a\[0\].b: .*U\+000D", id="carriage-return"),
        pytest.param("\x00", r"U\+0000", id="zero-character"),
        pytest.param("\ufffe", r"U\+FFFE", id="non-character"),
        pytest.param("\ud83d", r"U\+D83D", id="half-of-a-pair"),
        pytest.param(2**64, "64 bits", id="large-integer"),
        pytest.param(float("inf"), "infinite", id="infinite"),
        pytest.param(datetime(2026, 1, 2), "date", id="date"),  # noqa: DTZ001
        pytest.param(None, "NoneType", id="null"),
        pytest.param((1,), "tuple", id="tuple"),
        pytest.param({"\x01": 1}, r"U\+0001", id="character-in-key"),
        pytest.param({1: 1}, "int", id="key-is-no-text"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(value, message):
    with pytest.raises(UnsupportedValue, match=message):
        plist.dumps({"a": [{"b": value}]})


def test_endless_nesting_is_not_written():
    value: dict = {}
    value["a"] = value

    with pytest.raises(UnsupportedValue, match="64 levels"):
        plist.dumps(value)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    for start in (b"", b"<?xml", b"<plist>", b'<?xml version="1.0"?><plist><dict>'):
        with pytest.raises(FileError):
            plist.loads(start + data)


@given(st.data())
def test_a_file_with_a_damaged_place_is_read_or_refused(data):
    start = data.draw(st.integers(0, len(vectors.FILE) - 1))
    length = data.draw(st.integers(0, 40))
    other = data.draw(st.binary(max_size=20) | st.sampled_from([b"<dict>", b"</key>", b"<key/>", b"&a;", b"<true/>"]))
    with contextlib.suppress(FileError):
        compute_config_key(plist.loads(vectors.FILE[:start] + other + vectors.FILE[start + length :]))
