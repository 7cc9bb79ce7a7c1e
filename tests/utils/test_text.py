"""Text that no database takes as it is. Spec: rest-api.md 10, backends.md 9.2."""

import pytest

from edx_proctoring.utils.text import is_storable, storable


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("Ünï 😀 \n", "Ünï 😀 \n", id="ordinary"),
        pytest.param("a\x00b", "ab", id="nul"),
        pytest.param("cut \ud83d", "cut \ufffd", id="half-a-character"),
        pytest.param("\udfff\ud800", "\ufffd\ufffd", id="halves-in-the-wrong-order"),
    ],
)
def test_text_is_stored_without_what_cannot_be(text: str, stored: str) -> None:
    assert storable(text) == stored
    assert is_storable(text) == (text == stored)
    stored.encode()
