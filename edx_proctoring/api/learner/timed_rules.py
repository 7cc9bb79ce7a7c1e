"""Which page a learner sees at a timed exam."""

from typing import Final

from edx_proctoring.api.learner.decision_table import (
    CONTENT,
    NO_TIME_LEFT,
    TIMED_OUT,
    UNEXPECTED,
    Rule,
    always,
    not_entered,
    page,
    status_is,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S

__all__ = ["TIMED"]

_SUBMITTED_OR_REVIEWED: Final = frozenset({S.submitted, S.second_review_required, S.verified, S.rejected})

# Spec: learner-experience.md 2.1
TIMED: Final = (
    # Not entered: also what was set up, refused for onboarding reasons or declined while the exam was proctored.
    Rule("not entered, past due", lambda f: not_entered(f) and f.is_closed, page("timed_exam/expired.html")),
    Rule("not entered, no time left", lambda f: not_entered(f) and f.lacks_time, NO_TIME_LEFT),
    Rule("not entered", not_entered, page("timed_exam/entrance.html")),
    Rule("open, past due", lambda f: f.is_incomplete and f.is_closed, page("timed_exam/expired.html")),
    Rule("timed out", status_is(S.timed_out), TIMED_OUT),
    Rule("started", status_is(S.started), CONTENT),
    Rule("about to submit", status_is(S.ready_to_submit), page("timed_exam/ready_to_submit.html")),
    Rule(
        "submitted, past due, in the grace period",
        lambda f: (
            f.status == S.submitted and not f.exam["hide_after_due"] and f.is_past_due and f.wait_deadline is not None
        ),
        page("timed_exam/submitted.html"),
    ),
    Rule(
        # Reviewed: the exam was proctored then.
        "submitted or reviewed, past due, answers may be looked at",
        lambda f: (
            f.status in _SUBMITTED_OR_REVIEWED
            and not f.exam["hide_after_due"]
            and f.is_past_due
            and f.wait_deadline is None
        ),
        CONTENT,
    ),
    Rule("submitted", status_is(S.submitted), page("timed_exam/submitted.html")),
    Rule("anything else", always, UNEXPECTED),
)
