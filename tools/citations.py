#!/usr/bin/env python3
"""What code and tests cite: statements of ``docs/contract/`` and rules of ``docs/architecture.rst``.

A statement is an anchor of a page, written on the line above it::

    .. _contract-transitions-time-out:

Code, comments and documents cite it as ``contract/transitions#time-out``, a rule as ``architecture#layers``. A test, a
class or a module names the statements that it shows, or the REST operations::

    @pytest.mark.contract("transitions#time-out", "timing#time-out")
    @pytest.mark.operation("PUT /v1/proctored_exam/attempt/{attempt_id}")

A spec of the browser code does so in a comment on a line before ``it`` or ``describe``::

    // @contract learner-pages#poll
    // @operation GET /v1/proctored_exam/attempt

``python tools/citations.py`` lists the statements that no test is marked with. ``--check`` fails on these, on a
citation or mark that does not resolve, and on one of a document that is not in the repository. Sources are parsed.
"""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
CONTRACT: Final = "docs/contract"
ARCHITECTURE: Final = "docs/architecture.rst"
TESTS: Final = "tests"
BROWSER_SPECS: Final = "edx_proctoring/static/proctoring/spec"

# Kinds of files in which citations are looked for.
SUFFIXES: Final = frozenset(
    {".css", ".html", ".js", ".mjs", ".underscore"}  # browser code
    | {".py", ".sh", ".sql"}
    | {".cfg", ".in", ".ini", ".rst", ".toml", ".txt", ".yaml", ".yml"}
)
# Files without a suffix that hold comments.
NAMES: Final = frozenset({".importlinter", "Makefile"})
# What others wrote, and what has to spell out citations in order to recognise them.
LEFT_OUT: Final = (
    "demo/static/vendor/",
    "package-lock.json",
    "tests/tools/test_citations.py",
    "tools/citations.py",
)

NAME: Final = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_TARGET: Final = re.compile(r"^\.\. _([^:`]+):\s*$")
_CITATION: Final = re.compile(r"(?<![\w/-])contract/([\w-]+)(?:\.rst)?#([\w-]+)")
_RULE: Final = re.compile(r"(?<![\w/-])architecture#([\w-]+)")
_STATEMENT: Final = re.compile(rf"{NAME}#{NAME}")
_OPERATION: Final = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE) /\S+")
_SUBJECT: Final = re.compile(r"\b(?:it|describe)\(.*?'((?:[^'\\]|\\.)*)'")
_SCRIPT_MARK: Final = re.compile(r"\s*//\s*@(contract|operation)\s+(.+?)\s*$")

_DOCUMENTS: Final = (
    "backends|beyond|constructor-proctor|cross-cutting|data-model|host-platform|instructor-experience|"
    "learner-experience|lti-proctoring|python-api|rest-api|safe-exam-browser"
)
# Ways to cite documents that are not in the repository: pattern, and what it is called in a message.
_OLD: Final = tuple(
    (re.compile(pattern), what)
    for pattern, what in (
        (rf"(?<![\w-])(?:{_DOCUMENTS})\.md\b", "a document"),
        (r"(?<![\w-])(?:cross-cutting|architecture)(?:\.md)?,? [CR][0-9]{1,2}\b", "a numbered rule"),
        (r"(?<![\w\"'`./=%-])[CR][0-9]{1,2}(?![\w\"'`./=%-])(?!\()", "a numbered rule"),
        (r"\bSpec:", "a document"),
        (r"pytest\.mark\.spec\b", "a mark of the former table"),
        (r"//\s*@spec\b", "a mark of the former table"),
        # (7.3), (7.3 steps 3 and 4): a section without its document, as prose, not as an argument of a call.
        (r"(?<=[\s\"])\([1-9][0-9]?\.[1-9][0-9]?(?: (?:steps?|rows?|numbers?) [^)]*)?\)", "a section"),
    )
)


@dataclass
class Contract:
    """What can be cited. Both are in the order of the pages."""

    # "transitions#time-out" -> where its target line is
    statements: dict[str, str] = field(default_factory=dict)
    # anchors of docs/architecture.rst
    rules: dict[str, str] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)


@dataclass
class Marks:
    """What the tests show: statement or operation -> tests."""

    statements: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    operations: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    mistakes: list[str] = field(default_factory=list)

    def add(self, kind: str, words: Sequence[str], test: str, where: str) -> None:
        """Note what one mark says. ``kind``: contract or operation."""
        pattern, found, form = {
            "contract": (_STATEMENT, self.statements, "page#anchor"),
            "operation": (_OPERATION, self.operations, "METHOD /path"),
        }[kind]
        if not words:
            self.mistakes.append(f"{where}: the {kind} mark names nothing")
        for word in words:
            if not pattern.fullmatch(word):
                self.mistakes.append(f"{where}: {word!r} is not of the form {form}")
            elif test not in found[word]:
                found[word].append(test)


def read_contract(root: Path) -> Contract:
    """Return the anchors of the contract's pages and of the architecture page."""
    contract = Contract()
    for page in sorted((root / CONTRACT).glob("*.rst")):
        if not re.fullmatch(NAME, page.stem):
            contract.mistakes.append(f"{CONTRACT}/{page.name}: a page's name is lower case words with hyphens")
        for anchor, where in _anchors(page, root, f"contract-{page.stem}-", contract.mistakes):
            contract.statements[f"{page.stem}#{anchor}"] = where
    if (root / ARCHITECTURE).is_file():
        contract.rules = dict(_anchors(root / ARCHITECTURE, root, "architecture-", contract.mistakes))
    return contract


def _anchors(page: Path, root: Path, prefix: str, mistakes: list[str]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    name = page.relative_to(root).as_posix()
    for number, line in enumerate(page.read_text("utf-8").splitlines(), start=1):
        target = _TARGET.match(line)
        if target is None:
            continue
        where, anchor = f"{name}:{number}", target[1].removeprefix(prefix)
        if not target[1].startswith(prefix) or not re.fullmatch(NAME, anchor):
            mistakes.append(f"{where}: {target[1]!r} is not {prefix}<anchor>, in lower case words with hyphens")
        elif anchor in found:
            mistakes.append(f"{where}: {anchor!r} is an anchor of this page already, see {found[anchor]}")
        else:
            found[anchor] = where
    return list(found.items())


def sources(root: Path) -> list[str]:
    """Return the paths of the files in which citations are looked for: what git knows or would add."""
    listing = subprocess.run(  # noqa: S603 - no input of others
        ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607
        capture_output=True,
        check=True,
        text=True,
    )
    return [
        path
        for path in sorted(filter(None, listing.stdout.split("\0")))
        if (PurePosixPath(path).suffix in SUFFIXES or PurePosixPath(path).name in NAMES)
        and not path.startswith(LEFT_OUT)
        and (root / path).is_file()
        and not (root / path).is_symlink()
    ]


def find_mistakes_in_text(text: str, where: str, contract: Contract) -> Iterator[str]:
    """Yield what is wrong with the citations in a text, as lines to print."""
    for number, line in enumerate(text.splitlines(), start=1):
        for page, anchor in _CITATION.findall(line):
            if f"{page}#{anchor}" not in contract.statements:
                yield f"{where}:{number}: contract/{page}#{anchor} does not exist"
        for anchor in _RULE.findall(line):
            if anchor not in contract.rules:
                yield f"{where}:{number}: architecture#{anchor} does not exist"
        for old, what in _OLD:
            cited = old.search(line)
            if cited:
                yield f"{where}:{number}: cites {what} that is not in the repository: {cited[0].strip()!r}"
                break


def read_marks(root: Path) -> Marks:
    """Return what the tests and the specs of the browser code are marked with."""
    marks = Marks()
    for path in sorted((root / TESTS).rglob("*.py")):
        name = path.relative_to(root).as_posix()
        try:
            tree = ast.parse(path.read_text("utf-8"), filename=name)
        except SyntaxError as error:
            marks.mistakes.append(f"{name}:{error.lineno}: cannot be parsed: {error.msg}")
            continue
        for test, kind, call in _calls_by_test(tree, name):
            try:
                words = _words_of(call)
            except ValueError as error:
                marks.mistakes.append(f"{name}:{call.lineno}: {error}")
            else:
                marks.add(kind, words, test, f"{name}:{call.lineno}")
    for path in sorted((root / BROWSER_SPECS).rglob("*.js")):
        _read_script_marks(path, marks)
    return marks


def _calls_by_test(scope: ast.Module | ast.ClassDef, name: str) -> Iterator[tuple[str, str, ast.Call]]:
    """Yield (test, kind, mark) of a module or class: its ``pytestmark``, then what is defined in it."""
    for node in scope.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets):
            yield from ((name, kind, call) for kind, call in _mark_calls(node.value))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own = f"{name}::{node.name}"
            # Also inside the marks of a single case: pytest.param(..., marks=pytest.mark.contract(...)).
            yield from ((own, kind, call) for decorator in node.decorator_list for kind, call in _mark_calls(decorator))
            if isinstance(node, ast.ClassDef):
                yield from _calls_by_test(node, own)


def _mark_calls(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for child in ast.walk(node):
        if isinstance(child, ast.Call):
            name = ast.unparse(child.func)
            if name in ("pytest.mark.contract", "pytest.mark.operation"):
                yield name.rpartition(".")[2], child


def _words_of(call: ast.Call) -> list[str]:
    words = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
    if len(words) != len(call.args) or call.keywords or not all(isinstance(word, str) for word in words):
        raise ValueError("a contract or operation mark takes plain texts only, so that it can be read without running")
    return [str(word) for word in words]


def _read_script_marks(path: Path, marks: Marks) -> None:
    lines = path.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        mark = _SCRIPT_MARK.match(line)
        if mark is None:
            continue
        # Several marks may stand above one spec.
        follows = next((later for later in lines[number + 1 :] if not _SCRIPT_MARK.match(later)), "")
        subject = _SUBJECT.search(follows)
        where = f"{path.name}:{number + 1}"
        if subject is None:
            marks.mistakes.append(f"{where}: no spec follows the mark")
            continue
        words = mark[2].split() if mark[1] == "contract" else [mark[2]]
        marks.add(mark[1], words, f"{path.name}::" + subject[1].replace("\\'", "'").strip(), where)


def find_mistakes(root: Path, contract: Contract, marks: Marks) -> list[str]:
    """Return everything that ``--check`` fails on, as lines to print."""
    mistakes = [*contract.mistakes, *marks.mistakes]
    mistakes += [
        f"{tests[0]}: marked with {statement}, which is not in {CONTRACT}/"
        for statement, tests in sorted(marks.statements.items())
        if statement not in contract.statements
    ]
    for path in sources(root):
        mistakes += find_mistakes_in_text((root / path).read_text("utf-8"), path, contract)
    return mistakes


def without_test(contract: Contract, marks: Marks) -> list[str]:
    """Return the statements that no test is marked with."""
    return [statement for statement in contract.statements if not marks.statements.get(statement)]


def tests_by_page(contract: Contract, marks: Marks) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Return page -> anchor -> tests, in the order of the pages."""
    pages: dict[str, dict[str, list[str]]] = {}
    for statement in contract.statements:
        page, _hash, anchor = statement.partition("#")
        pages.setdefault(page, {})[anchor] = marks.statements.get(statement, [])
    return pages


def _print_all(lines: Iterable[str]) -> None:
    sys.stderr.writelines(f"{line}\n" for line in lines)


def main(arguments: list[str] | None = None) -> int:
    """List or check; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail on what does not resolve or has no test")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository (default: this one)")
    options = parser.parse_args(arguments)
    root: Path = options.root.resolve()
    contract, marks = read_contract(root), read_marks(root)
    mistakes = find_mistakes(root, contract, marks) if options.check else []
    missing = without_test(contract, marks)
    _print_all(mistakes)
    _print_all(f"no test is marked with {statement}" for statement in missing)
    sys.stdout.write(
        f"{len(contract.statements)} statements, {len(missing)} without a test; "
        f"{len(marks.operations)} operations; {len(mistakes)} mistakes\n"
    )
    return 1 if options.check and (mistakes or missing) else 0


if __name__ == "__main__":
    raise SystemExit(main())
