"""Rehearse a release of the committed tree: build it, look into it, install it elsewhere and run it.

``make release-check`` runs it. What is built stays in ``dist/``, with ``LICENCES.txt``, the licences of everything that
is installed with the package. Nothing is uploaded. The exit status is 1 if a check fails; all checks run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
PACKAGES = ("edx_proctoring", "seb_openedx")
# What of the packages' folders is not installed.
NOT_SHIPPED = re.compile(r"(^|/)(__pycache__|spec)/|\.py[co]$|^edx_proctoring/static/index\.d\.ts$")
# Files of an sdist beside the packages.
SDIST_EXTRA = {
    *(
        "CHANGELOG.rst",
        "LICENSE.txt",
        "MANIFEST.in",
        "PKG-INFO",
        "README.rst",
        "pyproject.toml",
        "setup.cfg",
        "setup.py",
    ),
    "requirements/base.in",
}
NPM_EXTRA = {"LICENSE.txt", "README.rst", "package.json"}

# The smallest host, which docs/guides/host.rst shows.
HOST = ROOT / "docs/guides/new_host"
# Runs in the fresh environment, outside of any checkout.
PROBE = """
import os, sys
import django
from django.urls import reverse
django.setup()
import edx_proctoring, seb_openedx
from django.conf import settings
from django.template.loader import get_template
from django.utils import translation
assert "site-packages" in edx_proctoring.__file__, edx_proctoring.__file__
assert edx_proctoring.__version__ == sys.argv[1], edx_proctoring.__version__
assert reverse("edx_proctoring:proctored_exam.attempt.collection").startswith("/api/")
assert get_template("timed_exam/entrance.html")
missing = [name for name in settings.PIPELINE["JAVASCRIPT"]["proctoring"]["source_filenames"]
           if not os.path.exists(os.path.join("static", name))]
assert not missing, missing
with translation.override("fr"):
    assert translation.gettext("Your Proctored Exam") is not None
from edx_proctoring import api
from edx_proctoring.backends.registry import discover_plugins
assert {"null", "mock", "software_secure", "rpnow4", "constructor"} <= set(discover_plugins())
exam = api.create_exam(course_id="course-v1:a+b+c", content_id="block-v1:a+b+c+type@sequential+block@x",
                       exam_name="x", time_limit_mins=10, is_proctored=False)
assert api.get_exam_by_id(exam)["exam_name"] == "x"
"""
LICENCES = """
from importlib.metadata import distributions
for found in sorted(distributions(), key=lambda found: found.name.lower()):
    metadata = found.metadata
    lines = metadata.get_all("Classifier", [])
    classifiers = [line.rpartition(" :: ")[2] for line in lines if line.startswith("License")]
    text = metadata.get("License-Expression") or ", ".join(classifiers) or (metadata.get("License") or "").strip()
    print(f"{found.name}=={found.version}\t{(text.splitlines() or ['UNKNOWN'])[0][:80] or 'UNKNOWN'}")
"""


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Failed(Exception):
    """A check found something. The text says what."""


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """Run a program and return its output. Raises ``Failed`` with the output if it fails."""
    # Not ours: a checkout on the path would hide what the wheel lacks.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO_"))}
    done = subprocess.run(  # noqa: S603 - our own commands
        [str(word) for word in command],
        cwd=cwd,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def compare(what: str, found: Iterable[str], expected: Iterable[str]) -> None:
    """Raise ``Failed`` if two lists of files differ."""
    missing, added = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    if missing or added:
        raise Failed(f"{what}: missing {missing}, not expected {added}")


def files_below(tree: Path, *folders: str) -> set[str]:
    """Return the files of these folders, through symbolic links, as the builders see them."""
    return {
        (Path(folder) / name).relative_to(tree).as_posix()
        for top in folders
        for folder, _folders, names in os.walk(tree / top, followlinks=True)
        for name in names
    }


class Release:
    """One rehearsal. ``work`` is an empty folder outside of the checkout."""

    def __init__(self, work: Path, tag: str | None) -> None:
        self.work, self.tag = work, tag
        self.tree, self.host = work / "tree", work / "host"
        self.version = re.findall(
            r'^__version__ = "(.+)"', (ROOT / "edx_proctoring/__init__.py").read_text("utf-8"), re.M
        )[0]

    @property
    def wheel(self) -> Path:
        """The wheel that was built."""
        return next((DIST / "python").glob("*.whl"))

    @property
    def sdist(self) -> Path:
        """The sdist that was built."""
        return next((DIST / "python").glob("*.tar.gz"))

    def versions(self) -> None:
        """Both version files, the lock file, the change log and the tag name the same version."""
        change_log = re.findall(r"^(\d+\.\d+\.\S+) \((.+)\)\n-", (ROOT / "CHANGELOG.rst").read_text("utf-8"), re.M)
        lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
        found = {
            "package.json": json.loads((ROOT / "package.json").read_text("utf-8"))["version"],
            "package-lock.json": lock["version"],
            "package-lock.json, packages": lock["packages"][""]["version"],
            "CHANGELOG.rst": change_log[0][0],
            **({"tag": self.tag.removeprefix("v")} if self.tag else {}),
        }
        wrong = {name: version for name, version in found.items() if version != self.version}
        if wrong:
            raise Failed(f"edx_proctoring/__init__.py has {self.version}, others {wrong}")
        if self.tag and not re.fullmatch(r"\d{4}-\d\d-\d\d", change_log[0][1]):
            raise Failed(f"CHANGELOG.rst gives no date for {self.version}: ({change_log[0][1]})")

    def build(self) -> None:
        """The sdist of the committed files, the wheel from the sdist, and the npm package."""
        shutil.rmtree(DIST, ignore_errors=True)
        self.tree.mkdir()
        archive = self.work / "tree.tar"
        run("git", "archive", "--output", archive, "HEAD")
        with tarfile.open(archive) as packed:
            packed.extractall(self.tree, filter="tar")
        run(sys.executable, "-m", "build", "--outdir", DIST / "python", self.tree)
        (DIST / "npm").mkdir()
        run("npm", "pack", "--ignore-scripts", "--pack-destination", DIST / "npm", cwd=self.tree)

    def contents(self) -> None:
        """Wheel, sdist and npm package hold every file that belongs there, and no other."""
        shipped = {name for name in files_below(self.tree, *PACKAGES) if not NOT_SHIPPED.search(name)}
        with zipfile.ZipFile(self.wheel) as wheel:
            names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        compare(self.wheel.name, names, shipped)
        with tarfile.open(self.sdist) as packed:
            names = {member.name.partition("/")[2] for member in packed if not member.isdir()}
        names = {name for name in names if ".egg-info/" not in name}
        compare(self.sdist.name, names - {"edx_proctoring/static/index.d.ts"}, shipped | SDIST_EXTRA)
        package = next((DIST / "npm").glob("*.tgz"))
        with tarfile.open(package) as packed:
            names = {member.name.removeprefix("package/") for member in packed}
        compare(package.name, names, files_below(self.tree, "edx_proctoring/static") | NPM_EXTRA)

    def metadata(self) -> None:
        """Package indexes accept the metadata."""
        run(sys.executable, "-m", "twine", "check", "--strict", self.wheel, self.sdist)

    def environment(self, name: str, *requirements: str | Path) -> Path:
        """Return the Python of a new environment with these requirements."""
        folder = self.work / name
        venv.create(folder, with_pip=True)
        python = folder / "bin/python"
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements, cwd=self.work)
        run(python, "-m", "pip", "check", cwd=self.work)
        return python

    def installed(self) -> None:
        """The wheel alone, in a new environment and a new host: migrate, check, collect static files, use the API."""
        python = self.environment("plain", self.wheel)
        shutil.copytree(HOST, self.host)
        (self.host / "probe.py").write_text(PROBE, "utf-8")
        (self.host / "licences.py").write_text(LICENCES, "utf-8")

        def django(*words: str) -> str:
            return run(
                python, "-m", "django", *words, cwd=self.host, DJANGO_SETTINGS_MODULE="host_settings", PYTHONPATH="."
            )

        django("check")
        django("migrate", "--verbosity", "0")
        django("makemigrations", "--check", "--dry-run", "edx_proctoring", "edx_proctoring_constructor", "seb_openedx")
        django("collectstatic", "--no-input", "--verbosity", "0")
        run(python, "probe.py", self.version, cwd=self.host, DJANGO_SETTINGS_MODULE="host_settings")
        django("sweep_attempts")
        django("check_effects")
        django("check_proctoring_backends")

    def extras(self) -> None:
        """Each extra alone, in an environment of its own."""
        with zipfile.ZipFile(self.wheel) as wheel:
            metadata = wheel.read(next(n for n in wheel.namelist() if n.endswith("/METADATA"))).decode()
        extras = re.findall(r"^Provides-Extra: (\S+)$", metadata, re.M)
        probes = {"celery": "from edx_proctoring import tasks; import celery"}
        if set(extras) != set(probes):
            raise Failed(f"extras are {extras}, probes are for {sorted(probes)}")
        for extra in extras:
            python = self.environment(f"extra-{extra}", f"{self.wheel}[{extra}]")
            code = f"import django; django.setup(); {probes[extra]}"
            run(python, "-c", code, cwd=self.host, DJANGO_SETTINGS_MODULE="host_settings")
        for name, module in (("plain", "mock_provider.app"), ("rpnow", "mock_provider.rpnow.password")):
            wanted = self.tree / "mock_provider"
            python = self.environment(f"mock-{name}", f"{wanted}[rpnow]" if name == "rpnow" else wanted)
            run(python, "-c", f"import {module}", cwd=self.work)
            run(python, "-m", "mock_provider", "--help", cwd=self.work)

    def licences(self) -> None:
        """Everything that is installed with the package names its licence."""
        listed = run(self.work / "plain/bin/python", "licences.py", cwd=self.host)
        (DIST / "LICENCES.txt").write_text(listed, "utf-8")
        unknown = [line for line in listed.splitlines() if line.endswith("\tUNKNOWN")]
        if unknown:
            raise Failed(f"without a licence in their metadata: {unknown}")


def main() -> int:
    """Run the checks one after the other; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    pushed = os.environ.get("GITHUB_REF_NAME") if os.environ.get("GITHUB_REF_TYPE") == "tag" else None
    parser.add_argument(
        "--tag", default=pushed, help="the tag of the release, such as v7.0.0: it must name this version, with a date"
    )
    failed = []
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        release = Release(Path(folder), parser.parse_args().tag)
        checks: list[Callable[[], None]] = [
            *(release.versions, release.build, release.contents, release.metadata),
            *(release.installed, release.extras, release.licences),
        ]
        for check in checks:
            began = time.monotonic()
            try:
                check()
            except (Failed, OSError, StopIteration) as error:
                failed.append(check.__name__)
                say(f"{error}\nFAILED {check.__name__}")
                if check == release.build:
                    break
            else:
                say(f"ok     {check.__name__:12} {time.monotonic() - began:5.1f} s  {check.__doc__}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
