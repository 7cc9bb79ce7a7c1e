"""Ids and texts from outside are reduced to what every database can store."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edx_proctoring.utils.storable import MAX_ID, as_id, is_storable, storable


@pytest.mark.parametrize(
    ("value", "number"),
    [
        pytest.param(7, 7, id="number"),
        pytest.param("7", 7, id="digits"),
        pytest.param("  7 ", 7, id="surrounding-spaces"),
        pytest.param("007", 7, id="leading-zeros"),
        pytest.param("0" * 5000 + "7", 7, id="thousands-of-zeros"),
        pytest.param("0", 0, id="zero"),
        pytest.param(b"7", 7, id="digits-as-bytes"),
        pytest.param(b"\xff", None, id="undecodable-bytes"),
        pytest.param(str(MAX_ID), MAX_ID, id="largest"),
        pytest.param(MAX_ID + 1, None, id="too-large"),
        pytest.param(str(MAX_ID + 1), None, id="too-large-in-digits"),
        pytest.param("9" * 5000, None, id="thousands-of-digits"),
        pytest.param(-1, None, id="negative"),
        pytest.param("-1", None, id="minus-sign"),
        pytest.param("+1", None, id="plus-sign"),
        pytest.param("1_0", None, id="underscore"),
        pytest.param("\u0661", None, id="digit-of-another-script"),
        pytest.param("\u00b2", None, id="superscript"),
        pytest.param("", None, id="empty-text"),
        pytest.param(True, None, id="boolean"),
        pytest.param(1.0, None, id="fraction"),
        pytest.param(None, None, id="none"),
        pytest.param([7], None, id="list"),
    ],
)
def test_an_id_is_a_plain_decimal_number_or_none(value: Any, number: int | None) -> None:
    assert as_id(value) == number


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_any_input_becomes_a_storable_id_or_none(value: Any) -> None:
    number = as_id(value)
    assert number is None or (type(number) is int and 0 <= number <= MAX_ID)


@given(st.text(st.characters(exclude_categories=())))
def test_an_escaped_text_can_be_stored_and_encoded(text: str) -> None:
    escaped = storable(text)
    assert is_storable(escaped)
    assert "\x00" not in escaped
    escaped.encode()
    assert (escaped == text) is is_storable(text)
