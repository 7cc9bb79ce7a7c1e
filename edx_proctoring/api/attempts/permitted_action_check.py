"""Apply the table of ``lifecycle.permitted_actions`` to an attempt, in the request and again under its lock."""

from dataclasses import replace

from edx_proctoring import backends, conf
from edx_proctoring.api.lifecycle import permitted_actions
from edx_proctoring.api.lifecycle.permitted_actions import Action, Facts, Kind, Outcome, Rule
from edx_proctoring.api.lifecycle.status_change import Condition
from edx_proctoring.exceptions import (
    ProctoredBaseException,
    ProctoredExamIllegalStatusTransition,
    ProctoredExamPermissionDenied,
)
from edx_proctoring.models import ProctoredExam, ProctoredExamStudentAttempt
from edx_proctoring.serializers import exam_dict

__all__: list[str] = []


def facts_of(exam: ProctoredExam, attempt: ProctoredExamStudentAttempt | None) -> Facts:
    """Return the facts about an attempt of an exam; ``may_opt_out`` is left at True. No query."""
    provider = backends.find_backend_provider(exam_dict(exam)) if exam.is_proctored else None
    kind = permitted_actions.kind_of(
        is_proctored=exam.is_proctored,
        is_practice=exam.is_practice_exam,
        supports_onboarding=bool(provider is not None and provider.supports_onboarding),
    )
    return Facts(
        status=None if attempt is None else attempt.status,
        kind=kind,
        needs_ready=kind is not Kind.TIMED and _needs_ready(provider),
        is_released=attempt is not None and attempt.ready_to_resume and not attempt.resumed,
    )


def permits(action: Action, facts: Facts) -> Condition:
    """Return the condition of a status change: whether the action is done on the attempt as it is under its lock.

    The condition raises as ``require`` does.
    """

    def condition(attempt: ProctoredExamStudentAttempt) -> bool:
        return require(action, replace(facts, status=attempt.status), attempt).outcome is Outcome.DONE

    return condition


def require(action: Action, facts: Facts, attempt: ProctoredExamStudentAttempt) -> Rule:
    """Return the rule for an action on an attempt, unless the action is refused.

    Raises ``ProctoredExamIllegalStatusTransition`` (400), ``ProctoredExamPermissionDenied`` (403).
    """
    rule = permitted_actions.find_rule(action, facts)
    if rule.outcome is Outcome.REFUSED:
        raise _refusal(ProctoredExamIllegalStatusTransition, rule, attempt)
    if rule.outcome is Outcome.FORBIDDEN:
        raise _refusal(ProctoredExamPermissionDenied, rule, attempt)
    return rule


def _refusal(
    exception: type[ProctoredBaseException], rule: Rule, attempt: ProctoredExamStudentAttempt
) -> ProctoredBaseException:
    return exception(
        f"The action {rule.action.value} was requested for attempt_id={attempt.pk} of "
        f"exam_id={attempt.proctored_exam_id}, whose status is {attempt.status}. This is not allowed: {rule.reason}."
    )


def _needs_ready(provider: object) -> bool:
    value = getattr(provider, "requires_ready", False)
    # A provider may be a mock, which has every attribute.
    return isinstance(value, (bool, str)) and conf.as_bool(value) is True
