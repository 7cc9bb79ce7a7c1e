"""Checks for backends of Constructor Proctor. Contract: contract/constructor#checks."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Warning, register

from edx_proctoring.checks.common import TAG, provider_message, providers


@register(TAG)
def check_constructor_backends(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A backend without its app, or with mistakes in its options."""
    # Here, so that processes without this provider, which run no checks, do not load it.
    from edx_proctoring.backends.constructor import ConstructorProctoringProvider

    messages: list[CheckMessage] = []
    for name, provider in providers():
        if not isinstance(provider, ConstructorProctoringProvider):
            continue
        if not apps.is_installed("edx_proctoring.constructor"):
            messages.append(
                provider_message(
                    name,
                    f"The proctoring provider {name!r} needs the app edx_proctoring.constructor.",
                    hint="Add 'edx_proctoring.constructor' to INSTALLED_APPS and run migrate.",
                    number="040",
                )
            )
        hint = f"Correct PROCTORING_BACKENDS[{name!r}]['constructor']; docs/guides/constructor.rst lists its options."
        messages += [
            provider_message(name, f"The proctoring provider {name!r}: {text}", hint=hint, number="041")
            for text in provider.options.problems
        ]
        messages += [
            Warning(f"The proctoring provider {name!r}: {text}", hint=hint, id="edx_proctoring.W042")
            for text in provider.options.hints
        ]
    return messages
