"""The code blocks of the documentation, as ``test_code_blocks`` reads them.

A block that cannot be checked has a comment above it that says why: ``.. not run: <reason>``, in Markdown
``<!-- not run: <reason> -->``.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Block:
    """One code block. ``not_run`` is the reason why it is not checked, None for a block that is."""

    page: str
    line: int
    language: str
    text: str
    not_run: str | None

    @property
    def place(self) -> str:
        """Where a reader finds it, as ``path:line``."""
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """Return the pages that are checked, as paths below the repository's root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.rst", "*.md"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [name for name in names if "vendor" not in name and (ROOT / name).is_file()]


def read(page: str) -> list[Block]:
    """Return the code blocks of a page."""
    text = (ROOT / page).read_text("utf-8")
    return list(markdown(page, text) if page.endswith(".md") else restructured_text(page, text))


def restructured_text(page: str, text: str) -> Iterator[Block]:
    """Yield directives ``code-block``, and literal blocks behind ``::`` as blocks without a language."""
    lines = text.splitlines()
    not_run: str | None = None
    for number, line in enumerate(lines):
        stripped = line.strip()
        indent = len(line) - len(line.lstrip())
        if marker := re.fullmatch(r"\.\. not run: (.+)", stripped):
            not_run = marker[1]
        elif directive := re.fullmatch(r"\.\. code-block:: ?(\S*)", stripped):
            yield Block(page, number + 1, directive[1], _indented(lines[number + 1 :], indent), not_run)
            not_run = None
        elif stripped.endswith("::") and not stripped.startswith((":", "..")) and not _in_block(lines, number):
            yield Block(page, number + 1, "", _indented(lines[number + 1 :], indent), not_run)
            not_run = None
        elif stripped:
            not_run = None


def markdown(page: str, text: str) -> Iterator[Block]:
    """Yield fenced blocks."""
    pattern = r"(?:<!-- not run: (.+?) -->\n+)?^```(\w*)\n(.*?)^```$"
    for match in re.finditer(pattern, text, re.MULTILINE | re.DOTALL):
        yield Block(page, text[: match.start(2)].count("\n") + 1, match[2], match[3], match[1])


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each command of a shell block, without variables that are set in front of it."""
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True)
        command: list[str] = []
        for word in [*words, "&&"]:
            if word not in ("&&", "|", ";"):
                command.append(word)
                continue
            while command and re.fullmatch(r"[A-Z_]+=.*", command[0]):
                del command[0]
            if command:
                yield command
            command = []


def _indented(lines: list[str], indent: int) -> str:
    """Return the body of a directive, dedented, without its options."""
    body: list[str] = []
    for line in lines:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        body.append(line)
    while body and (not body[0].strip() or re.match(r"\s+:[\w-]+:", body[0])):
        del body[0]
    width = min((len(line) - len(line.lstrip()) for line in body if line.strip()), default=0)
    return "\n".join(line[width:] for line in body).rstrip() + "\n"


def _in_block(lines: list[str], number: int) -> bool:
    """Whether a line is part of a code block that began above it."""
    indent = len(lines[number]) - len(lines[number].lstrip())
    for line in reversed(lines[:number]):
        depth = len(line) - len(line.lstrip())
        if line.strip() and depth < indent:
            if line.strip().startswith(".. code-block") or line.strip().endswith("::"):
                return True
            indent = depth
    return False
