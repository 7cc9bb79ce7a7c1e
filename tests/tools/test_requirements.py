"""The pins of ``requirements/*.txt`` have hashes, agree with each other, and name nothing of one machine."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "requirements"
PINS = sorted(FOLDER.glob("*.txt"))
# Name without its extras, version, perhaps a marker, and the first of the lines that follow.
PIN = re.compile(
    r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==([\w.+!-]+)(?: ; [^\\\n]+)? \\\n((?:    --hash=\S+(?: \\)?\n)+)", re.MULTILINE
)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def pins(path: Path) -> dict[tuple[str, str], list[str]]:
    """Return name and version → hashes. A package can have another version for an old Python."""
    return {(name, version): HASH.findall(hashes) for name, version, hashes in PIN.findall(path.read_text("utf-8"))}


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_each_pin_has_hashes(path: Path) -> None:
    found = pins(path)
    lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith((" ", "#"))]
    # Also no option such as an index, and nothing that is installed from a folder.
    assert len(lines) == len(found) > 3
    assert all(found.values())


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_what_is_wanted_is_pinned(path: Path) -> None:
    wanted = re.findall(r"^([A-Za-z][\w.-]*)", path.with_suffix(".in").read_text("utf-8"), re.MULTILINE)
    assert wanted
    assert {re.sub(r"[._-]+", "-", name).lower() for name in wanted} <= {name for name, _version in pins(path)}


def test_all_files_pin_the_same() -> None:
    assert len(PINS) == len(list(FOLDER.glob("*.in")))
    first = pins(FOLDER / "dev.txt")
    names = {name for name, _version in first}
    for path in PINS:
        for pin, hashes in pins(path).items():
            assert first.get(pin, hashes) == hashes, f"{path.name}: {pin}"
            assert pin in first or pin[0] not in names, f"{path.name}: {pin}"


@pytest.mark.parametrize("name", ["cffi", "cryptography", "markupsafe", "pyyaml"])
def test_the_hashes_are_those_of_every_platform(name: str) -> None:
    # A wheel for each interpreter and platform, and the source. The hash of one local file would be alone.
    [hashes] = [hashes for (pinned, _version), hashes in pins(FOLDER / "dev.txt").items() if pinned == name]
    assert len(hashes) > 10


def test_what_only_a_newer_python_needs_is_pinned_too() -> None:
    assert re.search(
        r"^legacy-cgi==\S+ ; python_full_version >= '3.13' \\$", (FOLDER / "base.txt").read_text("utf-8"), re.M
    )
