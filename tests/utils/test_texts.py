"""Names inside of sentences of the other direction of writing."""

import pytest
from django.utils import translation

from edx_proctoring.utils.texts import isolated

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
