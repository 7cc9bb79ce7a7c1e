"""The files of the exam desk, which browsers fetch beside the bundle."""

import ast
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "edx_proctoring" / "static" / "proctoring"
SOURCES = Path(__file__).resolve().parents[2] / "static_src" / "desk"
MOST_BYTES = 120_000


def files() -> list[Path]:
    return [path for folder in ("js", "css", "templates") for path in (STATIC / folder / "desk").rglob("*.*")]


def is_dialog(path: Path) -> bool:
    """Whether the file is fetched only when a button is pressed."""
    return path.parent == STATIC / "js" / "desk" / "dialogs"


def is_drawer(path: Path) -> bool:
    """Whether the file is fetched only when an attempt is opened."""
    return path.stem in {"drawer", "drawer_sections", "section"}


# Files that are fetched only with a panel (and the drawer): panel → stems of the files.
USED_BY = {"overview": {"charts", "chart"}, "problems": {"effects"}}


def is_of_one_panel(path: Path) -> bool:
    """Whether the file is fetched only for one panel, or for the drawer, besides its script."""
    return any(path.stem in stems for stems in USED_BY.values())


def is_panel(path: Path) -> bool:
    """Whether the file is fetched only when its panel is opened."""
    return path.parent == STATIC / "js" / "desk" / "panels"


@pytest.mark.contract("staff-desk#files")
def test_a_page_with_one_panel_stays_small() -> None:
    sizes = {path: path.stat().st_size for path in files()}
    assert {"desk.js", "desk.css", "desk.underscore", "attempts.js"} <= {path.name for path in sizes}
    always = sum(
        size
        for path, size in sizes.items()
        if not (is_panel(path) or is_dialog(path) or is_drawer(path) or is_of_one_panel(path))
    )
    largest = max(
        size + sum(sizes[more] for more in sizes if more.stem in USED_BY.get(path.stem, ()))
        for path, size in sizes.items()
        if is_panel(path)
    )
    assert always + largest <= MOST_BYTES, sizes


@pytest.mark.contract("staff-desk#files")
def test_the_loader_fetches_each_script_in_its_order() -> None:
    loader = (STATIC / "js" / "desk_loader.js").read_text("utf-8")
    listed = re.search(r"var SCRIPTS = \[(.*?)\];", loader, re.S)
    assert listed
    names = re.findall(r"'(\w+)'", listed[1])
    assert names[0] == "store"
    assert names[-1] == "desk"
    later = {"attempt", "charts", "drawer", "effects", "outage"}
    assert sorted({*names, *later}) == sorted(path.stem for path in (STATIC / "js" / "desk").glob("*.js"))


@pytest.mark.contract("staff-desk#files")
def test_each_panel_that_is_listed_has_its_script() -> None:
    listed = re.findall(r"name: '(\w+)'", (SOURCES / "panel_list.js").read_text("utf-8"))
    assert sorted(listed) == sorted(path.stem for path in files() if is_panel(path))


def test_the_package_has_each_file() -> None:
    program = ast.parse((STATIC.parents[2] / "setup.py").read_text("utf-8"))
    [data] = [node.value for node in ast.walk(program) if isinstance(node, ast.keyword) and node.arg == "package_data"]
    patterns = ast.literal_eval(data)["edx_proctoring"]
    packed = {path for pattern in patterns for path in STATIC.parents[1].glob(pattern)}
    assert set(files()) <= packed
