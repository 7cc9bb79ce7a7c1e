"""Which page a learner sees at a practice, onboarding or proctored exam."""

from typing import Final

from edx_proctoring import utils
from edx_proctoring.api.attempts import opting_out
from edx_proctoring.api.learner import prerequisites
from edx_proctoring.api.learner.decision_table import (
    CONTENT,
    EXAM_CONTENT,
    NO_TIME_LEFT,
    TIMED_OUT,
    UNEXPECTED,
    Answer,
    Rule,
    always,
    not_entered,
    page,
    status_is,
    way_in,
)
from edx_proctoring.api.learner.page_facts import PageFacts
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S

__all__ = ["ONBOARDING", "PRACTICE", "PROCTORED", "WITHOUT_PROVIDER"]


def _decline(facts: PageFacts) -> None:
    """Decline the exam for the learner because a prerequisite was declined. Declines the exams after it as well."""
    opting_out.create_and_decline_attempt(facts.exam["id"], facts.user.pk)


def _emit_option_presented(facts: PageFacts) -> None:
    utils.emit_event(facts.exam, "option-presented")


def _resolve_failed_links(facts: PageFacts) -> None:
    prerequisites._resolve_prerequisite_links(facts.exam, facts.prerequisites["failed_prerequisites"])


def _resolve_pending_links(facts: PageFacts) -> None:
    prerequisites._resolve_prerequisite_links(facts.exam, facts.prerequisites["pending_prerequisites"])


# Contract: contract/learner-pages#practice
PRACTICE: Final = (
    Rule("no permission", lambda f: not f.may_take, CONTENT),
    Rule("inactive account", lambda f: not f.user.is_active, page("proctored_exam/inactive_account.html")),
    Rule("not entered", not_entered, way_in("practice_exam/entrance.html")),
    Rule("in set-up or released for resumption, no time left", lambda f: f.lacks_time, NO_TIME_LEFT),
    Rule("released for resumption", lambda f: f.is_resumable_now, way_in("proctored_exam/ready_to_resume.html")),
    Rule(
        "started, seen in the wrong browser",
        lambda f: f.status == S.started and f.is_content_blocked,
        way_in("proctored_exam/error_wrong_browser.html"),
    ),
    Rule("started", status_is(S.started), EXAM_CONTENT),
    Rule(
        "being set up",
        status_is(S.created, S.download_software_clicked),
        way_in("proctored_exam/instructions.html"),
    ),
    Rule("set up", status_is(S.ready_to_start), way_in("proctored_exam/ready_to_start.html")),
    Rule("broken off", status_is(S.error), page("practice_exam/error.html")),
    Rule("submitted", status_is(S.submitted), page("practice_exam/submitted.html")),
    # Beyond the contract: a provider may review practice, too. The learner still reads what comes next.
    Rule(
        "reviewed",
        status_is(S.second_review_required, S.verified, S.rejected),
        page("practice_exam/submitted.html"),
    ),
    Rule("about to submit", status_is(S.ready_to_submit), page("proctored_exam/ready_to_submit.html")),
    Rule("anything else", always, UNEXPECTED),
)

# Contract: contract/learner-pages#onboarding
ONBOARDING: Final = (
    Rule("no permission", lambda f: not f.may_take, CONTENT),
    Rule("inactive account", lambda f: not f.user.is_active, page("proctored_exam/inactive_account.html")),
    Rule(
        "not entered, past due",
        lambda f: not_entered(f) and f.is_closed,
        page("proctored_exam/expired.html"),
    ),
    Rule("before the start, no time left", lambda f: f.lacks_time, NO_TIME_LEFT),
    Rule("not entered", not_entered, way_in("onboarding_exam/entrance.html")),
    Rule("released for resumption", lambda f: f.is_resumable_now, way_in("proctored_exam/ready_to_resume.html")),
    Rule("started", status_is(S.started), EXAM_CONTENT),
    Rule(
        "being set up",
        status_is(S.created, S.download_software_clicked),
        way_in("proctored_exam/instructions.html"),
    ),
    Rule("set up", status_is(S.ready_to_start), way_in("proctored_exam/ready_to_start.html")),
    Rule("broken off", status_is(S.error), page("onboarding_exam/error.html")),
    Rule(
        "submitted",
        status_is(S.submitted, S.second_review_required),
        page("onboarding_exam/submitted.html"),
    ),
    Rule("about to submit", status_is(S.ready_to_submit), page("onboarding_exam/ready_to_submit.html")),
    Rule("verified", status_is(S.verified), page("onboarding_exam/verified.html")),
    Rule("rejected", status_is(S.rejected), page("onboarding_exam/rejected.html")),
    Rule("anything else", always, UNEXPECTED),
)

# Beyond the contract: practice or onboarding (which of the two is not known) whose provider is not configured. The
# learner has begun it. A session that runs goes on and ends; pages offer nothing that the provider would have to do.
# Contract: contract/learner-pages#misconfigured-provider
WITHOUT_PROVIDER: Final = (
    Rule("no permission", lambda f: not f.may_take, CONTENT),
    Rule("inactive account", lambda f: not f.user.is_active, page("proctored_exam/inactive_account.html")),
    Rule("started", status_is(S.started), EXAM_CONTENT),
    Rule("about to submit", status_is(S.ready_to_submit), page("proctored_exam/ready_to_submit.html")),
    Rule(
        "ended",
        status_is(S.error, S.submitted, S.second_review_required, S.verified, S.rejected),
        page("practice_exam/without_provider.html"),
    ),
    Rule("anything else", always, UNEXPECTED),
)

# Contract: contract/learner-pages#proctored
PROCTORED: Final = (
    Rule("no permission", lambda f: not f.may_take, CONTENT),
    Rule("declined", status_is(S.declined), CONTENT),
    Rule("inactive account", lambda f: not f.user.is_active, page("proctored_exam/inactive_account.html")),
    Rule(
        "not entered, past due",
        lambda f: not_entered(f) and f.is_closed,
        page("proctored_exam/expired.html"),
    ),
    Rule(
        "not entered, a prerequisite was declined",
        lambda f: not_entered(f) and bool(f.prerequisites["declined_prerequisites"]),
        Answer(None, before=_decline),
    ),
    Rule(
        "not entered, a prerequisite failed",
        lambda f: not_entered(f) and bool(f.prerequisites["failed_prerequisites"]),
        page("proctored_exam/failed-prerequisites.html", before=_resolve_failed_links),
    ),
    Rule(
        "not entered, a prerequisite is pending",
        lambda f: not_entered(f) and not f.prerequisites["are_prerequisites_satisifed"],
        page("proctored_exam/pending-prerequisites.html", before=_resolve_pending_links),
    ),
    Rule("not entered, no time left", lambda f: not_entered(f) and f.lacks_time, NO_TIME_LEFT),
    Rule(
        # Beyond the contract: staff said that the provider is out of order, so the exam starts without it.
        "not entered, provider out of order",
        lambda f: not_entered(f) and f.outage is not None,
        way_in("proctored_exam/outage.html", before=_emit_option_presented),
    ),
    Rule("not entered", not_entered, way_in("proctored_exam/entrance.html", before=_emit_option_presented)),
    Rule("open, past due", lambda f: f.is_open_past_due, page("proctored_exam/expired.html")),
    Rule(
        # Beyond the contract: a new attempt would be refused, so the learner is not sent there.
        "released for resumption, past due",
        lambda f: f.is_resumable_now and f.is_closed,
        page("proctored_exam/expired.html"),
    ),
    Rule("in set-up or released for resumption, no time left", lambda f: f.lacks_time, NO_TIME_LEFT),
    Rule(
        "released for resumption, provider out of order",
        lambda f: f.is_resumable_now and f.outage is not None,
        way_in("proctored_exam/outage.html"),
    ),
    Rule("released for resumption", lambda f: f.is_resumable_now, way_in("proctored_exam/ready_to_resume.html")),
    Rule(
        "started, seen in the wrong browser",
        lambda f: f.status == S.started and f.is_content_blocked and not f.is_taken_without_provider,
        way_in("proctored_exam/error_wrong_browser.html"),
    ),
    Rule("started", status_is(S.started), EXAM_CONTENT),
    Rule(
        "being set up",
        status_is(S.created, S.download_software_clicked),
        way_in("proctored_exam/instructions.html"),
    ),
    Rule("set up", status_is(S.ready_to_start), way_in("proctored_exam/ready_to_start.html")),
    Rule("broken off", status_is(S.error), page("proctored_exam/error.html")),
    Rule("timed out", status_is(S.timed_out), TIMED_OUT),
    Rule(
        "submitted, result put away, content open past due",
        lambda f: f.status in (S.submitted, S.second_review_required) and f.may_review_answers,
        CONTENT,
    ),
    Rule(
        "submitted",
        status_is(S.submitted, S.second_review_required),
        page("proctored_exam/submitted.html"),
    ),
    Rule(
        # A grace period that was extended brings the page back even after it was put away.
        "verified, result put away, content open past due, no grace period",
        lambda f: f.status == S.verified and f.may_review_answers and f.wait_deadline is None,
        CONTENT,
    ),
    Rule("verified", status_is(S.verified), page("proctored_exam/verified.html")),
    Rule(
        "rejected, result put away, content open past due",
        lambda f: f.status == S.rejected and f.may_review_answers,
        CONTENT,
    ),
    Rule("rejected", status_is(S.rejected), page("proctored_exam/rejected.html")),
    Rule("about to submit", status_is(S.ready_to_submit), page("proctored_exam/ready_to_submit.html")),
    Rule(
        "refused for onboarding reasons",
        status_is(*S.onboarding_errors),
        page("proctored_exam/onboarding_error.html"),
    ),
    Rule("anything else", always, UNEXPECTED),
)
