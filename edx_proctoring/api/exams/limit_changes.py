"""Tell providers a learner's new limit: an allowance was given, changed or deleted after the attempt was registered.

Contract: contract/provider-interface#new-limit. An effect per registered attempt that has not started. Its receiver
computes the limit when it is delivered, so the provider gets the one of that moment.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from django.utils import timezone

from edx_proctoring import backends
from edx_proctoring.api.effects import delivery, outbox
from edx_proctoring.api.effects.outbox import Effect
from edx_proctoring.api.effects.routes import Delivery, receives
from edx_proctoring.api.lifecycle import allowed_time, transitions
from edx_proctoring.backends import call_options
from edx_proctoring.models import AttemptEffect, ProctoredExamStudentAttempt

__all__: list[str] = []

TELL_NEW_LIMIT: Final = "update_time_limit"

# Providers that are told before the request ends; the rest of a bulk follows with ``deliver_effects``.
_MOST_CALLS_IN_A_REQUEST: Final = 10


def record(exams: Iterable[Mapping[str, Any]], user_ids: Collection[int]) -> list[int]:
    """Record that providers are to get the limits of these learners' attempts at these exams; return the effects' ids.

    ``exams``: exam dicts. To be called in the transaction that writes the allowances, so that the effects outlive a
    process that dies after it. A constant number of queries, usually one; three if an attempt is to be reported.
    """
    exam_ids = {exam["id"] for exam in exams if exam["is_proctored"] and _may_take_new_limits(exam["backend"])}
    if not exam_ids:
        return []
    registered = ProctoredExamStudentAttempt.objects.filter(
        proctored_exam_id__in=exam_ids,
        user_id__in=user_ids,
        status__in=transitions.PRE_STARTED,
        started_at=None,
    ).exclude(external_id=None)
    attempts = [attempt for attempt in registered.order_by("pk") if attempt.external_id]
    if not attempts:
        return []
    return outbox.record_due(attempts, Effect(AttemptEffect.KIND_PROVIDER, TELL_NEW_LIMIT))


def recorded_for(exam_ids: Collection[int], user_ids: Collection[int]) -> list[int]:
    """Return the ids of effects that ``record`` has left for these learners and exams, in their order. One query.

    Without those that another process is delivering, and their repetitions, which are due later.
    """
    attempts = ProctoredExamStudentAttempt.objects.filter(proctored_exam_id__in=exam_ids, user_id__in=user_ids)
    due = AttemptEffect.objects.filter(
        state=AttemptEffect.STATE_DUE,
        call_name=TELL_NEW_LIMIT,
        attempt_id__in=attempts.values("pk"),
        next_try_at__lte=timezone.now(),
    )
    return list(due.order_by("pk").values_list("pk", flat=True))


def deliver(effect_ids: Sequence[int]) -> None:
    """Tell providers, after the transaction, what ``record`` has recorded. Never raises because of a provider."""
    if effect_ids:
        delivery.deliver_soon(effect_ids, most=_MOST_CALLS_IN_A_REQUEST)


def _may_take_new_limits(backend: str | None) -> bool:
    """Return whether a provider takes new limits; also True while it is not configured, so that it is told later."""
    return not backends.is_configured(backend) or _takes_new_limits(backends.get_backend_provider(name=backend))


def _takes_new_limits(provider: Any) -> bool:
    # With a default, because plug-ins of an older interface do not have it.
    return bool(getattr(provider, "takes_new_limits", False))


@receives(AttemptEffect.KIND_PROVIDER, TELL_NEW_LIMIT, lane="limit", only_while=transitions.PRE_STARTED)
def _tell_new_limit(delivery: Delivery) -> None:
    provider: Any = delivery.scene.provider
    attempt, exam = delivery.attempt, delivery.scene.exam_dict
    if provider is None or not _takes_new_limits(provider) or not attempt.external_id:
        return
    limit = allowed_time.limit_now(exam, attempt.user_id, attempt, fresh=True)
    with call_options.use(raises_on_error=True):
        provider.update_time_limit(exam["external_id"], attempt.external_id, limit.minutes)
