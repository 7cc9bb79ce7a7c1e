"""Reads the replies of a REST provider.

Contract: contract/provider-wire#register-failures, contract/provider-interface#page-content.
"""

from collections.abc import Mapping
from typing import Any

import requests

from edx_proctoring.backends import sanitizer
from edx_proctoring.exceptions import BackendProviderOnboardingException, BackendProviderSentNoAttemptID
from edx_proctoring.statuses import ProctoredExamStudentAttemptStatus


def attempt_id_in(reply: Any, http_status: int) -> Any:
    """Return the provider's id in the reply to a registration.

    Raises ``BackendProviderOnboardingException``, ``BackendProviderSentNoAttemptID``.
    """
    if isinstance(reply, dict):
        status = reply.get("status")
        # Before the id, because a refusal may come with one.
        if status in ProctoredExamStudentAttemptStatus.onboarding_errors:
            raise BackendProviderOnboardingException(status)
        if reply.get("id"):
            return reply["id"]
    raise BackendProviderSentNoAttemptID(reply, http_status)


def safe_config(reply: Mapping[str, Any]) -> dict[str, Any]:
    """Return a provider's configuration with texts and URLs that are safe to show."""
    config = dict(reply)
    if "instructions" in config:
        config["instructions"] = sanitizer.clean_instructions(config["instructions"])
    if config.get("download_url"):
        config["download_url"] = sanitizer.safe_download_url(config["download_url"])
    return config


def safe_attempt(reply: Any) -> dict[str, Any]:
    """Return a provider's view of an attempt likewise; it always has a list of ``instructions``."""
    attempt = dict(reply) if isinstance(reply, Mapping) else {}
    attempt.setdefault("instructions", None)
    return safe_config(attempt)


def describe(outcome: requests.Response | Exception, backend: str) -> str:
    """Return the outcome of a call for the log, without the body, which may hold names."""
    if isinstance(outcome, Exception):
        return f"backend={backend} error={type(outcome).__name__}"
    return f"backend={backend} upstream_status={outcome.status_code}"
