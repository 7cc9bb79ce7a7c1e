"""Code, comments and documentation are written in the field's words: wordings that were replaced do not come back."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("*.py", "*.js", "*.html", "*.txt", "*.underscore", "*.rst", "*.md")

# What not to write -> what to write.
REPLACED = {
    r"on loan|_lend\b|_told_apart|_heed_\w+": "claim, lease, due, in flight (the words of an outbox)",
    r"_proviso|provided_that": "condition",
    r"\bby whomever\b|\bas ever\b|\banew\b": "by any process; as usual; again",
    r"\b(?:that|which|what) (?:is|are) none\b|\bis no (?:id|number|length)\b": "an invalid id, not a number",
    r"\bat the door\b|\bsister rooms?\b|\bslip of the pen\b|\bwhose turn it is\b": "the thing itself",
    r"\b(?:him|his|himself)\b": "them, their, themselves",
    r"\bA length that is none\b|\bNews that are no alarm\b|\bHalf of the way of an answer\b": "plain words",
}


@pytest.fixture(scope="module")
def lines() -> list[tuple[str, str]]:
    """Every line of our sources, with its place."""
    command = ["git", "ls-files", "-z", "--", *SOURCES]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    paths = [ROOT / name for name in names if name and name != "tests/tools/test_wording.py"]
    return [
        (f"{path.relative_to(ROOT)}:{number}", line)
        for path in paths
        if path.is_file() and "vendor" not in path.parts
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
    ]


@pytest.mark.parametrize("pattern", REPLACED)
def test_a_replaced_wording_is_not_used(lines: list[tuple[str, str]], pattern: str) -> None:
    found = [f"{place} {line.strip()}" for place, line in lines if re.search(pattern, line)]
    assert found == [], f"write instead: {REPLACED[pattern]}"


def test_control_the_search_reads_code_and_documentation(lines: list[tuple[str, str]]) -> None:
    places = {place.partition(":")[0] for place, _line in lines}
    assert {
        "CHANGELOG.rst",
        "demo/README.md",
        "edx_proctoring/utils/transactions.py",
        "seb_openedx/handlers.py",
    } <= places
    assert any(re.search(r"\brolled back\b", line) for _place, line in lines)
