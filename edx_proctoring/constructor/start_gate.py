"""Refuses to start an attempt outside of the proctored page. Contract: contract/constructor#gate.

A gate is asked before a start only: submitting is never refused.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from edx_proctoring import api, backends
from edx_proctoring.backends.constructor import ConstructorProctoringProvider, store

NAME: Final = "constructor"


def gate(user: Any, exam: Mapping[str, Any], attempt: Mapping[str, Any] | None, request: Any) -> Any:
    """Return a refusal if the exam is proctored by Constructor and the request is not from its page, else None."""
    try:
        provider = backends.get_backend_provider(exam)
    except (NotImplementedError, ImproperlyConfigured):
        # The registry itself refuses it.
        return None
    if not isinstance(provider, ConstructorProctoringProvider) or attempt is None:
        return None
    session_id, sessions = attempt.get("external_id") or "", store.current()
    if sessions is not None and session_id and sessions.shows_content(provider, request, session_id):
        return None
    return api.StartRefusal(
        "proctoring_required",
        _("Open this exam through the proctoring system. Its page there starts the exam."),
        provider.url_of("launch", session_id) if session_id else None,
    )


def register() -> None:
    """Ask the gate before every start that has a request."""
    api.register_start_gate(NAME, gate)
