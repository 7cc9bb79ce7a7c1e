"""Which interstitial a learner sees: one decision table per kind of exam.

Spec: learner-experience.md 1 and 2. The host puts the returned page in the place of the exam's
content, and takes any page at all as "keep the content shut". It asks for every unit of a running
exam, so the answer "show the content" costs two queries and asks no provider over the network.

What decides is gathered in ``learner_situation``, what the pages are told in ``learner_context``,
what they say is in the templates.
"""

import logging
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.template import loader

from edx_proctoring import backends, conf, utils
from edx_proctoring.api.attempts import opting_out
from edx_proctoring.api.exams import exams
from edx_proctoring.api.learner import facts, page_context, prerequisites
from edx_proctoring.api.learner.facts import Situation
from edx_proctoring.exceptions import (
    ProctoredExamAlreadyExists,
    ProctoredExamNotFoundException,
    StudentExamAttemptAlreadyExistsException,
)
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils.storable import as_id
from edx_proctoring.utils.texts import as_text

__all__ = ["get_student_view"]

log = logging.getLogger(__name__)


def get_student_view(
    user_id: int | None,
    course_id: Any,
    content_id: Any,
    context: MutableMapping[str, Any],
    user_role: str = "student",
) -> str | None:
    """Return the page to show in the place of an exam's content, None to show the content.

    Args:
        user_id: the learner, None for somebody who is not signed in.
        course_id, content_id: of the exam, as text, as key objects or as bytes.
        context: what the host knows (learner-experience.md 1.1). Becomes the context of the
            template in place, so the caller finds the page's variables in it.
        user_role: anybody but a ``student`` sees the content.

    An exam that nobody has registered yet is created from ``context``. Looking may also change
    things: an attempt whose time is up is ended, a declined prerequisite declines the exam.

    Raises ``NotImplementedError`` for an exam whose provider is not configured, and for an attempt
    that timed out without being submitted; ``KeyError`` if an exam must be created and the context
    does not say how.
    """
    if user_role != "student":
        return None
    exam = _exam_for(course_id, content_id, context)
    if not exam["is_active"]:
        return None
    try:
        provider = backends.get_backend_provider(exam=exam)
    except NotImplementedError:
        _report_misconfigured(exam["id"], exam["backend"])
        if not conf.proctoring.options.get("EXPLAIN_MISCONFIGURED_PROVIDER", False):
            raise
        context["exam_id"] = exam["id"]
        return _render(_MISCONFIGURED, context)
    kind = _kind_of(exam, provider, context)
    if kind is None:
        return None

    learner_id = as_id(user_id)
    situation = facts.look_at(exam, provider, learner_id, course_id, context)
    try:
        rule = _decide(kind, situation)
    except get_user_model().DoesNotExist:
        # Nobody has signed in, or the account is gone: no page is meant for them, but the content stays shut.
        log.info("learner view for nobody: exam_id=%s user_id=%s", exam["id"], learner_id)
        context["exam_id"] = exam["id"]
        return _render(_UNEXPECTED_PAGE, context)
    except StudentExamAttemptAlreadyExistsException:
        # Another page of the course, or another tab, was faster: now there is an attempt to go by.
        situation = facts.look_at(exam, provider, learner_id, course_id, context)
        rule = _decide(kind, situation)
    if rule.answer.template is None:
        return None
    context.update(kind.build_context(situation))
    return _render(rule.answer.template, context)


# Answers and rules


@dataclass(frozen=True, slots=True)
class Answer:
    """A page, or the content (``template`` None); ``first``, what must happen before."""

    template: str | None
    first: Callable[[Situation], None] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a decision table. ``situation`` says in words what ``applies`` tests."""

    situation: str
    applies: Callable[[Situation], bool]
    answer: Answer


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of exam: its rules, of which the first that applies decides, and its template variables."""

    rules: tuple[Rule, ...]
    build_context: Callable[[Situation], dict[str, Any]]


def _status_is(*statuses: str) -> Callable[[Situation], bool]:
    return lambda s: s.status in statuses


def _decline(s: Situation) -> None:
    """Decline the exam for the learner, as the prerequisite was. Cascades to the exams after it."""
    opting_out.create_and_decline_attempt(s.exam["id"], s.user.pk)


def _tell_option_presented(s: Situation) -> None:
    utils.emit_event(s.exam, "option-presented")


def _resolve_failed_links(s: Situation) -> None:
    prerequisites._resolve_prerequisite_links(s.exam, s.prerequisites["failed_prerequisites"])


def _resolve_pending_links(s: Situation) -> None:
    prerequisites._resolve_prerequisite_links(s.exam, s.prerequisites["pending_prerequisites"])


def _refuse_timed_out(s: Situation) -> None:
    # Contract: a status that submission replaces must not be met here.
    raise NotImplementedError(
        f"There is no defined rendering for ProctoredExamStudentAttemptStatus.timed_out: exam_id={s.exam['id']}"
    )


_CONTENT = Answer(None)
_TIMED_OUT = Answer(None, first=_refuse_timed_out)
_MISCONFIGURED: Final = "proctored_exam/misconfigured.html"
# Beyond the contract: states that nobody designed a page for do not open the exam by accident.
_UNEXPECTED_PAGE: Final = "common/unexpected_state.html"
_UNEXPECTED = Answer(_UNEXPECTED_PAGE)
# Beyond the contract: a clock with less than a minute would only end the attempt.
_NO_TIME = Answer("common/no_time_left.html")

# Submitted, and whatever a reviewer made of it.
_HANDED_IN: Final = frozenset({S.submitted, S.second_review_required, S.verified, S.rejected})


def _page(template: str, first: Callable[[Situation], None] | None = None) -> Answer:
    return Answer(template, first)


def _none(s: Situation) -> bool:
    return s.attempt is None


def _not_entered(s: Situation) -> bool:
    return s.is_not_entered


def _always(s: Situation) -> bool:
    return True


# Spec: learner-experience.md 2.1
TIMED: Final = (
    Rule("not entered, past due", lambda s: s.is_not_entered and s.is_closed, _page("timed_exam/expired.html")),
    Rule("not entered, no time left", lambda s: s.is_not_entered and s.lacks_time, _NO_TIME),
    # Also set up, refused for onboarding reasons or declined while the exam was proctored.
    Rule("not entered", _not_entered, _page("timed_exam/entrance.html")),
    Rule("open, past due", lambda s: s.is_incomplete and s.is_closed, _page("timed_exam/expired.html")),
    Rule("timed out", _status_is(S.timed_out), _TIMED_OUT),
    Rule("started", _status_is(S.started), _CONTENT),
    Rule("about to submit", _status_is(S.ready_to_submit), _page("timed_exam/ready_to_submit.html")),
    Rule(
        "submitted, past due, in the grace period",
        lambda s: (
            s.status == S.submitted and not s.exam["hide_after_due"] and s.is_past_due and s.wait_deadline is not None
        ),
        _page("timed_exam/submitted.html"),
    ),
    Rule(
        # Judged: the exam was proctored then.
        "handed in, past due, answers may be looked at",
        lambda s: (
            s.status in _HANDED_IN and not s.exam["hide_after_due"] and s.is_past_due and s.wait_deadline is None
        ),
        _CONTENT,
    ),
    Rule("submitted", _status_is(S.submitted), _page("timed_exam/submitted.html")),
    Rule("anything else", _always, _UNEXPECTED),
)

# Spec: learner-experience.md 2.2
PRACTICE: Final = (
    Rule("no permission", lambda s: not s.may_take, _CONTENT),
    Rule("inactive account", lambda s: not s.user.is_active, _page("proctored_exam/inactive_account.html")),
    Rule("not entered", _none, _page("practice_exam/entrance.html")),
    Rule("in set-up or released for resumption, no time left", lambda s: s.lacks_time, _NO_TIME),
    Rule("released for resumption", lambda s: s.is_resumable_now, _page("proctored_exam/ready_to_resume.html")),
    Rule(
        "started, seen in the wrong browser",
        lambda s: s.status == S.started and s.is_content_blocked,
        _page("proctored_exam/error_wrong_browser.html"),
    ),
    Rule("started", _status_is(S.started), _CONTENT),
    Rule(
        "being set up",
        _status_is(S.created, S.download_software_clicked),
        _page("proctored_exam/instructions.html"),
    ),
    Rule("set up", _status_is(S.ready_to_start), _page("proctored_exam/ready_to_start.html")),
    Rule("broken off", _status_is(S.error), _page("practice_exam/error.html")),
    Rule("submitted", _status_is(S.submitted), _page("practice_exam/submitted.html")),
    # Beyond the contract: a provider may review practice, too. The learner still reads what comes next.
    Rule(
        "reviewed",
        _status_is(S.second_review_required, S.verified, S.rejected),
        _page("practice_exam/submitted.html"),
    ),
    Rule("about to submit", _status_is(S.ready_to_submit), _page("proctored_exam/ready_to_submit.html")),
    Rule("anything else", _always, _UNEXPECTED),
)

# Spec: learner-experience.md 2.3
ONBOARDING: Final = (
    Rule("no permission", lambda s: not s.may_take, _CONTENT),
    Rule("inactive account", lambda s: not s.user.is_active, _page("proctored_exam/inactive_account.html")),
    Rule("not entered, past due", lambda s: _none(s) and s.is_closed, _page("proctored_exam/expired.html")),
    Rule("before the start, no time left", lambda s: s.lacks_time, _NO_TIME),
    Rule("not entered", _none, _page("onboarding_exam/entrance.html")),
    Rule("released for resumption", lambda s: s.is_resumable_now, _page("proctored_exam/ready_to_resume.html")),
    Rule("started", _status_is(S.started), _CONTENT),
    Rule(
        "being set up",
        _status_is(S.created, S.download_software_clicked),
        _page("proctored_exam/instructions.html"),
    ),
    Rule("set up", _status_is(S.ready_to_start), _page("proctored_exam/ready_to_start.html")),
    Rule("broken off", _status_is(S.error), _page("onboarding_exam/error.html")),
    Rule(
        "submitted",
        _status_is(S.submitted, S.second_review_required),
        _page("onboarding_exam/submitted.html"),
    ),
    Rule("about to submit", _status_is(S.ready_to_submit), _page("onboarding_exam/ready_to_submit.html")),
    Rule("verified", _status_is(S.verified), _page("onboarding_exam/verified.html")),
    Rule("rejected", _status_is(S.rejected), _page("onboarding_exam/rejected.html")),
    Rule("anything else", _always, _UNEXPECTED),
)

# Spec: learner-experience.md 2.4
PROCTORED: Final = (
    Rule("no permission", lambda s: not s.may_take, _CONTENT),
    Rule("declined", _status_is(S.declined), _CONTENT),
    Rule("inactive account", lambda s: not s.user.is_active, _page("proctored_exam/inactive_account.html")),
    Rule("not entered, past due", lambda s: _none(s) and s.is_closed, _page("proctored_exam/expired.html")),
    Rule(
        "not entered, a prerequisite was declined",
        lambda s: _none(s) and bool(s.prerequisites["declined_prerequisites"]),
        Answer(None, first=_decline),
    ),
    Rule(
        "not entered, a prerequisite failed",
        lambda s: _none(s) and bool(s.prerequisites["failed_prerequisites"]),
        _page("proctored_exam/failed-prerequisites.html", first=_resolve_failed_links),
    ),
    Rule(
        "not entered, a prerequisite is pending",
        lambda s: _none(s) and not s.prerequisites["are_prerequisites_satisifed"],
        _page("proctored_exam/pending-prerequisites.html", first=_resolve_pending_links),
    ),
    Rule("not entered, no time left", lambda s: _none(s) and s.lacks_time, _NO_TIME),
    Rule("not entered", _none, _page("proctored_exam/entrance.html", first=_tell_option_presented)),
    Rule("open, past due", lambda s: s.is_incomplete and s.is_closed, _page("proctored_exam/expired.html")),
    Rule(
        # Beyond the contract: a new attempt would be refused, so the learner is not sent there.
        "released for resumption, past due",
        lambda s: s.is_resumable_now and s.is_closed,
        _page("proctored_exam/expired.html"),
    ),
    Rule("in set-up or released for resumption, no time left", lambda s: s.lacks_time, _NO_TIME),
    Rule("released for resumption", lambda s: s.is_resumable_now, _page("proctored_exam/ready_to_resume.html")),
    Rule(
        "started, seen in the wrong browser",
        lambda s: s.status == S.started and s.is_content_blocked,
        _page("proctored_exam/error_wrong_browser.html"),
    ),
    Rule("started", _status_is(S.started), _CONTENT),
    Rule(
        "being set up",
        _status_is(S.created, S.download_software_clicked),
        _page("proctored_exam/instructions.html"),
    ),
    Rule("set up", _status_is(S.ready_to_start), _page("proctored_exam/ready_to_start.html")),
    Rule("broken off", _status_is(S.error), _page("proctored_exam/error.html")),
    Rule("timed out", _status_is(S.timed_out), _TIMED_OUT),
    Rule(
        "submitted, result put away, content open past due",
        lambda s: s.status in (S.submitted, S.second_review_required) and s.may_look_back,
        _CONTENT,
    ),
    Rule(
        "submitted",
        _status_is(S.submitted, S.second_review_required),
        _page("proctored_exam/submitted.html"),
    ),
    Rule(
        # A grace period that was extended brings the page back even after it was put away.
        "verified, result put away, content open past due, no grace period",
        lambda s: s.status == S.verified and s.may_look_back and s.wait_deadline is None,
        _CONTENT,
    ),
    Rule("verified", _status_is(S.verified), _page("proctored_exam/verified.html")),
    Rule(
        "rejected, result put away, content open past due",
        lambda s: s.status == S.rejected and s.may_look_back,
        _CONTENT,
    ),
    Rule("rejected", _status_is(S.rejected), _page("proctored_exam/rejected.html")),
    Rule("about to submit", _status_is(S.ready_to_submit), _page("proctored_exam/ready_to_submit.html")),
    Rule(
        "refused for onboarding reasons",
        _status_is(*S.onboarding_errors),
        _page("proctored_exam/onboarding_error.html"),
    ),
    Rule("anything else", _always, _UNEXPECTED),
)

KINDS: Final = {
    "timed": Kind(TIMED, page_context.timed),
    "practice": Kind(PRACTICE, page_context.proctored),
    "onboarding": Kind(ONBOARDING, page_context.proctored),
    "proctored": Kind(PROCTORED, page_context.proctored),
}


# Steps


def _decide(kind: Kind, situation: Situation) -> Rule:
    """Return the rule that applies, after doing what must happen first."""
    rule = next(rule for rule in kind.rules if rule.applies(situation))
    log.debug("learner view: exam_id=%s user_id=%s rule=%s", situation.exam["id"], situation.user_id, rule.situation)
    if rule.answer.first is not None:
        rule.answer.first(situation)
    return rule


def _exam_for(course_id: Any, content_id: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the exam dict, with the due date that the host has for this learner; create the exam if need be."""
    try:
        exam = exams.get_exam_by_content_id(course_id, content_id)
    except ProctoredExamNotFoundException:
        return _create_exam(course_id, content_id, context)
    exam["due_date"] = context.get("due_date")
    return exam


def _create_exam(course_id: Any, content_id: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    is_proctored = context.get("is_proctored", False)
    try:
        exams.create_exam(
            course_id=as_text(course_id),
            content_id=as_text(content_id),
            exam_name=context["display_name"] or as_text(content_id),
            time_limit_mins=context["default_time_limit_mins"] or 0,
            is_proctored=is_proctored,
            # A timed practice exam is a kind that nobody knows, and its content would be open.
            is_practice_exam=is_proctored and context.get("is_practice_exam", False),
            due_date=context.get("due_date"),
            hide_after_due=context.get("hide_after_due", False),
        )
    except ProctoredExamAlreadyExists:
        # Two learners came first: the other one's exam is as good.
        log.info("exam was created meanwhile: course_id=%s content_id=%s", course_id, content_id)
    return exams.get_exam_by_content_id(course_id, content_id)


def _kind_of(exam: Mapping[str, Any], provider: Any, context: Mapping[str, Any]) -> Kind | None:
    """Return the kind of exam, None where the content is shown whatever the learner did."""
    if not exam["is_proctored"]:
        return None if exam["is_practice_exam"] else KINDS["timed"]
    if utils.has_due_date_passed((context.get("credit_state") or {}).get("course_end_date")):
        return None
    if not exam["is_practice_exam"]:
        return KINDS["proctored"]
    return KINDS["onboarding" if provider.supports_onboarding else "practice"]


@lru_cache(maxsize=1024)
def _report_misconfigured(exam_id: int, backend: str | None) -> None:
    """Log a misconfigured exam, once per process: each unit of each learner asks again."""
    log.error("exam's provider is not configured: exam_id=%s backend=%s", exam_id, backend)


def _render(template: str, context: MutableMapping[str, Any]) -> str:
    # The caller's own dict: rendering without a request adds nothing to it.
    return loader.get_template(template).render(context)  # type: ignore[arg-type]
