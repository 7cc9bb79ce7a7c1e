"""``tools/build-static.js``: the published scripts follow from the files in ``static_src/``."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = "edx_proctoring/static/proctoring/js"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of the tool, its sources and the published scripts."""
    for folder in ("static_src", SCRIPTS):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    packages = ROOT / "node_modules"
    assert (packages / "terser").exists(), "the packages of the build are not installed: run npm ci"
    (tmp_path / "node_modules").symlink_to(packages.resolve())
    shutil.copy(ROOT / "eslint.config.mjs", tmp_path)
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "build-static.js", tmp_path / "tools")
    return tmp_path


def build(repository: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["node", str(repository / "tools" / "build-static.js"), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)


def test_check_passes_for_the_committed_scripts(repository: Path) -> None:
    assert build(repository, "--check").returncode == 0


def test_check_fails_and_writes_nothing_when_a_source_has_changed(repository: Path) -> None:
    published = repository / SCRIPTS / "exam_action_handler.js"
    before = published.read_text("utf-8")
    with (repository / "static_src/exam_actions/button.js").open("a", encoding="utf-8") as source:
        source.write("exam.added = true;\n")
    checked = build(repository, "--check")
    assert checked.returncode == 1
    assert checked.stdout == f"stale: {SCRIPTS}/exam_action_handler.js\n"
    assert published.read_text("utf-8") == before


def test_check_fails_when_a_published_script_was_edited(repository: Path) -> None:
    published = repository / SCRIPTS / "views" / "proctored_exam_view.js"
    published.write_text(published.read_text("utf-8").replace("SECOND", "MOMENT"), "utf-8")
    assert build(repository, "--check").stdout == f"stale: {SCRIPTS}/views/proctored_exam_view.js\n"


def test_the_scripts_of_the_exam_desk_are_minified_after_they_were_checked(repository: Path) -> None:
    with (repository / "static_src/desk/selection.js").open("a", encoding="utf-8") as source:
        source.write("/** A comment. */\ndesk.added = nowhere;\n")
    done = build(repository)
    assert done.stdout == f"built: {SCRIPTS}/desk/store.js\n"
    assert done.returncode == 1
    assert "'nowhere' is not defined" in done.stderr
    text = (repository / SCRIPTS / "desk/store.js").read_text("utf-8")
    assert ".added=nowhere" in text
    assert "A comment" not in text


def test_build_writes_the_changed_script_without_linter_comments(repository: Path) -> None:
    with (repository / "static_src/exam_actions/button.js").open("a", encoding="utf-8") as source:
        source.write("/* global other -- exam_actions/other.js */\nexam.added = true;\n")
    assert build(repository).stdout == f"built: {SCRIPTS}/exam_action_handler.js\n"
    text = (repository / SCRIPTS / "exam_action_handler.js").read_text("utf-8")
    assert "\n    exam.added = true;\n" in text
    assert "/* global" not in text
    assert build(repository, "--check").returncode == 0
