"""The tool that resolves citations of the contract: what it finds, and what it fails on."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.urls import resolve
from django.urls.exceptions import Resolver404

from tools import citations

PAGE = """
Transitions
===========

.. _contract-transitions-time-out:

An attempt whose time is over is submitted.

.. _contract-transitions-re-entry:

Entering a running exam again submits it.
"""

ARCHITECTURE = """
.. _architecture-layers:

Imports go down only.
"""

SOURCE = '''
"""Cites contract/transitions#time-out, (contract/transitions#re-entry) and architecture#layers."""
'''

TESTS = """
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.contract("transitions#time-out")]


@pytest.mark.contract("transitions#re-entry")
@pytest.mark.operation("PUT /v1/attempt/{attempt_id}")
def test_function():
    pass


@pytest.mark.contract("transitions#re-entry")
class TestClass:
    @pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.contract("transitions#time-out"))])
    def test_method(self, n):
        pass
"""

SPEC = """
describe('A part', function() {
    // @contract transitions#time-out transitions#re-entry
    // @operation GET /v1/attempt
    it('doesn\\'t fail', function() {});
"""

SPECS = "edx_proctoring/static/proctoring/spec/part_spec.js"

FILES = {
    "docs/contract/transitions.rst": PAGE,
    "docs/architecture.rst": ARCHITECTURE,
    "app.py": SOURCE,
    "tests/test_part.py": TESTS,
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository in which every citation resolves and every statement has a test."""
    for name, text in FILES.items():
        write(tmp_path / name, text)
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def run(repository: Path, *options: str) -> int:
    return citations.main([*options, "--root", str(repository)])


def test_marks_of_modules_functions_classes_and_cases_are_found(repository: Path) -> None:
    marks = citations.read_marks(repository)
    assert marks.statements == {
        "transitions#time-out": ["tests/test_part.py", "tests/test_part.py::TestClass::test_method"],
        "transitions#re-entry": ["tests/test_part.py::test_function", "tests/test_part.py::TestClass"],
    }
    assert marks.operations == {"PUT /v1/attempt/{attempt_id}": ["tests/test_part.py::test_function"]}


def test_marks_of_browser_specs_are_found(repository: Path) -> None:
    write(repository / SPECS, SPEC)
    marks = citations.read_marks(repository)
    assert "part_spec.js::doesn't fail" in marks.statements["transitions#re-entry"]
    assert marks.operations["GET /v1/attempt"] == ["part_spec.js::doesn't fail"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("it(", "//(", id="no-spec-follows"),
        pytest.param("transitions#time-out transitions#re-entry", "time-out", id="no-page"),
    ],
)
def test_a_browser_mark_without_spec_or_statement_fails_the_check(repository: Path, old: str, new: str) -> None:
    write(repository / SPECS, SPEC.replace(old, new))
    assert run(repository, "--check") == 1


def test_a_repository_whose_citations_resolve_passes_the_check(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(repository, "--check") == 0
    assert "2 statements, 0 without a test; 1 operations; 0 mistakes" in capsys.readouterr().out


def test_a_statement_without_a_test_is_listed_and_fails_the_check(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(repository / "tests/test_part.py", "")
    assert run(repository) == 0
    assert run(repository, "--check") == 1
    assert "no test is marked with transitions#re-entry" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        pytest.param("app.py", "#time-out", "#timeout", "contract/transitions#timeout does not exist", id="anchor"),
        pytest.param("app.py", "contract/transitions#t", "contract/moves#t", "contract/moves#time-out", id="page"),
        pytest.param("app.py", "#layers", "#r1", "architecture#r1 does not exist", id="rule"),
        pytest.param("tests/test_part.py", "#re-entry", "#entry", "which is not in docs/contract", id="mark"),
        pytest.param("tests/test_part.py", '"transitions#re-entry"', "", "names nothing", id="empty-mark"),
        pytest.param("tests/test_part.py", '"transitions#re-entry"', "*ALL", "plain texts only", id="computed-mark"),
        pytest.param("tests/test_part.py", "PUT /", "PUT attempts ", "METHOD /path", id="operation"),
        pytest.param("tests/test_part.py", "import pytest", "import", "cannot be parsed", id="no-python"),
        pytest.param("docs/contract/transitions.rst", "-re-entry:", "-time-out:", "already", id="anchor-twice"),
        pytest.param("docs/contract/transitions.rst", "contract-transitions-re", "contract-re", "is not", id="prefix"),
        pytest.param("docs/contract/transitions.rst", "-re-entry:", "-Entry:", "is not", id="not-kebab-case"),
    ],
)
def test_the_check_fails_and_says_why(
    repository: Path, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str, complaint: str
) -> None:
    path = repository / file
    assert old in path.read_text("utf-8")
    write(path, path.read_text("utf-8").replace(old, new, 1))
    assert run(repository, "--check") == 1
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["a.py", "a.js", "a.html", "a.rst", "a.toml", "a.css", "a.underscore", "a.sql", ".importlinter", "Makefile"]
)
def test_citations_are_looked_for_in_every_kind_of_source(repository: Path, name: str) -> None:
    write(repository / name, "contract/transitions#nowhere\n")
    assert run(repository, "--check") == 1


def test_ignored_files_are_not_looked_at(repository: Path) -> None:
    write(repository / ".gitignore", "/build/\n")
    write(repository / "build/page.rst", "contract/transitions#nowhere\n")
    assert run(repository, "--check") == 0


@pytest.mark.parametrize(
    "text",
    [
        "see python-api.md 7.3",
        "(rest-api.md 2.2 and 10, number 1)",
        "Spec: 3.2 to 3.4",
        "the status stands (C3).",
        "(cross-cutting C26)",
        "architecture R5",
        "# R6: aware datetimes only",
        '"""What may follow (7.2)."""',
        "in this order (7.3 steps 8 to 13)",
        '@pytest.mark.spec("python-api.md", "1.1")',
        "// @spec timer 6.4:poll",
    ],
)
def test_citations_of_documents_outside_the_repository_fail_the_check(repository: Path, text: str) -> None:
    write(repository / "page.rst", f"{text}\n")
    assert run(repository, "--check") == 1


@pytest.mark.parametrize(
    "text",
    [
        "time.sleep(0.05)",
        "timeout = (3.05, 20)",
        'select = ["C4", "R2"]',
        "calc(1.5rem + 6px)",
        "C4_CODE = R2D2",
        "def read(spec: str) -> None:",
        "https://example.com/contract/page#top",
        "README.md 2.1",
    ],
)
def test_what_only_looks_like_a_citation_passes_the_check(repository: Path, text: str) -> None:
    write(repository / "page.py", f"{text}\n")
    assert list(citations.find_mistakes_in_text(text, "page.py", citations.read_contract(repository))) == []


def test_tests_are_listed_by_page_and_anchor(repository: Path) -> None:
    pages = citations.tests_by_page(citations.read_contract(repository), citations.read_marks(repository))
    assert {page: list(statements) for page, statements in pages.items()} == {"transitions": ["time-out", "re-entry"]}
    assert pages["transitions"]["re-entry"] == ["tests/test_part.py::test_function", "tests/test_part.py::TestClass"]


# This repository

ARGUMENTS = {"course_id": "course-v1:Demo+PROC+2026", "content_id": "block", "external_id": "x-1", "search_by": "ann"}
CITED_OPERATION = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/(?:v\d+/|proctoring_)[\w{][\w/{}]*)")


def cited_operations() -> set[str]:
    """Every operation that a test is marked with or a source cites."""
    cited = set(citations.read_marks(citations.ROOT).operations)
    for path in citations.sources(citations.ROOT):
        for method, address in CITED_OPERATION.findall((citations.ROOT / path).read_text("utf-8")):
            cited.add(f"{method} {address}")
    return cited


def views_of(operation: str) -> Any:
    """The view class of an operation, as the test suite's URLs have it. Raises ``Resolver404``."""
    address = operation.partition(" ")[2]
    filled = re.sub(r"\{(\w+)\}", lambda match: ARGUMENTS.get(match[1], "7"), address)
    function = resolve(f"/edx_proctoring{filled}").func
    return getattr(function, "view_class", getattr(function, "cls", function))


def test_each_cited_operation_exists() -> None:
    unknown = []
    for operation in sorted(cited_operations()):
        try:
            view = views_of(operation)
        except Resolver404:
            unknown.append(operation)
            continue
        method = operation.partition(" ")[0].lower()
        # Plain functions take every method.
        if isinstance(view, type) and not hasattr(view, method):
            unknown.append(operation)
    assert unknown == []


def test_an_operation_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(Resolver404):
        views_of("GET /v1/proctored_exam/nowhere")
    assert not hasattr(views_of("GET /v1/proctored_exam/active_attempt"), "patch")
