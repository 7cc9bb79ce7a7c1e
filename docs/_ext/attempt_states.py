"""Directives that draw the state machine from its own tables, so that the page cannot be wrong.

``.. attempt-states-diagram::`` the groups of statuses and the transitions between them, as SVG.
``.. attempt-states-table::`` what entering each status causes.
``.. attempt-states-rules::`` rewrites and refusals.
``.. attempt-states-outage::`` what staff do to attempts of an outage.
"""

from collections.abc import Iterable
from html import escape
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from edx_proctoring.api.attempts import outage_attempts
from edx_proctoring.api.effects.emails import STATUS_EMAILS
from edx_proctoring.api.lifecycle import transitions
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as Status

WIDTH, LINE, PADDING, GAP = 250, 20, 12, 90


def stored_statuses() -> list[str]:
    """Every status of the contract, in the order in which the class lists them."""
    return [value for name, value in vars(Status).items() if isinstance(value, str) and value == name]


def groups() -> list[tuple[str, list[str]]]:
    """The columns of the diagram: heading, statuses."""
    order = stored_statuses()
    columns = (
        ("Before the start", transitions.PRE_STARTED),
        ("The clock is running", transitions.IN_PROGRESS),
        ("Over", transitions.COMPLETED),
    )
    return [(title, sorted(statuses, key=order.index)) for title, statuses in columns]


def box(x: int, height: int, title: str, lines: Iterable[str]) -> str:
    """One column."""
    texts = "".join(
        f'<text x="{x + PADDING}" y="{PADDING + (row + 2) * LINE}" font-family="monospace" font-size="13">'
        f"{escape(line)}</text>"
        for row, line in enumerate(lines)
    )
    return (
        f'<rect x="{x}" y="4" width="{WIDTH}" height="{height}" rx="6" fill="none" stroke="currentColor"/>'
        f'<text x="{x + PADDING}" y="{PADDING + LINE - 2}" font-weight="bold" font-size="14">{escape(title)}</text>'
        f"{texts}"
    )


def arrow(column: int, y: int, words: str, *, back: bool = False, refused: bool = False) -> str:
    """A transition between a column and the next."""
    left, right = column * (WIDTH + GAP) + WIDTH + 4, (column + 1) * (WIDTH + GAP) - 4
    start, end = (right, left) if back else (left, right)
    dashes = ' stroke-dasharray="4 4"' if refused else ""
    return (
        f'<line x1="{start}" y1="{y}" x2="{end}" y2="{y}" stroke="currentColor" marker-end="url(#tip)"{dashes}/>'
        f'<text x="{(left + right) // 2}" y="{y - 6}" font-size="11" text-anchor="middle">{escape(words)}</text>'
    )


def diagram() -> str:
    """The SVG."""
    columns = groups()
    width = len(columns) * WIDTH + (len(columns) - 1) * GAP + 8
    tallest = (max(len(statuses) for _, statuses in columns) + 1) * LINE + 2 * PADDING
    parts = [
        box(index * (WIDTH + GAP) + 2, tallest, title, statuses) for index, (title, statuses) in enumerate(columns)
    ]
    parts += [
        arrow(0, 50, "start"),
        arrow(1, 50, "submit, expire"),
        arrow(1, 84, "refused", back=True, refused=True),
    ]
    if any(rewrite.name == transitions.RE_ENTRY for rewrite in transitions.REWRITES):
        parts.append(arrow(1, 118, "enter again"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {tallest + 10}" role="img" '
        f'aria-label="Statuses of an attempt and the ways between them" style="max-width:100%" fill="currentColor">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z"/></marker></defs>' + "".join(parts) + "</svg>"
    )


def table(headings: list[str], rows: list[list[str]]) -> nodes.table:
    """A docutils table; words in the first column are literals."""
    group = nodes.tgroup(cols=len(headings))
    group += [nodes.colspec(colwidth=1) for _ in headings]
    head, body = nodes.thead(), nodes.tbody()
    for target, lines in ((head, [headings]), (body, rows)):
        for line in lines:
            row = nodes.row()
            for column, cell in enumerate(line):
                entry = nodes.entry()
                literal = target is body and column == 0
                entry += nodes.paragraph("", "", nodes.literal(text=cell) if literal else nodes.Text(cell))
                row += entry
            target += row
    group += [head, body]
    result = nodes.table()
    result += group
    return result


class StatesDiagram(Directive):
    """``.. attempt-states-diagram::``"""

    def run(self) -> list[nodes.Node]:
        """Return the picture."""
        return [nodes.raw("", diagram(), format="html")]


class StatesTable(Directive):
    """``.. attempt-states-table::``"""

    def run(self) -> list[nodes.Node]:
        """Return one row per status."""
        rows = []
        for status in stored_statuses():
            entry = transitions.ON_ENTRY.get(status, transitions.Entry())
            services = [call for call in (entry.grade, entry.certificate) if call]
            if entry.cascade:
                services.append("closes the learner's other proctored exams")
            subject = STATUS_EMAILS[status][0] if status in STATUS_EMAILS else ""
            rows.append([status, entry.credit or "", subject, entry.provider_call or "", ", ".join(services)])
        return [table(["Status", "Credit", "E-mail", "Provider", "Grade, certificate, other"], rows)]


class StatesRules(Directive):
    """``.. attempt-states-rules::``"""

    def run(self) -> list[nodes.Node]:
        """Return the rewrites, then the refusals."""

        def words(statuses: Iterable[str] | None) -> str:
            order = stored_statuses()
            return "any" if statuses is None else ", ".join(sorted(statuses, key=order.index))

        rewrites = [
            [rewrite.becomes, words(rewrite.from_statuses), words(rewrite.requested), rewrite.name]
            for rewrite in transitions.REWRITES
        ]
        refusals = [
            [
                "refused",
                words(r.from_statuses),
                "anything else" if r.to_statuses is None else words(r.to_statuses),
                r.hint,
            ]
            for r in transitions.REFUSALS
        ]
        return [table(["Becomes", "From", "Requested", "Why, or what to do instead"], rewrites + refusals)]


class StatesOutage(Directive):
    """``.. attempt-states-outage::``"""

    def run(self) -> list[nodes.Node]:
        """Return one row per action of staff."""
        decisions = [
            [
                decision,
                ", ".join(outage_attempts.UNDECIDED),
                outage_attempts.VERDICTS.get(decision, "the attempt is removed"),
            ]
            for decision in outage_attempts.DECISIONS
        ]
        setup = ["include_setup", ", ".join(outage_attempts.IN_SET_UP), outage_attempts.AFTER_SET_UP]
        return [table(["Order of staff", "From", "Becomes"], [setup, *decisions])]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("attempt-states-diagram", StatesDiagram)
    app.add_directive("attempt-states-table", StatesTable)
    app.add_directive("attempt-states-rules", StatesRules)
    app.add_directive("attempt-states-outage", StatesOutage)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
