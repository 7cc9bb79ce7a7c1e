"""Checks for providers that are missing or cannot work as configured."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning, register

from edx_proctoring import conf
from edx_proctoring.backends import provider_settings, redaction
from edx_proctoring.backends.registry import PluginNotImportable
from edx_proctoring.checks.common import TAG, app_config, provider_message, providers


@register(TAG)
def check_default_backend(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Exams without a provider of their own use the default one."""
    name = provider_settings.default_backend_name()
    config = app_config()
    if name is None:
        return [
            Warning(
                "There is no default proctoring backend.",
                hint="Set PROCTORING_BACKENDS['DEFAULT'] to one of its other keys, for example 'null'.",
                id="edx_proctoring.W002",
            )
        ]
    if name in config.backends or name in config.broken_backends:
        return []
    return [
        Warning(
            f"The default proctoring backend is {name!r}, but the configured providers are: "
            f"{', '.join(sorted(config.backends)) or 'none'}.",
            hint=f"Install the plugin {name!r} and give it an entry in PROCTORING_BACKENDS, or correct "
            "PROCTORING_BACKENDS['DEFAULT'].",
            id="edx_proctoring.W002",
        )
    ]


@register(TAG)
def check_broken_backends(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The process starts without a provider that could not be built, but its exams cannot be taken."""
    new_form = conf.proctoring.backends
    return [
        provider_message(
            name,
            f"The proctoring provider {name!r} could not be built: {redaction.describe(exc, name)}",
            hint=_hint_for_broken(name, exc, is_of_new_form=name in new_form),
            number="003",
            is_of_older_form=name not in new_form,
        )
        for name, exc in app_config().broken_backends.items()
    ]


def _hint_for_broken(name: str, exc: Exception, *, is_of_new_form: bool) -> str:
    if isinstance(exc, ImportError) and is_of_new_form:
        missing = exc.plugin if isinstance(exc, PluginNotImportable) else exc.name or "its module"
        return (
            f"Upgrade or install the plug-in of {name!r} ({missing}), so that it can be imported with this release "
            "of Django; its exams cannot be taken until then."
        )
    if is_of_new_form:
        return f"Correct PROCTORING_BACKENDS[{name!r}]; exams that name this backend cannot be taken until then."
    return "Correct its entry in PROCTORING_BACKEND_PROVIDERS, or move it to PROCTORING_BACKENDS."


@register(TAG)
def check_exam_passwords(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """OpenSSL in FIPS mode may lack triple DES, and a key may not fit the cipher."""
    messages = []
    for name, provider in providers():
        test_encryption = getattr(provider, "check_encryption", None)
        if test_encryption is None:
            continue
        try:
            test_encryption()
        except Exception as exc:
            messages.append(
                provider_message(
                    name,
                    f"The proctoring provider {name!r} cannot encrypt exam passwords: {redaction.describe(exc, name)}",
                    hint="Correct 'crypto_key' (24 or 16 characters, no repeated halves); under FIPS rules ask the "
                    "vendor for another cipher and set 'password_cipher'.",
                    number="006",
                )
            )
    return messages


@register(TAG)
def check_passing_statuses(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A provider class without a list of its own passes learners whose review found a violation."""
    return [
        Warning(
            f"The proctoring provider {name!r} does not say which verdicts pass: a review that found a violation of "
            "the rules passes the learner.",
            hint=f"Set 'passing_statuses' of {name!r}, for example to ['Clean'], or to ['Clean', 'Rules Violation'] if "
            "that is meant.",
            id="edx_proctoring.W027",
        )
        for name, provider in providers()
        if not _is_stand_in(provider) and not getattr(provider, "passing_statuses", None)
    ]


def _is_stand_in(provider: Any) -> bool:
    """Return whether this package has the class and it has no list: null, mock and test support, without reviews."""
    return type(getattr(provider, "wrapped", provider)).__module__.startswith("edx_proctoring.")


@register(TAG)
def check_time_limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A call without a time limit could block a learner's page without end."""
    return [
        provider_message(
            name,
            f"The option {option!r} of the proctoring provider {name!r} is {getattr(provider, option)!r}.",
            hint=f"Set {option!r} to a number of seconds above 0, or to a pair of them (connect, read).",
            number="009",
        )
        for name, provider in providers()
        for option in ("timeout", "page_timeout")
        if hasattr(provider, option) and not _is_time_limit(getattr(provider, option))
    ]


def _is_time_limit(value: Any) -> bool:
    parts = value if isinstance(value, (tuple, list)) else (value,)
    return 0 < len(parts) <= 2 and all(
        isinstance(part, (int, float)) and not isinstance(part, bool) and part > 0 for part in parts
    )
