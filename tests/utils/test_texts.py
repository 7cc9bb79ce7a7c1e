"""Names inside of sentences of the other direction of writing, and what counts as a control character."""

import pytest
from django.utils import translation

from edx_proctoring.utils.texts import has_controls, isolated, without_controls

ARABIC = "\u0628\u062a"


@pytest.mark.contract("staff-tab#direction")
@pytest.mark.parametrize(
    ("language", "name", "expected"),
    [
        pytest.param("en", "Exam (2)", "Exam (2)", id="same-direction"),
        pytest.param("ar", "Exam (2)", "\u2068Exam (2)\u2069", id="latin-in-arabic"),
        pytest.param("en", f"{ARABIC} (2)", f"\u2068{ARABIC} (2)\u2069", id="arabic-in-english"),
        pytest.param("ar", f"{ARABIC} (2)", f"{ARABIC} (2)", id="arabic-in-arabic"),
        pytest.param("ar", 42, "42", id="digits-alone-have-no-direction"),
    ],
)
def test_a_name_of_the_other_direction_is_isolated(language: str, name: object, expected: str) -> None:
    with translation.override(language):
        assert isolated(name) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\u0645\u06cc\u200c\u0634\u0648\u062f", id="non-joiner-in-a-persian-word"),
        pytest.param("\u0915\u094d\u200d\u0937", id="joiner-in-hindi"),
        pytest.param("5%\u200f", id="direction-mark"),
        pytest.param("\u738b\u3000\u5c0f\u660e", id="wide-space-in-a-chinese-name"),
    ],
)
def test_marks_that_words_need_stay(text: str) -> None:
    assert not has_controls(text)
    assert without_controls(text) == text


@pytest.mark.parametrize("char", ["\n", "\t", "\x00", "\x7f", "\x85", "\u2028", "\u202e", "\ufeff"])
def test_control_characters_become_spaces(char: str) -> None:
    assert has_controls(f"a{char}b")
    assert without_controls(f"a{char}b") == "a b"
    assert without_controls(f"a{char}b", keep=char) == f"a{char}b"
