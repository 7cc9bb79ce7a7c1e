"""``.. learner-actions-table:: <kind>``: what a learner may do, printed from the table that decides it."""

from dataclasses import replace
from typing import Any

from attempt_states import stored_statuses, table
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from edx_proctoring.api.lifecycle import permitted_actions
from edx_proctoring.api.lifecycle.permitted_actions import Action, Facts, Kind, Outcome

NO_ATTEMPT = "no attempt"
# Facts that make a difference in some cells, and the words for them.
VARIANTS: list[tuple[dict[str, bool], str]] = [
    ({"may_opt_out": False}, "without opting out"),
    ({"needs_ready": True}, "until ready"),
    ({"is_released": True}, "if released"),
]
WORDS = {
    Outcome.UNCHANGED: "unchanged",
    Outcome.IGNORED: "ignored",
    Outcome.REFUSED: "400",
    Outcome.FORBIDDEN: "403",
    Outcome.ASKED: "page",
}


def cell(action: Action, facts: Facts) -> str:
    """The words for one cell, with the facts that change it."""
    if facts.status is None and action not in (Action.ENTER, Action.ENTER_WITHOUT_PROCTORING):
        return ""
    if action is Action.ENTER_WITHOUT_PROCTORING and facts.kind is Kind.TIMED:
        action = Action.ENTER
    usual = words(action, facts)
    parts = [usual]
    for changes, when in VARIANTS:
        if "is_released" in changes and facts.status != "error":
            continue
        other = words(action, replace(facts, **changes))
        if other != usual:
            parts.append(f"{when} {other}")
    return "; ".join(parts)


def words(action: Action, facts: Facts) -> str:
    """The resulting status, or what happens instead."""
    rule = permitted_actions.find_rule(action, facts)
    return rule.becomes or WORDS[rule.outcome]


class LearnerActionsTable(Directive):
    """One row per status, one column per action."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table of one kind of exam."""
        kind = Kind(self.arguments[0])
        rows = [
            [status or NO_ATTEMPT, *(cell(action, Facts(status, kind)) for action in Action)]
            for status in (None, *stored_statuses())
        ]
        return [table(["Status", *(action.value for action in Action)], rows)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("learner-actions-table", LearnerActionsTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
