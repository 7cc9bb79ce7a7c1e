"""Checks for settings with a value of the wrong type."""

from collections.abc import Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from edx_proctoring import conf
from edx_proctoring.backends import provider_settings
from edx_proctoring.checks.common import TAG, ErrorThatStopsNothing

# Keys of ``PROCTORING_SETTINGS`` that are flags in ``conf``.
PLATFORM_BOOLEANS: Final = frozenset(
    {
        "ALLOW_CALLBACK_SIMULATION",
        "ALLOW_REVIEW_UPDATES",
        "ALLOW_TIMED_OUT_STATE",
        "ASYNC_PROVIDER_CALLS",
        "EMAIL_TEXT_ALTERNATIVE",
        "EXPLAIN_MISCONFIGURED_PROVIDER",
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
def check_rate_limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """At run time, a malformed rate counts as absent. A page polls up to twelve times a minute."""
    limits = conf.proctoring.rate_limits
    wrong = [
        scope
        for scope, rate in limits.items()
        if scope not in conf.RATE_SCOPES or (rate and conf.as_rate(rate) is None)
    ]
    messages: list[CheckMessage] = [
        Warning(
            f"PROCTORING_SETTINGS['RATE_LIMITS'][{scope!r}] has no effect.",
            hint=f"Use a rate such as '60/min', and one of these scopes: {', '.join(sorted(conf.RATE_SCOPES))}.",
            id="edx_proctoring.W035",
        )
        for scope in sorted(wrong, key=str)
    ]
    poll = conf.proctoring.rate_limit("proctoring_poll")
    if poll is not None and poll[0] * 60 < conf.LEAST_POLLS_PER_MINUTE * poll[1]:
        messages.append(
            ErrorThatStopsNothing(
                "PROCTORING_SETTINGS['RATE_LIMITS']['proctoring_poll'] is too low: the page of a running exam would be "
                "refused.",
                hint=f"Allow at least {conf.LEAST_POLLS_PER_MINUTE} requests a minute, or remove the rate.",
                id="edx_proctoring.E036",
            )
        )
    return messages


# Settings that say for which courses a feature is on.
_SCOPES: Final = ("COURSE_STAFF_DECIDE_REVIEWS", "EXAM_DESK")


@register(TAG)
def check_scopes(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """At run time, a scope of another kind counts as false."""
    return [
        Warning(
            f"PROCTORING_SETTINGS[{name!r}] is neither true, false nor a list of patterns; it counts as false.",
            hint=f"Set PROCTORING_SETTINGS[{name!r}] to true, false, or patterns such as 'course-v1:Org+*'.",
            id="edx_proctoring.W043",
        )
        for name in _SCOPES
        if not conf.is_scope(conf.proctoring.options.get(name))
    ]


@register(TAG)
def check_counts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """At run time, a value that is not a whole number from 1 counts as the default."""
    return [
        Warning(
            f"PROCTORING_SETTINGS[{name!r}] is no whole number from 1; it counts as {default}.",
            hint=f"Set PROCTORING_SETTINGS[{name!r}] to a number such as {default}, or remove it.",
            id="edx_proctoring.W048",
        )
        for name, default in conf.COUNTS.items()
        if (value := conf.proctoring.options.get(name)) is not None and not conf.is_count(value)
    ]


@register(TAG)
def check_outage_mode(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """At run time, an unknown mode counts as off."""
    value = conf.proctoring.options.get("OUTAGE_MODE", "global_staff")
    if value in conf.OUTAGE_MODES:
        return []
    return [
        Warning(
            f"PROCTORING_SETTINGS['OUTAGE_MODE'] is {value!r}; it counts as 'off'.",
            hint=f"Set it to one of these, or remove it: {', '.join(conf.OUTAGE_MODES)}.",
            id="edx_proctoring.W047",
        )
    ]


def _is_not_boolean(value: object) -> bool:
    return value is not None and conf.as_bool(value) is None


@register(TAG)
def check_video_url_cipher(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """At run time, an unknown form of stored links counts as the old one."""
    value = conf.proctoring.options.get("VIDEO_URL_CIPHER", "v1")
    if value in ("v1", "v2"):
        return []
    return [
        ErrorThatStopsNothing(
            f"PROCTORING_SETTINGS['VIDEO_URL_CIPHER'] is {value!r}; it counts as 'v1'.",
            hint="Set it to 'v1' or 'v2', or remove it.",
            id="edx_proctoring.E037",
        )
    ]
