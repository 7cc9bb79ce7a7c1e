"""Start gates: hooks that can refuse to start an exam, with a reason.

Contract: contract/start-gates#asked, contract/start-gates#order. Asked once where a request exists, by the REST and
page start paths; a start without a request is not gated, and submitting never is. Other apps register their gate in
their own ``AppConfig.ready()``. A provider may have a gate of its own, the optional method ``check_start(exam,
attempt, request)``.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from edx_proctoring import backends
from edx_proctoring.models import AttemptIncident

__all__ = ["StartRefusal", "check_start_gates", "register_start_gate", "unregister_start_gate"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StartRefusal:
    """Why the exam cannot be started now.

    ``code``: for machines. ``detail``: translated, for the learner. ``launch_url``: where the
    learner gets what is missing (such as the right browser), or None.
    """

    code: str
    detail: str
    launch_url: str | None = None


# user, exam dict, attempt dict or None, request -> refusal or None
StartGate = Callable[[Any, Mapping[str, Any], Mapping[str, Any] | None, Any], StartRefusal | None]

# By name, so that registering twice (a second ``ready()`` in tests) does not ask twice.
_GATES: dict[str, StartGate] = {}


def register_start_gate(name: str, gate: StartGate) -> None:
    """Ask ``gate`` before each start that has a request. A gate of the same name is replaced.

    ``gate(user, exam, attempt, request)`` gets a ``User``, the exam dict, the attempt dict (None
    before there is one) and the request; it returns a ``StartRefusal``, or None to let pass.
    """
    _GATES[name] = gate


def unregister_start_gate(name: str) -> None:
    """Ask the gate of this name no longer; an unknown name is no error."""
    _GATES.pop(name, None)


def check_start_gates(
    user: Any,
    exam: Mapping[str, Any],
    attempt: Mapping[str, Any] | None,
    request: Any,
    *,
    asks_provider: bool = True,
) -> StartRefusal | None:
    """Return the first refusal, or None if the learner may start.

    ``asks_provider``: False while staff say that the exam's provider is out of order.

    Registered gates come first, in order of registration, then the exam's provider. Without a
    request nobody is asked. An exception of a gate propagates: to let a learner pass whom a broken
    gate was to stop is the worse mistake.
    """
    if request is None:
        return None
    for name, gate in _GATES.items():
        refusal = gate(user, exam, attempt, request)
        if refusal is not None:
            _log_refusal(name, refusal, user, exam, attempt)
            return refusal
    if not asks_provider:
        return None
    try:
        provider_gate = _gate_of_provider(exam)
    except (NotImplementedError, ImproperlyConfigured):
        # A sentence instead of an error page: without its provider the exam cannot be started anyway.
        log.exception("start refused, provider is not configured: exam_id=%s backend=%s", exam["id"], exam["backend"])
        return StartRefusal(
            "provider_not_configured",
            _("The proctoring service of this exam is not available at the moment. Please contact your course team."),
        )
    if provider_gate is None or (attempt is not None and _is_taken_without_provider(exam, attempt)):
        return None
    refusal = provider_gate(exam, attempt, request)
    if refusal is not None:
        _log_refusal("provider", refusal, user, exam, attempt)
    return refusal


def _is_taken_without_provider(exam: Mapping[str, Any], attempt: Mapping[str, Any]) -> bool:
    """As ``queries.is_taken_without_provider``, for dicts."""
    if attempt["taking_as_proctored"] or not exam["is_proctored"]:
        return False
    return bool(AttemptIncident.objects.is_outage_attempt(attempt["id"]))


def _log_refusal(
    gate: str, refusal: StartRefusal, user: Any, exam: Mapping[str, Any], attempt: Mapping[str, Any] | None
) -> None:
    log.info(
        "start refused: gate=%s code=%s exam_id=%s user_id=%s attempt_id=%s course_id=%s",
        gate,
        refusal.code,
        exam["id"],
        user.id,
        None if attempt is None else attempt["id"],
        exam.get("course_id"),
    )


def _gate_of_provider(exam: Mapping[str, Any]) -> Callable[..., StartRefusal | None] | None:
    provider = backends.get_backend_provider(exam)
    # Absent on the plug-ins of old. Not plain ``getattr`` on the instance: a mock invents any attribute.
    if not hasattr(type(provider), "check_start") and "check_start" not in getattr(provider, "__dict__", {}):
        return None
    gate: Callable[..., StartRefusal | None] = provider.check_start
    return gate
