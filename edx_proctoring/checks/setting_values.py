"""Checks for settings with a value of the wrong type, or with a key that nothing reads."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from edx_proctoring import conf
from edx_proctoring.backends import provider_settings
from edx_proctoring.checks.common import TAG, ErrorThatStopsNothing, app_config

# Keys of ``PROCTORING_SETTINGS`` that are flags in ``conf``.
PLATFORM_BOOLEANS: Final = frozenset(
    {
        "ALLOW_CALLBACK_SIMULATION",
        "ALLOW_REVIEW_UPDATES",
        "ALLOW_TIMED_OUT_STATE",
        "ASYNC_PROVIDER_CALLS",
        "EMAIL_TEXT_ALTERNATIVE",
        "HIDE_INACTIVE_EXAMS",
        "HIDE_PROVIDER_FIELDS",
        "LEARNER_MAY_RESUME",
        "REQUIRE_FAILURE_SECOND_REVIEWS",
        "USE_ONBOARDING_PROFILE_API",
    }
)


@register(TAG)
def check_shapes(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """At run time, settings of the wrong type count as empty, without an error."""
    return [
        ErrorThatStopsNothing(
            f"{name} must be a dict, but is a {type(value).__name__}.",
            hint=f"Make {name} a dict, or remove it.",
            id="edx_proctoring.E001",
        )
        for name in (
            "PROCTORING_SETTINGS",
            "PROCTORING_BACKENDS",
            "PROCTORING_BACKEND_PROVIDERS",
            "PROCTORING_BACKEND_PROVIDER",
        )
        if (value := getattr(settings, name, None)) is not None and not isinstance(value, dict)
    ]


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
def check_booleans(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Samples of the older form have placeholder text instead of true or false."""
    names = sorted({*conf.proctoring.backends, *provider_settings.legacy_entries()} - {"DEFAULT"})
    messages: list[CheckMessage] = [
        Warning(
            f"The proctoring setting {key} of the provider {name!r} is neither true nor false and is ignored.",
            hint=f"Set 'settings' → {key!r} of {name!r} to true or false, or remove it.",
            id="edx_proctoring.W005",
        )
        for name in names
        for key, value in provider_settings.own_settings(name).items()
        if key in provider_settings.BOOLEAN_KEYS and _is_not_boolean(value)
    ]
    messages += [
        Warning(
            f"PROCTORING_SETTINGS[{key!r}] is neither true nor false and is ignored.",
            hint=f"Set PROCTORING_SETTINGS[{key!r}] to true or false, or remove it.",
            id="edx_proctoring.W005",
        )
        for key in sorted(PLATFORM_BOOLEANS & set(conf.proctoring.options))
        if _is_not_boolean(conf.proctoring.options[key])
    ]
    return messages


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


def _is_not_boolean(value: object) -> bool:
    return value is not None and conf.as_bool(value) is None


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
