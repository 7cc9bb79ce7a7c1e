"""The workflows call the Makefile and cover the same versions as tox."""

import configparser
import itertools
import re
import runpy
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import release_check

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    return found


def commands(path: Path) -> Iterator[str]:
    """Yield each shell command of a workflow, once for each cell of its matrix."""
    for job in jobs(path).values():
        matrix = job.get("strategy", {}).get("matrix", {})
        for values in itertools.product(*matrix.values()):
            for command in (step["run"] for step in job["steps"] if "run" in step):
                for name, value in zip(matrix, values, strict=True):
                    command = command.replace("${{ matrix." + name + " }}", value)
                yield command


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_command_of_a_workflow_is_a_target_of_the_makefile(path: Path) -> None:
    found = [re.fullmatch(r'(?:sudo )?make ([a-z-]+)(?: ARGS="[\w -]+")?', command) for command in commands(path)]
    assert len(found) > 1
    assert None not in found
    assert {match[1] for match in found if match} <= TARGETS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_make_knows_the_steps_of_each_command(path: Path) -> None:
    for command in set(commands(path)):
        planned = subprocess.run(
            ["make", "--dry-run", *shlex.split(command.removeprefix("sudo "))[1:]],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert planned.returncode == 0, planned.stderr
        assert planned.stdout


def test_what_the_rehearsal_builds_is_published() -> None:
    steps = {
        name: {step["uses"].partition("@")[0]: step["with"] for step in job["steps"] if "with" in step}
        for name, job in jobs(ROOT / ".github/workflows/release.yml").items()
    }
    built = {"name": "dist", "path": release_check.DIST.name}
    assert steps["rehearse"]["actions/upload-artifact"] == built
    assert steps["pypi"]["actions/download-artifact"] == steps["npm"]["actions/download-artifact"] == built
    assert steps["pypi"]["pypa/gh-action-pypi-publish"]["packages-dir"] == f"{built['path']}/python"
    planned = subprocess.run(
        ["make", "--dry-run", "publish-npm"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert f"npm publish ./{built['path']}/npm/*.tgz" in planned


@pytest.mark.contract("host-integration#databases")
def test_the_matrix_is_that_of_tox() -> None:
    tox = configparser.ConfigParser()
    tox.read(ROOT / "tox.ini")
    environments = [
        f"{python}-django{django}"
        for python, versions in re.findall(r"(py\d+)-django\{([\d,]+)\}", tox["tox"]["env_list"])
        for django in versions.split(",")
    ]
    assert len(environments) == 7
    assert jobs(ROOT / ".github/workflows/ci.yml")["python"]["strategy"]["matrix"]["environment"] == environments


@pytest.mark.contract("host-integration#databases")
def test_the_declared_versions_are_those_of_tox() -> None:
    tox = (ROOT / "tox.ini").read_text("utf-8")
    setup = (ROOT / "setup.py").read_text("utf-8")
    pythons = [f"3.{minor}" for minor in re.findall(r"^    py3(\d+)-django", tox, re.MULTILINE)]
    assert pythons == re.findall(r'"Programming Language :: Python :: (3\.\d+)"', setup) == ["3.11", "3.12", "3.13"]
    djangos = {f"{version[:-1]}.{version[-1]}" for version in re.findall(r"^    django(\d+):", tox, re.MULTILINE)}
    assert djangos > set(re.findall(r'"Framework :: Django :: (\d\.\d)"', setup)) == {"4.2", "5.2"}


@pytest.mark.contract("host-integration#databases")
def test_both_database_servers_are_tested_as_hosts_configure_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"make test-mysql", "make test-postgres"} <= set(commands(ROOT / ".github/workflows/ci.yml"))
    monkeypatch.setenv("EDX_PROCTORING_DB", "mysql")
    options = runpy.run_path(str(ROOT / "test_settings.py"))["DATABASES"]["default"]["OPTIONS"]
    assert options == {"charset": "utf8mb4", "isolation_level": "read committed"}
