"""The tool that makes the page of the specification's items: what it finds, and what it complains of."""

from pathlib import Path

import pytest

from tools import spec_table

TESTS = """
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.spec("law.md", "1")]


@pytest.mark.spec("law.md", "2:a")
def test_function():
    pass


@pytest.mark.spec("law.md", "2:b")
class TestClass:
    @pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.spec("law.md", "2:a"))])
    def test_method(self, n):
        pass
"""

ITEMS = """
"1" = "the whole"
"2:a" = "a part"
"2:b" = "another part"
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose page is complete."""
    for folder in ("tools/spec_items", "tests", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tools/spec_items/law.toml").write_text(ITEMS)
    (tmp_path / "tests/test_law.py").write_text(TESTS)
    assert run(tmp_path) == 0
    return tmp_path


def run(repository: Path, *options: str) -> int:
    return spec_table.main([*options, "--root", str(repository)])


def test_modules_functions_classes_and_cases_are_found(repository: Path) -> None:
    assert spec_table.read_markers(repository / "tests").shown == {
        ("law.md", "1"): ["tests/test_law.py"],
        ("law.md", "2:a"): ["tests/test_law.py::test_function", "tests/test_law.py::TestClass::test_method"],
        ("law.md", "2:b"): ["tests/test_law.py::TestClass"],
    }


SPEC = """
describe('A part', function() {
    // @spec law.md 2:a 2:b
    it('doesn\\'t fail', function() {});
"""


def test_specs_of_the_browser_code_are_found(repository: Path) -> None:
    (repository / "edx_proctoring/static/proctoring/spec").mkdir(parents=True)
    (repository / "edx_proctoring/static/proctoring/spec/part_spec.js").write_text(SPEC)
    (repository / "tests/test_law.py").write_text(TESTS.replace('"2:b"', '"2:a"'))
    assert run(repository) == 0
    assert "``part_spec.js::doesn't fail``" in (repository / "docs/spec_coverage.rst").read_text()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(SPEC.replace("it(", "//("), id="no-test-follows"),
        pytest.param(SPEC.replace("2:a 2:b", ""), id="no-item"),
    ],
)
def test_a_comment_without_a_test_or_an_item_is_a_mistake(repository: Path, text: str) -> None:
    (repository / "edx_proctoring/static/proctoring/spec").mkdir(parents=True)
    (repository / "edx_proctoring/static/proctoring/spec/part_spec.js").write_text(text)
    assert run(repository, "--check") == 1


def test_the_page_names_items_and_tests(repository: Path) -> None:
    page = (repository / "docs/spec_coverage.rst").read_text()
    assert "3 of 3 items." in page
    assert "     - another part\n     - | ``test_law.py::TestClass``" in page


def test_a_complete_page_passes_the_check_and_is_left_alone(repository: Path) -> None:
    before = (repository / "docs/spec_coverage.rst").stat().st_mtime_ns
    assert run(repository, "--check") == 0
    assert (repository / "docs/spec_coverage.rst").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        pytest.param("tools/spec_items/law.toml", '"1" =', '"3" = "new"\n"1" =', "3 (new): no test", id="no-test"),
        pytest.param("tests/test_law.py", '"2:b"', '"2:c"', "2:c is in no list", id="unknown-item"),
        pytest.param("tests/test_law.py", '"law.md", "1"', '"lore.md", "1"', "lore.md 1 is in", id="unknown-file"),
        pytest.param("tests/test_law.py", '"law.md", "1"', '"law.md"', "at least one item", id="no-item"),
        pytest.param("tests/test_law.py", '"law.md", "1"', '"law.md", *ITEMS', "plain texts only", id="computed"),
        pytest.param("tests/test_law.py", "def test_function", "def test_other", "make spec-table", id="stale-page"),
        pytest.param("tests/test_law.py", "import pytest", "import", "cannot be parsed", id="no-python"),
    ],
)
def test_the_check_fails_and_says_why(
    repository: Path, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str, complaint: str
) -> None:
    path = repository / file
    path.write_text(path.read_text().replace(old, new, 1))
    assert run(repository, "--check") == 1
    assert complaint in capsys.readouterr().err


def test_writing_tells_of_gaps_as_well(repository: Path) -> None:
    (repository / "tests/test_law.py").write_text("")
    assert run(repository) == 1
    assert "(none)" in (repository / "docs/spec_coverage.rst").read_text()
