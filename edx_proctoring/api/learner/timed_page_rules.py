"""Which page a learner sees at a timed exam."""

from typing import Final

from edx_proctoring.api.learner.decision_table import (
    CONTENT,
    EXAM_CONTENT,
    NO_TIME_LEFT,
    TIMED_OUT,
    UNEXPECTED,
    Rule,
    always,
    not_entered,
    page,
    status_is,
    way_in,
)
from edx_proctoring.api.learner.page_facts import PageFacts
from edx_proctoring.api.lifecycle import permitted_actions
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S

__all__ = ["TIMED"]


def _begins(facts: PageFacts) -> bool:
    """The learner begins, also after set-up or opting out while the exam was proctored, or goes on after an error."""
    return not_entered(facts) or facts.is_resumable_now


# Contract: contract/learner-pages#timed
TIMED: Final = (
    Rule("not entered, past due", lambda f: _begins(f) and f.is_closed, page("timed_exam/expired.html")),
    Rule("not entered, no time left", lambda f: _begins(f) and f.lacks_time, NO_TIME_LEFT),
    Rule("not entered", _begins, way_in("timed_exam/entrance.html")),
    Rule("open, past due", lambda f: f.is_open_past_due, page("timed_exam/expired.html")),
    Rule("timed out", status_is(S.timed_out), TIMED_OUT),
    Rule("started", status_is(S.started), EXAM_CONTENT),
    Rule("about to submit", status_is(S.ready_to_submit), page("timed_exam/ready_to_submit.html")),
    Rule(
        "submitted, past due, in the grace period",
        lambda f: f.may_look_back and f.wait_deadline is not None,
        page("timed_exam/submitted.html"),
    ),
    Rule(
        "submitted, past due, answers may be looked at",
        lambda f: f.may_look_back,
        CONTENT,
    ),
    Rule("submitted", status_is(*permitted_actions.HANDED_IN), page("timed_exam/submitted.html")),
    Rule("broken off", status_is(S.error), page("timed_exam/error.html")),
    Rule("anything else", always, UNEXPECTED),
)
