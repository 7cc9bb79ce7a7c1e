"""Settings of one provider, with the platform's as defaults.

Contract: contract/provider-configuration#own-settings-keys.

An entry may hold ``settings``: in ``PROCTORING_BACKENDS[name]`` and in the older form
``PROCTORING_BACKEND_PROVIDERS[name]``, with the same meaning.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

from edx_proctoring import conf, constants

# Key → attribute of ``constants`` with the platform-wide value, read at call time because suites patch it.
_PLATFORM_CONSTANT: Final = {
    "SITE_NAME": "SITE_NAME",
    "PLATFORM_NAME": "PLATFORM_NAME",
    "STATUS_EMAIL_FROM_ADDRESS": "FROM_EMAIL",
    "CONTACT_EMAIL": "DEFAULT_CONTACT_EMAIL",
    "DEFAULT_REVIEW_POLICY": "DEFAULT_SOFTWARE_SECURE_REVIEW_POLICY",
    "REQUIRE_FAILURE_SECOND_REVIEWS": "REQUIRE_FAILURE_SECOND_REVIEWS",
    "ALLOW_REVIEW_UPDATES": "ALLOW_REVIEW_UPDATES",
}

# ``MUST_BE_VERIFIED_TRACK`` is accepted and has no effect: the permission moved to the host.
BOOLEAN_KEYS: Final = frozenset(
    {"REQUIRE_FAILURE_SECOND_REVIEWS", "ALLOW_REVIEW_UPDATES", "ALLOW_TIMED_OUT_STATE", "MUST_BE_VERIFIED_TRACK"}
)

# All keys that ``settings`` of an entry may have.
KNOWN_KEYS: Final = BOOLEAN_KEYS | {*_PLATFORM_CONSTANT, "FROM_EMAIL", "LINK_URLS", "BCC_EMAIL", "REPLY_TO_EMAIL"}

# Key → its name in the older form.
_ALIASES: Final = {"STATUS_EMAIL_FROM_ADDRESS": "FROM_EMAIL"}


def provider_setting(backend_name: str | None, key: str) -> Any:
    """Return a setting as it applies to exams of one backend.

    Args:
        backend_name: configured name, or None for the default backend.
        key: one of the keys of contract/provider-configuration#own-settings-keys.

    The provider's own value comes first, then the platform's. ``LINK_URLS`` are the platform's
    links, updated with the provider's. None for a key that neither has.
    """
    own = own_settings(backend_name)
    if key == "LINK_URLS":
        return {**(conf.proctoring.link_urls or {}), **conf.without_placeholders(_mapping(own.get(key)))}
    value = own.get(key)
    if value is None and key in _ALIASES:
        value = own.get(_ALIASES[key])
    if conf.is_placeholder(value):
        value = None
    if key in BOOLEAN_KEYS and value is not None:
        # Other text is placeholder text of a sample: it counts as not set, and a check reports it.
        value = conf.as_bool(value)
    return _platform_value(key) if value is None else value


def own_settings(backend_name: str | None) -> Mapping[str, Any]:
    """Return the ``settings`` dict of a backend, empty if it has none.

    The older form is read only for a name that has no entry in ``PROCTORING_BACKENDS``.
    """
    name = backend_name or default_backend_name() or ""
    entry = conf.proctoring.backends.get(name)
    if entry is None:
        entry = legacy_entries().get(name)
    return _mapping(_mapping(entry).get("settings"))


def legacy_entries() -> dict[str, Any]:
    """Return the entries of the older forms by name, without the string ``DEFAULT``."""
    entries = {name: entry for name, entry in conf.proctoring.backend_providers.items() if name != "DEFAULT"}
    single = conf.proctoring.backend_provider
    if single:
        entries.setdefault(_name_of_single(single), single)
    return entries


def default_backend_name() -> str | None:
    """Return the name of the default backend as configured now, None if there is none.

    That is ``PROCTORING_BACKENDS['DEFAULT']``, unless the older form is present and
    ``PROCTORING_BACKENDS`` holds only what the settings plug-in puts into an unconfigured host.
    """
    backends = conf.proctoring.backends
    configured: str | None = backends.get("DEFAULT")
    # In this order because this is called for most requests, and looking for the older form is slow.
    if configured and dict(backends) != dict(conf.INJECTED_BACKENDS):
        return configured
    legacy = legacy_entries()
    if not legacy:
        return configured
    single = conf.proctoring.backend_provider
    if single:
        return _name_of_single(single)
    named = conf.proctoring.backend_providers.get("DEFAULT")
    if isinstance(named, str):
        return named
    return "default" if "default" in legacy else "null"


def get_proctoring_settings(provider_name: str) -> Mapping[str, Any]:
    """Return the ``settings`` dict of a configured provider, for callers of the older form.

    Raises ``ImproperlyConfigured`` for an unknown name.
    """
    if provider_name not in conf.proctoring.backends and provider_name not in legacy_entries():
        raise ImproperlyConfigured(f"There is no configuration for the proctoring provider {provider_name!r}.")
    return own_settings(provider_name)


def get_proctoring_settings_param(proctoring_settings: Mapping[str, Any], param: str, default: Any = False) -> Any:
    """Return a value of a provider's settings dict, for callers of the older form.

    If the dict lacks it: ``default``, or the platform's value where ``default`` is falsy.
    """
    if param in proctoring_settings:
        return proctoring_settings[param]
    return default or _platform_value(param)


def _platform_value(key: str) -> Any:
    if key in _PLATFORM_CONSTANT:
        return getattr(constants, _PLATFORM_CONSTANT[key])
    if key == "ALLOW_TIMED_OUT_STATE":
        return conf.proctoring.allow_timed_out_state
    if key == "LINK_URLS":
        return conf.proctoring.link_urls
    return None


def _name_of_single(entry: Mapping[str, Any]) -> str:
    """Return the name for the entry of the oldest form, which has none."""
    return "software_secure" if str(entry.get("class", "")).endswith(".SoftwareSecureBackendProvider") else "default"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
