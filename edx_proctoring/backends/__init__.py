"""Proctoring providers behind one interface, and the function that looks one up.

Contract: contract/provider-configuration#exam-provider.

Models import this package, so it must be importable before models are loaded. The provider classes
are in its modules and are loaded by the app configuration.

Callers use ``backends.get_backend_provider(...)``, looked up in this module at each call, because
hosts and test suites replace it here.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.backends.provider_settings import (
    default_backend_name,
    get_proctoring_settings,
    get_proctoring_settings_param,
    provider_setting,
)

__all__ = [
    "default_backend_name",
    "find_backend_provider",
    "get_backend_provider",
    "get_proctoring_settings",
    "get_proctoring_settings_param",
    "is_configured",
    "provider_setting",
    "stand_in",
]

log = logging.getLogger(__name__)


def get_backend_provider(exam: Mapping[str, Any] | None = None, name: str | None = None) -> Any:
    """Return the provider of an exam, or the one configured under a name, or the default one.

    Args:
        exam: exam dict; its truthy ``backend`` (the key is required) wins over ``name``.
        name: name of a configured backend; None means the default.

    Returns a ``ProctoringBackendProvider`` or a duck type of it; None for an exam whose
    ``is_proctored`` is falsy, because a timed exam has no provider even if one is stored with it.
    Raises ``NotImplementedError`` for a name without a working provider, ``ImproperlyConfigured``
    if there is no default. Contract: contract/provider-configuration#exam-provider.
    """
    if exam:
        if "is_proctored" in exam and not exam["is_proctored"]:
            return None
        name = exam["backend"] or name
    # Through the app registry, because hosts replace providers on the live configuration object.
    return apps.get_app_config("edx_proctoring").get_backend(name=name)  # type: ignore[attr-defined]


def find_backend_provider(exam: Mapping[str, Any]) -> Any | None:
    """Return the provider of an exam, None if it has no working one. For callers that only read.

    A misconfigured provider must not hide pages from learners or the course team
    (GET /v1/proctored_exam/attempt/course_id/{course_id}). Callers that change something use
    ``get_backend_provider``, which raises the reason.
    """
    try:
        return get_backend_provider(exam)
    except (NotImplementedError, ImproperlyConfigured):
        # One line without a traceback: pages ask again and again while the provider is away.
        log.warning("provider is not configured: exam_id=%s backend=%s", exam.get("id"), exam.get("backend"))
        return None


def is_configured(name: str | None) -> bool:
    """Return whether a provider is configured under a name, the default one for None."""
    try:
        get_backend_provider(name=name)
    except (NotImplementedError, ImproperlyConfigured):
        return False
    return True


def stand_in(name: str | None) -> NullBackendProvider:
    """Return an object that answers for a provider that is not configured, so that its last pages can be shown."""
    return NullBackendProvider(verbose_name=name or NullBackendProvider.verbose_name)
