"""Two versions of the app, each in a folder of its own with the same work beside it."""

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What is compared, and what is the working tree's for both.
COMPARED = "edx_proctoring"
SHARED = ("bench", "mock_apps", "test_settings.py", "test_urls.py")


class UnknownCommit(Exception):
    """Git finds no commit of this name."""


def commit_of(ref: str) -> str:
    """Return the full name of a commit. Raises UnknownCommit."""
    command = ["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UnknownCommit(f"Git finds no commit {ref!r}.")
    return done.stdout.strip()


def copy_commit(commit: str, folder: Path) -> Path:
    """Copy the app as it was at a commit. Return the folder."""
    archive = subprocess.run(["git", "archive", commit, COMPARED], cwd=ROOT, capture_output=True, check=True)
    folder.mkdir()
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")
    _copy_shared(folder)
    return folder


def copy_working_tree(folder: Path) -> Path:
    """Copy the app as it is here, uncommitted changes included. Return the folder."""
    folder.mkdir()
    _copy(COMPARED, folder)
    _copy_shared(folder)
    return folder


def _copy_shared(folder: Path) -> None:
    for name in SHARED:
        _copy(name, folder)


def _copy(name: str, folder: Path) -> None:
    source = ROOT / name
    if source.is_dir():
        shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "results"))
    else:
        shutil.copy(source, folder / name)


def environment(folder: Path, *, step: str, kind: str, label: str, learners: int, seed: int) -> dict[str, str]:
    """Return the environment of a process that measures the version in ``folder``.

    ``kind``: of database. ``label``, ``learners``: parts of the database's name.
    """
    if kind == "sqlite":
        database = str(folder / f"bench_{learners}.sqlite3")
    else:
        database = f"{os.environ.get('EDX_PROCTORING_DB_NAME', 'bench_compare')}_{label}_{learners}"
    return {
        **os.environ,
        "PYTHONPATH": str(folder),
        # The same order of sets in both processes of a round, another one in each round.
        "PYTHONHASHSEED": str(seed),
        "DJANGO_SETTINGS_MODULE": "bench.compare.settings",
        "EDX_PROCTORING_DB": kind,
        "BENCH_STEP": step,
        "BENCH_DATABASE_NAME": database,
        "BENCH_LEARNERS": str(learners),
    }
