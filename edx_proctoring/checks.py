"""System checks for mistakes in the configuration. Spec: backends.md 2, 3.1, 7.4.

Each message names the setting, and its hint says how to repair it. A configuration that 6.1.4 starts
with must start here too, so only a default provider that cannot work stops a command. Run with
``manage.py check``.

========================  =====================================================================
``edx_proctoring.E001``   a setting that must be a dict is not
``edx_proctoring.W002``   there is no default backend, or no provider with its name
``edx_proctoring.E003``   the default provider could not be built, or one of the older form (which
                          is reported as an error, but does not stop commands)
``edx_proctoring.W003``   another provider could not be built
``edx_proctoring.W004``   an option of a provider has no effect
``edx_proctoring.W005``   a boolean, of a provider or the platform, is neither true nor false
``edx_proctoring.E006``   the default provider cannot encrypt exam passwords (``W006``: another one)
``edx_proctoring.W007``   reviews can be forged: callback simulation is on
``edx_proctoring.W008``   there is no key for obscured user ids
``edx_proctoring.E009``   a time limit of the default provider is not a positive number (``W009``: another one)
``edx_proctoring.W010``   the platform has no keys for verifying the signatures of JWTs
``edx_proctoring.W021``   a provider's ``settings``, or its links, are not a dict
``edx_proctoring.W022``   a provider's ``settings`` have a key that nothing reads
``edx_proctoring.W023``   exams name a provider that is not configured
``edx_proctoring.W024``   a switch is named after a provider that is not configured
``edx_proctoring.W025``   the group that may deliver the reviews of a REST provider is empty
========================  =====================================================================

W023 to W025 query the database: they run with ``manage.py check --database default``, with ``migrate``
and with ``check_proctoring_backends``.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.checks import ERROR, CheckMessage, Error, Tags, Warning, register
from django.db import connections, router
from django.db.models import Count
from waffle import get_waffle_switch_model

from edx_proctoring import conf, constants
from edx_proctoring.backends import provider_settings, redaction
from edx_proctoring.backends.null import NullBackendProvider
from edx_proctoring.backends.rest import BaseRestProctoringProvider
from edx_proctoring.models import ProctoredExam
from edx_proctoring.utils.signed_jwt import accepts_any_signature

if TYPE_CHECKING:
    from edx_proctoring.apps import EdxProctoringConfig

TAG = "edx_proctoring"

_PLATFORM_BOOLEANS: Final = frozenset(
    {
        "ALLOW_CALLBACK_SIMULATION",
        "ALLOW_REVIEW_UPDATES",
        "ALLOW_TIMED_OUT_STATE",
        "ASYNC_PROVIDER_CALLS",
        "HIDE_PROVIDER_FIELDS",
        "LEARNER_MAY_RESUME",
        "REQUIRE_FAILURE_SECOND_REVIEWS",
        "USE_ONBOARDING_PROFILE_API",
    }
)

# The host may replace waffle's model.
Switch = get_waffle_switch_model()


@register(TAG)
def check_shapes(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """At run time, settings of the wrong type count as empty, without an error."""
    return [
        Error(
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
def check_default_backend(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Exams without a provider of their own use the default one."""
    name = provider_settings.default_backend_name()
    config = _config()
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


class ErrorThatStopsNothing(Error):
    """A message of level error that does not stop a command such as ``migrate``.

    Published configurations have entries of the older form whose classes are not installed anywhere.
    6.1.4 does not read them, so an upgraded platform must start with them (backends.md 2.3).
    """

    def is_serious(self, level: int = ERROR) -> bool:
        """Return whether the caller stops at a level below errors (``check --fail-level WARNING``)."""
        return level < ERROR


@register(TAG)
def check_broken_backends(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The process starts without a provider that could not be built, but its exams cannot be taken."""
    new_form = conf.proctoring.backends
    return [
        _message(
            name,
            f"The proctoring provider {name!r} could not be built: {redaction.describe(exc, name)}",
            hint=(
                f"Correct PROCTORING_BACKENDS[{name!r}]; exams that name this backend cannot be taken until then."
                if name in new_form
                else "Correct its entry in PROCTORING_BACKEND_PROVIDERS, or move it to PROCTORING_BACKENDS."
            ),
            number="003",
            is_of_older_form=name not in new_form,
        )
        for name, exc in _config().broken_backends.items()
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
        for name, keys in _config().dropped_backend_keys.items()
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
        for key in sorted(_PLATFORM_BOOLEANS & set(conf.proctoring.options))
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


@register(TAG)
def check_exam_passwords(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """OpenSSL in FIPS mode may lack triple DES, and a key may not fit the cipher."""
    messages = []
    for name, provider in _providers():
        test_encryption = getattr(provider, "check_encryption", None)
        if test_encryption is None:
            continue
        try:
            test_encryption()
        except Exception as exc:
            messages.append(
                _message(
                    name,
                    f"The proctoring provider {name!r} cannot encrypt exam passwords: {redaction.describe(exc, name)}",
                    hint="Correct 'crypto_key' (24 or 16 characters, no repeated halves); under FIPS rules ask the "
                    "vendor for another cipher and set 'password_cipher'.",
                    number="006",
                )
            )
    return messages


@register(TAG, deploy=True)
def check_callback_simulation(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Simulation switches off the comparison of record locators, one of the two secrets of an anonymous review."""
    if settings.DEBUG or not conf.proctoring.allow_callback_simulation:
        return []
    return [
        Warning(
            "PROCTORING_SETTINGS['ALLOW_CALLBACK_SIMULATION'] is on: anyone who knows an attempt code can review "
            "the attempt.",
            hint="Remove ALLOW_CALLBACK_SIMULATION from PROCTORING_SETTINGS; it is meant for development.",
            id="edx_proctoring.W007",
        )
    ]


@register(TAG)
def check_obfuscation_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Providers get only a keyed hash of user ids; without the key no attempt can be registered."""
    if getattr(settings, "PROCTORING_USER_OBFUSCATION_KEY", None):
        return []
    without_key = [name for name, provider in _providers() if not isinstance(provider, NullBackendProvider)]
    if not without_key:
        return []
    return [
        Warning(
            f"PROCTORING_USER_OBFUSCATION_KEY is not set, but these providers need it: {', '.join(without_key)}.",
            hint="Set PROCTORING_USER_OBFUSCATION_KEY to a secret ASCII string, and never change it afterwards: "
            "providers keep what it makes of user ids.",
            id="edx_proctoring.W008",
        )
    ]


@register(TAG)
def check_time_limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A call without a time limit could block a learner's page without end."""
    return [
        _message(
            name,
            f"The option {option!r} of the proctoring provider {name!r} is {getattr(provider, option)!r}.",
            hint=f"Set {option!r} to a number of seconds above 0, or to a pair of them (connect, read).",
            number="009",
        )
        for name, provider in _providers()
        for option in ("timeout", "page_timeout")
        if hasattr(provider, option) and not _is_time_limit(getattr(provider, option))
    ]


@register(TAG)
def check_jwt_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Without public keys, edx-drf-extensions accepts tokens with any signature."""
    if not accepts_any_signature():
        return []
    return [
        Warning(
            "JWT_AUTH['JWT_PUBLIC_SIGNING_JWK_SET'] is empty: edx-drf-extensions accepts JWTs with any signature. "
            "The views of edx_proctoring take tokens signed with JWT_SECRET_KEY only; other views of the platform "
            "let forged tokens pass.",
            hint="Set JWT_AUTH['JWT_PUBLIC_SIGNING_JWK_SET'] to the public keys of the services that issue tokens.",
            id="edx_proctoring.W010",
        )
    ]


@register(Tags.database)
def check_rows(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Compare the rows that name providers with the configuration. Spec: host-platform.md 16, number 6."""
    tables = (ProctoredExam._meta.db_table, Group._meta.db_table, Switch._meta.db_table)
    for alias in databases or ():
        # ``migrate`` runs this before there are any tables.
        existing = connections[alias].introspection.table_names()
        if router.db_for_read(ProctoredExam) == alias and set(tables) <= set(existing):
            return [*_exams_of_unknown_providers(), *_switches_of_unknown_providers(), *_providers_without_reviewers()]
    return []


def _exams_of_unknown_providers() -> Iterator[CheckMessage]:
    known = _known_names()
    active = ProctoredExam.objects.filter(is_proctored=True, is_active=True).exclude(backend=None)
    for name, exams in active.order_by("backend").values_list("backend").annotate(Count("id")):
        if name not in known:
            yield Warning(
                f"Active exams name the proctoring provider {name!r}, which is not configured: {exams} of them.",
                hint=f"Configure {name!r} in PROCTORING_BACKENDS, or give these exams another provider in Studio.",
                id="edx_proctoring.W023",
            )


def _switches_of_unknown_providers() -> Iterator[CheckMessage]:
    before, after = constants.PING_FAILURE_PASSTHROUGH_TEMPLATE.split("{}")
    known = _known_names()
    switches = Switch.objects.filter(name__startswith=before, name__endswith=after).order_by("name")
    for switch in switches.values_list("name", flat=True):
        name = switch.removeprefix(before).removesuffix(after)
        if name not in known:
            yield Warning(
                f"The switch {switch!r} has no effect: no proctoring provider {name!r} is configured.",
                hint="Rename the switch after the provider that it is for, or delete it.",
                id="edx_proctoring.W024",
            )


def _providers_without_reviewers() -> Iterator[CheckMessage]:
    groups = {
        f"{name}_review": name for name, provider in _providers() if isinstance(provider, BaseRestProctoringProvider)
    }
    with_reviewers = Group.objects.filter(name__in=groups, user__is_active=True).values_list("name", flat=True)
    for group in sorted(set(groups) - set(with_reviewers)):
        yield Warning(
            f"The group {group!r} has no active members: reviews of the proctoring provider {groups[group]!r} are "
            "accepted from staff only.",
            hint=f"Create the group {group!r} and put the user of the provider's OAuth2 application into it.",
            id="edx_proctoring.W025",
        )


def _known_names() -> set[str]:
    """Return all names in the configuration, including providers that run elsewhere."""
    return {*conf.proctoring.backends, *provider_settings.legacy_entries(), *_config().backends}


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


def _is_time_limit(value: Any) -> bool:
    parts = value if isinstance(value, (tuple, list)) else (value,)
    return 0 < len(parts) <= 2 and all(
        isinstance(part, (int, float)) and not isinstance(part, bool) and part > 0 for part in parts
    )


def _message(name: str, text: str, *, hint: str, number: str, is_of_older_form: bool = False) -> CheckMessage:
    """Return an error if the provider is the default one, else a warning, because other exams still work."""
    if name == provider_settings.default_backend_name():
        return Error(text, hint=hint, id=f"edx_proctoring.E{number}")
    if is_of_older_form:
        return ErrorThatStopsNothing(text, hint=hint, id=f"edx_proctoring.E{number}")
    return Warning(text, hint=hint, id=f"edx_proctoring.W{number}")


def _providers() -> Iterator[tuple[str, Any]]:
    yield from _config().backends.items()


def _config() -> "EdxProctoringConfig":
    return cast("EdxProctoringConfig", apps.get_app_config("edx_proctoring"))
