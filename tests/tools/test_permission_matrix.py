"""The permissions page matches the table that the tests use, and the check fails when it does not."""

from pathlib import Path

import pytest

from tests.views.contract import TABLE
from tools import permission_matrix


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A newly written page in a temporary folder."""
    path = tmp_path / "docs" / "permissions.rst"
    path.parent.mkdir()
    monkeypatch.setattr(permission_matrix, "ROOT", tmp_path)
    monkeypatch.setattr(permission_matrix, "PAGE", path)
    assert permission_matrix.main([]) == 0
    return path


def test_the_committed_page_matches_the_table() -> None:
    assert permission_matrix.main(["--check"]) == 0


@pytest.mark.parametrize("change", ["edited", "missing"])
def test_a_page_that_differs_from_the_table_fails_the_check(
    page: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert permission_matrix.main(["--check"]) == 0
    if change == "edited":
        page.write_text(page.read_text("utf-8").replace("**yes**", "no", 1), "utf-8")
    else:
        page.unlink()
    assert permission_matrix.main(["--check"]) == 1
    assert "make permissions" in capsys.readouterr().err


def test_each_row_of_the_table_has_a_line_on_the_page(page: Path) -> None:
    assert page.read_text("utf-8").count("   * - ``") == len(TABLE)
