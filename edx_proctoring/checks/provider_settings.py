"""Checks for the keys and options in the configuration of single providers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning, register

from edx_proctoring import conf
from edx_proctoring.backends import provider_settings
from edx_proctoring.checks.common import TAG, app_config


@register(TAG)
def check_dropped_options(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """An option that no provider accepts is usually a spelling mistake."""
    return [
        Warning(
            f"PROCTORING_BACKENDS[{name!r}] has options that no provider gets: {', '.join(keys)}.",
            hint="Correct the spelling, or declare the names in 'configuration_keys' of the provider's class.",
            id="edx_proctoring.W004",
        )
        for name, keys in app_config().dropped_backend_keys.items()
    ]


@register(TAG)
def check_provider_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A misspelt key among a provider's own settings would leave the platform's value in force."""
    messages: list[CheckMessage] = []
    for name, path, own in _settings_of_entries():
        for where, value in (
            (path, own),
            (f"{path}['LINK_URLS']", own.get("LINK_URLS") if isinstance(own, Mapping) else None),
        ):
            if value is not None and not isinstance(value, Mapping):
                messages.append(
                    Warning(
                        f"{where} must be a dict, but is a {type(value).__name__}; it is ignored.",
                        hint=f"Make {where} a dict, or remove it.",
                        id="edx_proctoring.W021",
                    )
                )
        unknown = sorted(map(str, set(own) - provider_settings.KNOWN_KEYS)) if isinstance(own, Mapping) else []
        if unknown:
            messages.append(
                Warning(
                    f"{path} has keys that nobody reads: {', '.join(unknown)}.",
                    hint=f"Correct the spelling for the provider {name!r}. Known keys: "
                    f"{', '.join(sorted(provider_settings.KNOWN_KEYS))}.",
                    id="edx_proctoring.W022",
                )
            )
    return messages


def _settings_of_entries() -> Iterator[tuple[str, str, Any]]:
    """Yield the name, the path of ``settings`` and its value for each entry of both forms."""
    forms = (
        ("PROCTORING_BACKENDS", conf.proctoring.backends),
        ("PROCTORING_BACKEND_PROVIDERS", provider_settings.legacy_entries()),
    )
    for form, entries in forms:
        for name, entry in entries.items():
            if name != "DEFAULT" and isinstance(entry, Mapping):
                yield name, f"{form}[{name!r}]['settings']", entry.get("settings")
