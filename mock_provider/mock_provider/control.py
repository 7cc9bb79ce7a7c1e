"""The scenario in force and the journal: what ``/_control/`` shows and changes."""

from __future__ import annotations

from collections.abc import Callable

from .journal import Journal
from .scenario import Scenario


class Control:
    """``initial`` makes the scenario that a start or a reset begins with.

    With a ``token``, the header ``X-Control-Token`` opens ``/_control/`` to any machine; without one only this machine
    may use it.
    """

    def __init__(self, initial: Callable[[], Scenario] = Scenario, token: str = "") -> None:
        self._initial = initial
        self.token = token
        self.journal = Journal()
        self.scenario = initial()

    def reset(self) -> None:
        """Empty the journal and go back to the initial scenario."""
        self.journal.clear()
        self.scenario = self._initial()
