"""The contract's pages: which tests show its statements, and links from docstrings to them.

``.. contract-coverage::`` lists the statements of ``docs/contract/`` with the tests that are marked with them, read
from the sources each time the documentation is built. In docstrings shown by autodoc and on the contract's pages,
``contract/<page>#<anchor>`` and ``architecture#<anchor>`` become links.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tools import citations

_CITATION = re.compile(r"(?<![\w/`<-])(?:contract/([a-z0-9-]+)|(architecture))#([a-z0-9-]+)(?![`>])")


def reference(page: str, anchor: str) -> str:
    """Return a link to a statement, as reStructuredText."""
    return f":ref:`{page}#{anchor} <contract-{page}-{anchor}>`"


def coverage_lines(pages: Mapping[str, Mapping[str, Sequence[str]]]) -> list[str]:
    """Return a table per page, as lines of reStructuredText."""
    lines = []
    for page, statements in pages.items():
        covered = sum(bool(tests) for tests in statements.values())
        lines += [f".. rubric:: {page}", "", f":doc:`{page}`: {covered} of {len(statements)} statements.", ""]
        lines += [".. list-table::", "   :header-rows: 1", "   :widths: 35 65", ""]
        lines += ["   * - Statement", "     - Tests"]
        for anchor, tests in statements.items():
            cell = [f"| ``{test.removeprefix('tests/')}``" for test in tests] or ["(none)"]
            lines += [f"   * - {reference(page, anchor)}", f"     - {cell[0]}"]
            lines += [f"       {line}" for line in cell[1:]]
        lines.append("")
    return lines


@cache
def _contract() -> citations.Contract:
    return citations.read_contract(citations.ROOT)


def linked(line: str) -> str:
    """Return a line of a docstring with its citations as links."""

    contract = _contract()

    def link(match: re.Match[str]) -> str:
        page, architecture, anchor = match.groups()
        if not (f"{page}#{anchor}" in contract.statements if page else anchor in contract.rules):
            # Not a page's fault: ``tools/citations.py --check`` says where.
            return match[0]
        label = f"contract-{page}-{anchor}" if page else f"{architecture}-{anchor}"
        return f":ref:`{match[0]} <{label}>`"

    return _CITATION.sub(link, line)


class ContractCoverage(SphinxDirective):
    """``.. contract-coverage::``"""

    def run(self) -> list[nodes.Node]:
        """Return the tables."""
        # Made from files that Sphinx does not know as sources: never taken from its cache.
        self.env.note_reread()
        contract, marks = _contract(), citations.read_marks(citations.ROOT)
        container = nodes.container()
        container.document = self.state.document
        lines = StringList(coverage_lines(citations.tests_by_page(contract, marks)), source="contract-coverage")
        self.state.nested_parse(lines, self.content_offset, container)
        return container.children


def link_statements(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Turn the citations on a page of the contract into links."""
    if docname.startswith("contract/"):
        source[0] = "\n".join(linked(line) for line in source[0].split("\n"))


def link_citations(_app: Sphinx, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Turn the citations of a docstring into links."""
    lines[:] = [linked(line) for line in lines]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and the links."""
    app.add_directive("contract-coverage", ContractCoverage)
    app.connect("source-read", link_statements)
    app.connect("autodoc-process-docstring", link_citations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
