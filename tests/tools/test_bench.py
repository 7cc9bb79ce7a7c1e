"""The benchmarks measure what they say they measure."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.compare import __main__ as compare
from bench.compare import measuring, results, trees

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_reads_cost_the_same_queries_with_a_thousand_and_two_thousand_learners(tmp_path: Path) -> None:
    output = tmp_path / "results.json"
    command = ["-m", "bench", "--learners", "1000", "2000", "--runs", "1", "--rounds", "1", "--only", "GET"]

    done = subprocess.run(
        [sys.executable, *command, "--output", str(output)], cwd=ROOT, capture_output=True, text=True, timeout=500
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    rows = json.loads(output.read_text("utf-8"))["routes"]
    assert len(rows) > 25
    assert [row["name"] for row in rows if len({cost["queries"] for cost in row["costs"]}) != 1] == []


@pytest.mark.slow
@pytest.mark.contract("rest-rules#list-queries")
def test_version_1_answers_staff_with_the_recorded_bytes() -> None:
    """Lists, filters, searches and pages; once more from caches, and after attempts have changed."""
    command = [sys.executable, "-m", "bench.compare.answers", "--database", "sqlite"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert int(done.stdout.split()[0]) > 1000
    assert " 0 differ" in done.stdout


# Two versions of the app


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose commit and working tree differ in the app and in the bench."""
    root = tmp_path / "repository"
    for name in ("edx_proctoring", "bench", "mock_apps"):
        (root / name).mkdir(parents=True)
        (root / name / "__init__.py").write_text("committed = True\n", "utf-8")
    for name in ("test_settings.py", "test_urls.py"):
        (root / name).touch()

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"]
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)

    git("init")
    git("add", ".")
    git("commit", "-m", "chore: first")
    for name in ("edx_proctoring", "bench"):
        (root / name / "__init__.py").write_text("committed = False\n", "utf-8")
    (root / "edx_proctoring" / "added.py").touch()
    monkeypatch.setattr(trees, "ROOT", root)
    return root


def is_committed(folder: Path, package: str) -> bool:
    return "True" in (folder / package / "__init__.py").read_text("utf-8")


def test_copy_of_a_commit_has_the_app_of_the_commit_and_the_bench_of_the_working_tree(
    repository: Path, tmp_path: Path
) -> None:
    folder = trees.copy_commit(trees.commit_of("HEAD"), tmp_path / "old")

    assert is_committed(folder, "edx_proctoring")
    assert not (folder / "edx_proctoring" / "added.py").exists()
    assert not is_committed(folder, "bench")


def test_copy_of_the_working_tree_has_uncommitted_changes_and_new_files(repository: Path, tmp_path: Path) -> None:
    folder = trees.copy_working_tree(tmp_path / "new")

    assert not is_committed(folder, "edx_proctoring")
    assert (folder / "edx_proctoring" / "added.py").exists()


@pytest.mark.parametrize("ref", ["unknown", "--all", "HEAD:bench"])
def test_unknown_commit_is_an_error_that_names_it(
    ref: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare.main(["--", ref]) == 2
    assert ref in capsys.readouterr().err


# What is counted


@pytest.mark.parametrize(
    ("statements", "commits"),
    [
        pytest.param(["BEGIN", "SELECT 1", "COMMIT"], 0, id="transaction-that-reads"),
        pytest.param(["BEGIN", "INSERT INTO a", "UPDATE a", "COMMIT"], 1, id="transaction-that-writes-twice"),
        pytest.param(["BEGIN", "INSERT INTO a", "ROLLBACK"], 0, id="rolled-back"),
        pytest.param(
            ["BEGIN", "INSERT INTO a", "SAVEPOINT s", "ROLLBACK TO SAVEPOINT s", "COMMIT"],
            1,
            id="savepoint-rolled-back",
        ),
        pytest.param(["DELETE FROM a", "SELECT 1", "DELETE FROM a"], 2, id="writes-outside-a-transaction"),
        pytest.param(
            ["BEGIN", "UPDATE a", "COMMIT", "DELETE FROM a", "BEGIN", "SELECT 1", "COMMIT"], 2, id="one-after-the-other"
        ),
    ],
)
def test_commits_are_transactions_and_single_statements_that_write(statements: list[str], commits: int) -> None:
    assert measuring.count_commits(statements) == commits


# What is printed


def times(old: list[float], new: list[float]) -> dict[str, Any]:
    return {"old": {"cpu": old, "wall": [9.0]}, "new": {"cpu": new, "wall": [9.0]}}


def test_ratio_of_a_row_is_the_median_of_its_rounds_with_the_extremes() -> None:
    row = {"rounds": [times([2, 2, 99], [1, 1, 1]), times([2], [2]), times([2, 2], [3, 3])]}

    ratio = results.row_ratio(row, "cpu")

    assert (ratio.median, ratio.smallest, ratio.largest) == (1.0, 0.5, 1.5)
    assert (results.row_ms(row, "old", "cpu"), results.row_ms(row, "new", "cpu")) == (2, 2)


# The whole of it


@pytest.fixture
def same_version_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the working tree for both versions, because tests may run without a repository."""

    def copy(_commit: str, folder: Path) -> Path:
        return trees.copy_working_tree(folder)

    copy_commit: Callable[[str, Path], Path] = copy
    monkeypatch.setattr(trees, "commit_of", lambda _ref: "0123456789abcdef")
    monkeypatch.setattr(trees, "copy_commit", copy_commit)


@pytest.mark.slow
@pytest.mark.usefixtures("same_version_twice")
def test_comparison_prints_each_row_with_ratio_times_statements_and_commits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "results.json"

    assert compare.main(["main", "--rounds", "1", "--blocks", "1", "--output", str(output)]) == 0

    measured = json.loads(output.read_text("utf-8"))
    printed = capsys.readouterr().out
    rows = {"bare flow", "whole attempt", "review callback", "poll", "learning client read", "timer read"}
    assert rows <= set(measured["rows"])
    assert all(row in printed for row in measured["rows"])
    assert "old: 0123456789ab." in printed
    assert all(row["counts"]["old"] == row["counts"]["new"] for row in measured["rows"].values())
    # Two statements for session and user of each request; insert and history row; five times lock, update, history row.
    assert measured["rows"]["bare flow"]["counts"]["new"] == {"statements": 12 + 2 + 15, "commits": 6}
    assert 0.9 < measured["memory_kb"][0]["new"] / measured["memory_kb"][0]["old"] < 1.1


@pytest.mark.slow
def test_profile_of_a_row_names_functions_of_the_app(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare.main(["--profile", "poll"]) == 0
    assert "edx_proctoring/views/" in capsys.readouterr().out


@pytest.mark.slow
def test_profile_of_an_unknown_row_lists_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare.main(["--profile", "pole"]) == 2
    assert "poll" in capsys.readouterr().err


def test_comparison_needs_a_commit() -> None:
    with pytest.raises(SystemExit):
        compare.parse([])


def test_the_bench_of_safe_exam_browser_holds_its_counts():
    """Queries, reads of the cache and log lines; times are for people to look at."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.safe_exam_browser", "--rounds", "2", "--refusals", "200"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line for line in done.stdout.splitlines() if "queries" in line or "log lines" in line]
    assert len(rows) == 5
    assert all(" yes " in row for row in rows)
