"""The Config Key: the published values, and the laws that the text behind it follows."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seb_openedx.protocol import SebError, compute_config_key, plist, to_seb_json
from seb_openedx.protocol.config_key import without_omitted_entries
from seb_openedx.protocol.errors import UnsupportedValue
from seb_openedx.protocol.lint import lint_settings
from seb_openedx.protocol.values import MAX_DEPTH, key_order
from tests.seb.protocol import strategies, vectors

pytestmark = pytest.mark.contract("seb-protocol#config-key")


def test_the_settings_of_the_published_file_have_its_text_and_key():
    settings = plist.loads(vectors.FILE)

    assert to_seb_json(settings) == vectors.SEB_JSON
    assert compute_config_key(settings) == vectors.KEY_OF_SETTINGS


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        pytest.param(vectors.SMALL, vectors.KEY_OF_SMALL, id="two-entries"),
        pytest.param(
            {"allowWLAN": False, "allowWlan": True, "AC": 4, "ab": 3, "a1": 2, "a_b": 1},
            "13e2b9f5129af5cee7df6ec382b9454bae2d8007f071a387395da7057627f837",
            id="order",
        ),
        pytest.param({}, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", id="nothing-is-braces"),
    ],
)
def test_published_key(settings, key):
    assert compute_config_key(settings) == key


def test_nothing_is_no_empty_list():
    """One server in PHP hashes ``[]`` for settings without an entry; no client does."""
    of_list = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
    assert sha256(b"[]").hexdigest() == of_list
    assert compute_config_key({}) != of_list


def test_keys_are_sorted_by_class_of_character():
    keys = ["a_b", "a1", "ab", "AC", "allowWlan", "allowWLAN"]

    assert sorted(["ab", "allowWLAN", "a1", "allowWlan", "AC", "a_b"], key=key_order) == keys
    # What a plain sort would do, so that the line above shows something.
    assert sorted(keys, key=str.lower) != keys


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(True, "true", id="true"),
        pytest.param(False, "false", id="false"),
        pytest.param(0, "0", id="zero"),
        pytest.param(-7, "-7", id="negative"),
        pytest.param(IntEnum("Purpose", "EXAM").EXAM, "1", id="integer-of-a-subclass"),
        pytest.param(2**64 - 1, "18446744073709551615", id="large"),
        pytest.param(1.0, "1", id="whole-real"),
        pytest.param(0.10000000000000001, "0.1", id="short-real"),
        pytest.param(1.2345678901234567, "1.23456789012346", id="fifteen-digits"),
        pytest.param(1.0e-5, "1E-05", id="small-real"),
        pytest.param(1e15, "1E+15", id="large-real"),
        pytest.param(-0.0, "0", id="minus-zero"),
        pytest.param("", '""', id="no-text"),
        pytest.param(None, '""', id="null"),
        pytest.param('C:\\dir "x"\n', '"C:\\dir "x"\n"', id="raw-text"),
        pytest.param("Prüfung 試験 🎓", '"Prüfung 試験 🎓"', id="letters-outside-ascii"),
        pytest.param(bytes(range(60)), f'"{"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"}', id="data"),
        pytest.param([], "[]", id="empty-list"),
        pytest.param([{}, "", [1]], '[{},"",[1]]', id="empty-values-in-a-list"),
        pytest.param(datetime(2026, 1, 2, 3, 4, 5), '"2026-01-02T03:04:05Z"', id="date"),  # noqa: DTZ001 - as plistlib's
        pytest.param(
            datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))), '"2026-01-02T01:04:05Z"', id="offset"
        ),
        pytest.param(datetime(2026, 1, 2, tzinfo=UTC), '"2026-01-02T00:00:00Z"', id="utc"),
    ],
)
def test_value(value, text):
    assert to_seb_json({"z": value}).startswith(f'{{"z":{text}')


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        pytest.param({"a": {}, "b": 1}, '{"b":1}', id="empty-dictionary"),
        pytest.param({"a": {"b": {}}, "c": 1}, '{"a":{},"c":1}', id="left-out-once"),
        pytest.param({"originatorVersion": "x", "b": 1}, '{"b":1}', id="originator"),
        pytest.param({"ORIGINATORversion": "x", "b": 1}, '{"b":1}', id="originator-in-another-case"),
        pytest.param({"a": {"originatorVersion": "x", "b": 1}}, '{"a":{"b":1}}', id="originator-further-down"),
        pytest.param({"z": {}, "b": 1}, '{"b":1}', id="no-comma-before-what-is-left-out"),
    ],
)
def test_entries_that_are_left_out(settings, text):
    assert to_seb_json(settings) == text


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        pytest.param({"a": float("nan")}, "finite", id="nan"),
        pytest.param({"a": float("-inf")}, "finite", id="infinite"),
        pytest.param({"a": 10**5000}, "64 bits", id="large-integer"),
        pytest.param({"a": Decimal(1)}, "Decimal", id="foreign-type"),
        pytest.param({"a": {1: 2}}, "int", id="key-is-no-text"),
        pytest.param({"a": "\ud800"}, "surrogate", id="half-of-a-pair"),
    ],
)
def test_what_has_no_key_is_refused(settings, word):
    with pytest.raises(UnsupportedValue, match=word):
        compute_config_key(settings)


def nested(levels):
    value: dict = {"a": 1}
    for _level in range(levels - 1):
        value = {"a": value}
    return value


def test_nesting_is_limited():
    assert to_seb_json(nested(MAX_DEPTH)).count("{") == MAX_DEPTH
    for levels in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(UnsupportedValue, match="64 levels"):
            to_seb_json(nested(levels))


@given(st.lists(strategies.keys | st.text(max_size=5), unique=True), st.randoms())
def test_the_order_of_keys_is_total(keys, random):
    shuffled = random.sample(keys, len(keys))

    assert sorted(shuffled, key=key_order) == sorted(keys, key=key_order)
    assert len({str(key_order(key)) for key in keys}) == len(keys)


@settings(max_examples=50, deadline=None)
@given(strategies.settings, st.randoms())
def test_the_order_of_entries_in_the_file_does_not_matter(entries, random):
    shuffled = dict(random.sample(list(entries.items()), len(entries)))

    assert to_seb_json(shuffled) == to_seb_json(entries)


@given(strategies.texts)
def test_texts_are_never_escaped(text):
    assert to_seb_json({"a": text}) == f'{{"a":"{text}"}}'


@given(strategies.reals)
def test_reals_keep_fifteen_digits(number):
    text = to_seb_json({"a": number})[5:-1]

    assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?(E[+-][0-9]{2,3})?", text)
    assert len(re.sub(r"E.*|[^0-9]", "", text).lstrip("0")) <= 15
    # As decimal numbers: rounding the largest real up exceeds what a real can be.
    assert abs(Decimal(text) - Decimal(number)) <= abs(Decimal(number)) * Decimal("5e-15")
    assert text != "-0"


@given(st.dictionaries(st.text("abc", min_size=1, max_size=4), st.booleans() | strategies.integers))
def test_settings_without_texts_are_json(settings):
    text = to_seb_json(settings)

    assert json.loads(text) == settings
    # Writing what was read changes nothing.
    assert to_seb_json(json.loads(text)) == text


@settings(max_examples=50, deadline=None)
@given(strategies.settings)
def test_removing_what_is_left_out_keeps_the_key(entries):
    cleaned = without_omitted_entries(entries)

    assert to_seb_json(cleaned) == to_seb_json(entries)
    assert without_omitted_entries(cleaned) == cleaned
    assert "trailing_omitted_entry" not in {finding.code for finding in lint_settings(cleaned)}


def test_every_error_is_one_exception():
    assert issubclass(UnsupportedValue, SebError)
    assert issubclass(SebError, ValueError)
