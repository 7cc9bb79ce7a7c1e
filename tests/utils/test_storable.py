"""What every database takes: ids and texts, whoever sends them."""

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
        pytest.param("  7 ", 7, id="blanks-around"),
        pytest.param("007", 7, id="leading-zeros"),
        pytest.param("0" * 5000 + "7", 7, id="endless-zeros"),
        pytest.param("0", 0, id="zero"),
        pytest.param(b"7", 7, id="digits-as-bytes"),
        pytest.param(b"\xff", None, id="bytes-that-are-no-text"),
        pytest.param(str(MAX_ID), MAX_ID, id="largest"),
        pytest.param(MAX_ID + 1, None, id="too-large"),
        pytest.param(str(MAX_ID + 1), None, id="too-large-in-digits"),
        pytest.param("9" * 5000, None, id="endless-digits"),
        pytest.param(-1, None, id="negative"),
        pytest.param("-1", None, id="sign"),
        pytest.param("+1", None, id="plus"),
        pytest.param("1_0", None, id="underscore"),
        pytest.param("\u0661", None, id="digit-of-another-script"),
        pytest.param("\u00b2", None, id="superscript"),
        pytest.param("", None, id="nothing"),
        pytest.param(True, None, id="boolean"),
        pytest.param(1.0, None, id="fraction"),
        pytest.param(None, None, id="none"),
        pytest.param([7], None, id="list"),
    ],
)
def test_id_is_read_in_one_way(value: Any, number: int | None) -> None:
    assert as_id(value) == number


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_an_id_is_always_one_that_a_row_can_have(value: Any) -> None:
    number = as_id(value)
    assert number is None or (type(number) is int and 0 <= number <= MAX_ID)


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_marked_can_be_stored_and_sent(text: str) -> None:
    marked = storable(text)
    assert is_storable(marked)
    assert "\x00" not in marked
    marked.encode()
    assert (marked == text) is is_storable(text)
