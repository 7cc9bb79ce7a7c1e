"""The page that a learner sees instead of an exam's content.

Contract: contract/learner-pages#role, contract/learner-pages#past-due.

The host replaces the exam's content by the returned page, and treats any page as "do not show the content". It asks
for every unit of a running exam, so the answer "show the content" costs one query and no call to a provider.

``page_facts`` gathers what decides, ``timed_page_rules`` and ``proctored_page_rules`` are the decision tables,
``page_context`` builds the variables of the templates.
"""

import logging
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import crum
from django.contrib.auth import get_user_model
from django.template import loader
from django.utils import timezone

from edx_proctoring import backends, conf, utils
from edx_proctoring.api.exams import exams
from edx_proctoring.api.learner import page_context, proctored_page_rules, safe_exam_browser, timed_page_rules
from edx_proctoring.api.learner.decision_table import OTHER_BROWSER, UNEXPECTED, Rule
from edx_proctoring.api.learner.page_facts import PageFacts, attempts_at, newest_attempt
from edx_proctoring.exceptions import ProctoredExamAlreadyExists, StudentExamAttemptAlreadyExistsException
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import exam_dict
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus as S
from edx_proctoring.utils.storable import as_id
from edx_proctoring.utils.texts import as_text

__all__ = ["get_student_view"]

log = logging.getLogger(__name__)

# In these the learner is being set up, which only the provider can do.
_NEEDS_PROVIDER: Final = frozenset({S.created, S.download_software_clicked, S.ready_to_start})
_MISCONFIGURED: Final = "proctored_exam/misconfigured.html"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of exam: its decision table and the variables of its templates."""

    rules: tuple[Rule, ...]
    build_context: Callable[[PageFacts], dict[str, Any]]


KINDS: Final = {
    "timed": Kind(timed_page_rules.TIMED, page_context.timed),
    "practice": Kind(proctored_page_rules.PRACTICE, page_context.proctored),
    "onboarding": Kind(proctored_page_rules.ONBOARDING, page_context.proctored),
    "proctored": Kind(proctored_page_rules.PROCTORED, page_context.proctored),
    # Only its provider tells practice from onboarding.
    "practice without provider": Kind(proctored_page_rules.WITHOUT_PROVIDER, page_context.proctored),
}


def get_student_view(
    user_id: int | None,
    course_id: Any,
    content_id: Any,
    context: MutableMapping[str, Any],
    user_role: str = "student",
) -> str | None:
    """Return the page to show instead of an exam's content, None to show the content.

    Args:
        user_id: the learner, None for an anonymous visitor.
        course_id, content_id: the exam's ids, as text, key objects or bytes.
        context: the host's data (contract/learner-pages#host-context). It is updated in place to the context
            of the template, so the caller finds the page's variables in it.
        user_role: only a ``student`` gets a page.

    An unregistered exam is created from ``context``. Reading may also write: an attempt whose time
    is up is ended, and a declined prerequisite declines the exam.

    Raises ``NotImplementedError`` for an exam whose provider is not configured, unless the learner has
    begun it or the page explains it (contract/learner-pages#misconfigured-provider), and for an attempt
    that timed out without being submitted; ``KeyError`` if an exam must be created and the context lacks
    its name or limit.
    """
    if user_role != "student":
        return None
    # Key objects stay: the date service would have to parse them from text again.
    course_id = as_text(course_id) if isinstance(course_id, bytes) else course_id
    content_id = as_text(content_id) if isinstance(content_id, bytes) else content_id
    learner_id = as_id(user_id)
    attempts = attempts_at(as_text(course_id), as_text(content_id), learner_id)
    exam, is_without_outage = _find_or_create_exam(attempts, course_id, content_id, context)
    if not exam["is_active"]:
        return None
    is_provider_missing = False
    try:
        provider = backends.get_backend_provider(exam=exam)
    except NotImplementedError as error:
        _report_misconfigured(exam["id"], exam["backend"])
        # A cause: it is configured, and its class could not be loaded. In 6.1.4 no process started then.
        is_explained = error.__cause__ is not None or conf.proctoring.explain_misconfigured_provider
        if _has_begun(attempts):
            provider = backends.stand_in(exam["backend"])
            is_provider_missing = True
        elif not is_explained:
            raise
        else:
            context["exam_id"] = exam["id"]
            return _render(_MISCONFIGURED, context)
    kind = _kind_of(exam, None if is_provider_missing else provider, context)
    if kind is None:
        return None

    def facts_about(attempts: Sequence[ProctoredExamStudentAttempt]) -> PageFacts:
        newest = newest_attempt(attempts)
        return PageFacts(exam, newest, provider, learner_id, course_id, content_id, dict(context), is_without_outage)

    facts = facts_about(attempts)
    try:
        rule = _decide(kind, facts)
    except get_user_model().DoesNotExist:
        # An anonymous visitor or a deleted account: no page fits, but the content stays hidden.
        log.info("content hidden from an unknown learner: exam_id=%s user_id=%s", exam["id"], facts.user_id)
        context["exam_id"] = exam["id"]
        return _render(str(UNEXPECTED.template), context)
    except StudentExamAttemptAlreadyExistsException:
        # Another request of this learner created an attempt in between, which decides now.
        facts = facts_about(attempts_at(as_text(course_id), as_text(content_id), learner_id))
        rule = _decide(kind, facts)
    if rule.answer.template is None:
        return None
    is_other_browser = rule is OTHER_BROWSER
    context.update(page_context.other_browser(facts, _request()) if is_other_browser else kind.build_context(facts))
    return _render(rule.answer.template, context)


def _decide(kind: Kind, facts: PageFacts) -> Rule:
    """Return the rule that applies, after carrying out what it wants done first."""
    rule = next(rule for rule in kind.rules if rule.applies(facts))
    if rule.answer.leads_into_exam and safe_exam_browser.is_missing(_request(), facts.course_id, facts.content_id):
        rule = OTHER_BROWSER
    log.debug("learner view: exam_id=%s user_id=%s rule=%s", facts.exam["id"], facts.user_id, rule.situation)
    if rule.answer.before is not None:
        rule.answer.before(facts)
    return rule


def _request() -> Any:
    """Return the request that is being answered, None outside of one. The published signature does not pass it."""
    return crum.get_current_request()


def _find_or_create_exam(
    attempts: Sequence[ProctoredExamStudentAttempt], course_id: Any, content_id: Any, context: Mapping[str, Any]
) -> tuple[dict[str, Any], bool]:
    """Return the exam's dict, with the due date that the host knows for this learner, and what is known of outages.

    ``attempts``: the learner's, read with their exam; who has one needs no further query. The second is True if no
    outage of the provider is in force for certain.
    """
    course, content = as_text(course_id), as_text(content_id)
    exam: Any = attempts[0].proctored_exam if attempts else _exam_with_outage(course, content)
    if exam is not None:
        is_without_outage = not attempts and exam.outage_id is None
        return {**exam_dict(exam), "due_date": context.get("due_date")}, is_without_outage
    return exam_dict(_create_exam(course, content, context)), True


def _exam_with_outage(course_id: str, content_id: str) -> Any:
    exams_at = ProctoredExam.objects.with_outage(timezone.now())
    try:
        return exams_at.get(course_id=course_id, content_id=content_id)
    except ProctoredExam.DoesNotExist:
        return None


def _create_exam(course_id: str, content_id: str, context: Mapping[str, Any]) -> ProctoredExam:
    is_proctored = context.get("is_proctored", False)
    try:
        exams.create_exam(
            course_id=course_id,
            content_id=content_id,
            exam_name=context["display_name"] or content_id,
            time_limit_mins=context["default_time_limit_mins"] or 0,
            is_proctored=is_proctored,
            # A timed practice exam is an unsupported kind whose content would be open.
            is_practice_exam=is_proctored and context.get("is_practice_exam", False),
            due_date=context.get("due_date"),
            hide_after_due=context.get("hide_after_due", False),
        )
    except ProctoredExamAlreadyExists:
        # Another learner's request was faster; both describe the same exam.
        log.info("exam was created meanwhile: course_id=%s content_id=%s", course_id, content_id)
    return ProctoredExam.objects.get(course_id=course_id, content_id=content_id)


def _kind_of(exam: Mapping[str, Any], provider: Any, context: Mapping[str, Any]) -> Kind | None:
    """Return the kind of exam, None if the content is shown whatever the learner did.

    ``provider``: None for a timed exam, and if it is not configured.
    """
    if not exam["is_proctored"]:
        return None if exam["is_practice_exam"] else KINDS["timed"]
    if utils.has_due_date_passed((context.get("credit_state") or {}).get("course_end_date")):
        return None
    if not exam["is_practice_exam"]:
        return KINDS["proctored"]
    if provider is None:
        return KINDS["practice without provider"]
    return KINDS["onboarding" if provider.supports_onboarding else "practice"]


def _has_begun(attempts: Sequence[ProctoredExamStudentAttempt]) -> bool:
    """Return whether the learner has an attempt that needs no provider any more: started, ended or refused."""
    attempt = newest_attempt(attempts)
    return attempt is not None and attempt.status not in _NEEDS_PROVIDER


@lru_cache(maxsize=1024)
def _report_misconfigured(exam_id: int, backend: str | None) -> None:
    """Log a misconfigured exam once per process, because every unit of every learner asks again."""
    log.error("exam's provider is not configured: exam_id=%s backend=%s", exam_id, backend)


def _render(template: str, context: MutableMapping[str, Any]) -> str:
    # The caller's own dict: rendering without a request adds nothing to it.
    return loader.get_template(template).render(context)  # type: ignore[arg-type]
