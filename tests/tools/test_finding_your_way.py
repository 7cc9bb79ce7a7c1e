"""The pages for newcomers name files that exist, and name something of every package of the service layer."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "edx_proctoring"
PAGE = (ROOT / "docs/how-to-find-your-way.rst").read_text("utf-8")
ROWS = re.findall(r"^   \* - (.*)\n     - (.*)$", PAGE, re.MULTILINE)
ANSWERS = {question: re.findall(r"``(.+?)``", files) for question, files in ROWS if question != "Question"}


def test_every_row_is_read() -> None:
    assert len(ANSWERS) >= 40
    assert len(ROWS) == PAGE.count("   * - ")


@pytest.mark.parametrize(("question", "files"), ANSWERS.items(), ids=ANSWERS)
def test_a_question_names_files_that_exist(question: str, files: list[str]) -> None:
    assert files, question
    assert [file for file in files if not (PACKAGE / file).exists()] == []


def test_each_package_of_the_service_layer_answers_a_question() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("api/*/__init__.py")}
    assert len(packages) >= 9
    named = {Path(file).parts[1] for files in ANSWERS.values() for file in files if file.startswith("api/")}
    assert packages - named == set()


def test_the_paths_in_the_contributing_page_exist() -> None:
    text = (ROOT / "CONTRIBUTING.rst").read_text("utf-8")
    paths = re.findall(r"``\.?/?((?:edx_proctoring|docs|tests|tools|\.github)/[\w./-]+)``", text)
    assert len(paths) > 15
    assert [path for path in paths if not (ROOT / path).exists()] == []
