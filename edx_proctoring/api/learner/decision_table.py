"""Decision tables as data: a row says in which situation which page is shown.

Contract: contract/learner-pages#past-due.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edx_proctoring.api.learner.page_facts import PageFacts

__all__ = [
    "CONTENT",
    "EXAM_CONTENT",
    "NO_TIME_LEFT",
    "OTHER_BROWSER",
    "TIMED_OUT",
    "UNEXPECTED",
    "Answer",
    "Rule",
    "always",
    "not_entered",
    "page",
    "status_is",
    "way_in",
]

Condition = Callable[[PageFacts], bool]
Action = Callable[[PageFacts], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """A page, or the exam's content where ``template`` is None.

    ``before``: what is done first. ``leads_into_exam``: only in the browser that the exam demands.
    """

    template: str | None
    before: Action | None = None
    leads_into_exam: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a decision table; the first row that applies decides. ``situation``: what ``applies`` tests."""

    situation: str
    applies: Condition
    answer: Answer


def _refuse_timed_out(facts: PageFacts) -> None:
    # Contract: submission replaces this status, so it must not occur here.
    raise NotImplementedError(
        f"There is no defined rendering for ProctoredExamStudentAttemptStatus.timed_out: exam_id={facts.exam['id']}"
    )


CONTENT: Final = Answer(None)
EXAM_CONTENT: Final = Answer(None, leads_into_exam=True)
TIMED_OUT: Final = Answer(None, before=_refuse_timed_out)
# Beyond the contract: a state without a page of its own must not open the exam by accident.
UNEXPECTED: Final = Answer("common/unexpected_state.html")

# Beyond the contract: a clock that starts with less than a minute would only end the attempt.
NO_TIME_LEFT: Final = Answer("common/no_time_left.html")


# Beyond the contract: shown instead of each answer that leads into an exam that demands Safe Exam Browser.
OTHER_BROWSER: Final = Rule("another browser", lambda facts: True, Answer("common/safe_exam_browser.html"))


def page(template: str, before: Action | None = None) -> Answer:
    """Show a page instead of the content."""
    return Answer(template, before)


def way_in(template: str, before: Action | None = None) -> Answer:
    """As ``page``, with a button that leads into the exam."""
    return Answer(template, before, leads_into_exam=True)


def status_is(*statuses: str) -> Condition:
    """The newest attempt has one of the statuses."""
    return lambda facts: facts.status in statuses


def not_entered(facts: PageFacts) -> bool:
    """The learner has no attempt, or one that waits for the learner to enter the exam."""
    return facts.is_not_entered


def always(facts: PageFacts) -> bool:
    """Whatever the facts: for the last row of a table."""
    return True
