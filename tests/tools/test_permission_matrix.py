"""The page that says who may send which request: it is what the table says, and the tool notices when it is not."""

from pathlib import Path

import pytest

from tests.views.contract import TABLE
from tools import permission_matrix


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page of its own, freshly written."""
    path = tmp_path / "docs" / "permissions.rst"
    path.parent.mkdir()
    monkeypatch.setattr(permission_matrix, "ROOT", tmp_path)
    monkeypatch.setattr(permission_matrix, "PAGE", path)
    assert permission_matrix.main([]) == 0
    return path


def test_the_page_of_the_repository_is_what_the_table_says() -> None:
    assert permission_matrix.main(["--check"]) == 0


@pytest.mark.parametrize("change", ["edited", "missing"])
def test_a_page_that_is_not_what_the_table_says_is_noticed(
    page: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert permission_matrix.main(["--check"]) == 0
    if change == "edited":
        page.write_text(page.read_text("utf-8").replace("**yes**", "no", 1), "utf-8")
    else:
        page.unlink()
    assert permission_matrix.main(["--check"]) == 1
    assert "make permissions" in capsys.readouterr().err


def test_each_row_of_the_table_is_a_line_of_the_page(page: Path) -> None:
    assert page.read_text("utf-8").count("   * - ``") == len(TABLE)
